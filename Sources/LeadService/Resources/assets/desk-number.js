// A number that was shown: dialled, copied, or scanned by the telephone beside the keyboard. It never stands in an address of ours.

import { $, announce, api, busy, el, now, report } from "./console.js";
import { address, gone } from "./desk-claims.js";
import { moment } from "./worktime.js";

/** As it is dialled in the country: a mobile number, or a landline with its 0 and, after a pause, its extension. */
export function national({ phone, extension }) {
  const digits = phone.replace(/^\+86/, "");
  return (/^1[3-9]\d{9}$/.test(digits) || !phone.startsWith("+86") ? digits : `0${digits}`) + (extension ? `,${extension}` : "");
}

const copied = (number) => navigator.clipboard.writeText(national(number));
const refused = "浏览器不让复制，请手动选取号码";

async function copyNumber(number) {
  await copied(number).then(() => announce("号码已复制"), () => announce(refused, "error"));
}

/** For sending: whoever has the address can read the result. */
export async function copyLink(url, name) {
  await navigator.clipboard.writeText(url).then(
    () => announce(`${name}的链接已复制，只发给客户本人`), () => announce("浏览器不让复制，请打开结果页，从地址栏复制", "error"));
}

/** Whether this computer telephones: said in the help, or found out at the first call; a telephone always does. */
const setting = "dials";
const dials = () => matchMedia("(pointer: coarse)").matches || localStorage.getItem(setting) !== "no";

/** Binds the tick in the help. */
export function startDialling(tick) {
  tick.addEventListener("change", () => localStorage.setItem(setting, tick.checked ? "yes" : "no"));
  return () => { tick.checked = dials(); };
}

/** How long whatever telephones on this computer may take to come to the front. */
const patience = 1200;

/**
 * Before the link is followed: copies the number, in case nothing here telephones. Where that is known the link is not
 * followed, because browsers ask about it each time.
 */
async function dialFromDesk(number, event) {
  if (matchMedia("(pointer: coarse)").matches) return;
  const follows = dials();
  if (!follows) event.preventDefault();
  const done = await copied(number).then(() => "号码已复制", () => refused);
  const nothing = () => announce(`这台电脑没有接电话软件，${done}；也可以扫码用手机拨打`);
  if (!follows) { nothing(); return; }
  if (localStorage.getItem(setting) === "yes") return;
  const left = new AbortController();
  for (const name of ["blur", "pagehide"]) addEventListener(name, () => left.abort(), { once: true, signal: left.signal });
  setTimeout(() => {
    if (left.signal.aborted || !document.hasFocus()) return;
    left.abort();
    localStorage.setItem(setting, "no");
    nothing();
  }, patience);
}

const svg = (tag, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

/** The code for another telephone, folded until it is asked for. */
export function scanPart({ size, path }, id, isOpen, onToggle) {
  const fold = (event) => { if (event.key === "Escape") event.currentTarget.open = false; };
  return el("details", { class: "scan", open: isOpen, ontoggle: (event) => onToggle(event.currentTarget.open), onkeydown: fold },
    el("summary", { id, class: "button" }, "扫码拨打"),
    el("figure", { onclick: (event) => { event.currentTarget.parentElement.open = false; } },
      svg("svg", { viewBox: `-4 -4 ${size + 8} ${size + 8}`, role: "img", "aria-label": "用手机扫码拨打的二维码", "shape-rendering": "crispEdges" }, svg("path", { d: path })),
      el("figcaption", { class: "quiet" }, "用手机相机扫码，直接拨打")));
}

/** What one does with the number of the claim that is open. */
export class Numbers {
  #claim;
  #isHeld;
  #onDialled;
  #onShown;
  #onOver;
  #onChange;

  constructor({ claim, isHeld, onDialled, onShown, onOver, onChange }) {
    this.#claim = claim;
    this.#isHeld = isHeld;
    this.#onDialled = onDialled;
    this.#onShown = onShown;
    this.#onOver = onOver;
    this.#onChange = onChange;
  }

  get isShown() { return Boolean(this.#claim()?.number); }

  async reveal(button = $("reveal")) {
    const claim = this.#claim();
    if (!claim || claim.number) { this.focus(); return; }
    const { id } = claim.task;
    await busy(button, async () => {
      try {
        const number = await api("POST", address(id, "reveal"), { purpose: claim.card?.incoming ? "incoming_call" : "callback" });
        // The answer may come after the call was wrapped up: then nobody may see it.
        if (!this.#isHeld(claim)) return;
        claim.number = number;
        announce("号码已显示，这次查看已留痕");
        this.#onShown(claim);
      } catch (problem) {
        this.#explain(id, problem);
      }
    });
  }

  #explain(id, problem) {
    const allowed = Date.parse(problem.body?.next_allowed_at ?? "");
    if (problem.code === "outside_calling_hours") {
      announce(`现在不能拨打这位客户${Number.isNaN(allowed) ? "" : `，最早 ${moment(allowed, now())}`}。可以放回公共池`, "error");
    } else if (problem.code === "do_not_call") {
      this.#onOver(id);
      announce("这位客户刚要求不再致电，任务已结束。按 N 接下一条", "error");
    } else if (gone(problem)) {
      this.#onOver(id);
      announce("占用已到期，任务已回到公共池。按 N 再接", "error");
    } else report(problem);
  }

  /** The second number was changed: one that was shown is looked at anew. */
  async again() {
    const claim = this.#claim();
    if (claim?.number) {
      claim.number = undefined;
      await this.reveal(null);
    }
    if (!claim?.number) this.#onChange();
  }

  /** @param number the second one, where it is not the first */
  async copy(number = this.#claim()?.number) {
    if (number) await copyNumber(number);
  }

  /** Has the telephone system ring the adviser's telephone and dial the `first` or `second` number. */
  async call(number, button) {
    const { id } = this.#claim()?.task ?? {};
    if (!id) return;
    await busy(button, async () => {
      try {
        await api("POST", address(id, "dial"), { number });
        this.#onDialled();
        announce("已交给电话系统，请接听您的话机");
      } catch (problem) {
        this.#explain(id, problem);
      }
    });
    this.#onChange();
  }

  /** Where a call begins: the telephone system's button, else the number's link. */
  focus() { ($("dial-first") ?? $("dial"))?.focus(); }

  /** By the telephone system where there is one; else shows the number if it is not, and follows its link. */
  async dial() {
    if (!this.#claim()) { announce("接起一条任务后才能拨打（按 N）"); return; }
    // Only the whole card says whether there is one.
    if (!this.#claim().card) await this.#onChange();
    const system = $("dial-first");
    if (system) { system.click(); return; }
    if (!this.isShown) await this.reveal();
    if (this.isShown) $("dial")?.click();
  }

  /** The link is about to be followed, by whatever key or finger. */
  dialled(event, number) {
    this.#onDialled();
    dialFromDesk(number, event);
  }
}
