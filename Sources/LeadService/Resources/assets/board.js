// The supervisor's board: what today looks like, who is on which call, and what can be arranged about it.

import { $, announce, api, busy, confirmed, el, isSessionOver, now, people, person, report, say, setText } from "./console.js";
import { loadClosures } from "./board-closures.js";
import { draggable, droppable, isDragging } from "./board-drag.js";
import { blocks, pauseReasons } from "./dispositions.js";
import { clock, dayWords, minutes, provisionalMark, shortMoment, spacedPhone, stamp } from "./worktime.js";

const states = { on_shift: "在岗", break: "休息", off: "下班" };
/** `11月26日（周四）` of `2026-11-26`. */
const dayOf = (day) => dayWords(Date.parse(`${day}T00:00:00+08:00`));
const weekdays = ["一", "二", "三", "四", "五", "六", "日"];
let advisers = [];
let calls = [];
let shown = null;

function outlook(today) {
  const sentence = $("outlook");
  sentence.dataset.tone = today.working_day && (today.late_count || today.overdue) ? "late" : "";
  if (!today.unmet) return setText(sentence, today.working_day ? "今天到期的都打过了。" : "今天休息。");
  const overdue = today.overdue ? `（${today.overdue} 个已超时）` : "";
  // On a day off nobody is at work and there is no pace.
  if (!today.working_day) return setText(sentence, `今天休息，还有 ${today.unmet} 个没打${overdue}。`);
  if (!today.advisers) return setText(sentence, `还有 ${today.unmet} 个今天到期${overdue}，现在没有人在岗。`);
  const end = today.finished_at ? `按现在的速度 ${clock(Date.parse(today.finished_at))} 打完` : "按现在的速度今天打不完";
  const late = today.late_count ? `，${today.late_count} 个可能超时` : "";
  setText(sentence, `还有 ${today.unmet} 个今天到期${overdue}，${today.advisers} 人在岗，${end}${late}。`);
}

function assigner(task) {
  const choice = el("select", { "aria-label": `把 ${task.name_masked} 指派给`, onchange: () => choice.value && assign(task, choice.value) },
    el("option", { value: "" }, "选顾问"), people().map(([username, name]) => el("option", { value: username }, name)));
  return choice;
}

async function assign(task, adviser) {
  try {
    await api("POST", `/api/v1/callbacks/${task.id}/assign`, { adviser });
    announce(`已指派给${person(adviser)}`);
    await loadBoard();
    await loadForecast();
  } catch (problem) {
    report(problem);
  }
}

/** How the target on contact was kept. */
function contactWords({ target_hours: target, due: all, kept }) {
  $("contact").hidden = all === 0;
  setText($("contact"), `近四周 ${all} 个咨询到了联系上的目标（${target} 个工作小时），按时联系上 ${kept} 个，${Math.floor((kept / Math.max(1, all)) * 100)}%。`);
}

/** When it is due, with the mark of a year that is not settled. */
const due = (task) => shortMoment(Date.parse(task.due_at), now()) + provisionalMark(Date.parse(task.due_at));

const lateRow = (task) => draggable(el("tr", {},
  el("th", { scope: "row" }, task.name_masked), el("td", { class: "phone" }, spacedPhone(task.phone_masked)),
  el("td", {}, due(task)), el("td", { class: "figure" }, `${task.percent}%`),
  el("td", {}, task.claimed_by ? person(task.claimed_by) : "—"), el("td", {}, assigner(task))), task);

const closedRow = (task) => draggable(el("tr", {},
  el("th", { scope: "row" }, task.name_masked), el("td", { class: "phone" }, spacedPhone(task.phone_masked)),
  el("td", {}, due(task)), el("td", {}, task.claimed_by ? person(task.claimed_by) : "—"), el("td", {}, assigner(task))), task);

const overdueRow = (task) => draggable(el("tr", {},
  el("th", { scope: "row" }, task.name_masked), el("td", { class: "phone" }, spacedPhone(task.phone_masked)),
  el("td", { class: "late" }, stamp(Date.parse(task.due_at), now()) + provisionalMark(Date.parse(task.due_at))),
  el("td", {}, task.claimed_by ? person(task.claimed_by) : "—"), el("td", {}, assigner(task))), task);

const pausedRow = (task) => el("tr", {},
  el("th", { scope: "row" }, task.name_masked), el("td", { class: "phone" }, spacedPhone(task.phone_masked)),
  el("td", {}, due(task), Date.parse(task.due_at) < now() ? " 已超时" : ""),
  el("td", {}, shortMoment(Date.parse(task.pause.until), now())), el("td", {}, pauseReasons[task.pause.reason] ?? task.pause.reason),
  el("td", {}, person(task.pause.by)));

function state(adviser) {
  if (adviser.on_leave) return ["away", "请假"];
  if (adviser.availability !== "on_shift") return [adviser.availability, states[adviser.availability]];
  return adviser.present ? ["on_shift", "在岗"] : ["away", "不在线"];
}

function callWords(adviser) {
  const own = calls.filter((call) => call.claimed_by === adviser.username);
  if (!own.length) return "—";
  // Isolated, for a name may be written from right to left.
  return own.map((call) => `\u2068${call.name_masked}\u2069 ${minutes(now() - Date.parse(call.since))}${call.kind === "incoming" ? " 来电" : ""}`).join("，");
}

function adviserRow(adviser) {
  const [name, word] = state(adviser);
  return el("tr", { "data-id": adviser.id },
    el("th", { scope: "row" }, adviser.display_name), el("td", {}, el("span", { class: "state", "data-state": name }, word)),
    el("td", { class: "on-call" }, callWords(adviser)), el("td", {}, adviser.today.join(" ") || "—"),
    ...[adviser.owned, adviser.results, adviser.counted, adviser.contacts].map((value) => el("td", { class: "figure" }, String(value))),
    el("td", {}, el("button", { type: "button", "aria-label": `安排 ${adviser.display_name}`, onclick: () => open(adviser.id) }, "安排")));
}

async function loadBoard() {
  if (isDragging()) return;
  const board = await api("GET", "/api/v1/board", undefined, { background: true });
  ({ advisers, calls } = board);
  $("paused").replaceChildren(...board.paused.map(pausedRow));
  $("paused-box").hidden = board.paused.length === 0;
  // A choice that somebody is making stays open.
  if (!document.activeElement?.closest?.("#overdue")) $("overdue").replaceChildren(...board.overdue.map(overdueRow));
  $("overdue-box").hidden = board.overdue.length === 0;
  if (!document.activeElement?.closest?.("#closed")) $("closed").replaceChildren(...board.on_closed_days.map(closedRow));
  $("closed-box").hidden = board.on_closed_days.length === 0;
  // A row that somebody is on keeps its focus.
  const focused = document.activeElement?.closest?.("#advisers tr")?.dataset.id;
  $("advisers").replaceChildren(...advisers.map(adviserRow));
  if (focused) document.querySelector(`#advisers tr[data-id="${focused}"] button`)?.focus();
  setText($("as-of"), `${clock(now())} 更新`);
  if (shown) show();
}

async function loadForecast() {
  const forecast = await api("GET", "/api/v1/forecast", undefined, { background: true, timeout: 30000 });
  outlook(forecast.today);
  $("assumed").hidden = !forecast.assumed;
  contactWords(forecast.contact);
  if (isDragging() || document.activeElement?.closest?.("#late")) return;
  $("late").replaceChildren(...forecast.today.late.map(lateRow));
  $("late-box").hidden = forecast.today.late.length === 0;
  $("days").replaceChildren(...forecast.days.map((day) => el("li", {},
    dayOf(day.date),
    el("b", {}, day.advisers_needed === null ? "60 人以上" : `${day.advisers_needed} 人`))));
}

droppable($("advisers"), (task, row) => {
  const adviser = advisers.find((one) => one.id === row.dataset.id);
  if (adviser) assign(task, adviser.username);
});

const current = () => advisers.find((adviser) => adviser.id === shown);

/** Fills what may change while the dialog is open; fields being typed in are left alone. */
function show() {
  const adviser = current();
  if (!adviser) return;
  setText($("adviser-title"), adviser.display_name);
  for (const radio of $("availability").elements) radio.checked = radio.value === adviser.availability;
  showHeld(adviser);
  $("leaves").replaceChildren(...adviser.leaves.map((leave) => el("li", {}, `${dayOf(leave.first_day)}至${dayOf(leave.last_day)} `,
    el("button", { type: "button", class: "link", onclick: (event) => change(event.currentTarget, "DELETE", `leaves/${leave.id}`, undefined, "已删除") }, "删除"))));
}

function showHeld(adviser) {
  const own = calls.filter((call) => call.claimed_by === adviser.username);
  $("held-box").hidden = own.length === 0;
  $("held").replaceChildren(...own.map((call) => el("li", {}, `${call.name_masked} ${spacedPhone(call.phone_masked)} `,
    el("button", { type: "button", class: "link", onclick: (event) => takeBack(event.currentTarget, call) }, "收回"))));
}

async function takeBack(button, call) {
  if (!await confirmed("收回这条任务？", `${call.name_masked}会回到公共池，还没记录的结果要由接手的人补记。`, "收回")) return;
  await attempt(button, "POST", `/api/v1/callbacks/${call.id}/take-back`, {}, "已收回到公共池");
}

function open(id) {
  shown = id;
  const adviser = current();
  show();
  $("adviser-error").hidden = true;
  $("leave").reset();
  $("skills").value = adviser.skills.join("、");
  $("weight").value = adviser.weight;
  $("cap").value = adviser.cap ?? "";
  $("handover-to").replaceChildren(el("option", { value: "" }, "公共池"),
    ...people().filter(([username]) => username !== adviser.username).map(([username, name]) => el("option", { value: username }, name)));
  $("plan-days").replaceChildren(...weekdays.map((word, index) => el("label", {}, `周${word}`,
    el("input", { name: String(index + 1), type: "text", autocomplete: "off", maxlength: "100", value: adviser.shifts
      .filter((shift) => shift.weekday === index + 1).map((shift) => `${shift.from}-${shift.to}`).join(", ") }))));
  $("adviser").showModal();
  $("adviser-title").focus();
}

/** Changes something about the adviser that is shown; what went wrong is said in the dialog. */
const change = (button, method, path, body, done) => attempt(button, method, `/api/v1/staff/${shown}/${path}`, body, done);

const attempt = (button, method, address, body, done) => busy(button, async () => {
  $("adviser-error").hidden = true;
  try {
    const answer = await api(method, address, body);
    announce(typeof done === "function" ? done(answer) : done);
    await loadBoard();
    return true;
  } catch (problem) {
    $("adviser-error").hidden = false;
    setText($("adviser-error"), say(problem));
    // It stands at the top of a dialog that may be scrolled.
    $("adviser-error").focus();
    return false;
  }
});

/** `09:00-12:00, 13:30-18:00`, weekday by weekday. */
function planned() {
  return [...$("plan").querySelectorAll("input")].flatMap((input) =>
    input.value.split(/[,，、;；]/).map((part) => part.trim()).filter(Boolean).map((part) => {
      const [from = "", to = ""] = part.split(/[-–—~至]/).map((time) => time.trim().replace("：", ":"));
      return { weekday: Number(input.name), from, to };
    }));
}

$("availability").addEventListener("change", (event) => change(null, "PUT", "availability", { availability: event.target.value }, "已更新"));
$("handover").addEventListener("submit", async (event) => {
  event.preventDefault();
  const adviser = current();
  const to = $("handover-to").value;
  const where = to ? person(to) : "公共池";
  const holding = calls.some((call) => call.claimed_by === adviser.username) ? "和正在处理的" : "";
  if (!await confirmed("移交全部任务？", `${adviser.display_name}名下 ${adviser.owned} 条${holding}任务会移到${where}。`, "移交")) return;
  change(event.submitter, "POST", "handover", to ? { adviser: to } : {}, (answer) => `已移交 ${answer.tasks} 条到${where}`);
});
$("assignment").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = (id) => ($(id).value.trim() === "" ? null : Number($(id).value));
  const skills = $("skills").value.split(/[,，、;；]/).map((skill) => skill.trim()).filter(Boolean);
  change(event.submitter, "PUT", "assignment", { skills, weight: number("weight"), cap: number("cap") }, "分配已保存");
});
$("rebalance").addEventListener("click", (event) => busy(event.currentTarget, async () => {
  try {
    const plan = await api("POST", "/api/v1/board/rebalance", { preview: true });
    if (plan.tasks === 0) return announce("已经均衡，没有可移动的任务");
    const parts = plan.advisers.map((one) => `${person(one.username)} ${one.receives} 条`).join("，");
    if (!await confirmed("均衡未动的任务？", `将移动 ${plan.tasks} 条给在岗的人：${parts}。约好时间的和谈过的不动。`, "移动")) return;
    const moved = await api("POST", "/api/v1/board/rebalance", {});
    announce(`已移动 ${moved.tasks} 条`);
    await loadBoard();
  } catch (problem) {
    report(problem);
  }
}));
$("leave").addEventListener("submit", async (event) => {
  event.preventDefault();
  const days = { first_day: $("leave-first").value, last_day: $("leave-last").value || $("leave-first").value };
  if (await change(event.submitter, "POST", "leaves", days, "已加上")) $("leave").reset();
});
$("plan").addEventListener("submit", (event) => {
  event.preventDefault();
  change(event.submitter, "PUT", "shifts", { shifts: planned() }, "班次已保存");
});
$("adviser-close").addEventListener("click", () => $("adviser").close());
$("adviser").addEventListener("close", () => {
  // The row was made anew since the dialog was opened.
  document.querySelector(`#advisers tr[data-id="${shown}"] button`)?.focus();
  shown = null;
});

const eligibleRow = (lead, rules) => el("tr", {},
  el("th", { scope: "row" }, lead.callback.name_masked), el("td", { class: "phone" }, spacedPhone(lead.callback.phone_masked)),
  el("td", {}, blocks[lead.item] ?? items[lead.item] ?? lead.item ?? "—"), el("td", {}, lead.rule_version),
  el("td", { class: "figure" }, String(lead.total)),
  el("td", {}, el("button", { type: "button", "aria-label": `再联系 ${lead.callback.name_masked}`, onclick: (event) => callAgain(lead, rules, event.currentTarget) }, "再联系")));
const items = { points_below_120: "积分不够", other: "其他" };

async function loadEligible() {
  const { count, items: leads, rule_version: rules } = await api("GET", "/api/v1/eligible-leads", undefined, { background: true });
  $("eligible-box").hidden = count === 0;
  setText($("eligible-title"), `新规则下可能符合：${count} 人`);
  $("eligible").replaceChildren(...leads.map((lead) => eligibleRow(lead, rules)));
}

/** Opens the lead again; an adviser then finds it in the queue. */
async function callAgain(lead, rules, button) {
  await busy(button, async () => {
    try {
      await api("POST", `/api/v1/callbacks/${lead.callback.id}/reopen`, { reason: `规则 ${rules} 下可能符合，请再联系` });
      announce("已放进队列，顾问现在可以接起", "done");
    } catch (problem) {
      report(problem);
    }
    await loadEligible().catch(report);
  });
}

// A page that nobody touches must not keep its session alive.
const restAfter = 10 * 60_000;
let touchedAt = now();
for (const touch of ["keydown", "pointerdown", "pointermove"]) document.addEventListener(touch, () => { touchedAt = now(); }, { passive: true });

async function repeat(work, seconds) {
  if (!document.hidden && !isSessionOver() && now() - touchedAt < restAfter) await work().catch(report);
  setTimeout(() => repeat(work, seconds), seconds * 1000);
}
repeat(loadBoard, 10);
repeat(loadForecast, 60);
repeat(loadClosures, 300);
repeat(loadEligible, 300);
setInterval(() => {
  for (const row of document.querySelectorAll("#advisers tr")) {
    const adviser = advisers.find((one) => one.id === row.dataset.id);
    if (adviser) setText(row.querySelector(".on-call"), callWords(adviser));
  }
}, 1000);
