// Logging in and choosing a password.

import { $, Problem, api, busy, say } from "./console.js";
import { keepOnlyDraftsOf } from "./drafts.js";

const form = $("login") ?? $("password-change");
const error = $("error");
const button = form.querySelector("[type=submit]");
const password = form.elements.password;

/** The page to return to, only one of the console's own; else where the role's work is. */
function destination({ role }) {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/staff\/[a-z]+$/.test(next) && !/^\/staff\/(login|logout|password|second-factor)$/.test(next) ? next : role === "auditor" ? "/staff/statistics" : "/staff/desk";
}

/** Where a session begins: what it must do first, else its own page. */
function onward(session) {
  const next = destination(session);
  const first = session.must_change_password ? "password" : session.must_enrol_totp ? "second-factor" : "";
  return first ? `/staff/${first}?next=${encodeURIComponent(next)}` : next;
}

function fail(text, field = null) {
  for (const one of form.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
  error.textContent = text;
  error.hidden = text === "";
  field?.setAttribute("aria-invalid", "true");
  (field ?? error).focus();
}

/** What a tab kept for another person does not outlive their session. */
function begin(username) {
  sessionStorage.clear();
  keepOnlyDraftsOf(username);
  sessionStorage.setItem("username", username);
}

function wait(seconds) {
  const end = performance.now() + seconds * 1000;
  button.disabled = true;
  const timer = setInterval(() => {
    const left = Math.ceil((end - performance.now()) / 1000);
    if (left > 0) {
      error.textContent = `尝试太多次，请 ${left} 秒后再试`;
      return;
    }
    clearInterval(timer);
    button.disabled = false;
    error.textContent = "现在可以再试";
  }, 250);
}

async function logIn() {
  const username = form.elements.username.value.trim().toLowerCase();
  if (!username) { fail("请填用户名", form.elements.username); return; }
  if (!password.value) { fail("请填密码", password); return; }
  const code = form.elements.totp.value.trim();
  const session = await api("POST", "/api/v1/session", { username, password: password.value, ...(code ? { totp: code } : {}) });
  begin(username);
  location.replace(onward(session));
}

async function changePassword() {
  const length = [...password.value.normalize("NFC")].length;
  if (length < 12) { fail(`密码还少 ${12 - length} 位，至少 12 位`, password); return; }
  if (length > 128) { fail("密码最多 128 位", password); return; }
  if (form.elements.again.value !== password.value) { fail("两次填的不一样，请核对", form.elements.again); return; }
  location.replace(onward(await api("POST", "/api/v1/session/password", { password: password.value })));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  fail("");
  busy(button, form.id === "login" ? logIn : changePassword).catch((problem) => {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 429) { fail("尝试太多次，请稍等"); wait(problem.retryAfter || 5); return; }
    if (problem.status === 0) { fail("网络不通，请检查后再试"); return; }
    if (form.id === "login" && problem.status === 401) { fail("用户名、密码或动态码不对；一次性密码 72 小时内有效", password); password.select(); return; }
    if (problem.code === "password_weak") { fail("这个密码太常见，容易被猜到，请换一个", password); return; }
    fail(say(problem), password);
  });
});

// So that a password manager stores the new password under the right name.
if (form.id === "password-change") form.elements.username.value = sessionStorage.getItem("username") ?? "";

$("show").addEventListener("click", (event) => {
  const show = password.type === "password";
  for (const field of [password, form.elements.again]) if (field) field.type = show ? "text" : "password";
  event.currentTarget.setAttribute("aria-pressed", String(show));
});

button.disabled = false;
