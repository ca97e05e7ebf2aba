// What a card lets one do about the lead itself: the end of the permit, opening it again, taking a merge back.

import { $, announce, api, busy, confirmed, el, report, say, setText } from "./console.js";
import { fact, permitDay } from "./dossier.js";
import { spacedPhone } from "./worktime.js";

export class LeadActions {
  #onChanged;
  #closed = null;

  constructor({ onChanged }) {
    this.#onChanged = onChanged;
    $("reopen-cancel").addEventListener("click", () => $("reopen").close());
    $("reopen-form").addEventListener("submit", (event) => {
      event.preventDefault();
      busy($("reopen-save"), () => this.#reopen());
    });
  }

  /** When the permit ends, and where an adviser writes it down. */
  permit(lead, permit, mayWrite) {
    const part = fact("居住证", permit ? `${permitDay(permit.valid_until)} 到期` : "到期日未填");
    if (!mayWrite) return part;
    const value = part.querySelector("dd");
    const edit = el("button", { type: "button", class: "link", "aria-label": permit ? "修改居住证到期日" : "填写居住证到期日",
      onclick: () => this.#edit(value, lead, permit) }, permit ? "修改" : "填写");
    value.append(" ", edit);
    return part;
  }

  #edit(value, lead, permit) {
    const field = el("input", { type: "date", "aria-label": "居住证到期日", value: permit?.valid_until });
    const shown = [...value.childNodes];
    const back = () => { value.replaceChildren(...shown); value.querySelector("button")?.focus(); };
    const save = el("button", { type: "submit" }, "保存");
    const form = el("form", { class: "permit", novalidate: true, onsubmit: (event) => {
      event.preventDefault();
      busy(save, async () => {
        try {
          const known = await api("PUT", `/api/v1/leads/${lead}/permit`, { valid_until: field.value || null });
          announce(known.call_on ? `已保存，${permitDay(known.call_on)} 会提醒您致电` : "已保存", "done");
          await this.#onChanged();
        } catch (problem) {
          report(problem);
          field.focus();
        }
      });
    } }, field, save, el("button", { type: "button", onclick: back }, "取消"));
    value.replaceChildren(form);
    field.focus();
  }

  /** The way to open a closed lead again. */
  reopener(task) {
    return el("div", { class: "assign" }, el("button", { type: "button", id: "reopen-open", onclick: () => {
      this.#closed = task.id;
      $("reopen-form").reset();
      $("reopen-error").hidden = true;
      $("reopen").showModal();
    } }, "重新打开"));
  }

  async #reopen() {
    const error = $("reopen-error");
    const fail = (text) => { error.hidden = false; setText(error, text); $("reopen-reason").focus(); };
    const reason = $("reopen-reason").value.trim();
    if (!reason) return fail("请写重新打开的原因");
    try {
      const task = await api("POST", `/api/v1/callbacks/${this.#closed}/reopen`, { reason });
      $("reopen").close();
      await this.#onChanged(task);
      return announce("已重新打开，顾问现在可以接起", "done");
    } catch (problem) {
      return fail(say(problem));
    }
  }

  /** Takes the merge of an entry of the history back. */
  async unmerge(event, button) {
    if (!(await confirmed("撤销合并？", `${event.name_masked} ${spacedPhone(event.phone_masked)} 会恢复为单独的线索，没打过的咨询按原来的期限另开任务。`, "撤销合并"))) return;
    await busy(button, async () => {
      try {
        await api("POST", `/api/v1/leads/${event.lead_id}/unmerge`, {});
        announce("已撤销合并", "done");
        await this.#onChanged();
      } catch (problem) {
        report(problem);
      }
    });
  }
}
