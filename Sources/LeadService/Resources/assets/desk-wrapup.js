// The wrap-up at the right: how the call ended. What is typed stays on this computer until the server has it.

import { $, api, busy, el, me, now, say, setText } from "./console.js";
import { CallClock } from "./desk-clock.js";
import { blocks, disposition, dispositions } from "./dispositions.js";
import { forgetDraft, keepDraft, readDraft } from "./drafts.js";
import { fromField, moment, spacedPhone, toField, toWire } from "./worktime.js";

const invitation = "接起一条任务后，在这里记录结果。";

export class WrapUp {
  #form;
  #calendar;
  #onSave;
  #task = null;
  #draft = {};
  /** Whether they are on WeChat already, as the card says. */
  #isOnWeChat = false;

  constructor(form, { calendar, onSave }) {
    this.#form = form;
    this.#calendar = calendar;
    this.#onSave = onSave;
    $("choices").append(...dispositions.map((one) => el("label", { class: one.key ? "choice" : "choice further" },
      el("input", { type: "radio", name: "disposition", value: one.code, "aria-keyshortcuts": one.key }),
      one.key ? el("kbd", { "aria-hidden": "true" }, one.key) : null, el("span", {}, one.label),
      one.hint ? el("small", {}, one.hint) : null)));
    $("item").append(...[["", "请选择"], ...Object.entries(blocks), ["points_below_120", "积分不够且补不上"], ["other", "其他（写备注）"]]
      .map(([value, label]) => el("option", { value }, label)));
    this.clock = new CallClock({ time: $("call-time"), button: $("call-toggle"), hint: $("call-hint"), onChange: () => this.#changed() });
    form.addEventListener("input", () => this.#changed());
    form.addEventListener("change", (event) => { if (event.target.name === "disposition") this.#chosen(); });
    $("wechat").addEventListener("change", (event) => { this.#draft.wechat = event.target.checked; this.#changed(); });
    form.addEventListener("submit", (event) => { event.preventDefault(); this.save(true); });
    $("save-only").addEventListener("click", () => this.save(false));
    $("merge-find").addEventListener("click", (event) => this.#findTargets(event.currentTarget));
    $("merge-q").addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.#findTargets($("merge-find")); }
    });
    this.close();
  }

  get taskId() { return this.#task?.id ?? null; }

  /** Takes up a claimed task, with whatever was typed for it before. */
  open(task) {
    if (this.#task?.id === task.id) return;
    this.#form.reset();
    this.#task = task;
    this.#draft = readDraft(me.username, task.id);
    $("wrapup-fields").disabled = false;
    $("wrapup-hint").hidden = true;
    $("wrapup-hint").dataset.kind = "";
    for (const [name, value] of Object.entries(this.#draft.fields ?? {})) {
      const field = this.#form.elements[name];
      if (field?.type === "checkbox") field.checked = value === "on";
      else if (field && name !== "reason" && name !== "merge_into") field.value = value;
    }
    this.clock.open(this.#draft.call);
    this.know(task.id, {});
    this.#layOut();
    const reason = this.#form.elements.reason;
    if (reason && this.#draft.fields?.reason) reason.value = this.#draft.fields.reason;
    this.#fail("");
  }

  /** Nothing is claimed: the form says so and takes nothing. */
  close(forget = false) {
    if (forget && this.#task) forgetDraft(me.username, this.#task.id);
    this.#task = null;
    this.#draft = {};
    this.#form.reset();
    this.clock.open();
    this.#disable(invitation);
    this.#layOut();
    this.#fail("");
  }

  /** The task is over: nothing can be recorded any more, and what was typed stays to be read. */
  stop(why) {
    this.#fail("");
    this.#disable(why, "over");
  }

  #disable(why, kind = "") {
    $("wrapup-fields").disabled = true;
    $("wrapup-hint").hidden = false;
    $("wrapup-hint").dataset.kind = kind;
    setText($("wrapup-hint"), why);
  }

  choose(code) {
    const radio = this.#form.querySelector(`input[value="${code}"]`);
    if (!this.#task || !radio || $("wrapup-fields").disabled) return false;
    radio.checked = true;
    this.#chosen();
    radio.focus();
    return true;
  }

  /** A result is chosen when the call is over. */
  #chosen() {
    this.clock.stop();
    this.#changed();
    this.#layOut();
  }

  /** What the card says; what was ticked here and not saved yet stays. */
  know(id, { wechat }) {
    if (this.#task?.id !== id) return;
    this.#isOnWeChat = Boolean(wechat);
    $("wechat").checked = this.#draft.wechat ?? this.#isOnWeChat;
  }

  tick() { this.clock.tick(); }

  get isChosen() { return !$("wrapup-fields").disabled && Boolean(this.#form.elements.disposition.value); }

  focusTime() { $("presets").querySelector("button")?.focus(); }
  focusNote() { $("note").focus(); }

  async save(next) {
    if (!this.#task || $("wrapup-fields").disabled) return;
    const body = this.#read();
    if (!body) return;
    const text = JSON.stringify(body);
    // The same result again repeats the first answer; a changed one is a new result.
    if (this.#draft.text !== text) Object.assign(this.#draft, { text, key: crypto.randomUUID() });
    this.#keep();
    await busy(next ? $("save-next") : $("save-only"), () => this.#onSave(this.#task, body, this.#draft.key, next));
  }

  /** Shows why the result was not taken, and the time that would be. */
  refuse(problem) {
    const allowed = Date.parse(problem.body?.next_allowed_at ?? "");
    const isAway = problem.code === "adviser_away";
    if ((problem.code !== "outside_calling_hours" && !isAway) || Number.isNaN(allowed)) {
      this.#fail(say(problem));
      return;
    }
    this.#fail(`${isAway ? "那天您休假" : "这个时间不能拨打"}，最早 ${moment(allowed, now())}`, "call-again-at");
    $("presets").prepend(this.#preset({ at: allowed, label: `改为 ${moment(allowed, now())}` }));
  }

  #preset({ at, label }) {
    return el("button", { type: "button", "data-at": toField(at), onclick: () => {
      $("call-again-at").value = toField(at);
      this.#changed();
      this.#fail("");
    } }, label);
  }

  #layOut() {
    const chosen = disposition(this.#form.elements.disposition?.value);
    const asks = new Set(chosen?.asks ?? []);
    for (const part of this.#form.querySelectorAll("[data-asks]")) part.hidden = !asks.has(part.dataset.asks);
    $("presets").replaceChildren(...(asks.has("time") ? this.#calendar.presets(now(), chosen.preset).map((preset) => this.#preset(preset)) : []));
    $("call-again-at").min = toField(now());
    $("reasons").replaceChildren(...(chosen?.reasons ?? []).map(([value, label]) => el("label", { class: "pill" },
      el("input", { type: "radio", name: "reason", value }), el("span", {}, label))));
    $("note-label").textContent = asks.has("note") ? "备注（必填：缺什么、等什么）" : "备注";
    $("note").required = false;
    this.#timeWords();
    this.#fail("");
  }

  #timeWords() {
    const at = fromField($("call-again-at").value);
    for (const preset of $("presets").children) preset.setAttribute("aria-pressed", String(preset.dataset.at === $("call-again-at").value));
    let words = "";
    if (!Number.isNaN(at)) {
      words = moment(at, now());
      if (at <= now()) words += "，已经过去";
      else if (!this.#calendar.isCallable(at)) words += `，不能拨打；最早 ${moment(this.#calendar.nextCallable(at), now())}`;
    }
    $("time-words").textContent = words;
  }

  #changed() {
    if (!this.#task) return;
    this.#timeWords();
    this.#draft.fields = Object.fromEntries(new FormData(this.#form));
    this.#draft.call = this.clock.kept;
    this.#keep();
  }

  #keep() {
    keepDraft(me.username, this.#task.id, this.#draft, now());
  }

  #fail(text, fieldId) {
    for (const field of this.#form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-errormessage");
    }
    const line = $("wrapup-error");
    line.textContent = text;
    line.hidden = text === "";
    const field = fieldId ? $(fieldId) : null;
    if (!field) return;
    if (field.matches("input:not([type=radio]), select, textarea")) {
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-errormessage", "wrapup-error");
    }
    (field.matches("input, select, textarea") ? field : field.querySelector("input"))?.focus();
  }

  /** The request's body, or nothing when something is missing; then it says what. */
  #read() {
    const { elements } = this.#form;
    const chosen = disposition(elements.disposition.value);
    const miss = (text, id) => { this.#fail(text, id); return null; };
    if (!chosen) return miss("请先选这通电话的结果（1–9）", "choices");
    const asks = new Set(chosen.asks);
    const body = { disposition: chosen.code };
    const note = $("note").value.trim();
    if (asks.has("time")) {
      const at = fromField($("call-again-at").value);
      if (Number.isNaN(at)) return miss("请选再拨的时间", "call-again-at");
      if (at <= now()) return miss("再拨的时间已经过去，请选以后的时间", "call-again-at");
      body.call_again_at = toWire(at);
    }
    if (asks.has("reason")) {
      if (!elements.reason?.value) return miss("请选原因", "reasons");
      body.reason = elements.reason.value;
    }
    if (asks.has("note") && !note) return miss("请在备注里写缺什么、等什么", "note");
    if (asks.has("confirm") && !$("confirm-stop").checked) return miss("请确认客户要求不再联系", "confirm-stop");
    if (asks.has("item")) {
      if (!$("item").value) return miss("请选哪一条不符合", "item");
      if ($("item").value === "other" && !note) return miss("请在备注里写哪一条不符合", "note");
      body.item = $("item").value;
    }
    if (asks.has("reference") && $("reference").value.trim()) body.reference = $("reference").value.trim();
    if (asks.has("merge")) {
      if (!elements.merge_into?.value) return miss("请查找并选中要并入的线索", "merge-q");
      body.merge_into = elements.merge_into.value;
    }
    const [length, longest] = [[...new Intl.Segmenter("zh").segment(note)].length, Number($("note").dataset.longest)];
    if (length > longest) return miss(`备注最多 ${longest} 个字，现在 ${length} 个，请缩短`, "note");
    if (note) body.note = note;
    this.clock.stop();
    if (this.clock.seconds !== undefined) body.duration_seconds = this.clock.seconds;
    if ($("wechat").checked !== this.#isOnWeChat) body.wechat_added = $("wechat").checked;
    this.#fail("");
    return body;
  }

  async #findTargets(button) {
    const q = $("merge-q").value.trim();
    if (!q) return;
    await busy(button, async () => {
      try {
        const { items } = await api("POST", "/api/v1/leads/search", { q, limit: 10 });
        const others = items.filter((lead) => lead.id !== this.#task?.lead_id);
        $("merge-results").replaceChildren(...(others.length > 0
          ? others.map((lead) => el("label", { class: "pill" }, el("input", { type: "radio", name: "merge_into", value: lead.id }),
            el("span", {}, el("bdi", {}, lead.name_masked), ` ${spacedPhone(lead.phone_masked)}`)))
          : [el("p", { class: "quiet" }, "没有找到别的线索，请核对号码")]));
      } catch (problem) {
        this.#fail(say(problem), "merge-q");
      }
    });
  }
}
