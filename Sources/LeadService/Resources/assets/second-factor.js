// Setting a second factor up: a picture for the authenticator, recovery codes, one code to confirm.

import { $, Problem, api, busy, el, say, steppedUp } from "./console.js";

const form = $("enrol");
const svg = "http://www.w3.org/2000/svg";

function picture({ size, path }) {
  const image = document.createElementNS(svg, "svg");
  for (const [name, value] of [["viewBox", `-4 -4 ${size + 8} ${size + 8}`], ["role", "img"], ["aria-label", "给验证器扫的二维码"]]) image.setAttribute(name, value);
  const dark = document.createElementNS(svg, "path");
  dark.setAttribute("d", path);
  image.append(dark);
  return image;
}

function fail(place, text) {
  place.textContent = text;
  place.hidden = text === "";
  if (text) place.focus();
}

/** The page to return to, only one of the console's own. */
function destination({ role }) {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return /^\/staff\/[a-z]+$/.test(next) && next !== "/staff/login" ? next : role === "auditor" ? "/staff/statistics" : "/staff/desk";
}

$("begin-now").addEventListener("click", (event) => busy(event.currentTarget, async () => {
  fail($("begin-error"), "");
  try {
    const draft = await steppedUp(() => api("POST", "/api/v1/session/totp"));
    if (draft.picture) $("picture").replaceChildren(picture(draft.picture));
    $("secret").textContent = draft.secret.replace(/(.{4})/g, "$1 ").trim();
    $("recovery").replaceChildren(...draft.recovery_codes.map((code) => el("li", {}, el("code", {}, code))));
    $("begin").hidden = true;
    form.hidden = false;
    form.querySelector("h2").scrollIntoView();
  } catch (problem) {
    fail($("begin-error"), say(problem));
  }
}));

$("print").addEventListener("click", () => print());

form.addEventListener("submit", (event) => {
  event.preventDefault();
  busy(event.submitter, async () => {
    fail($("error"), "");
    const totp = form.elements.totp.value;
    if (!totp.trim()) { fail($("error"), "请填验证器上的 6 位数字"); return; }
    try {
      location.replace(destination(await api("PUT", "/api/v1/session/totp", { totp })));
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      form.elements.totp.select();
      fail($("error"), problem.code === "totp_not_begun" ? "已在别处重新开始，请刷新这一页" : say(problem));
    }
  });
});
