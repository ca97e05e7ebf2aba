// Inquiries that look like a program's: release starts the promise, dismiss takes them off the list.

import { $, announce, api, busy, el, now, report, say, setText } from "./console.js";
import { shortMoment, spacedPhone, stamp } from "./worktime.js";

const reasons = { honeypot: "填了隐藏栏", fill_time: "填写过快", unknown: "早前标记" };
const empties = { waiting: "没有待审的提交", dismissed: "没有忽略过的提交", released: "没有放行过的提交" };

let cursor = null;
let asked = 0;

function outcome(item) {
  if (item.state === "released") return `${item.reviewed_by} 放行，${shortMoment(Date.parse(item.due_at), now())} 前致电`;
  const button = (action, word) => el("button", {
    type: "button", "aria-label": `${word} ${item.name_masked}`, onclick: (event) => review(item, action, event.currentTarget),
  }, word);
  if (item.state === "dismissed") return [`${item.reviewed_by} 忽略 `, button("release", "放行")];
  return [button("release", "放行"), " ", button("dismiss", "忽略")];
}

function row(item) {
  return el("tr", {},
    el("th", { scope: "row" }, item.name_masked), el("td", { class: "phone" }, spacedPhone(item.phone_masked)),
    el("td", {}, stamp(Date.parse(item.submitted_at), now())), el("td", {}, reasons[item.reason] ?? item.reason),
    el("td", { class: "source" }, item.source || "—"), el("td", {}, outcome(item)));
}

async function load(more) {
  asked += 1;
  const turn = asked;
  const state = $("state").value;
  const from = more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  try {
    const page = await api("GET", `/api/v1/quarantine?state=${state}${from}`);
    if (turn !== asked) return;
    if (!more) $("rows").replaceChildren();
    $("rows").append(...page.items.map(row));
    cursor = page.next_cursor;
    const count = $("rows").childElementCount;
    $("table").hidden = count === 0;
    $("empty").hidden = count > 0;
    setText($("empty"), empties[state]);
    setText($("count"), count ? `${count}${cursor ? "+" : ""} 条` : "");
    $("more").hidden = !cursor;
  } catch (problem) {
    report(problem);
  }
}

const review = (item, action, button) => busy(button, async () => {
  try {
    const answer = await api("POST", `/api/v1/quarantine/${item.id}/${action}`);
    announce(answer ? `已放行，${shortMoment(Date.parse(answer.due_at), now())} 前致电` : "已忽略");
  } catch (problem) {
    if (problem.code === "already_released") announce("这条已经有人放行", "error");
    else return report(problem);
  }
  await load(false);
});

$("state").addEventListener("change", () => load(false));
$("more").addEventListener("click", (event) => busy(event.currentTarget, () => load(true)));
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("test-code")?.addEventListener("submit", (event) => {
  event.preventDefault();
  busy($("test-read"), async () => {
    try {
      const found = await api("POST", "/api/v1/test-codes", { phone: $("test-phone").value });
      setText($("test-result"), `${found.code}，${shortMoment(Date.parse(found.expires_at), now())} 前有效`);
    } catch (problem) {
      setText($("test-result"), problem.code === "test_code_unknown" ? problem.message : say(problem));
    }
  });
});
load(false);
