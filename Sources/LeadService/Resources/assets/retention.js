// What is kept how long: the terms, what is due, and other terms after seeing what would go under them.

import { $, announce, api, busy, confirmed, el, now, report, say, setText, steppedUp } from "./console.js";
import { dateOf, stamp } from "./worktime.js";

const mayManage = document.body.dataset.mayManage === "true";
const units = { days: "天", months: "个月" };
let items = [];
let proposed = null;

const time = (text) => stamp(Date.parse(text), now());
/** A day that may lie years back: `2025年11月28日`. */
const fullDay = (text) => dateOf(Date.parse(text)).replace(/^([0-9]+)-0?([0-9]+)-0?([0-9]+)$/, "$1年$2月$3日");
const words = (item, length) => `${length} ${units[item.unit]}`;

function term(item) {
  const next = item.next && el("p", { class: "quiet" }, `${time(item.next.effective_at)} 起 ${words(item, item.next.length)}`);
  if (!mayManage) return el("td", {}, words(item, item.length), next);
  return el("td", {}, el("label", { class: "term" },
    el("input", {
      name: item.term, type: "number", inputmode: "numeric", required: true, "aria-label": `${item.title}的期限，${units[item.unit]}`,
      min: String(item.shortest), max: String(item.longest), value: String(item.length), "aria-errormessage": "terms-error",
    }), ` ${units[item.unit]}`), next);
}

const row = (item) => el("tr", {},
  el("th", { scope: "row" }, item.title), term(item), el("td", {}, `${item.shortest}–${words(item, item.longest)}`),
  el("td", {}, fullDay(item.before)), el("td", { class: "figure" }, String(item.due)));

function show(page) {
  items = page.items;
  $("rows").replaceChildren(...items.map(row));
  $("table").hidden = false;
  const due = items.reduce((sum, item) => sum + item.due, 0);
  setText($("count"), `现在到期 ${due} 条，${page.ran_at ? `上次清理 ${time(page.ran_at)}` : "还没有清理过"}`);
  drop();
}

const load = async () => show(await api("GET", "/api/v1/retention", undefined, { timeout: 60000 }));

function drop() {
  proposed = null;
  if ($("preview")) $("preview").hidden = true;
}

function fail(sentence) {
  $("terms-error").textContent = sentence;
  $("terms-error").hidden = false;
  $("terms-error").focus();
}

/** What was typed differently; null after saying what cannot be. */
function changes() {
  const terms = {};
  for (const item of items) {
    const field = $("terms").elements.namedItem(item.term);
    if (!field) continue;
    const isRight = /^[0-9]{1,4}$/.test(field.value.trim()) && Number(field.value) >= item.shortest && Number(field.value) <= item.longest;
    field.setAttribute("aria-invalid", String(!isRight));
    if (!isRight) {
      fail(`${item.title}的期限应为 ${item.shortest}–${words(item, item.longest)}`);
      return null;
    }
    if (Number(field.value) !== item.length) terms[item.term] = { from: item.length, to: Number(field.value) };
  }
  if (Object.keys(terms).length) return terms;
  fail("没有改动，请先改一项期限");
  return null;
}

/** What a change would do, in a sentence. */
function sentence(after) {
  const before = items.find((item) => item.term === after.term);
  const more = after.due - before.due;
  const due = more > 0 ? `到期的由 ${before.due} 条变为 ${after.due} 条，多删除 ${more} 条` : `到期的由 ${before.due} 条变为 ${after.due} 条，不多删除`;
  return `${after.title}：${words(before, before.length)} 改为 ${words(after, after.length)}。${due}。`;
}

$("terms").addEventListener("submit", (event) => {
  event.preventDefault();
  $("terms-error").hidden = true;
  drop();
  const terms = changes();
  if (!terms) return;
  busy(event.submitter, async () => {
    try {
      const page = await api("POST", "/api/v1/retention/preview", { terms }, { timeout: 60000 });
      const changed = page.items.filter((item) => terms[item.term]);
      $("preview-list").replaceChildren(...changed.map((item) => el("li", {}, sentence(item))));
      proposed = { terms, due: changed.reduce((sum, item) => sum + Math.max(0, item.due - items.find((one) => one.term === item.term).due), 0) };
      $("preview").hidden = false;
      $("preview").focus();
    } catch (problem) {
      fail(say(problem));
    }
  });
});

// What is typed after the preview was not counted in it.
$("terms").addEventListener("input", drop);
$("drop")?.addEventListener("click", (event) => busy(event.currentTarget, () => load().catch(report)));
$("apply")?.addEventListener("click", (event) => busy(event.currentTarget, async () => {
  const { terms, due } = proposed;
  if (due > 0 && !await confirmed(`多删除 ${due} 条？`, "由后台分批删除，删除后不能恢复。", "执行")) return;
  try {
    show(await steppedUp(() => api("PATCH", "/api/v1/retention", { terms }, { timeout: 60000 })));
    announce("期限已改，立刻生效", "done");
  } catch (problem) {
    if (problem.code === "cancelled") return;
    if (problem.status === 412) await load().catch(() => {});
    fail(say(problem));
  }
}));
load().catch(report);
