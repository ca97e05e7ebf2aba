// The caller's own account: second factor, password, sessions.

import { $, announce, api, busy, confirmed, el, now, report, say, steppedUp } from "./console.js";
import { stamp } from "./worktime.js";

async function load() {
  const { items } = await api("GET", "/api/v1/sessions");
  $("sessions").replaceChildren(...items.map((session) => el("li", {},
    el("span", {}, `最近使用 ${stamp(Date.parse(session.last_seen_at), now())}`),
    session.is_current ? el("span", { class: "tag" }, "这里") : el("button", {
      type: "button", onclick: (event) => busy(event.currentTarget, async () => {
        try {
          await api("DELETE", `/api/v1/sessions/${session.id}`);
          announce("已退出那里的登录");
        } catch (problem) {
          if (problem.status !== 404) return report(problem);
        }
        await load();
      }),
    }, "退出那里"))));
}

$("factor-remove")?.addEventListener("click", (event) => busy(event.currentTarget, async () => {
  if (!await confirmed("停用动态码？", "以后登录只要密码。您的角色若必须用动态码，停用后要马上重新开通。", "停用")) return;
  try {
    await steppedUp(() => api("DELETE", "/api/v1/session/totp"));
    location.reload();
  } catch (problem) {
    report(problem);
  }
}));

$("password-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = $("new-password");
  const error = $("password-error");
  const fail = (text) => {
    error.textContent = text;
    error.hidden = text === "";
    field.toggleAttribute("aria-invalid", text !== "");
    if (text) { field.setAttribute("aria-invalid", "true"); field.focus(); }
  };
  fail("");
  busy(event.submitter, async () => {
    const length = [...field.value.normalize("NFC")].length;
    if (length < 12) return fail(`密码还少 ${12 - length} 位，至少 12 位`);
    try {
      await steppedUp(() => api("POST", "/api/v1/session/password", { password: field.value }));
      field.value = "";
      announce("密码已换，别处的登录已退出");
      await load();
    } catch (problem) {
      fail(problem.code === "password_weak" ? "这个密码太常见，容易被猜到，请换一个" : say(problem));
    }
  });
});

load().catch(report);
