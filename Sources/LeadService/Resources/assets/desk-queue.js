// The queue at the left: rows that change in place, new ones that wait until they are asked for.

import { el, me, now, person, setText } from "./console.js";
import { bases, dispositionLabel } from "./dispositions.js";
import { viewerWords } from "./desk-live.js";
import { clock, hours, isProvisional, moment, pastMoment, shortMoment, spacedPhone } from "./worktime.js";

const at = (text) => (text ? Date.parse(text) : NaN);

/** Whether the promise of this task is kept; of one that was just claimed, read after its deadline, `overdue` says so. */
function isMet(task) {
  return Boolean(task.met_at) || (!task.overdue && at(task.due_at) <= task.readAt);
}

/** The promise's countdown in working hours, as words and a kind for its colour. */
export function countdown(task, calendar) {
  const time = now();
  const due = at(task.due_at);
  if (task.state === "closed") return { text: "已结束", kind: "quiet" };
  if (isMet(task)) return { text: "已兑现", kind: "quiet" };
  if (due <= time) {
    const over = calendar.between(due, time);
    // Nothing has passed that counts: then since when is said.
    return over < 60_000 ? { text: "已超时", kind: "overdue", since: `自${moment(due, time)}` } : { text: `超 ${hours(over)}`, kind: "overdue" };
  }
  const left = calendar.between(time, due);
  return { text: `剩 ${hours(left)}`, kind: left < 2 * 3_600_000 ? "soon" : "" };
}

export const isMine = (task) => task.claimed_by === me.username && at(task.claimed_until) > now();
export const isTaken = (task) => Boolean(task.claimed_by) && at(task.claimed_until) > now();

/** `张三 处理中 12:03`: who holds it and, where an event told, since when. */
export function holderWords(task, news) {
  if (news?.claimed_by !== task.claimed_by) return `${person(task.claimed_by)} 处理中`;
  return `${news.claimed_by_name} 处理中 ${clock(at(news.claimed_at))}`;
}

/** How a task ended, or how the last call on it did, and when that call was. */
function outcomeWords(task) {
  const outcome = task.closed_reason ?? task.last_disposition;
  if (!outcome) return "";
  return `${dispositionLabel(outcome)}${task.last_attempt_at ? ` ${pastMoment(at(task.last_attempt_at), now())}` : ""}`;
}

/** Whose task it is, if it is another's and not over. */
const ownerWords = (task) => (task.owner && task.owner !== me.username && task.state !== "closed" ? `${person(task.owner)}名下` : "");

/** The score and what is missing to the standard. */
export function scoreWords(task) {
  if (task.total === null || task.total === undefined) return { total: "—", gap: "未测分" };
  return { total: String(task.total), gap: task.gap > 0 ? `差 ${task.gap}` : "达标" };
}

export class Queue {
  #list;
  #fresh;
  #more;
  #empty;
  #calendar;
  #maxAttempts;
  #rows = new Map();
  /** Who holds or looks at a task, as events told. */
  #news = new Map();
  #view = "pool";
  #selected = null;
  #waiting = null;
  cursor = null;

  constructor({ list, fresh, more, empty, calendar, maxAttempts, onOpen, onMore }) {
    Object.assign(this, { onOpen });
    this.#list = list;
    this.#fresh = fresh;
    this.#more = more;
    this.#empty = empty;
    this.#calendar = calendar;
    this.#maxAttempts = maxAttempts;
    fresh.addEventListener("click", () => {
      if (this.#waiting) this.show(this.#view, this.#waiting.items, this.#waiting.cursor);
      this.#list.querySelector("button")?.focus();
    });
    more.addEventListener("click", () => onMore(more));
    list.addEventListener("keydown", (event) => this.#move(event));
  }

  /** Replaces the rows: at the adviser's own doing only. */
  show(view, items, cursor) {
    this.#view = view;
    this.#waiting = null;
    this.#fresh.hidden = true;
    this.#rows.clear();
    this.#list.replaceChildren();
    this.append(items, cursor);
  }

  append(items, cursor) {
    this.cursor = cursor ?? null;
    for (const task of items) {
      if (!this.#rows.has(task.id)) this.#add(task);
    }
    this.#more.hidden = this.cursor === null;
    this.#empty.hidden = this.#rows.size > 0;
    this.#mark();
  }

  /** A later reading: rows shown change in place, rows that left go pale, new ones wait behind a button. */
  offer(items, cursor) {
    const read = new Map(items.map((task) => [task.id, task]));
    for (const [id, row] of this.#rows) {
      const task = read.get(id);
      // Beyond the first page nothing is known, so nothing is said.
      row.item.classList.toggle("gone", !task && !this.cursor);
      if (task) this.#update(row, task);
    }
    const fresh = items.filter((task) => !this.#rows.has(task.id));
    if (this.#rows.size === 0 && fresh.length > 0) {
      this.show(this.#view, items, cursor);
      return;
    }
    this.#waiting = fresh.length > 0 ? { items, cursor } : null;
    this.#fresh.hidden = fresh.length === 0;
    setText(this.#fresh, `${fresh.length} 条新线索`);
  }

  /** Puts one newer task into its row, if it has one. */
  update(task) {
    const row = this.#rows.get(task.id);
    if (row) this.#update(row, { ...row.task, ...task });
  }

  task(id) {
    return this.#rows.get(id)?.task;
  }

  /** What an event says: rows change in place; none comes and none goes. */
  tell(changed, more) {
    if (more) this.#news.clear();
    for (const news of changed) {
      if (news.claimed_by || news.viewers.length > 0) this.#news.set(news.id, news);
      else this.#news.delete(news.id);
      const row = this.#rows.get(news.id);
      if (!row) continue;
      Object.assign(row.task, { state: news.state, claimed_by: news.claimed_by, claimed_until: news.claimed_until });
      if (news.state === "closed" && this.#view !== "closed") row.item.classList.add("gone");
    }
    this.tick();
  }

  /** Whether an event makes this list old: a row of it changed, or one may have come. */
  isTouched(changed) {
    return changed.some((news) => (this.#rows.has(news.id) ? news.state !== "closed"
      : this.#view === "closed" ? news.state === "closed" : news.state === "open" && (!news.claimed_by || news.claimed_by === me.username)));
  }

  tick() {
    for (const row of this.#rows.values()) this.#time(row);
  }

  select(id) {
    this.#selected = id;
    this.#mark();
  }

  /** Says why there is nothing and what comes next. */
  explain(title, next) {
    this.#empty.replaceChildren(el("strong", {}, title), el("span", {}, next));
  }

  #mark() {
    for (const [id, row] of this.#rows) {
      if (id === this.#selected) row.button.setAttribute("aria-current", "true");
      else row.button.removeAttribute("aria-current");
    }
  }

  #add(task) {
    const part = (name, tag = "span") => el(tag, { class: name });
    const row = {
      when: part("when"), name: part("name", "strong"), phone: part("phone"), total: part("total"),
      gap: part("gap"), source: part("source"), tries: part("tries"), last: part("last"),
    };
    row.button = el("button", { type: "button", class: "row", onclick: () => this.onOpen(task.id) },
      el("span", { class: "line" }, row.when, el("span", { class: "who" }, row.name, row.phone),
        el("span", { class: "score" }, row.total, row.gap)),
      el("span", { class: "line minor" }, row.tries, row.source, row.last));
    row.item = el("li", {}, row.button);
    this.#rows.set(task.id, row);
    this.#update(row, task);
    this.#list.append(row.item);
  }

  #update(row, task) {
    row.task = task;
    const score = scoreWords(task);
    setText(row.name, task.name_masked);
    setText(row.phone, spacedPhone(task.phone_masked));
    setText(row.total, score.total);
    setText(row.gap, score.gap);
    setText(row.source, `${isProvisional(at(task.due_at)) ? "期限暂定 · " : ""}${bases[task.source] ?? (task.source || "来源不详")}${task.skill ? ` · ${task.skill}` : ""}`);
    setText(row.tries, `${task.attempts}/${this.#maxAttempts} 次`);
    this.#time(row);
  }

  #time(row) {
    const { task } = row;
    const promise = countdown(task, this.#calendar);
    const next = at(task.next_attempt_at);
    const scheduled = this.#view === "scheduled" || (promise.kind === "quiet" && task.state !== "closed");
    setText(row.when, scheduled ? shortMoment(next, now()) : promise.text);
    row.when.dataset.kind = scheduled ? "" : promise.kind;
    const news = this.#news.get(task.id);
    const taken = isTaken(task) && (isMine(task) ? "我在处理" : holderWords(task, news));
    const seen = viewerWords(news?.viewers);
    const waits = task.state === "open" && !scheduled && next > now() + 60_000 ? `${moment(next, now())} 再拨` : "";
    const said = (task.state === "paused" ? "已暂停" : "") || outcomeWords(task) || promise.since || waits || (task.attempts === 0 && task.state === "open" ? "新线索" : "");
    setText(row.last, taken || seen || [said, ownerWords(task)].filter(Boolean).join(" · "));
    row.button.dataset.claim = isMine(task) ? "mine" : isTaken(task) ? "other" : "";
  }

  #move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const buttons = [...this.#list.querySelectorAll("button")];
    const next = buttons[buttons.indexOf(document.activeElement) + step];
    if (next) {
      event.preventDefault();
      next.focus();
    }
  }
}
