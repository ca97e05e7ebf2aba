// The calls of one person: what is open, what is held, and everything one does with a claim until its disposition.

import { $, announce, api, busy, confirmed, el, me, now, person, report } from "./console.js";
import { Card } from "./desk-card.js";
import { Claims, address, gone, otherWords, overWords } from "./desk-claims.js";
import { LeadActions } from "./desk-lead.js";
import { Numbers, copyLink } from "./desk-number.js";
import { startPause } from "./desk-pause.js";
import { Results } from "./desk-results.js";
import { nextWords } from "./desk-views.js";
import { WrapUp } from "./desk-wrapup.js";

/** Why a claim is given back. */
const releaseReasons = ["临时有事", "换班", "不熟悉这类业务", "语言不通", "与客户认识"];
/** A number that nobody looks at any more is hidden again. */
const idle = 10 * 60_000;

export class Calls {
  #claims = new Claims();
  #selected = null;
  #extendedAt = 0;
  #mayClaim;
  #pane;
  #queue;
  #card;
  #wrapUp;
  #refresh;
  #results;

  constructor({ pane, queue, calendar, maxAttempts, mayClaim, mayAssign, script, incomingScript, refresh, onRecorded }) {
    this.#mayClaim = mayClaim;
    this.#pane = pane;
    this.#queue = queue;
    this.#refresh = refresh;
    this.#results = new Results(this.#claims, {
      open: (task) => this.open(task), hold: (claimed) => this.#hold(claimed), drop: (id, forget) => this.#drop(id, forget),
      read: (id) => this.#read(id), next: (said) => this.next(said), refuse: (problem) => this.#wrapUp.refuse(problem),
      refresh, recorded: onRecorded,
    });
    const lead = new LeadActions({ onChanged: (id) => this.#changed(id) });
    this.#card = new Card($("card"), {
      lead,
      calendar, maxAttempts, mayAssign, mayClaim, script, incomingScript,
      whyOver: (id) => this.#claims.get(id)?.over ?? "",
      isOpen: (id) => Boolean(this.#claims.get(id)) && !this.#claims.get(id).lost,
      placeholder: () => el("p", { class: "quiet placeholder" }, mayClaim ? "按 N 接下一个，或从左边选一条查看" : "从左边选一条查看"),
      onReveal: (button) => this.numbers.reveal(button), onDial: (event, number) => this.numbers.dialled(event, number),
      onCopy: (number) => this.numbers.copy(number), onCall: (number, button) => this.numbers.call(number, button), onRelease: (button) => this.#release(button),
      onResume: (button) => this.#resume(button),
      onIncoming: (whom, button) => this.takeIncoming(whom, button), onAssign: (adviser) => this.#assign(adviser),
      onCopyLink: (url, name) => copyLink(url, name),
      onChange: () => this.lookAgain(), onSecond: () => this.numbers.again(),
    });
    this.#wrapUp = new WrapUp($("wrapup"), { calendar, onSave: (...result) => this.#results.save(...result) });
    startPause({ held: () => (this.#claim?.lost ? null : this.#claim), calendar, done: (id) => { this.#drop(id); this.#refresh(); } });
    this.numbers = new Numbers({
      claim: () => this.#claim, isHeld: (claim) => this.#claims.get(claim.task.id) === claim, onDialled: () => this.#wrapUp.clock.start(),
      onShown: (claim) => this.#shown(claim), onOver: (id) => { this.#drop(id); this.#refresh(); },
      onChange: () => this.lookAgain(),
    });
    this.#card.clear();
  }

  get isHolding() { return this.#claims.size > 0; }
  get changes() { return this.#claims.changes; }
  get wrapUp() { return this.#wrapUp; }
  undo() { return this.#results.undo(); }
  get #claim() { return this.#claims.get(this.#selected); }

  /** @param restedFor how long ago somebody last touched this page */
  tick(restedFor) {
    this.#card.tick();
    this.#wrapUp.tick();
    if (restedFor < idle || !this.#claims.hideNumbers()) return;
    this.#showAgain();
    announce("10 分钟没有操作，号码已隐藏。按 R 再看");
  }

  #showAgain() {
    const claim = this.#claim;
    if (claim) this.#card.show(claim.card ?? claim.task, claim.card, claim.number);
  }

  /** A number came that was asked for. */
  #shown(claim) {
    if (this.#claim !== claim) return;
    this.#showAgain();
    this.numbers.focus();
    this.#read(claim.task.id);
  }

  /** Finds claims made before this page was loaded. */
  async takeUp(mine) {
    this.#claims.takeUp(mine);
    const { first } = this.#claims;
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
    this.#card.show(claim?.task ?? task, claim?.card, claim?.number);
    this.#card.heading?.focus({ preventScroll: true });
    $("card").scrollTop = 0;
    this.look();
    await this.#read(task.id);
  }

  /** What an event says of the claims held, at once, and of the card that is shown. */
  tell(changed) {
    for (const news of changed) {
      const claim = this.#claims.get(news.id);
      if (claim && !claim.saving && !claim.lost) this.#follow(claim, news);
      if (news.id !== this.#selected) continue;
      this.#card.tell(news);
      if (claim?.card) {
        claim.card.viewers = news.viewers;
        this.#card.show(claim.task, claim.card, claim.number);
      } else if (!claim) this.#read(news.id);
    }
  }

  #follow(claim, news) {
    if (news.state !== "closed" && news.claimed_by === me.username) {
      claim.task.claimed_until = news.claimed_until;
      return;
    }
    const over = overWords(news);
    Object.assign(claim, { over, lost: true, number: undefined });
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
      const claim = this.#claims.get(id);
      if (claim) {
        claim.card = full;
        claim.token ??= full.claim_token;
        Object.assign(claim.task, { claimed_by: full.claimed_by, claimed_until: full.claimed_until });
      }
      this.#queue.update(full);
      if (this.#selected === id) this.#card.show(full, full, claim?.number);
      if (claim) this.#wrapUp.know(id, full);
    } catch (problem) {
      report(problem);
    }
  }

  /** Serves the next task, or says why there is none; with a call still open it goes there instead. */
  async next(said = "") {
    if (!this.#mayClaim) return;
    // What was refused is in the history; what was never sent stays on this computer.
    for (const [id, claim] of this.#claims.lost) this.#drop(id, !claim.over);
    if (this.isHolding) {
      announce("先记录这通电话的结果，再接下一个", "warning");
      await this.open((this.#claim ?? this.#claims.first).task);
      return;
    }
    await busy($("next"), async () => {
      try {
        const task = await api("POST", address("claim"), {});
        // Whoever is quick is through with this one before its card and the list are read.
        if (task) { this.#hold(task); return; }
        await this.#refresh();
        const words = await nextWords();
        announce(`${said ? `${said}。` : ""}现在没有可接的任务${words ? `，${words}` : ""}`);
      } catch (problem) {
        report(problem);
      }
    });
  }

  async #hold(claimed) {
    const task = this.#claims.hold(claimed);
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
        if (problem.code === "claimed_by_other") announce(otherWords(problem.body?.claimed_by), "error");
        else report(problem);
      }
    });
  }

  /** Lets a claim go from this page: the number is hidden with it. */
  #drop(id, forget = false) {
    this.#claims.drop(id);
    if (this.#wrapUp.taskId === id) this.#wrapUp.close(forget);
    if (this.#selected !== id) return;
    this.#selected = null;
    this.#queue.select(null);
    this.#card.clear();
    this.#pane.pane = "queue";
    this.#pane.open = "";
  }

  /** Something about a lead was changed at its card: it is read again, or the task that was opened for it is shown. */
  async #changed(task) {
    if (task) await this.open(task);
    else if (this.#selected) await this.#read(this.#selected);
    this.#refresh();
  }

  async #release(button) {
    const id = this.#selected;
    const claim = this.#claim;
    if (!claim) return;
    const reason = await confirmed("放回公共池？", "放回后别人可以接起。写下的备注不会保存为结果。请选原因：", "放回", releaseReasons);
    if (!reason) return;
    await busy(button, async () => {
      claim.saving = true;
      try {
        await api("POST", address(id, "release"), { reason });
        announce("已放回公共池");
      } catch (problem) {
        claim.saving = false;
        if (!gone(problem)) { report(problem); return; }
      }
      this.#drop(id);
      this.#refresh();
    });
  }

  async #resume(button) {
    const id = this.#selected;
    await busy(button, async () => {
      try {
        await api("POST", address(id, "resume"));
        announce("已继续，任务回到队列", "done");
      } catch (problem) {
        report(problem);
      }
      await this.#read(id);
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
    return this.#selected ? this.#read(this.#selected) : undefined;
  }

  /** Forgets who is called, name and number: whoever looks at this page now may not. What was typed stays. */
  forgetPeople() {
    this.#claims.forgetPeople();
    this.#selected = null;
    this.#queue.select(null);
    this.#card.clear();
  }

  /** Forgets every number: for a page that is being left. */
  hideNumbers() {
    this.#claims.hideNumbers();
    this.#card.clear();
  }
}
