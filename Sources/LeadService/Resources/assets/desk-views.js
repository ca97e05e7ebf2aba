// The five views of the queue: reading them, their tabs, and what an empty one says.

import { $, api, now, setText } from "./console.js";
import { moment } from "./worktime.js";

/** One page of a view; every task carries what became of it so far, and remembers when it was read. */
export async function read(name, cursor = null, limit = 50, filter = "") {
  const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await api("GET", `/api/v1/callbacks?view=${name}&limit=${limit}&details=true${after}${filter}`, undefined, { background: true });
  const readAt = now();
  const details = new Map(page.details.map((one) => [one.id, one]));
  for (const task of page.items) Object.assign(task, details.get(task.id), { readAt });
  return page;
}

/** How long a view is, as far as one page tells. */
export function sizeOf(page) {
  return page.items.length > 0 ? `${page.items.length}${page.next_cursor ? "+" : ""}` : "";
}

const nothing = {
  mine: "没有您名下的任务。", pool: "没有等待的来电请求。", scheduled: "没有约在以后的任务。",
  overdue: "没有超时的任务。", closed: "还没有结束的任务。",
};

/** `下一个 14:30`, or nothing when nothing is scheduled. */
export async function nextWords() {
  const page = await read("scheduled", null, 1).catch(() => null);
  const next = page?.items[0];
  return next ? `下一个 ${moment(Date.parse(next.next_attempt_at), now())}` : "";
}

/** Says why a view is empty and what comes next. */
export async function explainEmpty(queue, view, isFiltered) {
  if (isFiltered) { queue.explain("没有符合筛选的任务。", "清除筛选可以看到全部"); return; }
  const next = ["closed", "scheduled"].includes(view) ? "" : await nextWords();
  queue.explain(nothing[view], next || "新的咨询提交后会出现在公共池");
}

/** Binds the tabs and gives the function that marks the chosen one. */
export function startTabs(onChoose) {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => onChoose(tab.dataset.view));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      next.focus();
      onChoose(next.dataset.view);
    });
  }
  return (name) => {
    for (const tab of tabs) {
      const chosen = tab.dataset.view === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    $("rows-panel").setAttribute("aria-labelledby", `tab-${name}`);
  };
}
