// The telephone on the card: the second number, and calls that a telephone system makes.

import { announce, api, busy, el, me, now, say, send } from "./console.js";
import { callWords } from "./call-words.js";
import { spacedPhone } from "./worktime.js";

/** Second numbers that were shown, by task; each as long as the first one. */
const shown = new Map();
const lookEvery = 3_000;
/** A call that is not over by then is not followed any more. */
const longest = 3_600_000;

export function keepSecond(id, second) {
  if (second) shown.set(id, second);
  else shown.delete(id);
}

/** Forgets one second number, or all. */
export function forgetSecond(id) {
  if (id === undefined) shown.clear();
  else shown.delete(id);
}

/** `021 5555 0100 转 8`, or a mobile number in its groups. */
function secondWords({ phone, extension }) {
  const landline = phone.match(/^\+86(10|2\d|[3-9]\d\d)(\d{3,4})(\d{4})$/);
  const isMobile = /^\+861[3-9]\d{9}$/.test(phone);
  const words = isMobile || !landline ? spacedPhone(phone) : `0${landline.slice(1).join(" ")}`;
  return extension ? `${words} 转 ${extension}` : words;
}

let followed = null;
setInterval(() => {
  if (followed && !document.hidden && now() - followed.since < longest) followed.onChange();
}, lookEvery);

async function dial(id, number, button, onChange) {
  await busy(button, async () => {
    try {
      await api("POST", `/api/v1/callbacks/${id}/dial`, { number });
      announce("已交给电话系统，请接听您的话机");
    } catch (problem) {
      const allowed = problem.code === "outside_calling_hours" || problem.code === "do_not_call";
      announce(allowed ? problem.message : say(problem), "error");
    }
    onChange();
  });
}

const dialButton = (id, number, onChange) => el("button", {
  type: "button", id: `dial-${number}`, onclick: (event) => dial(id, number, event.currentTarget, onChange),
}, number === "first" ? "电话系统拨打" : "电话系统拨第二号码");

/** The dialog for the second number, made when it is first asked for. */
function secondDialog() {
  const known = document.getElementById("second-dialog");
  if (known) return known;
  const dialog = el("dialog", { id: "second-dialog", class: "entry", "aria-labelledby": "second-title" },
    el("form", { novalidate: true, autocomplete: "off" },
      el("h2", { id: "second-title" }, "第二号码"),
      el("p", { id: "second-error", class: "error", role: "alert", hidden: true }),
      el("label", { for: "second-number" }, "手机或固定电话（带区号）"),
      el("input", { id: "second-number", type: "tel", inputmode: "tel", maxlength: "30", "aria-errormessage": "second-error" }),
      el("label", { for: "second-extension" }, "分机（选填）"),
      el("input", { id: "second-extension", type: "text", inputmode: "numeric", maxlength: "10", "aria-errormessage": "second-error" }),
      el("div", { class: "actions" },
        el("button", { type: "submit", class: "primary" }, "保存"),
        el("button", { type: "button", id: "second-remove" }, "删除"),
        el("button", { type: "button", onclick: () => dialog.close() }, "取消"))));
  document.body.append(dialog);
  return dialog;
}

/** Asks for the second number of a lead and keeps it; an empty one is kept as none. */
function editSecond(lead, isKnown, onSecond) {
  const dialog = secondDialog();
  const [number, extension, error] = ["second-number", "second-extension", "second-error"].map((id) => document.getElementById(id));
  const form = dialog.querySelector("form");
  const fail = (text) => { error.textContent = text; error.hidden = text === ""; };
  async function save(body, button) {
    await busy(button, async () => {
      try {
        await send("PUT", `/api/v1/leads/${lead}/second-number`, body);
        dialog.close();
        announce(body.number === null ? "第二号码已删除" : "第二号码已保存", "done");
        onSecond();
      } catch (problem) {
        fail(problem.code === "not_claimant" ? "这条任务已不在您手上，不能再改号码" : say(problem));
      }
    });
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    const body = { number: number.value.trim(), ...(extension.value.trim() && { extension: extension.value.trim() }) };
    if (body.number) save(body, event.submitter);
    else fail("请填写号码");
  };
  const remove = document.getElementById("second-remove");
  remove.hidden = !isKnown;
  remove.onclick = () => save({ number: null }, remove);
  form.reset();
  fail("");
  dialog.showModal();
  number.focus();
}

/** The second number and the telephone system, below the first number; nothing where there is neither. */
export function telephonePart({ task, card, phone, open, mayAssign, onChange, onSecond }) {
  if (!card) return null;
  const second = phone ? shown.get(task.id) : undefined;
  const calls = (card.history ?? []).filter((event) => event.kind === "dialled");
  const own = open ? calls.find((event) => event.by === me.username) : undefined;
  const isLive = own && ["requested", "ringing", "answered"].includes(own.state);
  followed = isLive ? { since: Date.parse(own.at), onChange } : null;
  const edit = open || (mayAssign && task.state !== "closed")
    ? el("button", { type: "button", id: "second-edit", class: "quiet-button", onclick: () => editSecond(card.phone_lead_id, Boolean(card.second_phone_masked), onSecond) },
      card.second_phone_masked ? "改第二号码" : "加第二号码")
    : null;
  if (!card.second_phone_masked && !card.can_dial && !edit && !own) return null;
  return el("div", { class: "number further" },
    card.second_phone_masked ? el("span", { class: "quiet" }, "第二号码") : null,
    card.second_phone_masked ? el("output", { class: "second-digits" }, second ? secondWords(second) : card.second_phone_masked) : null,
    second ? el("a", { class: "button", id: "tel-second", href: `tel:${second.phone}${second.extension ? `;ext=${second.extension}` : ""}` }, "拨打") : null,
    card.can_dial && open ? dialButton(task.id, "first", onChange) : null,
    card.can_dial && open && card.second_phone_masked ? dialButton(task.id, "second", onChange) : null,
    edit,
    own ? el("span", { class: "quiet", role: "status" }, callWords(own)) : null);
}
