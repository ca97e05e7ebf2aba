// The desk: reads the queue, binds keys and buttons, keeps the clocks going.

import { $, announce, busy, isSessionOver, now, report, setText } from "./console.js";
import { Calls } from "./desk-calls.js";
import { startEntry } from "./desk-entry.js";
import { listenForKeys } from "./desk-keys.js";
import { ownCounts, showCounts, startLive } from "./desk-live.js";
import { Queue } from "./desk-queue.js";
import { toggleMissed } from "./desk-missed.js";
import { startSearch } from "./desk-search.js";
import { explainEmpty, read, sizeOf, startTabs } from "./desk-views.js";
import { forgetOldDrafts } from "./drafts.js";
import { WorkingCalendar, clock } from "./worktime.js";

const desk = $("desk");
const calendar = new WorkingCalendar(desk.dataset);
const { maxAttempts } = desk.dataset;
const mayClaim = desk.dataset.mayClaim === "true";
const mayAssign = desk.dataset.mayAssign === "true";
const pollEvery = 15_000;
/** While events come, lists are read when one tells of a change, and now and then in case the line is dead. */
const pollWhileLive = 60_000;
const lookEvery = 20_000;
/** A change is read at once; while changes go on, each reading waits longer than the one before. */
const [soonest, latest] = [300, 8_000];

let isLive = false;
let refreshTimer = 0;
let refreshPause = soonest;
let view = mayClaim ? "mine" : "pool";
let typedAt = 0;
let readAt = now();

const queue = new Queue({
  list: $("rows"), fresh: $("fresh"), more: $("more"), empty: $("empty"), calendar, maxAttempts,
  onOpen: (id) => calls.open(queue.task(id)),
  onMore: (button) => busy(button, async () => {
    const page = await read(view, queue.cursor).catch(report);
    if (page) queue.append(page.items, page.next_cursor);
  }),
});
const calls = new Calls({
  pane: desk.dataset, queue, calendar, maxAttempts, mayClaim, mayAssign, refresh: () => refresh(false),
});

/** Reads the shown view and, where no event counts them, the three that are counted; `quietly` lets new rows wait. */
async function refresh(quietly) {
  const asked = view;
  const { changes } = calls;
  clearTimeout(refreshTimer);
  refreshTimer = 0;
  const wanted = [...new Set(isLive ? [asked, "mine"] : [asked, "mine", "pool", "overdue"])];
  try {
    const pages = new Map(await Promise.all(wanted.map(async (name) => [name, await read(name)])));
    if (!isLive) showCounts(Object.fromEntries([...pages].filter(([name]) => name !== "closed").map(([name, page]) => [name, sizeOf(page)])));
    if (asked === view) {
      const page = pages.get(view);
      if (quietly) queue.offer(page.items, page.next_cursor);
      else queue.show(view, page.items, page.next_cursor);
      if (page.items.length === 0) await explainEmpty(queue, view);
    }
    readAt = now();
    showOffline(false);
    if ($("message").dataset.from === "refresh") announce("");
    if (changes === calls.changes) await calls.takeUp(pages.get("mine").items);
  } catch (problem) {
    showOffline(problem.status === 0);
    if (problem.status === 0) return;
    desk.dataset.offline = "true";
    if (problem.status >= 500) announce(`连接中断，显示的是 ${clock(readAt)} 的数据，恢复后自动更新`, "error");
    else report(problem);
    $("message").dataset.from = "refresh";
  }
}

/** The bar that says that nothing is lost; what is typed is kept on this computer all along. */
function showOffline(isOffline) {
  $("offline").hidden = !isOffline;
  if (isOffline) desk.dataset.offline = "true";
  else delete desk.dataset.offline;
}

/** Reads again soon: many changes are one reading, and many consoles do not read in one moment. */
function refreshSoon() {
  if (document.hidden || refreshTimer) return;
  refreshPause = now() - readAt > latest ? soonest : Math.min(latest, refreshPause * 2);
  refreshTimer = setTimeout(() => refresh(true), refreshPause * (0.5 + Math.random() / 2));
}

function takeEvent(event) {
  showCounts(ownCounts(event));
  const touched = event.more || queue.isTouched(event.changed);
  queue.tell(event.changed, event.more);
  calls.tell(event.changed);
  if (touched) refreshSoon();
}

const markTab = startTabs(choose);

function choose(name) {
  view = name;
  markTab(name);
  return refresh(false);
}

const clearSearch = startSearch({
  mayClaim, onProblem: report,
  onIncoming: async (whom, button) => {
    await calls.takeIncoming(whom, button);
    if (calls.isHolding) clearSearch();
  },
});

startEntry({ mayClaim, onEntered: (entered) => calls.takeEntered(entered) });

listenForKeys({
  next: () => calls.next(), reveal: () => calls.reveal(), copy: () => calls.copy(),
  search: () => $("q").focus(), note: () => calls.wrapUp.focusNote(), help: () => $("help").showModal(), missed: () => toggleMissed(),
  choose: (code) => { if (!calls.wrapUp.choose(code)) announce("接起一条任务后才能选结果（按 N）"); },
  later: () => {
    if (calls.wrapUp.choose("call_back_at")) calls.wrapUp.focusTime();
    else announce("接起一条任务后才能约定回拨（按 N）");
  },
  save: () => calls.wrapUp.save(true),
});

function tick() {
  setText($("bar-reveal"), calls.isRevealed ? "拨打" : "显示号码");
  queue.tick();
  calls.tick();
}

$("next").addEventListener("click", () => calls.next());
$("bar-next").addEventListener("click", () => calls.next());
$("bar-back").addEventListener("click", () => {
  desk.dataset.pane = "queue";
  $("rows").querySelector("[aria-current], button")?.focus();
});
$("bar-reveal").addEventListener("click", async () => {
  if (calls.isRevealed) { $("dial").click(); return; }
  await calls.reveal($("bar-reveal"));
  tick();
});
$("bar-record").addEventListener("click", () => $("wrapup").scrollIntoView());
$("help-open").addEventListener("click", () => $("help").showModal());

document.addEventListener("input", () => { typedAt = now(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && !isSessionOver()) { refresh(true); calls.lookAgain(); } });
// A page kept for the back button must not keep a number.
addEventListener("pagehide", () => calls.hideNumbers());
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
setInterval(tick, 1000);
addEventListener("offline", () => showOffline(true));
addEventListener("online", () => refresh(true));
setInterval(() => {
  if (document.hidden || isSessionOver()) return;
  if (!isLive || now() - readAt > pollWhileLive) refresh(true);
  calls.extend(typedAt);
}, pollEvery);
setInterval(() => { if (!isSessionOver()) calls.look(); }, lookEvery);

if (!mayClaim) $("next").hidden = $("bar-next").hidden = true;
await choose(view);
forgetOldDrafts(now());
startLive({ onQueue: takeEvent, onState: (is) => { isLive = is; } });
if (view === "mine" && !calls.isHolding && $("rows").childElementCount === 0) await choose("pool");
