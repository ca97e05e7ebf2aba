// The staff's accounts: add, change the role, reset the password, end and open again.

import { $, announce, api, busy, confirmed, el, me, now, report, setText, steppedUp } from "./console.js";
import { act, onAdd, tellOnce } from "./office.js";
import { stamp } from "./worktime.js";

const mayManage = document.body.dataset.mayManage === "true";
const titles = new Map([...$("role-options").content.querySelectorAll("option")].map((option) => [option.value, option.textContent]));
let cursor = null;

const onRow = (button, work) => act(button, work, () => load(false));

const tell = (username, password) => tellOnce($("password-box"), `${username} 的一次性密码，72 小时内有效，只显示这一次：`, password);

async function change(account, change, title, text, yes, button) {
  await onRow(button, async () => {
    if (!await confirmed(title, text, yes)) return;
    await steppedUp(() => api("PATCH", `/api/v1/staff/${account.id}`, change));
    announce("已保存", "done");
  });
}

function actions(account) {
  const name = account.display_name;
  const select = el("select", { "aria-label": `${name} 的角色` }, $("role-options").content.cloneNode(true));
  select.value = account.role;
  select.addEventListener("change", () => change(account, { role: select.value },
    `把 ${name} 改为${titles.get(select.value)}？`, "这个人现在的登录会全部退出。", "改角色", select));
  const toggle = account.active
    ? el("button", { type: "button", "aria-label": `停用 ${name}`, onclick: (event) => change(account, { active: false }, `停用 ${name}？`, "立刻退出所有登录，手上的任务会回到公共池。", "停用", event.currentTarget) }, "停用")
    : el("button", { type: "button", "aria-label": `启用 ${name}`, onclick: (event) => change(account, { active: true }, `启用 ${name}？`, "可以用原来的密码登录。", "启用", event.currentTarget) }, "启用");
  const reset = account.active && el("button", {
    type: "button", "aria-label": `重置 ${name} 的密码`, onclick: (event) => onRow(event.currentTarget, async () => {
      if (!await confirmed(`重置 ${name} 的密码？`, "原密码和动态码作废，所有登录退出，您会得到一个一次性密码。", "重置")) return;
      tell(account.username, (await steppedUp(() => api("POST", `/api/v1/staff/${account.id}/reset`))).one_time_password);
    }),
  }, "重置密码");
  return [select, " ", reset, " ", toggle];
}

const row = (account) => el("tr", { class: account.active ? "" : "ended" },
  el("th", { scope: "row" }, account.username, account.username === me.username && el("span", { class: "tag" }, "我")),
  el("td", {}, account.display_name), el("td", {}, titles.get(account.role) ?? account.role),
  el("td", {}, account.has_totp ? "已开通" : "—"),
  el("td", {}, account.last_seen_at ? stamp(Date.parse(account.last_seen_at), now()) : "—"),
  el("td", {}, !account.active ? "已停用" : account.must_change_password ? "等待首次登录" : "在用"),
  mayManage && el("td", { class: "row-actions" }, actions(account)));

async function load(more) {
  const from = more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await api("GET", `/api/v1/staff?limit=100${from}`);
  if (!more) $("rows").replaceChildren();
  $("rows").append(...page.items.map(row));
  cursor = page.next_cursor;
  $("table").hidden = false;
  $("more").hidden = !cursor;
  setText($("count"), `${$("rows").childElementCount}${cursor ? "+" : ""} 人`);
}

onAdd(async (form) => {
  const draft = { username: form.elements.username.value.trim().toLowerCase(), display_name: form.elements.display_name.value.trim(), role: form.elements.role.value };
  const added = await steppedUp(() => api("POST", "/api/v1/staff", draft));
  form.reset();
  tell(draft.username, added.one_time_password);
  await load(false);
});
$("more").addEventListener("click", (event) => busy(event.currentTarget, () => load(true).catch(report)));
load(false).catch(report);
