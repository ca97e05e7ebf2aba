// The sets of points rules: which counts when, and a new one after seeing what it changes.

import { $, announce, api, busy, el, report, say, setText, steppedUp } from "./console.js";

const states = { in_force: "正在用", coming: "未到", over: "已过" };
let sets = [];
let previewed = null;

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

function drop() {
  previewed = null;
  if ($("preview")) $("preview").hidden = true;
}

function fail(form, sentence) {
  $(`${form}-error`).textContent = sentence;
  $(`${form}-error`).hidden = false;
  $(`${form}-error`).focus();
}

/** One figure before and after, with how much of a wage that is. */
function sentence(change) {
  const known = change.path.startsWith("/wages/") && !change.before && newest(sets.find((set) => set.wages.length));
  const more = known ? `，比${inMonths(known.from)}${change.after >= known.average ? "高" : "低"} ${Math.abs((change.after / known.average - 1) * 100).toFixed(1)}%` : "";
  if (change.before === null) return `${change.title}：新增 ${change.after}${more}`;
  return change.after === null ? `${change.title}：不再有（原来 ${change.before}）` : `${change.title}：${change.before} 改为 ${change.after}`;
}

function onPreview(form, draft) {
  $(form)?.addEventListener("submit", (event) => {
    event.preventDefault();
    $(`${form}-error`).hidden = true;
    drop();
    const change = draft();
    if (typeof change === "string") {
      fail(form, change);
      return;
    }
    busy(event.submitter, async () => {
      try {
        const plan = await api("POST", "/api/v1/rule-sets/preview", change);
        setText($("preview-head"), `${plan.version}，${inWords(plan.effective_from)} 0:00 起${plan.replaces ? `接替 ${plan.replaces}` : ""}${plan.followed_by ? `，之后由 ${plan.followed_by} 接替，请看它是否也要改` : ""}。`);
        const lines = plan.changes.length ? plan.changes.map(sentence) : ["分值和工资都和现在一样"];
        $("preview-list").replaceChildren(...lines.map((text) => el("li", {}, text)));
        previewed = { form, change: { ...change, fingerprint: plan.fingerprint } };
        $("preview").hidden = false;
        $("preview").focus();
      } catch (problem) {
        fail(form, problem.body?.errors?.[0]?.detail ?? say(problem));
      }
    });
  });
  $(form)?.addEventListener("input", drop);
}

onPreview("wage", () => {
  const [year, average, day] = [$("wage-year").value, $("wage-average").value, $("wage-day").value];
  if (!/^20\d\d$/.test(year)) return "请写社保年度的年份，如 2027";
  if (!average) return "请写平均工资";
  return day ? { wage: { from: `${year}-07`, average: Number(average), effective_from: day } } : "请选择从哪一天起用";
});
onPreview("file", () => ($("file-text").value.trim() ? { text: $("file-text").value } : "请选择规则文件，或粘贴内容"));
$("file-pick")?.addEventListener("change", async (event) => {
  const [file] = event.target.files;
  if (!file) return;
  if (file.size > 60000) {
    fail("file", "文件超过 60 KB，不是规则文件");
    return;
  }
  $("file-text").value = await file.text();
  drop();
});
$("drop")?.addEventListener("click", drop);
$("apply")?.addEventListener("click", (event) => busy(event.currentTarget, async () => {
  const { form, change } = previewed;
  try {
    await steppedUp(() => api("POST", "/api/v1/rule-sets", change));
    drop();
    $(form).reset();
    await load();
    announce("已加入", "done");
  } catch (problem) {
    if (problem.code === "cancelled") return;
    if (problem.status === 412) {
      drop();
      await load().catch(() => {});
    }
    fail(form, problem.body?.errors?.[0]?.detail ?? say(problem));
  }
}));
load().catch(report);
