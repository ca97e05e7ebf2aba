// The sets of points rules: which counts when, and a new one after seeing what it changes.

import { $, announce, api, el, report, setText } from "./console.js";
import { previews } from "./previews.js";

const states = { in_force: "正在用", coming: "未到", over: "已过" };
let sets = [];

const inWords = (day) => day.replace(/^(\d+)-0?(\d+)-0?(\d+)$/, "$1年$2月$3日");
const inMonths = (month) => month.replace(/^(\d+)-0?(\d+)$/, "$1年$2月");
const newest = (set) => set?.wages.at(-1);
const yuan = (wage) => (wage ? `${wage.average.toLocaleString("zh-CN")} 元（${inMonths(wage.from)}起）` : "—");

const row = (set) => el("tr", { class: set.state === "over" ? "ended" : "" },
  el("th", { scope: "row" }, set.version), el("td", {}, inWords(set.effective_from)), el("td", {}, states[set.state]),
  el("td", {}, yuan(newest(set))), el("td", { class: "events" }, set.source.replace(/\d{4}-\d\d-\d\d/g, inWords)));

async function load() {
  sets = (await api("GET", "/api/v1/rule-sets")).items;
  $("rows").replaceChildren(...sets.map(row));
  $("table").hidden = sets.length === 0;
  const counts = sets.find((set) => set.state === "in_force");
  const coming = sets.filter((set) => set.state === "coming").length;
  setText($("count"), counts ? `正在用 ${counts.version}${coming ? `，另有 ${coming} 套未到` : ""}` : "今天没有生效的规则，测算停用");
  const last = newest(sets.find((set) => set.wages.length));
  if (!$("wage") || !last) return;
  setText($("wage-help"), `上一年度 ${yuan(last)}`);
  const year = Number(last.from.slice(0, 4)) + 1;
  if (!$("wage-year").value) $("wage-year").value = String(year);
}

/** One figure before and after, with how much of a wage that is. */
function sentence(change) {
  const known = change.path.startsWith("/wages/") && !change.before && newest(sets.find((set) => set.wages.length));
  const more = known ? `，比${inMonths(known.from)}${change.after >= known.average ? "高" : "低"} ${Math.abs((change.after / known.average - 1) * 100).toFixed(1)}%` : "";
  if (change.before === null) return `${change.title}：新增 ${change.after}${more}`;
  return change.after === null ? `${change.title}：不再有（原来 ${change.before}）` : `${change.title}：${change.before} 改为 ${change.after}`;
}

const { on, onFile } = previews("/api/v1/rule-sets", {
  sentences: (plan) => {
    setText($("preview-head"), `${plan.version}，${inWords(plan.effective_from)} 0:00 起${plan.replaces ? `接替 ${plan.replaces}` : ""}${plan.followed_by ? `，之后由 ${plan.followed_by} 接替，请看它是否也要改` : ""}。`);
    return plan.changes.length ? plan.changes.map(sentence) : ["分值和工资都和现在一样"];
  },
  applied: async () => {
    await load();
    announce("已加入", "done");
  },
  stale: () => load().catch(() => {}),
});
on("wage", () => {
  const [year, average, day] = [$("wage-year").value, $("wage-average").value, $("wage-day").value];
  if (!/^20\d\d$/.test(year)) return "请写社保年度的年份，如 2027";
  if (!average) return "请写平均工资";
  return day ? { wage: { from: `${year}-07`, average: Number(average), effective_from: day } } : "请选择从哪一天起用";
});
on("file", () => ($("file-text").value.trim() ? { text: $("file-text").value } : "请选择规则文件，或粘贴内容"));
onFile("file-pick", "file", "file-text", "文件超过 60 KB，不是规则文件");
load().catch(report);
