// How long the call takes: by the server's time, from dialling to the choice of a result, or by hand.

import { now, setText } from "./console.js";
import { minutes } from "./worktime.js";

/** Longer than any call: a clock that was forgotten. */
const longest = 14_400_000;
/** So much time is quietly allowed for writing the result down. */
const writing = 3 * 60_000;

export class CallClock {
  #time;
  #button;
  #hint;
  #onChange;
  #from = null;
  #until = null;

  constructor({ time, button, hint, onChange }) {
    this.#time = time;
    this.#button = button;
    this.#hint = hint;
    this.#onChange = onChange;
    button.addEventListener("click", () => this.#toggle());
  }

  /** The length so far in whole seconds; nothing when it was never started. */
  get seconds() {
    if (this.#from === null) return undefined;
    return Math.round(Math.min(longest, Math.max(0, (this.#until ?? now()) - this.#from)) / 1000);
  }

  /** What a draft keeps of it. */
  get kept() { return this.#from === null ? undefined : { from: this.#from, until: this.#until }; }

  open(kept) {
    this.#from = kept?.from ?? null;
    this.#until = kept?.until ?? null;
    this.tick();
  }

  /** Somebody is dialled: counts from now on, unless it is counting already. */
  start() {
    if (this.#from !== null && this.#until === null) return;
    this.#set(now(), null);
  }

  stop() {
    if (this.#from !== null && this.#until === null) this.#set(this.#from, now());
  }

  #toggle() {
    if (this.#from === null) this.start();
    else if (this.#until === null) this.stop();
    else this.#set(this.#from, null);
  }

  #set(from, until) {
    this.#from = from;
    this.#until = until;
    this.tick();
    this.#onChange();
  }

  tick() {
    const runs = this.#from !== null && this.#until === null;
    setText(this.#time, this.#from === null ? "" : minutes(this.seconds * 1000));
    this.#time.dataset.runs = runs;
    setText(this.#button, this.#from === null ? "计时" : runs ? "停" : "继续");
    const isLong = this.#until !== null && now() - this.#until > writing;
    setText(this.#hint, isLong ? "通话结束 3 分钟了，记下要点就可以保存" : "");
  }
}
