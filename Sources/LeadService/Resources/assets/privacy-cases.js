// The privacy desk: what came in by hand and by when it is answered, and what people did themselves.

import { $, announce, api, busy, confirmed, el, now, report, say, setText, steppedUp } from "./console.js";
import { onAdd, tellOnce } from "./office.js";
import { stamp } from "./worktime.js";

const mayWork = document.body.dataset.mayWork === "true";
const titles = new Map([...$("titles").content.querySelectorAll("option")].map((option) => [`${option.dataset.of}/${option.value}`, option.textContent]));
const title = (of, value) => titles.get(`${of}/${value}`) ?? value;
const time = (text) => stamp(Date.parse(text), now());
const day = (text) => text.replace(/^\d+-0?(\d+)-0?(\d+)$/, "$1月$2日");

/** A list in pages: what it asks for, and how a row looks. */
function list(name, path, row, empty) {
  let cursor = null;
  const load = async (more) => {
    const page = await api("GET", `${path}limit=100${more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
    const rows = $(`${name}rows`);
    if (!more) rows.replaceChildren();
    rows.append(...page.items.map(row));
    cursor = page.next_cursor;
    $(`${name}table`).hidden = !rows.childElementCount;
    $(`${name}more`).hidden = !cursor;
    setText($(`${name}count`), rows.childElementCount ? `${rows.childElementCount}${cursor ? "+" : ""} 件` : empty);
  };
  $(`${name}more`).addEventListener("click", (event) => busy(event.currentTarget, () => load(true).catch(report)));
  return load;
}

function outcome(found) {
  if (!found.outcome) return found.late ? "已过期限" : "待办";
  return `${time(found.closed_at)} ${found.closed_by} ${found.outcome === "done" ? "办结" : "拒绝"}`;
}

const row = (found) => el("tr", { class: found.outcome ? "ended" : "" },
  el("th", { scope: "row", class: found.late ? "blocks" : "" }, day(found.due_on)), el("td", {}, title("kind", found.kind)),
  el("td", {}, title("asked_by", found.asked_by)), el("td", {}, `${day(found.received_on)}，${title("channel", found.channel)}`),
  el("td", {}, `${found.opened_by}，${time(found.opened_at)}`), el("td", {}, found.requests ? `${found.requests} 次` : "—"),
  el("td", {}, outcome(found)),
  mayWork && el("td", { class: "row-actions" }, el("button", {
    type: "button", onclick: (event) => busy(event.currentTarget, () => show(found.id).catch(report)),
  }, found.outcome ? "查看" : "办理")));

const own = (request) => el("tr", {},
  el("th", { scope: "row" }, time(request.requested_at)), el("td", {}, title("request", request.kind)),
  el("td", {}, request.phone_masked ?? "—"), el("td", {}, request.case_id ? "人工代办" : "验证码自助"));

const loadClosed = list("", "/api/v1/privacy-cases?state=closed&", row, "没有待办的请求。");
const loadOwn = list("own-", "/api/v1/privacy-requests?", own, "还没有。");

/** The open ones on top, whatever their number, then the closed ones in pages. */
async function load() {
  await loadClosed(false);
  const open = [];
  let cursor = null;
  do {
    const page = await api("GET", `/api/v1/privacy-cases?limit=100${cursor ? `&cursor=${cursor}` : ""}`);
    open.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  $("rows").prepend(...open.map(row));
  $("table").hidden = !$("rows").childElementCount;
  setText($("count"), open.length ? `${open.length} 件待办` : "没有待办的请求。");
}

/** What may be done under a case, the usual first. */
const wishes = (kind) => $("titles").content.querySelector(`[data-of=kind][value=${kind}]`).dataset.wishes.split(" ");
const allowName = () => { $("fulfil-correct").hidden = $("fulfil").elements.kind.value !== "correct"; };
$("fulfil").addEventListener("change", allowName);

let shown;
async function show(id) {
  shown = await api("GET", `/api/v1/privacy-cases/${id}`);
  setText($("case-title"), `${title("kind", shown.kind)}，${title("asked_by", shown.asked_by)}`);
  setText($("case-note"), shown.note ?? "内容已随客户的信息删除。");
  $("case-reason").hidden = !shown.reason;
  setText($("case-reason"), shown.reason ? `答复：${shown.reason}` : "");
  $("case-open").hidden = Boolean(shown.outcome);
  for (const form of [$("fulfil"), $("close")]) {
    form.reset();
    form.querySelector(".error").hidden = true;
  }
  const offered = wishes(shown.kind);
  for (const option of $("fulfil").elements.kind.options) option.hidden = option.disabled = !offered.includes(option.value);
  $("fulfil").elements.kind.value = offered[0];
  allowName();
  $("case").showModal();
}

/** Sends a form of the dialog; what is wrong is said in it. */
function onSend(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const error = form.querySelector(".error");
    error.hidden = true;
    busy(event.submitter, async () => {
      try {
        await work(event.submitter);
        $("case").close();
        await load();
        await loadOwn(false);
      } catch (problem) {
        if (problem.code === "cancelled") return;
        setText(error, say(problem));
        error.hidden = false;
        error.focus();
      }
    });
  });
}

onSend($("fulfil"), async () => {
  const form = $("fulfil");
  const kind = form.elements.kind.value;
  if (kind === "erase" && !await confirmed("删除这个号码的全部信息？", "删除后无法恢复。", "删除")) throw { code: "cancelled" };
  const name = form.elements.name.value.trim();
  const wish = { kind, phone: form.elements.phone.value.trim(), ...kind === "correct" && name && { name } };
  const done = await steppedUp(() => api("POST", `/api/v1/privacy-cases/${shown.id}/requests`, wish));
  if (kind === "copy") tellOnce($("result-box"), "这个地址 15 分钟内可以打开，可打印或下载交给对方：", done.result_url);
  else announce("已办理", "done");
});
onSend($("close"), async (button) => {
  const reason = $("close").elements.reason.value.trim();
  await api("POST", `/api/v1/privacy-cases/${shown.id}/close`, { outcome: button.value, ...reason && { reason } });
  announce(button.value === "done" ? "已办结" : "已拒绝", "done");
});
onAdd(async (form) => {
  const draft = Object.fromEntries(["kind", "asked_by", "channel", "phone", "received_on", "note"].map((name) => [name, form.elements[name].value.trim()]));
  await api("POST", "/api/v1/privacy-cases", draft);
  form.reset();
  $("add-box").open = false;
  announce("已登记", "done");
  await load();
});
$("case-shut").addEventListener("click", () => $("case").close());
load().then(() => loadOwn(false)).catch(report);
