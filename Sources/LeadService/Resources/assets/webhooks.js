// Webhooks: make, turn, pause and delete; what was sent, and once more. A secret is shown once.

import { $, announce, api, busy, confirmed, el, now, report, setText, steppedUp } from "./console.js";
import { act, onAdd, tellOnce } from "./office.js";
import { stamp } from "./worktime.js";

const mayManage = document.body.dataset.mayManage === "true";
const titles = new Map([...$("event-titles").content.querySelectorAll("option")].map((option) => [option.value, option.textContent]));
const reasons = { by_hand: "已暂停", gone: "对方不再接收（410），已暂停", failing: "一天没有送到，已暂停" };
const states = { queued: "等待", sent: "送达", dead: "放弃" };
const failures = {
  address_refused: "地址在内网", host_unknown: "查不到域名", http_refused: "只能用 https", not_opened: "密钥打不开",
  connect_failed: "连不上", connect_timeout: "连接超时", timeout: "对方没有答复", connection_broken: "连接断开",
};
let shown = null;
let cursor = null;

const time = (text) => stamp(Date.parse(text), now());
const say = (attempt) => `${time(attempt.at)} ${attempt.failure && !attempt.status ? failures[attempt.failure] ?? attempt.failure : attempt.status}（${attempt.duration_ms} 毫秒）`;
const tell = (host, secret) => tellOnce($("secret-box"), `${host} 的签名密钥，只显示这一次：`, secret);
const onRow = (button, work) => act(button, work, load);
const button = (title, label, work) => el("button", { type: "button", "aria-label": label, onclick: (event) => onRow(event.currentTarget, work) }, title);

function state(hook) {
  const notes = [hook.active ? "在用" : `${time(hook.paused_at)} ${reasons[hook.pause_reason]}`, hook.previous_until && `旧密钥用到 ${time(hook.previous_until)}`];
  return notes.filter(Boolean).join("，");
}

function actions(hook) {
  const path = `/api/v1/webhooks/${hook.id}`;
  const log = el("button", { type: "button", "aria-label": `${hook.host} 的记录`, onclick: (event) => busy(event.currentTarget, () => show(hook).catch(report)) }, "记录");
  if (!mayManage) return [log];
  const pause = button(hook.active ? "暂停" : "恢复", `${hook.active ? "暂停" : "恢复"} ${hook.host}`, async () => {
    await steppedUp(() => api("PATCH", path, { active: !hook.active }));
    announce(hook.active ? "已暂停，新的事件先排队" : "已恢复，排队的开始发送", "done");
  });
  const rotate = button("换密钥", `更换 ${hook.host} 的密钥`, async () => {
    if (!await confirmed(`更换 ${hook.host} 的密钥？`, "会得到一个新密钥，24 小时内新旧密钥都签名。", "更换")) return;
    tell(hook.host, (await steppedUp(() => api("POST", `${path}/rotate`))).secret);
  });
  const remove = button("删除", `删除 ${hook.host}`, async () => {
    if (!await confirmed(`删除 ${hook.host}？`, "立刻停止发送，排队的也不再发，不能恢复。", "删除")) return;
    await steppedUp(() => api("DELETE", path));
    if (shown?.id === hook.id) { $("log").hidden = true; shown = null; }
    announce("已删除", "done");
  });
  return [log, " ", pause, " ", rotate, " ", remove];
}

const row = (hook) => el("tr", { class: hook.active ? "" : "ended" },
  el("th", { scope: "row" }, hook.host), el("td", { class: "events" }, hook.events.map((type) => titles.get(type) ?? type).join("、")),
  el("td", {}, `${hook.created_by}，${time(hook.created_at)}`), el("td", {}, state(hook)),
  el("td", {}, String(hook.waiting)), el("td", {}, String(hook.dead)), el("td", { class: "row-actions" }, actions(hook)));

async function load() {
  const page = await api("GET", "/api/v1/webhooks?limit=100");
  $("rows").replaceChildren(...page.items.map(row));
  const count = page.items.length;
  $("table").hidden = count === 0;
  setText($("count"), count ? `${count} 个` : "还没有 Webhook。要把事件送到别的系统时，在这里新建一个。");
}

const replay = (delivery) => el("button", {
  type: "button", "aria-label": `重发 ${delivery.id}`, onclick: (event) => act(event.currentTarget, async () => {
    await steppedUp(() => api("POST", `/api/v1/webhooks/${shown.id}/deliveries/${delivery.id}/replay`));
    announce("已重新排队", "done");
  }, () => Promise.all([load(), loadLog(false)])),
}, "重发");

const entry = (delivery) => el("tr", {},
  el("td", {}, time(delivery.created_at)), el("td", {}, titles.get(delivery.type) ?? delivery.type),
  el("td", {}, delivery.next_attempt_at && delivery.attempts ? `等待，${time(delivery.next_attempt_at)} 再试` : states[delivery.state]),
  el("td", {}, delivery.requests.length ? el("ol", { class: "attempts" }, delivery.requests.map((attempt) => el("li", {}, say(attempt)))) : "—"),
  el("td", {}, el("details", {}, el("summary", {}, delivery.id.slice(0, 8)), el("code", { class: "body" }, delivery.body))),
  mayManage && el("td", { class: "row-actions" }, delivery.state === "queued" ? "" : replay(delivery)));

async function loadLog(more) {
  const state = $("log-state").value;
  const query = new URLSearchParams({ limit: "50", ...(state && { state }), ...(more && cursor && { cursor }) });
  const page = await api("GET", `/api/v1/webhooks/${shown.id}/deliveries?${query}`);
  if (!more) $("log-rows").replaceChildren();
  $("log-rows").append(...page.items.map(entry));
  cursor = page.next_cursor;
  const count = $("log-rows").childElementCount;
  $("log-table").hidden = count === 0;
  $("log-empty").hidden = count > 0;
  $("log-more").hidden = !cursor;
}

async function show(hook) {
  shown = hook;
  setText($("log-title"), `${hook.host} 的发送记录`);
  await loadLog(false);
  $("log").hidden = false;
  $("log").focus();
}

onAdd(async (form) => {
  const draft = { url: form.elements.url.value.trim(), events: [...form.querySelectorAll("[name=events]:checked")].map((box) => box.value) };
  const made = await steppedUp(() => api("POST", "/api/v1/webhooks", draft));
  const { host } = new URL(draft.url);
  form.reset();
  tell(host, made.secret);
  await load();
});
$("log-state").addEventListener("change", () => loadLog(false).catch(report));
$("log-filters").addEventListener("submit", (event) => event.preventDefault());
$("log-refresh").addEventListener("click", (event) => busy(event.currentTarget, () => Promise.all([load(), loadLog(false)]).catch(report)));
$("log-more").addEventListener("click", (event) => busy(event.currentTarget, () => loadLog(true).catch(report)));
$("log-sample")?.addEventListener("click", (event) => act(event.currentTarget, async () => {
  await steppedUp(() => api("POST", `/api/v1/webhooks/${shown.id}/test`, { type: $("log-type").value }));
  announce("示例已排队", "done");
}, () => Promise.all([load(), loadLog(false)])));
load().catch(report);
