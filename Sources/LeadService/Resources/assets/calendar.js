// The working calendar: a year by months; a file of years, or a day of the firm's own, after seeing what it changes.

import { $, announce, api, el, now, report, setText } from "./console.js";
import { previews } from "./previews.js";
import { stamp } from "./worktime.js";

const weekdays = ["日", "一", "二", "三", "四", "五", "六"];
const statuses = { official: "正式通知", provisional: "法定节日预估" };
const ownKinds = { open: "上班", closed: "放假" };
let calendar = null;

const dateOf = (day) => new Date(`${day}T00:00:00Z`);
const inWords = (day) => {
  const date = dateOf(day);
  return `${date.getUTCFullYear()}年${date.getUTCMonth() + 1}月${date.getUTCDate()}日（周${weekdays[date.getUTCDay()]}）`;
};

/** The days of all notices, whichever year they stand in: 31 December may belong to the next one's. */
const listed = (list) => new Map(calendar.items.flatMap((year) => Object.entries(year[list])));

/** Days of a month in runs of one name: `1–3日 元旦`. */
function runs(days) {
  const found = [];
  for (const [number, name] of days) {
    const last = found.at(-1);
    if (last && last.name === name && last.to === number - 1) last.to = number;
    else found.push({ from: number, to: number, name });
  }
  const words = found.map((run) => `${run.from === run.to ? run.from : `${run.from}–${run.to}`}日${run.name ? ` ${run.name}` : ""}`);
  return words.join("，") || "—";
}

function month(year, number, off, makeup, own) {
  const found = { off: [], makeup: [], own: [], worked: 0 };
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  for (let one = 1; one <= days; one += 1) {
    const day = `${year}-${String(number).padStart(2, "0")}-${String(one).padStart(2, "0")}`;
    const [isOff, isMakeup, mine] = [off.has(day), makeup.has(day), own.get(day)];
    if (isOff) found.off.push([one, off.get(day)]);
    if (isMakeup) found.makeup.push([one, makeup.get(day)]);
    if (mine) found.own.push([one, `${ownKinds[mine.kind]}：${mine.reason}`]);
    const weekday = dateOf(day).getUTCDay();
    const worked = isMakeup || (!isOff && weekday > 0 && weekday < 6);
    if (mine ? mine.kind === "open" : worked) found.worked += 1;
  }
  return el("tr", {},
    el("th", { scope: "row" }, `${number}月`), el("td", {}, runs(found.off)), el("td", {}, runs(found.makeup)),
    el("td", {}, runs(found.own)), el("td", { class: "figure" }, String(found.worked)));
}

function showYear() {
  const year = calendar.items.find((one) => String(one.year) === $("year").value);
  $("table").hidden = !year;
  if (!year) return;
  const notice = year.notice && year.status === "official" ? `：${year.notice}` : "";
  setText($("year-notice"), `${statuses[year.status]}${notice}，载入于 ${stamp(Date.parse(year.loaded_at), now())}`);
  const own = new Map(calendar.company_days.map((day) => [day.day, day]));
  const [off, makeup] = [listed("off"), listed("makeup")];
  $("rows").replaceChildren(...Array.from({ length: 12 }, (_, index) => month(year.year, index + 1, off, makeup, own)));
}

async function load(wanted) {
  calendar = await api("GET", "/api/v1/calendar");
  const chosen = String(wanted ?? "") || $("year").value || document.body.dataset.today.slice(0, 4);
  $("year").replaceChildren(...calendar.items.map((year) => el("option", { value: String(year.year) }, `${year.year}年${year.status === "official" ? "" : "（预估）"}`)));
  $("year").value = calendar.items.some((year) => String(year.year) === chosen) ? chosen : String(calendar.items.at(-1)?.year ?? "");
  const official = calendar.items.filter((year) => year.status === "official").map((year) => year.year);
  const known = official.length ? `正式安排到 ${Math.max(...official)} 年` : "还没有正式安排";
  setText($("count"), `${known}，${calendar.provisional_deadlines} 个期限是预估的`);
  showYear();
}

/** What a change would do, a sentence for each thing. */
function sentences(plan) {
  const years = plan.years.map((year) => {
    const before = year.status_before ? `${statuses[year.status_before]} 改为 ` : "新载入 ";
    return `${year.year}年：${before}${statuses[year.status]}${year.notice ? `（${year.notice}）` : ""}`;
  });
  const kept = plan.kept.map((year) => `${year}年：已有正式通知，不用文件里的预估代替`);
  const days = (kind, added, label) => {
    const found = plan.days.filter((day) => day.kind === kind && day.added === added);
    return found.length ? [`${label} ${found.length} 天：${found.map((day) => inWords(day.day) + (day.name ? ` ${day.name}` : "")).join("，")}`] : [];
  };
  const own = plan.company_days.map((day) => {
    const words = (one) => (one ? `公司${ownKinds[one.kind]}（${one.reason}）` : "按通知");
    return `${inWords(day.day)}：${words(day.before)} 改为 ${words(day.after)}`;
  });
  const { moved, confirmed, latest_due_at: latest, on_closed_days: closed } = plan.promises;
  const promises = [
    moved && `${moved} 个预估的期限顺延，最晚到 ${stamp(Date.parse(latest), now())}`,
    confirmed && `${confirmed} 个预估的期限就此确定，时间不变`,
    closed && `${closed} 个承诺落在新放假的日子，仍按原来的时间致电，请主管安排`,
  ].filter(Boolean);
  const changes = [
    ...years, ...kept, ...days("off", true, "新增放假"), ...days("off", false, "不再放假"),
    ...days("makeup", true, "新增补班"), ...days("makeup", false, "不再补班"), ...own,
  ];
  return [...changes, ...(promises.length ? promises : ["没有承诺因此改变"])];
}

const { on, onFile } = previews("/api/v1/calendar", {
  sentences,
  applied: async (done) => {
    await load(done.years[0]?.year ?? done.company_days[0]?.day.slice(0, 4));
    announce("已载入，立刻生效", "done");
  },
});
on("load", () => ($("load-text").value.trim() ? { text: $("load-text").value } : "请粘贴文件的内容，或选择文件"));
on("day", () => {
  const [day, kind, reason] = [$("day-date").value, $("day-kind").value, $("day-reason").value.trim()];
  if (!day) return "请选择日期";
  if (kind !== "none" && !reason) return "请写明原因，例如“公司年会”";
  return { company_day: { day, kind, ...(kind !== "none" && { reason }) } };
});
onFile("load-file", "load", "load-text", "文件超过 60 KB，请只留要载入的年份");
$("year").addEventListener("change", showYear);
$("pick").addEventListener("submit", (event) => event.preventDefault());
load().catch(report);
