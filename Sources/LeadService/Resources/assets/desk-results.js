// What a result does to the desk once it is chosen: it is saved, the message after it is sent, and both can be taken back.

import { announce, api, confirmed, now, report } from "./console.js";
import { address, gone } from "./desk-claims.js";
import { sendMissed, wantsMissed } from "./desk-missed.js";
import { UndoToast } from "./desk-undo.js";
import { dispositionLabel } from "./dispositions.js";
import { moment } from "./worktime.js";

export class Results {
  #claims;
  #desk;
  #toast = new UndoToast();

  /** @param desk what the page does next: `open`, `hold`, `drop`, `read`, `next`, `refuse`, `refresh`, `recorded` */
  constructor(claims, desk) {
    this.#claims = claims;
    this.#desk = desk;
  }

  async save(task, body, key, next) {
    const claim = this.#claims.get(task.id);
    const token = claim?.token;
    if (claim) claim.saving = true;
    const missed = wantsMissed(body);
    try {
      const result = await api("POST", address(task.id, "attempts"),
        token === undefined ? body : { ...body, claim_token: token }, { headers: { "Idempotency-Key": key } });
      this.#desk.drop(task.id, true);
      this.#desk.recorded();
      const said = `已记录：${dispositionLabel(body.disposition)}`;
      if (body.disposition !== "duplicate") this.#toast.offer(said.replace("记录", "保存"), () => this.#takeBack(task));
      const after = result.state === "closed" ? "任务结束" : `下次 ${moment(Date.parse(result.next_attempt_at), now())}`;
      const told = missed ? await sendMissed(task.id) : "";
      await this.#goOn(`${said}，${after}${told}`, next);
    } catch (problem) {
      this.#desk.refuse(problem);
      if (claim) claim.saving = false;
      if (!gone(problem) || !claim) return;
      claim.number = undefined;
      claim.lost = true;
      await this.#desk.read(task.id);
    }
  }

  /** Takes the newest result back, while it can be. */
  async undo() {
    if (this.#toast.isOffered) await this.#toast.press();
    else announce("没有可以撤销的结果：只能撤销刚保存的，30 秒内");
  }

  /** The call goes on where its result was saved; the next one, if it was served already, is given back for it. */
  async #takeBack(task) {
    const next = this.#claims.ordinary;
    if (next?.number && !(await confirmed("放回刚接的任务？", "要撤销上一条结果，先要放回您已显示号码的这一条。写下的备注留在本机。", "放回并撤销"))) return;
    if (next) next.saving = true;
    try {
      const again = await api("POST", address(task.id, "undo"), next ? { give_back: next.task.id } : {});
      if (next) this.#desk.drop(next.task.id);
      await this.#desk.hold(again);
      this.#desk.recorded();
      announce("已撤销，请重新记录结果", "done");
    } catch (problem) {
      if (next) next.saving = false;
      report(problem);
      this.#desk.refresh();
    }
  }

  /** After a result: the other open call if there is one, else the next task when it was asked for. */
  async #goOn(said, next) {
    const other = this.#claims.first;
    if (other) await this.#desk.open(other.task);
    else if (next) {
      await this.#desk.next(said);
      if (this.#claims.size === 0) return;
    }
    announce(said, "done");
    if (!next || other) this.#desk.refresh();
  }
}
