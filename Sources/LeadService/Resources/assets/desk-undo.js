// The toast after a result: what was saved, and for half a minute a way to take it back.

import { $, busy, now, setText } from "./console.js";

const length = 30_000;

export class UndoToast {
  #until = 0;
  #timer = 0;
  #undo = null;

  constructor() {
    $("undo").addEventListener("click", () => this.press());
    $("undo-close").addEventListener("click", () => this.close());
  }

  /** Offers to take back what was just saved. */
  offer(said, undo) {
    this.#until = now() + length;
    this.#undo = undo;
    setText($("undo-said"), said);
    $("toast").hidden = false;
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), 1000);
    this.#tick();
  }

  get isOffered() { return this.#undo !== null; }

  async press() {
    if (!this.#undo) return;
    await busy($("undo"), async () => {
      clearInterval(this.#timer);
      try {
        await this.#undo();
      } finally {
        this.close();
      }
    });
  }

  close() {
    clearInterval(this.#timer);
    this.#undo = null;
    $("toast").hidden = true;
    setText($("undo-said"), "");
  }

  #tick() {
    const left = Math.ceil((this.#until - now()) / 1000);
    if (left <= 0) this.close();
    else setText($("undo-left"), `${left} 秒`);
  }
}
