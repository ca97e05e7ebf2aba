// The desk: reads the queue, binds keys and buttons, keeps the clocks going.

import { $, announce, busy, isSessionOver, now, report, setText } from "./console.js";
import { Calls } from "./desk-calls.js";
import { startChips } from "./desk-chips.js";
import { MyDay } from "./desk-day.js";
import { startDialling } from "./desk-number.js";
import { startEntry } from "./desk-entry.js";
import { listenForKeys } from "./desk-keys.js";
import { ownCounts, showCounts, startLive } from "./desk-live.js";
import { Queue } from "./desk-queue.js";
import { toggleMissed } from "./desk-missed.js";
import { startSearch } from "./desk-search.js";
import { startSnippets } from "./desk-snippets.js";
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
let activeAt = performance.now();
const day = new MyDay();
let readAt = now();
let turn = 0;

const queue = new Queue({
  list: $("rows"), fresh: $("fresh"), more: $("more"), empty: $("empty"), calendar, maxAttempts,
  onOpen: (id) => calls.open(queue.task(id)),
  onMore: (button) => busy(button, async () => {
    const page = await read(view, queue.cursor, 50, chips.query(view)).catch(report);
    if (page) queue.append(page.items, page.next_cursor);
  }),
});
const lines = (id) => [...$(id).content.children].map((line) => line.textContent);
const calls = new Calls({
  pane: desk.dataset, queue, calendar, maxAttempts, mayClaim, mayAssign, refresh: () => refresh(false),
  script: lines("script-lines"), incomingScript: lines("incoming-lines"), onRecorded: () => day.read(true),
});

/** Reads the shown view and, where no event counts them, the three that are counted; `quietly` lets new rows wait. */
async function refresh(quietly) {
  const asked = view;
  const own = ++turn;
  const { changes } = calls;
  clearTimeout(refreshTimer);
  refreshTimer = 0;
  const filter = chips.query(asked);
  const wanted = [...new Set(isLive ? [...(filter ? [] : [asked]), "mine"] : [asked, "mine", "pool", "overdue"])];
  try {
    const [filtered, ...whole] = await Promise.all(
      [filter ? read(asked, null, 50, filter) : null, ...wanted.map(async (name) => [name, await read(name)])]);
    const pages = new Map(whole);
    if (!isLive) takeCounts(Object.fromEntries([...pages].filter(([name]) => name !== "closed").map(([name, page]) => [name, sizeOf(page)])));
    // Of several readings under way the last one counts.
    if (own === turn && asked === view && filter === chips.query(view)) {
      const page = filtered ?? pages.get(view);
      if (quietly) queue.offer(page.items, page.next_cursor);
      else queue.show(view, page.items, page.next_cursor);
      if (page.items.length === 0) await explainEmpty(queue, view, Boolean(filter));
    }
    readAt = now();
    showOffline(false);
    if ($("message").dataset.from === "refresh") announce("");
    day.read();
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

function takeCounts(counts) {
  showCounts(counts);
  day.setLeft(counts.pool);
}

function takeEvent(event) {
  takeCounts(ownCounts(event));
  day.read();
  const touched = event.more || queue.isTouched(event.changed);
  queue.tell(event.changed, event.more);
  calls.tell(event.changed);
  if (touched) refreshSoon();
}

const markTab = startTabs(choose);
const chips = startChips(() => refresh(false));
startSnippets();

function choose(name) {
  view = name;
  markTab(name);
  chips.show(name);
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

const showDialling = startDialling($("dials"));

function showHelp() {
  showDialling();
  $("help").showModal();
}

listenForKeys({
  next: () => calls.next(), reveal: () => calls.numbers.reveal(), copy: () => calls.numbers.copy(), dial: () => calls.numbers.dial(),
  search: () => $("q").focus(), note: () => calls.wrapUp.focusNote(), help: showHelp, missed: () => toggleMissed(),
  choose: (code) => { if (!calls.wrapUp.choose(code)) announce("接起一条任务后才能选结果（按 N）"); },
  later: () => {
    if (calls.wrapUp.choose("call_back_at")) calls.wrapUp.focusTime();
    else announce("接起一条任务后才能约定回拨（按 N）");
  },
  save: () => calls.wrapUp.save(true), undo: () => calls.undo(),
});

function tick() {
  setText($("bar-record"), calls.wrapUp.isChosen ? "保存并接下一个" : "记录结果");
  setText($("bar-reveal"), calls.numbers.isShown ? "拨打" : "显示号码");
  queue.tick();
  calls.tick(performance.now() - activeAt);
}

$("next").addEventListener("click", () => calls.next());
$("bar-next").addEventListener("click", () => calls.next());
$("bar-back").addEventListener("click", () => {
  desk.dataset.pane = "queue";
  $("rows").querySelector("[aria-current], button")?.focus();
});
$("bar-reveal").addEventListener("click", async () => {
  if (calls.numbers.isShown) { calls.numbers.dial(); return; }
  await calls.numbers.reveal($("bar-reveal"));
  tick();
});
// Within a thumb's reach: first to the results, then, when one is chosen, on to the next.
$("bar-record").addEventListener("click", () => {
  if (calls.wrapUp.isChosen) calls.wrapUp.save(true);
  else $("wrapup").scrollIntoView();
});
$("wrapup").addEventListener("change", tick);
$("help-open").addEventListener("click", showHelp);

document.addEventListener("input", () => { typedAt = now(); });
for (const name of ["keydown", "pointerdown", "input", "wheel"]) addEventListener(name, () => { activeAt = performance.now(); }, { passive: true });
document.addEventListener("visibilitychange", () => { if (!document.hidden && !isSessionOver()) { refresh(true); calls.lookAgain(); } });
addEventListener("session-over", () => {
  calls.forgetPeople();
  clearSearch();
});
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
