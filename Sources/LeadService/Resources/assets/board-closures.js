// Results that ended a promise without a call: some of a day, looked at by a supervisor.

import { $, announce, api, busy, el, me, now, person, report, setText } from "./console.js";
import { dispositionLabel } from "./dispositions.js";
import { dayWords, shortMoment, spacedPhone } from "./worktime.js";

const verdicts = { right: "该结束", wrong: "不该结束" };

const judge = (item, verdict, button) => busy(button, async () => {
  try {
    await api("PUT", `/api/v1/closure-reviews/${item.id}/verdict`, { verdict });
    announce(`已记下：${verdicts[verdict]}`, "done");
    await loadClosures();
  } catch (problem) {
    report(problem);
  }
});

function outcome(item) {
  if (item.by === me.username) return "您自己的，由别人看";
  const buttons = Object.entries(verdicts).filter(([verdict]) => verdict !== item.verdict).map(([verdict, words]) => el("button", {
    type: "button", "aria-label": `${item.callback?.name_masked ?? ""} ${words}`, onclick: (event) => judge(item, verdict, event.currentTarget),
  }, item.verdict ? `改为${words}` : words));
  return item.verdict ? [`${verdicts[item.verdict]}（${person(item.reviewed_by)}） `, ...buttons] : buttons;
}

const row = (item) => el("tr", {},
  el("th", { scope: "row" }, item.callback?.name_masked ?? "已删除"), el("td", { class: "phone" }, item.callback ? spacedPhone(item.callback.phone_masked) : "—"),
  el("td", {}, `${person(item.by)} ${shortMoment(Date.parse(item.at), now())}`),
  el("td", {}, item.reason ? `${dispositionLabel(item.disposition)}，${item.reason}` : dispositionLabel(item.disposition)), el("td", {}, outcome(item)));

export async function loadClosures() {
  const { day, items, advisers } = await api("GET", "/api/v1/closure-reviews", undefined, { background: true });
  $("closures-box").hidden = items.length === 0 && advisers.length === 0;
  setText($("closures-day"), dayWords(Date.parse(`${day}T00:00:00+08:00`)));
  $("closures").replaceChildren(...(items.length > 0 ? items.map(row) : [el("tr", {}, el("td", { colspan: "5" }, "那天没有"))]));
  setText($("closures-sum"), advisers.map((one) => `${person(one.username)} 近 30 天 ${one.closures} 条，看过 ${one.reviewed}，不该结束 ${one.wrong}`).join("；"));
}
