// The telephone on the card: the second number, and calls that a telephone system makes.

import { announce, busy, el, me, now, say, send } from "./console.js";
import { callWords } from "./call-words.js";
import { spacedPhone } from "./worktime.js";

const key = (letter) => el("kbd", { "aria-hidden": "true" }, letter);

const lookEvery = 3_000;
/** A call that is not over by then is not followed any more. */
const longest = 3_600_000;

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

/** The newest call of one's own under a claim. */
const ownCall = ({ card, open }) => (open ? card?.history.find((event) => event.kind === "dialled" && event.by === me.username) : undefined);

/** What the telephone system can do with one number, and what became of its call; nothing where there is no system. `D` is the first number's. */
function dialPart(number, options) {
  const { card, open, onCall } = options;
  const call = ownCall(options);
  return [
    open && card?.can_dial ? el("button", { type: "button", id: `dial-${number}`, class: number === "first" ? "primary" : null, onclick: (event) => onCall(number, event.currentTarget) }, "电话系统拨打", number === "first" ? key("D") : null) : null,
    call?.number === number ? el("span", { class: "quiet", role: "status" }, callWords(call)) : null];
}

/** The telephone for the first number: its calls, which are followed, and how a second number is added. */
export function firstPart(options) {
  const { task, card, open, mayAssign, onChange, onSecond } = options;
  const own = ownCall(options);
  followed = own && ["requested", "ringing", "answered"].includes(own.state) ? { since: Date.parse(own.at), onChange } : null;
  const mayEdit = card && !card.second_phone_masked && (open || (mayAssign && task.state !== "closed"));
  return [...dialPart("first", options), mayEdit ? editButton(card, "加第二号码", onSecond) : null];
}

/** The second number, below the first; nothing where there is none. */
export function secondPart(options) {
  const { task, card, second, open, mayAssign, scan, onDial, onCopy, onSecond } = options;
  if (!card?.second_phone_masked) return null;
  return el("div", { class: "number further" },
    el("span", { class: "quiet" }, "第二号码"),
    el("output", { class: "second-digits" }, second ? secondWords(second) : card.second_phone_masked.replace("****", " **** ")),
    ...(second ? [
      el("a", { class: "button", id: "tel-second", href: `tel:${second.phone}${second.extension ? `;ext=${second.extension}` : ""}`, onclick: (event) => onDial(event, second) }, "拨打"),
      el("button", { type: "button", id: "copy-second", onclick: () => onCopy(second) }, "复制"),
      scan(second)] : []),
    ...dialPart("second", options),
    open || (mayAssign && task.state !== "closed") ? editButton(card, "改第二号码", onSecond) : null);
}

const editButton = (card, words, onSecond) => el("button", {
  type: "button", id: "second-edit", class: "quiet-button", onclick: () => editSecond(card.phone_lead_id, Boolean(card.second_phone_masked), onSecond),
}, words);
