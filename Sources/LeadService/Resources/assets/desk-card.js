// The lead card in the middle: who, the number, the promise, then everything known.

import { busy, el, now, people, person, setText } from "./console.js";
import { firstPart, secondPart } from "./desk-dial.js";
import { viewerWords } from "./desk-live.js";
import { countdown, holderWords, isMine, isTaken, scoreWords } from "./desk-queue.js";
import { scanPart } from "./desk-number.js";
import { bases, occasions, pauseReasons, windows } from "./dispositions.js";
import { assessmentPart, benefitsPart, consentsPart, fact, historyPart, inquiriesPart, lastWord, permitDay, promiseWords, tracePart } from "./dossier.js";
import { clock, minutes, moment, spacedPhone } from "./worktime.js";

const key = (letter) => el("kbd", { "aria-hidden": "true" }, letter);

/** What to say first: who rings, and why; `{occasion}` is how this person came to us. */
function scriptPart(lines, source) {
  const [first, ...more] = lines.map((line) => line.replaceAll("{occasion}", occasions[source] ?? "在我们网页上留言"));
  if (!first) return null;
  return el("div", { class: "script" }, el("p", {}, first),
    more.length > 0 ? el("details", {}, el("summary", {}, "再往下说"), el("ol", {}, more.map((line) => el("li", {}, line)))) : null);
}

export class Card {
  #root;
  #options;
  #shown = "";
  #task = null;
  #lease = null;
  /** Who holds the task since when, as an event told. */
  #news = null;
  #promise = null;
  /** Which number's code for another telephone is unfolded. */
  #scanned = null;

  constructor(root, options) {
    this.#root = root;
    this.#options = options;
  }

  get heading() {
    return this.#root.querySelector("h2");
  }

  clear() {
    this.#shown = "";
    this.#task = null;
    this.#news = null;
    this.#root.replaceChildren(this.#options.placeholder());
  }

  /** Draws the task and, once it is there, the full card; the same content again leaves the page alone. */
  show(task, card, number) {
    const { claimed_until: _, readAt: __, ...stable } = task;
    const content = JSON.stringify([this.#options.whyOver(task.id), card?.viewers, stable, card?.pause, card?.history, card?.inquiries, card?.assessments, card?.benefits, card?.permit, card?.name, card?.wechat, card?.second_phone_masked, card?.can_dial, number, isMine(task), isTaken(task)]);
    this.#task = task;
    if (content !== this.#shown) {
      this.#shown = content;
      const focused = this.#root.contains(document.activeElement) ? document.activeElement.id : "";
      this.#draw(task, card, number);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    }
    this.tick();
  }

  /** Takes what an event says of the task that is shown. */
  tell(news) {
    this.#news = news;
    this.tick();
  }

  /** Moves the two clocks of the card on. */
  tick() {
    const task = this.#task;
    if (!task || !this.#lease) return;
    const left = Date.parse(task.claimed_until) - now();
    if (isMine(task)) setText(this.#lease, `占用剩 ${minutes(left)}`);
    else if (isTaken(task)) setText(this.#lease, `${holderWords(task, this.#news)}，占用到 ${clock(Date.parse(task.claimed_until))}`);
    else if (this.#options.whyOver(task.id)) setText(this.#lease, "");
    else setText(this.#lease, this.#options.isOpen(task.id) ? "占用已到期：现在记录仍有效，除非别人已接手" : "");
    this.#lease.dataset.kind = this.#options.isOpen(task.id) && left < 5 * 60_000 ? "soon" : "";
    const promise = countdown(task, this.#options.calendar);
    setText(this.#promise, promise.text);
    this.#promise.dataset.kind = promise.kind;
  }

  #draw(task, card, number) {
    const { calendar: _, maxAttempts } = this.#options;
    const score = scoreWords(task);
    const window = card?.inquiries?.[0]?.preferred_window;
    this.#lease = el("span", { class: "lease" });
    this.#promise = el("span", { class: "when" });
    const open = this.#options.isOpen(task.id);
    const over = this.#options.whyOver(task.id);
    const telephone = { task, card, second: number?.second_phone, open, scan: (one) => this.#scan(task, one, "second"), ...this.#options };
    const seen = viewerWords(card?.viewers);
    this.#root.replaceChildren(
      ...(over ? [el("p", { class: "banner", role: "alert" }, over)] : []),
      el("header", { class: "card-head" },
        el("div", { class: "title" },
          el("h2", { tabindex: "-1" }, card?.name ?? task.name ?? task.name_masked),
          card?.incoming && open ? el("span", { class: "tag" }, "来电") : null,
          this.#lease,
          seen ? el("span", { class: "seen" }, seen) : null,
          open ? el("button", { type: "button", class: "quiet-button", onclick: (event) => this.#options.onRelease(event.currentTarget) }, "放回公共池") : null),
        card?.pause ? el("p", { class: "pause" }, `已暂停至 ${moment(Date.parse(card.pause.until), now())} · 原因 ${pauseReasons[card.pause.reason] ?? card.pause.reason}（${person(card.pause.by)}） `,
          el("button", { type: "button", id: "resume", onclick: (event) => this.#options.onResume(event.currentTarget) }, "继续")) : null,
        this.#number(task, number, open, firstPart(telephone), open && card?.can_dial, open && card?.incoming),
        secondPart(telephone),
        open ? scriptPart(card?.incoming ? this.#options.incomingScript : this.#options.script, task.source) : null,
        el("dl", { class: "facts" },
          fact("承诺", this.#promise, ` ${promiseWords(task.due_at)} 前`),
          fact("积分", `${score.total}（${score.gap}）`),
          fact("拨打", `${task.attempts}/${maxAttempts} 次`),
          task.state === "open" && Date.parse(task.next_attempt_at) > now() ? fact("下次", moment(Date.parse(task.next_attempt_at), now())) : null,
          window ? fact("希望", windows[window]) : null,
          card?.wechat ? fact("微信", `${person(card.wechat.added_by)} 已加`) : null,
          fact("来源", bases[task.source] ?? (task.source || "来源不详")),
          card ? this.#options.lead.permit(task.lead_id, card.permit, this.#options.mayClaim) : null),
        card?.permit_due ? el("p", { class: "last-word" }, `居住证 ${permitDay(card.permit_due)} 到期，这次致电提醒签注`) : null,
        card ? tracePart(card.deadline_trace) : null,
        lastWord(card?.history)),
      card
        ? el("div", { class: "parts" },
          el("div", {}, assessmentPart(card.assessments, card.comparison, task.lead_id, this.#options.onCopyLink), consentsPart(card.consents)),
          el("div", {}, inquiriesPart(card.inquiries), benefitsPart(card.benefits), historyPart(card.history, this.#options.mayAssign ? (event, button) => this.#options.lead.unmerge(event, button) : null)))
        : el("p", { class: "quiet loading" }, "正在取详情…"),
      ...this.#assign(task));
  }

  /**
   * @param byTheSystem whether a telephone system dials, so that the link is for whoever wants it otherwise
   * @param isOnTheLine whether they have rung us, so that nobody need be dialled
   */
  #number(task, number, open, telephone, byTheSystem, isOnTheLine) {
    if (number) {
      return el("div", { class: "number" },
        el("output", { class: "digits" }, spacedPhone(number.phone)),
        el("a", { class: byTheSystem || isOnTheLine ? "button" : "button primary", id: "dial", href: `tel:${number.phone}`, onclick: (event) => this.#options.onDial(event, number) }, "拨打", byTheSystem ? null : key("D")),
        el("button", { type: "button", id: "copy", onclick: () => this.#options.onCopy(number) }, "复制", key("C")),
        this.#scan(task, number, "first"),
        ...telephone, el("span", { class: "quiet" }, "记录结果后自动隐藏"));
    }
    const masked = el("output", { class: "digits" }, spacedPhone(task.phone_masked));
    if (open) {
      return el("div", { class: "number" }, masked,
        el("button", { type: "button", class: byTheSystem || isOnTheLine ? null : "primary", id: "reveal", onclick: (event) => this.#options.onReveal(event.currentTarget) }, "显示号码", key("R")), ...telephone);
    }
    const answer = task.state !== "closed" && !isTaken(task) && this.#options.mayClaim
      ? el("button", { type: "button", onclick: (event) => this.#options.onIncoming({ lead_id: task.lead_id }, event.currentTarget) }, "客户来电，接听")
      : null;
    return el("div", { class: "number" }, masked, answer, ...telephone, isTaken(task) ? null
      : el("span", { class: "quiet" }, this.#options.mayClaim ? "接起后才能显示号码" : "接起的顾问才能显示号码"));
  }

  #scan(task, { qr }, which) {
    const place = `${which} ${task.id}`;
    return qr ? scanPart(qr, which === "first" ? "scan" : "scan-second", this.#scanned === place, (isOpen) => { this.#scanned = isOpen ? place : null; }) : null;
  }

  #assign(task) {
    if (!this.#options.mayAssign) return [];
    if (task.state === "closed") return [this.#options.lead.reopener(task)];
    const select = el("select", { id: "assign-to" }, people().map(([username, name]) => el("option", { value: username }, name)));
    return [el("div", { class: "assign" }, el("label", { for: "assign-to" }, "转给"), select,
      el("button", { type: "button", onclick: (event) => busy(event.currentTarget, () => this.#options.onAssign(select.value)) }, "转派"))];
  }
}
