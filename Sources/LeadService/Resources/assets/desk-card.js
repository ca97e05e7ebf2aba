// The lead card in the middle: who, the number, the promise, then everything known.

import { busy, el, now, people, setText } from "./console.js";
import { telephonePart } from "./desk-dial.js";
import { viewerWords } from "./desk-live.js";
import { countdown, holderWords, isMine, isTaken, scoreWords } from "./desk-queue.js";
import { bases, windows } from "./dispositions.js";
import { assessmentPart, benefitsPart, consentsPart, fact, historyPart, inquiriesPart, lastWord, promiseWords, tracePart } from "./dossier.js";
import { clock, minutes, moment, spacedPhone } from "./worktime.js";

const key = (letter) => el("kbd", { "aria-hidden": "true" }, letter);

export class Card {
  #root;
  #options;
  #shown = "";
  #task = null;
  #lease = null;
  /** Who holds the task since when, as an event told. */
  #news = null;
  #promise = null;

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
  show(task, card, phone) {
    const { claimed_until: _, readAt: __, ...stable } = task;
    const content = JSON.stringify([this.#options.whyOver(task.id), card?.viewers, stable, card?.history, card?.inquiries, card?.assessments, card?.benefits, card?.name, card?.second_phone_masked, card?.can_dial, phone, isMine(task), isTaken(task)]);
    this.#task = task;
    if (content !== this.#shown) {
      this.#shown = content;
      const focused = this.#root.contains(document.activeElement) ? document.activeElement.id : "";
      this.#draw(task, card, phone);
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

  #draw(task, card, phone) {
    const { calendar: _, maxAttempts } = this.#options;
    const score = scoreWords(task);
    const window = card?.inquiries?.[0]?.preferred_window;
    this.#lease = el("span", { class: "lease" });
    this.#promise = el("span", { class: "when" });
    const open = this.#options.isOpen(task.id);
    const over = this.#options.whyOver(task.id);
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
        this.#number(task, phone, open),
        telephonePart({ task, card, phone, open, mayAssign: this.#options.mayAssign, onChange: this.#options.onTelephone, onSecond: this.#options.onSecond }),
        el("dl", { class: "facts" },
          fact("承诺", this.#promise, ` ${promiseWords(task.due_at)} 前`),
          fact("积分", `${score.total}（${score.gap}）`),
          fact("拨打", `${task.attempts}/${maxAttempts} 次`),
          task.state === "open" && Date.parse(task.next_attempt_at) > now() ? fact("下次", moment(Date.parse(task.next_attempt_at), now())) : null,
          window ? fact("希望", windows[window]) : null,
          fact("来源", bases[task.source] ?? (task.source || "来源不详"))),
        card ? tracePart(card.deadline_trace) : null,
        lastWord(card?.history)),
      card
        ? el("div", { class: "parts" },
          el("div", {}, assessmentPart(card.assessments, card.comparison, task.lead_id), consentsPart(card.consents)),
          el("div", {}, inquiriesPart(card.inquiries), benefitsPart(card.benefits), historyPart(card.history)))
        : el("p", { class: "quiet loading" }, "正在取详情…"),
      ...this.#assign(task));
  }

  #number(task, phone, open) {
    if (phone) {
      return el("div", { class: "number" },
        el("output", { class: "digits" }, spacedPhone(phone)),
        el("a", { class: "button primary", id: "dial", href: `tel:${phone}` }, "拨打"),
        el("button", { type: "button", id: "copy", onclick: (event) => this.#options.onCopy(event.currentTarget) }, "复制", key("C")),
        el("span", { class: "quiet" }, "记录结果后自动隐藏"));
    }
    const masked = el("output", { class: "digits" }, spacedPhone(task.phone_masked));
    if (open) {
      return el("div", { class: "number" }, masked,
        el("button", { type: "button", class: "primary", id: "reveal", onclick: (event) => this.#options.onReveal(event.currentTarget) }, "显示号码", key("R")));
    }
    const answer = task.state !== "closed" && !isTaken(task) && this.#options.mayClaim
      ? el("button", { type: "button", onclick: (event) => this.#options.onIncoming({ lead_id: task.lead_id }, event.currentTarget) }, "客户来电，接听")
      : null;
    return el("div", { class: "number" }, masked, answer, isTaken(task) ? null
      : el("span", { class: "quiet" }, this.#options.mayClaim ? "接起后才能显示号码" : "接起的顾问才能显示号码"));
  }

  #assign(task) {
    if (!this.#options.mayAssign || task.state === "closed") return [];
    const select = el("select", { id: "assign-to" }, people().map(([username, name]) => el("option", { value: username }, name)));
    return [el("div", { class: "assign" }, el("label", { for: "assign-to" }, "转给"), select,
      el("button", { type: "button", onclick: (event) => busy(event.currentTarget, () => this.#options.onAssign(select.value)) }, "转派"))];
  }
}
