// The claims of one person, each held until its disposition: task, token, full card, and the number once it was shown.

import { now, person } from "./console.js";
import { isMine } from "./desk-queue.js";

export const address = (id, verb) => `/api/v1/callbacks/${id}${verb ? `/${verb}` : ""}`;
export const gone = (problem) => problem.code === "not_claimant" || problem.code === "already_closed";

/** How the visitor ends a task, in words for whoever holds it. */
const endings = {
  cancelled_by_visitor: "客户刚刚撤回了咨询，请不要再拨打",
  consent_withdrawn: "客户刚刚撤回了同意，请不要再拨打",
  do_not_call: "客户要求不再联系，请不要再拨打",
  erased: "客户要求删除个人信息，请不要再拨打",
};

/** Why a claim is over that an event says is not ours any more. */
export function overWords(news) {
  if (news.state === "closed") return endings[news.closed_reason] ?? "这条任务已经结束";
  return news.claimed_by ? `这条任务已由 ${news.claimed_by_name} 接手` : "这条任务已不在您名下";
}

/** Who else is on the line with whoever rings us. */
export const otherWords = (username) => `${username ? person(username) : "另一位顾问"} 正在处理这位客户，请转接`;

const place = (id) => `claim:${id}`;

export class Claims {
  #held = new Map();
  /** Counts claims taken and let go, so that an older reading of the queue brings none of them back. */
  changes = 0;

  get size() { return this.#held.size; }
  get first() { return this.#held.values().next().value; }
  get(id) { return this.#held.get(id); }
  /** The one that was served, not rung in, unless it is over. */
  get ordinary() { return [...this.#held.values()].find((claim) => !claim.lost && !claim.card?.incoming); }

  hold({ claim_token: token, ...task }) {
    this.changes += 1;
    task.readAt = now();
    this.#held.set(task.id, { task, token });
    if (token !== undefined) sessionStorage.setItem(place(task.id), token);
    return task;
  }

  drop(id) {
    this.changes += 1;
    this.#held.delete(id);
    sessionStorage.removeItem(place(id));
  }

  /** Finds claims made before this page was loaded, in a list of the adviser's own. */
  takeUp(mine) {
    for (const task of mine.filter(isMine)) {
      if (this.#held.has(task.id)) Object.assign(this.#held.get(task.id).task, task);
      else this.#held.set(task.id, { task, token: sessionStorage.getItem(place(task.id)) ?? undefined });
    }
  }

  /** The claims that are over, whose pages may still be read. */
  get lost() { return [...this.#held].filter(([, claim]) => claim.lost); }

  /** Forgets who is called: only what a list shows is left. */
  forgetPeople() {
    for (const claim of this.#held.values()) {
      Object.assign(claim, { number: undefined, card: undefined });
      delete claim.task.name;
    }
  }

  /** Forgets every number; says whether there was one. */
  hideNumbers() {
    const shown = [...this.#held.values()].filter((claim) => claim.number);
    for (const claim of shown) claim.number = undefined;
    return shown.length > 0;
  }
}
