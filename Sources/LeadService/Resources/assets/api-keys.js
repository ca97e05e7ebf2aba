// The keys of programs: make, turn and revoke; a key is shown once.

import { $, announce, api, busy, confirmed, el, now, report, setText, steppedUp } from "./console.js";
import { act, onAdd, tellOnce } from "./office.js";
import { stamp } from "./worktime.js";

const mayManage = document.body.dataset.mayManage === "true";
const titles = new Map([...$("scope-titles").content.querySelectorAll("option")].map((option) => [option.value, option.textContent]));
let cursor = null;

const time = (text) => stamp(Date.parse(text), now());

const onRow = (button, work) => act(button, work, () => load(false));

const tell = (name, key) => tellOnce($("key-box"), `${name} 的密钥，只显示这一次：`, key);

const isOver = (key) => key.revoked_at || (key.expires_at && Date.parse(key.expires_at) <= now());

function state(key) {
  if (key.revoked_at) return `${time(key.revoked_at)} 停用`;
  if (isOver(key)) return "已到期";
  const notes = [key.expires_at && `${time(key.expires_at)} 到期`, key.previous_until && `旧密钥用到 ${time(key.previous_until)}`];
  return ["在用", ...notes.filter(Boolean)].join("，");
}

function actions(key) {
  if (key.revoked_at) return [];
  const rotate = !isOver(key) && el("button", {
    type: "button", "aria-label": `更换 ${key.name}`, onclick: (event) => onRow(event.currentTarget, async () => {
      if (!await confirmed(`更换 ${key.name} 的密钥？`, "会得到一个新密钥，现在的还能再用 24 小时。", "更换")) return;
      tell(key.name, (await steppedUp(() => api("POST", `/api/v1/api-keys/${key.id}/rotate`))).key);
    }),
  }, "更换");
  const revoke = el("button", {
    type: "button", "aria-label": `停用 ${key.name}`, onclick: (event) => onRow(event.currentTarget, async () => {
      if (!await confirmed(`停用 ${key.name}？`, "立刻失效，新旧密钥都不能再用，不能恢复。", "停用")) return;
      await steppedUp(() => api("DELETE", `/api/v1/api-keys/${key.id}`));
      announce("已停用", "done");
    }),
  }, "停用");
  return [rotate, " ", revoke];
}

const row = (key) => el("tr", { class: isOver(key) ? "ended" : "" },
  el("th", { scope: "row" }, key.name), el("td", {}, el("code", {}, `${key.prefix}…`)),
  el("td", {}, key.scopes.map((scope) => titles.get(scope) ?? scope).join("、")),
  el("td", {}, `${key.created_by}，${time(key.created_at)}`),
  el("td", {}, key.last_used_at ? time(key.last_used_at) : "—"), el("td", {}, state(key)),
  mayManage && el("td", { class: "row-actions" }, actions(key)));

async function load(more) {
  const from = more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await api("GET", `/api/v1/api-keys?limit=100${from}`);
  if (!more) $("rows").replaceChildren();
  $("rows").append(...page.items.map(row));
  cursor = page.next_cursor;
  const count = $("rows").childElementCount;
  $("table").hidden = count === 0;
  $("more").hidden = !cursor;
  setText($("count"), count ? `${count}${cursor ? "+" : ""} 个` : "还没有密钥。程序要用接口时，在这里新建一个。");
}

onAdd(async (form) => {
  const draft = { name: form.elements.name.value.trim().toLowerCase(), scopes: [...form.querySelectorAll("[name=scopes]:checked")].map((box) => box.value) };
  if (form.elements.expiry.value) draft.expires_at = `${form.elements.expiry.value}T23:59:59+08:00`;
  const made = await steppedUp(() => api("POST", "/api/v1/api-keys", draft));
  form.reset();
  tell(draft.name, made.key);
  await load(false);
});
$("more").addEventListener("click", (event) => busy(event.currentTarget, () => load(true).catch(report)));
load(false).catch(report);
