// Shared by every console page: requests, the server's clock, elements, people, messages.

import { forgetDrafts } from "./drafts.js";

const { dataset } = document.body;
export const me = { username: dataset.username ?? "", role: dataset.role ?? "" };

/** An answer that is not a success; `status` 0 means that none came. */
export class Problem extends Error {
  constructor(status, body, headers) {
    super(body?.detail ?? body?.title ?? "");
    this.status = status;
    this.code = body?.code ?? (status === 0 ? "offline" : "");
    this.body = body ?? {};
    this.retryAfter = Number(headers?.get("Retry-After")) || 0;
  }
}

// The server's time, carried forward by the monotonic clock; the computer's own clock is never asked.
let serverAt = Date.parse(dataset.serverTime ?? "") || Date.now();
let measuredAt = performance.now();
export const now = () => serverAt + performance.now() - measuredAt;

function readClock(headers) {
  const date = Date.parse(headers.get("Date") ?? "");
  // The header has whole seconds: a smaller difference is no news.
  if (!Number.isNaN(date) && Math.abs(date + 500 - now()) > 1000) {
    serverAt = date + 500;
    measuredAt = performance.now();
  }
}

const here = () => encodeURIComponent(location.pathname);
export const loginAddress = () => `/staff/login?next=${here()}`;

/** Sends a request on this origin and gives the raw response; throws `Problem` for anything but a success. */
export async function send(method, path, payload, { headers = {}, timeout = 15000, background = false } = {}) {
  const isFile = payload instanceof Blob;
  const json = payload === undefined ? {} : { "Content-Type": isFile ? "text/csv" : "application/json" };
  let response;
  try {
    response = await fetch(path, {
      method,
      headers: { Accept: "application/json", "Accept-Language": "zh-CN", ...json, ...headers },
      body: payload === undefined || isFile ? payload : JSON.stringify(payload),
      cache: "no-store",
      credentials: "same-origin",
      signal: timeout ? AbortSignal.timeout(timeout) : undefined,
    });
  } catch {
    throw new Problem(0);
  }
  readClock(response.headers);
  if (response.ok) return response;
  const problem = new Problem(response.status, await response.json().catch(() => null), response.headers);
  if (!background && location.pathname !== "/staff/login") {
    if (problem.status === 401) location.assign(loginAddress());
    if (problem.code === "password_change_required") location.assign(`/staff/password?next=${here()}`);
    if (problem.code === "totp_required") location.assign(`/staff/second-factor?next=${here()}`);
  }
  throw problem;
}

/** As `send`, and reads the JSON; `null` for an answer without a body. */
export async function api(method, path, payload, options) {
  const response = await send(method, path, payload, options);
  if (response.status === 204) return null;
  return response.json().catch(() => { throw new Problem(0); });
}

const words = {
  cancelled: "已取消，没有改动",
  offline: "网络不通，刚才的操作没有确认。内容还在，请再试一次",
  already_closed: "这条任务已经结束，没有再记录。备注已留在历史里",
  not_claimant: "这条任务已不在您名下，结果没有计入。备注已留在历史里",
  claim_open: "您已有一个来电在处理，请先记录它的结果",
  lead_unknown: "没有这个号码的客户，请核对号码",
  too_many_requests: "操作太快，请稍等再试",
  cross_site: "浏览器拒绝了这次请求，请刷新页面再试",
  forbidden: "您的角色不能做这个操作",
  step_up_required: "这一步需要 5 分钟内验证过身份，请重新登录",
  exports_off: "导出已在设置中关闭",
  approval_required: "完整号码要另一位管理员批准，请用后台导出提交",
  own_export: "不能批准自己提交的导出，请另一位管理员批准",
  not_your_export: "文件只给提交导出的人下载",
  idempotency_conflict: "同一次记录的内容变了，请再点一次保存",
};

/** What happened and what to do, in the words of the console. */
export function say(problem) {
  if (!(problem instanceof Problem)) return "页面出了错，请刷新再试。写下的内容还在";
  if (words[problem.code]) return words[problem.code];
  if (problem.status === 401) return "登录已过期，请重新登录";
  if (problem.status === 403) return words.forbidden;
  if (problem.status === 404) return "这条记录不在了，请刷新列表";
  if (problem.status >= 500) return "服务器暂时不能处理，请稍后再试。内容还在";
  const details = (problem.body.errors ?? []).map((error) => error.detail).filter(Boolean);
  return details.join("；") || problem.message || "没有成功，请再试一次";
}

/** Makes an element; text goes in as text, never as markup. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** Changes a text only when it differs, so that a screen reader and the layout stay quiet. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const names = new Map([...document.querySelectorAll("#people option")].map((option) => [option.value, option.textContent]));
/** The display name of a username. */
export const person = (username) => names.get(username) ?? username ?? "";
export const people = () => [...names.entries()];

let messageTimer = 0;
/** Says something in the line under the header; an error stays until the next message. */
export function announce(text, kind = "info") {
  const line = $("message");
  if (!line) return;
  clearTimeout(messageTimer);
  line.dataset.kind = kind;
  line.dataset.from = "";
  line.textContent = text;
  if (kind !== "error" && text) messageTimer = setTimeout(() => { line.textContent = ""; }, 8000);
}

let sessionOver = false;
export const isSessionOver = () => sessionOver;

/** Says what went wrong; after the end of the session it offers the login. What was typed stays; `session-over` lets a page hide the rest. */
export function report(problem) {
  if (problem.status === 401 && !sessionOver) {
    sessionOver = true;
    dispatchEvent(new Event("session-over"));
  }
  announce(sessionOver ? "登录已过期，写下的内容还在。" : say(problem), "error");
  if (sessionOver) $("message").append(el("a", { href: loginAddress() }, "重新登录"));
}

/** Asks before something that cannot be taken back; with reasons it answers the one that was chosen. */
export function confirmed(title, text, yes, reasons = []) {
  const dialog = $("confirm");
  setText($("confirm-title"), title);
  setText($("confirm-text"), text);
  setText($("confirm-yes"), yes);
  const choices = $("confirm-reasons");
  choices.hidden = reasons.length === 0;
  choices.replaceChildren(...reasons.map((reason) => el("label", { class: "pill" },
    el("input", { type: "radio", name: "reason", value: reason, required: true }), el("span", {}, reason))));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => {
    const said = choices.querySelector("input:checked")?.value ?? true;
    resolve(dialog.returnValue === "yes" && said);
  }, { once: true }));
}

/** Does what needs a young login; asks for the password or a code first where the server wants it, and tries once more. */
export async function steppedUp(work) {
  try {
    return await work();
  } catch (problem) {
    if (problem.code !== "step_up_required" || !$("step-up")) throw problem;
  }
  await askProof();
  return work();
}

function askProof() {
  const dialog = $("step-up");
  const field = $("step-up-proof");
  const error = $("step-up-error");
  error.hidden = true;
  field.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  $("step-up-cancel").onclick = () => dialog.close();
  $("step-up-form").onsubmit = (event) => {
    event.preventDefault();
    busy(event.submitter, async () => {
      const proof = field.value;
      const kind = /^\s*[0-9０-９](\s*[0-9０-９]){5}\s*$/.test(proof) ? "totp" : "password";
      try {
        await api("POST", "/api/v1/session/step-up", { [kind]: proof }, { background: true });
        dialog.close("done");
      } catch (problem) {
        error.textContent = problem.status === 401 ? "不对，请核对后再填" : say(problem);
        error.hidden = false;
        field.select();
      }
    });
  };
  return new Promise((resolve, reject) => dialog.addEventListener("close", () => {
    field.value = "";
    if (dialog.returnValue === "done") resolve();
    else reject(new Problem(0, { code: "cancelled", detail: "已取消，没有改动" }));
  }, { once: true }));
}

/** Marks a button busy while the work runs; a second press does nothing. */
export async function busy(button, work) {
  if (button?.getAttribute("aria-busy") === "true") return undefined;
  button?.setAttribute("aria-busy", "true");
  try {
    return await work();
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

/** Ends the session and forgets what this tab kept, and what was typed and not saved. */
export async function logOut() {
  await api("DELETE", "/api/v1/session", undefined, { background: true }).catch((problem) => {
    if (problem.status !== 401) throw problem;
  });
  sessionStorage.clear();
  forgetDrafts();
  location.assign("/staff/login");
}

for (const trigger of document.querySelectorAll("[data-log-out]")) {
  trigger.addEventListener("click", (event) => {
    event.preventDefault();
    busy(trigger, logOut).catch((problem) => announce(say(problem), "error"));
  });
}
