// The calls of one person: what is open, what is held, and everything one does with a claim until its disposition.

import { $, announce, api, busy, confirmed, el, me, now, person, report } from "./console.js";
import { Card } from "./desk-card.js";
import { forgetSecond, keepSecond } from "./desk-dial.js";
import { sendMissed, wantsMissed } from "./desk-missed.js";
import { isMine } from "./desk-queue.js";
import { nextWords } from "./desk-views.js";
import { WrapUp } from "./desk-wrapup.js";
import { dispositionLabel } from "./dispositions.js";
import { moment } from "./worktime.js";

const address = (id, verb) => `/api/v1/callbacks/${id}${verb ? `/${verb}` : ""}`;
/** How the visitor ends a task, in words for whoever holds it. */
const endings = {
  cancelled_by_visitor: "客户刚刚撤回了咨询，请不要再拨打",
  consent_withdrawn: "客户刚刚撤回了同意，请不要再拨打",
  do_not_call: "客户要求不再联系，请不要再拨打",
  erased: "客户要求删除个人信息，请不要再拨打",
};
const gone = (problem) => problem.code === "not_claimant" || problem.code === "already_closed";

export class Calls {
  /** The claims held, each until its disposition: task, token, full card, number. */
  #held = new Map();
  #selected = null;
  /** Counts claims taken and let go, so that an older reading of the queue brings none of them back. */
  changes = 0;
  #extendedAt = 0;
  #mayClaim;
  #pane;
  #queue;
  #card;
  #wrapUp;
  #refresh;

  constructor({ pane, queue, calendar, maxAttempts, mayClaim, mayAssign, refresh }) {
    this.#mayClaim = mayClaim;
    this.#pane = pane;
    this.#queue = queue;
    this.#refresh = refresh;
    this.#card = new Card($("card"), {
      calendar, maxAttempts, mayAssign, mayClaim,
      whyOver: (id) => this.#held.get(id)?.over ?? "",
      isOpen: (id) => this.#held.has(id) && !this.#held.get(id).lost,
      placeholder: () => el("p", { class: "quiet placeholder" }, mayClaim ? "按 N 接下一个，或从左边选一条查看" : "从左边选一条查看"),
      onReveal: (button) => this.reveal(button), onCopy: () => this.copy(), onRelease: (button) => this.#release(button),
      onIncoming: (whom, button) => this.takeIncoming(whom, button), onAssign: (adviser) => this.#assign(adviser),
      onTelephone: () => this.lookAgain(), onSecond: () => this.#showSecond(),
    });
    this.#wrapUp = new WrapUp($("wrapup"), { calendar, onSave: (...result) => this.#save(...result) });
    this.#card.clear();
  }

  get isHolding() { return this.#held.size > 0; }
  get wrapUp() { return this.#wrapUp; }
  get #claim() { return this.#held.get(this.#selected); }
  get isRevealed() { return Boolean(this.#claim?.phone); }

  tick() { this.#card.tick(); }

  /** Finds claims made before this page was loaded. */
  async takeUp(mine) {
    for (const task of mine.filter(isMine)) {
      if (this.#held.has(task.id)) Object.assign(this.#held.get(task.id).task, task);
      else this.#held.set(task.id, { task, token: sessionStorage.getItem(`claim:${task.id}`) ?? undefined });
    }
    const [first] = this.#held.values();
    if (this.#selected === null && first) await this.open(first.task);
  }

  async open(task) {
    if (!task) return;
    this.#selected = task.id;
    const claim = this.#claim;
    this.#queue.select(task.id);
    if (claim) this.#wrapUp.open(claim.task);
    else this.#wrapUp.close();
    if (claim?.over) this.#wrapUp.stop(`${claim.over}。写下的内容留在本机`);
    this.#pane.pane = "card";
    this.#pane.open = claim ? "mine" : "other";
    this.#card.show(claim?.task ?? task, claim?.card, claim?.phone);
    this.#card.heading?.focus({ preventScroll: true });
    $("card").scrollTop = 0;
    this.look();
    await this.#read(task.id);
  }

  /** What an event says of the claims held, at once, and of the card that is shown. */
  tell(changed) {
    for (const news of changed) {
      const claim = this.#held.get(news.id);
      if (claim && !claim.saving && !claim.lost) this.#follow(claim, news);
      if (news.id !== this.#selected) continue;
      this.#card.tell(news);
      if (claim?.card) {
        claim.card.viewers = news.viewers;
        this.#card.show(claim.task, claim.card, claim.phone);
      } else if (!claim) this.#read(news.id);
    }
  }

  #follow(claim, news) {
    if (news.state !== "closed" && news.claimed_by === me.username) {
      claim.task.claimed_until = news.claimed_until;
      return;
    }
    const over = news.state === "closed" ? endings[news.closed_reason] ?? "这条任务已经结束"
      : news.claimed_by ? `这条任务已由 ${news.claimed_by_name} 接手` : "这条任务已不在您名下";
    Object.assign(claim, { over, lost: true, phone: undefined });
    Object.assign(claim.task, { state: news.state, claimed_by: news.claimed_by, claimed_until: news.claimed_until });
    if (this.#wrapUp.taskId === news.id) this.#wrapUp.stop(`${over}。写下的内容留在本机`);
    if (this.#selected === news.id) this.#card.show(claim.task, claim.card, undefined);
    announce(over, "warning");
  }

  /** Says that this card is being looked at; whoever holds it is known to by their claim, which this would extend. */
  look() {
    if (!this.#selected || this.#claim || document.hidden) return;
    api("POST", address(this.#selected, "presence"), undefined, { background: true }).catch(() => {});
  }

  /** Takes up what was just entered by hand. */
  async takeEntered({ callback_id: id, claimed }) {
    if (claimed) await this.#hold(await api("GET", address(id)));
    else await this.#refresh();
  }

  /** Reads the full card; for a claim this also extends its lease. */
  async #read(id) {
    try {
      const full = await api("GET", address(id), undefined, { background: true });
      full.readAt = now();
      const claim = this.#held.get(id);
      if (claim) {
        claim.card = full;
        claim.token ??= full.claim_token;
        Object.assign(claim.task, { claimed_by: full.claimed_by, claimed_until: full.claimed_until });
      }
      this.#queue.update(full);
      if (this.#selected === id) this.#card.show(full, full, claim?.phone);
    } catch (problem) {
      report(problem);
    }
  }

  /** Serves the next task, or says why there is none; with a call still open it goes there instead. */
  async next(said = "") {
    if (!this.#mayClaim) return;
    // What was refused is in the history; what was never sent stays on this computer.
    for (const [id, claim] of this.#held) if (claim.lost) this.#drop(id, !claim.over);
    if (this.isHolding) {
      announce("先记录这通电话的结果，再接下一个", "warning");
      const [first] = this.#held.values();
      await this.open((this.#claim ?? first).task);
      return;
    }
    await busy($("next"), async () => {
      try {
        const task = await api("POST", address("claim"), {});
        if (task) { await this.#hold(task); return; }
        await this.#refresh();
        const words = await nextWords();
        announce(`${said ? `${said}。` : ""}现在没有可接的任务${words ? `，${words}` : ""}`);
      } catch (problem) {
        report(problem);
      }
    });
  }

  async #hold({ claim_token: token, ...task }) {
    this.changes += 1;
    task.readAt = now();
    this.#held.set(task.id, { task, token });
    if (token !== undefined) sessionStorage.setItem(`claim:${task.id}`, token);
    this.#extendedAt = now();
    announce("");
    await Promise.all([this.open(task), this.#refresh()]);
  }

  /** Takes a call from somebody who rings us. */
  async takeIncoming(whom, button) {
    await busy(button, async () => {
      try {
        await this.#hold(await api("POST", address("claim"), whom));
      } catch (problem) {
        const who = problem.body?.claimed_by;
        if (problem.code === "claimed_by_other") announce(`${who ? person(who) : "另一位顾问"} 正在处理这位客户，请转接`, "error");
        else report(problem);
      }
    });
  }

  async reveal(button = $("reveal")) {
    const claim = this.#claim;
    if (!claim || claim.phone) { $("dial")?.focus(); return; }
    const { id } = claim.task;
    await busy(button, async () => {
      try {
        const { phone, second_phone: second } = await api("POST", address(id, "reveal"), { purpose: claim.card?.incoming ? "incoming_call" : "callback" });
        // The answer may come after the call was wrapped up: then nobody may see it.
        if (this.#held.get(id) !== claim) return;
        claim.phone = phone;
        keepSecond(id, second);
        announce("号码已显示，这次查看已留痕");
        if (this.#selected !== id) return;
        this.#card.show(claim.card ?? claim.task, claim.card, phone);
        $("dial")?.focus();
        this.#read(id);
      } catch (problem) {
        this.#explainNoNumber(id, problem);
      }
    });
  }

  /** After the second number was changed: who sees the first one sees it too. */
  async #showSecond() {
    const id = this.#selected;
    const claim = this.#claim;
    if (claim?.phone) {
      const answer = await api("POST", address(id, "reveal"), { purpose: "second_number" }).catch(() => null);
      if (this.#held.get(id) === claim) keepSecond(id, answer?.second_phone);
    }
    this.lookAgain();
  }

  #explainNoNumber(id, problem) {
    const allowed = Date.parse(problem.body?.next_allowed_at ?? "");
    if (problem.code === "outside_calling_hours") {
      announce(`现在不能拨打这位客户${Number.isNaN(allowed) ? "" : `，最早 ${moment(allowed, now())}`}。可以放回公共池`, "error");
    } else if (problem.code === "do_not_call") {
      this.#drop(id);
      announce("这位客户刚要求不再致电，任务已结束。按 N 接下一条", "error");
      this.#refresh();
    } else if (gone(problem)) {
      this.#drop(id);
      announce("占用已到期，任务已回到公共池。按 N 再接", "error");
      this.#refresh();
    } else report(problem);
  }

  async copy() {
    const phone = this.#claim?.phone;
    if (!phone) return;
    await navigator.clipboard.writeText(phone.replace(/^\+86/, "")).then(
      () => announce("号码已复制"), () => announce("浏览器不让复制，请手动选取号码", "error"));
  }

  /** Lets a claim go from this page: the number is hidden with it. */
  #drop(id, forget = false) {
    this.changes += 1;
    this.#held.delete(id);
    forgetSecond(id);
    sessionStorage.removeItem(`claim:${id}`);
    if (this.#wrapUp.taskId === id) this.#wrapUp.close(forget);
    if (this.#selected !== id) return;
    this.#selected = null;
    this.#queue.select(null);
    this.#card.clear();
    this.#pane.pane = "queue";
    this.#pane.open = "";
  }

  async #save(task, body, key, next) {
    const claim = this.#held.get(task.id);
    const token = claim?.token;
    if (claim) claim.saving = true;
    const missed = wantsMissed(body);
    try {
      const result = await api("POST", address(task.id, "attempts"),
        token === undefined ? body : { ...body, claim_token: token }, { headers: { "Idempotency-Key": key } });
      this.#drop(task.id, true);
      const after = result.state === "closed" ? "任务结束" : `下次 ${moment(Date.parse(result.next_attempt_at), now())}`;
      const told = missed ? await sendMissed(task.id) : "";
      await this.#goOn(`已记录：${dispositionLabel(body.disposition)}，${after}${told}`, next);
    } catch (problem) {
      this.#wrapUp.refuse(problem);
      if (claim) claim.saving = false;
      if (!gone(problem) || !claim) return;
      claim.phone = undefined;
      claim.lost = true;
      await this.#read(task.id);
    }
  }

  /** After a result: the other open call if there is one, else the next task when it was asked for. */
  async #goOn(said, next) {
    const [other] = this.#held.values();
    if (other) await this.open(other.task);
    else if (next) {
      await this.next(said);
      if (!this.isHolding) return;
    }
    announce(said, "done");
    if (!next || other) this.#refresh();
  }

  async #release(button) {
    const id = this.#selected;
    const claim = this.#claim;
    if (!claim || !(await confirmed("放回公共池？", "放回后别人可以接起。写下的备注不会保存为结果。", "放回"))) return;
    await busy(button, async () => {
      claim.saving = true;
      try {
        await api("POST", address(id, "release"), {});
        announce("已放回公共池");
      } catch (problem) {
        claim.saving = false;
        if (!gone(problem)) { report(problem); return; }
      }
      this.#drop(id);
      this.#refresh();
    });
  }

  async #assign(adviser) {
    try {
      await api("POST", address(this.#selected, "assign"), { adviser });
      announce(`已转给 ${person(adviser)}`, "done");
      await this.#read(this.#selected);
      this.#refresh();
    } catch (problem) {
      report(problem);
    }
  }

  /** Typing counts as work on the task: it extends the lease, at most every two minutes. */
  extend(typedAt) {
    const claim = this.#claim;
    if (!claim || claim.lost || typedAt <= this.#extendedAt || now() - this.#extendedAt < 120_000) return;
    this.#extendedAt = now();
    this.#read(claim.task.id);
  }

  /** Reads the shown card again: another page may have changed what it says. */
  lookAgain() {
    if (this.#selected) this.#read(this.#selected);
  }

  /** Forgets every number: for a page that is being left. */
  hideNumbers() {
    for (const claim of this.#held.values()) claim.phone = undefined;
    forgetSecond();
    this.#card.clear();
  }
}
