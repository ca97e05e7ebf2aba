// The line at the top: what I have done today, what waits for me, and when everybody will be done.

import { $, api, now, setText } from "./console.js";
import { clock } from "./worktime.js";

/** The end is a forecast of some minutes; what others do changes it slowly. */
const often = 60_000;

function endWords({ due_today: due, finished_at: end, late_count: late, working_day: works }) {
  // On a day off there is no pace.
  if (!works) return due === 0 ? "今天休息" : `今天休息，还有 ${due} 个没打`;
  const lateWords = late > 0 ? `，${late} 个会超时` : "";
  if (due === 0) return "今天到期的都打过了";
  return end ? `按现在的速度 ${clock(Date.parse(end))} 打完${lateWords}` : `按现在的速度今天打不完${lateWords}`;
}

export class MyDay {
  #day = null;
  #left = "";
  #readAt = -Infinity;

  /** Reads it again: after an own result at once, else when it is old. */
  async read(isWanted = false) {
    if (!isWanted && now() - this.#readAt < often) return;
    this.#readAt = now();
    const day = await api("GET", "/api/v1/my-day", undefined, { background: true }).catch(() => null);
    if (!day) return;
    this.#day = day;
    this.#show();
  }

  /** How many calls I could be given now, as events or lists count them. */
  setLeft(size) {
    if (size === undefined) return;
    this.#left = String(size || 0);
    this.#show();
  }

  #show() {
    if (!this.#day) return;
    const { done, reached } = this.#day;
    setText($("my-day-done"), [`已打 ${done}`, `接通 ${reached}`, this.#left && `待打 ${this.#left}`].filter(Boolean).join(" · "));
    setText($("my-day-end"), endWords(this.#day));
  }
}
