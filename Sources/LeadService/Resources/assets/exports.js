// Exports in the background: ask for one, see how far it is, approve, cancel, fetch the file.

import { $, Problem, announce, api, busy, confirmed, el, now, report, send, setText, steppedUp } from "./console.js";
import { dispositionLabel, dispositions } from "./dispositions.js";
import { act, onAdd, refreshed } from "./office.js";
import { stamp } from "./worktime.js";

const mayExport = document.body.dataset.mayExport === "true";
const reasonLength = Number(document.body.dataset.reasonLength);
const titles = new Map([...$("column-titles").content.querySelectorAll("option")].map((option) => [option.value, option.textContent]));
const formats = { xlsx: "XLSX", csv: "CSV", ndjson: "NDJSON" };
const failures = {
  crashed: "三次都没有做完，请稍后在“后台工作”里重试", too_many_rows: "行数超过设置的上限，请加筛选分几次导出",
  unreadable: "有一条信息无法读取，请查看日志", too_long: "时间太长，请加筛选分几次导出",
};
const searches = { phone: "一个号码", last_four: "后四位", name: "一个姓名" };
const states = { open: "待回访", paused: "暂停", closed: "已结束" };
const unfinished = new Set(["waiting_approval", "queued", "running"]);

let items = [];
let cursor = null;

const time = (text) => stamp(Date.parse(text), now());
const number = (value) => new Intl.NumberFormat("zh-CN").format(value);
const size = (bytes) => (bytes < 1_048_576 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`);

function filterWords({ q, state, disposition, adviser, source, from, to, recipient }) {
  const words = [
    q && `查找${searches[q] ?? ""}`, state && states[state], disposition && dispositionLabel(disposition), adviser && `顾问 ${adviser}`,
    source && `来源 ${source}`, recipient && `提供给 ${recipient}`, from && `${from.slice(0, 10)} 起`, to && `${to.slice(0, 10)} 前`,
  ].filter(Boolean);
  return words.length ? words.join("、") : "全部线索";
}

function content(job) {
  const columns = job.columns.map((name) => titles.get(name) ?? name).join("、");
  return el("td", { title: columns },
    `${formats[job.format]}，${job.phone === "plain" ? "完整号码" : "打码"}，${job.columns.length} 列；${filterWords(job.filters)}`);
}

function state(job) {
  switch (job.state) {
    case "waiting_approval": return el("td", {}, job.mine ? "等另一位管理员批准" : "等批准");
    case "queued": return el("td", {}, job.attempts > 0 ? `排队中，将第 ${job.attempts + 1} 次从头开始` : "排队中");
    case "running": {
      if (job.total === null) return el("td", {}, "正在准备");
      const label = `${number(job.done)} / ${number(job.total)} 行`;
      return el("td", {}, el("div", { class: "progress" }, el("progress", { max: Math.max(1, job.total), value: job.done, "aria-label": "进度" }), label));
    }
    case "done": return el("td", {}, `已生成，保存到 ${time(job.expires_at)}`);
    case "failed": return el("td", { class: "overdue" }, `没有生成：${failures[job.failure] ?? job.failure}`);
    case "cancelled": return el("td", {}, "已取消");
    default: return el("td", {}, "文件已删除");
  }
}

const rowCount = (job) => el("td", { class: "figure" }, job.rows === null ? "—" : number(job.rows),
  job.excluded ? el("div", { class: "quiet" }, `另有 ${number(job.excluded)} 条按规定不导出`) : null);

/** Hands the file over once all of it came. */
async function fetchFile(job) {
  const response = await steppedUp(() => send("GET", `/api/v1/exports/${job.id}/file`, undefined, { timeout: 0, headers: { Accept: "*/*" } }));
  const file = await response.blob();
  if (file.size !== job.bytes) throw new Problem(422, { detail: "传输中断，文件不完整，已丢弃。请再下载一次" });
  const address = URL.createObjectURL(file);
  el("a", { href: address, download: `leads-${job.finished_at.slice(0, 10)}-${job.phone}.${job.format}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  announce("已下载，核对码在列表里", "done");
}

function actions(job) {
  const who = `${job.requested_by} ${time(job.requested_at)} 的导出`;
  const button = (label, work) => el("button", {
    type: "button", "aria-label": `${label}${who}`, onclick: (event) => act(event.currentTarget, work, load),
  }, label);
  return [
    job.state === "done" && job.mine && button("下载", () => fetchFile(job)),
    job.state === "waiting_approval" && !job.mine && button("批准", async () => {
      if (!await confirmed(`批准${who}？`, `含完整号码，用途：${job.reason}`, "批准")) return;
      await steppedUp(() => api("POST", `/api/v1/exports/${job.id}/approve`));
      announce("已批准，开始排队", "done");
    }),
    (unfinished.has(job.state) || job.state === "done") && button(job.state === "done" ? "删除文件" : "取消", async () => {
      const isDone = job.state === "done";
      if (!await confirmed(isDone ? `删除${who}的文件？` : `取消${who}？`, "不能恢复，需要时要重新导出。", isDone ? "删除" : "取消导出")) return;
      await api("DELETE", `/api/v1/exports/${job.id}`);
      announce(isDone ? "文件已删除" : "已取消", "done");
    }),
  ].filter(Boolean).flatMap((one) => [one, " "]);
}

const row = (job) => el("tr", { class: unfinished.has(job.state) || job.state === "done" ? "" : "ended" },
  el("th", { scope: "row" }, `${job.requested_by}，${time(job.requested_at)}`, job.approved_by && el("div", { class: "quiet" }, `${job.approved_by} 批准`)),
  state(job), content(job), el("td", {}, job.reason || "—"), rowCount(job),
  el("td", { title: job.sha256 ? `SHA-256 ${job.sha256}` : null }, job.downloads ? `${job.downloads} 次` : "—", job.bytes ? `，${size(job.bytes)}` : "",
    job.sha256 && el("div", { class: "quiet" }, `核对码 ${job.sha256.slice(0, 8)}…`)),
  mayExport && el("td", { class: "row-actions" }, actions(job)));

const show = refreshed($("rows"), (job) => job.id, row);

async function load(more = false) {
  const from = more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await api("GET", `/api/v1/exports?limit=50${from}`, undefined, { background: !more });
  items = more ? [...items, ...page.items] : page.items;
  cursor = page.next_cursor;
  show(items);
  $("table").hidden = items.length === 0;
  $("more").hidden = !cursor;
  setText($("count"), items.length ? `${items.length}${cursor ? "+" : ""} 个` : "还没有后台导出");
}

function needsReason() {
  const plain = $("add").elements.phone.value === "plain";
  setText($("reason-label"), plain ? `用途（必填，至少 ${reasonLength} 个字，会留痕）` : "用途（会留痕）");
}

if (mayExport) {
  const form = $("add");
  $("add-disposition").append(...dispositions.map((one) => el("option", { value: one.code }, one.label)));
  form.addEventListener("change", needsReason);
  $("columns").addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const line = button.closest("li");
    const other = button.dataset.move === "1" ? line.nextElementSibling : line.previousElementSibling;
    if (!other) return;
    if (button.dataset.move === "1") other.after(line); else other.before(line);
    button.focus();
    announce(`${line.querySelector("span").textContent}排在第 ${[...line.parentElement.children].indexOf(line) + 1} 列`);
  });
  onAdd(async () => {
    const value = (name) => form.elements[name].value.trim();
    const columns = [...form.querySelectorAll("[name=columns]:checked")].map((box) => box.value);
    if (!columns.length) throw new Problem(422, { detail: "至少选一列" });
    if (value("phone") === "plain" && [...value("reason")].length < reasonLength) {
      form.elements.reason.focus();
      throw new Problem(422, { detail: `导出完整号码要写用途，至少 ${reasonLength} 个字` });
    }
    const filters = Object.fromEntries(["q", "state", "disposition", "adviser", "source", "from", "to"].map((name) => [name, value(name)]).filter(([, text]) => text));
    await steppedUp(() => api("POST", "/api/v1/exports", { format: value("format"), phone: value("phone"), reason: value("reason"), filters, columns }));
    form.elements.reason.value = "";
    $("add-box").open = false;
    announce("已提交，生成后在列表里下载", "done");
    await load();
  });
  needsReason();
}

$("more").addEventListener("click", (event) => busy(event.currentTarget, () => load(true).catch(report)));
// Only while there is something to see, and not over pages that were fetched by hand.
setInterval(() => {
  if (!document.hidden && items.length <= 50 && items.some((job) => unfinished.has(job.state))) load().catch(() => {});
}, 2000);
load().catch(report);
