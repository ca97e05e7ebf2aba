// What to see to before visitors come, each from what there is, and one real message with what the vendor says of it.

import { $, api, busy, el, report, say, setText, steppedUp } from "./console.js";

const marks = { done: "好了", open: "要做", unknown: "看不到" };
const patience = 150;

const line = (item) => el("li", { class: `start-${item.state}` },
  el("strong", { class: "mark" }, marks[item.state]),
  el("div", {}, el("b", {}, item.title), el("p", { class: "quiet" }, item.detail)),
  item.path ? el("a", { class: "quiet-button", href: item.path, "aria-label": `${item.title}：去看` }, item.state === "open" ? "去做" : "去看") : null);

async function load() {
  const { items } = await api("GET", "/api/v1/start");
  const open = items.filter((item) => item.state === "open").length;
  $("items").replaceChildren(...items.map(line));
  setText($("count"), open ? `还有 ${open} 项要做` : "都好了，可以开放给访客");
}

function tell(text) {
  $("trial-state").hidden = false;
  setText($("trial-state"), text);
}

const pause = (seconds) => new Promise((go) => { setTimeout(go, seconds * 1000); });

/** Follows the message until nothing more is to be expected, or for so long as anybody looks. */
async function follow(id, code) {
  const end = Date.now() + patience * 1000;
  let shown = null;
  while (Date.now() < end && !shown?.settled) {
    if (shown) await pause(2);
    shown = await api("GET", `/api/v1/trial-messages/${id}`);
    tell(`${shown.text}。${shown.good || !shown.settled ? `手机上收到的验证码应是 ${code}，它只为试发，不能用来提交。` : ""}`);
    if (shown.state === "sent") await load();
  }
  await load();
}

$("trial")?.addEventListener("submit", (event) => {
  event.preventDefault();
  $("trial-error").hidden = true;
  busy(event.submitter, async () => {
    try {
      const sent = await steppedUp(() => api("POST", "/api/v1/trial-messages", { phone: $("trial-phone").value.trim() }));
      tell("正在交给短信通道。");
      $("trial-state").focus();
      await follow(sent.id, sent.code);
    } catch (problem) {
      if (problem.code === "cancelled") return;
      $("trial-error").textContent = problem.body?.errors?.[0]?.detail ?? (problem.status === 429 ? "今天的试发用完了，请明天再试" : say(problem));
      $("trial-error").hidden = false;
      $("trial-error").focus();
    }
  });
});
load().catch(report);
