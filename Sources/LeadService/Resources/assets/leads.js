// The list of leads: filters, pages, one lead's detail. What is searched for travels in a body, never in an address.

import { $, announce, api, busy, el, me, now, people, person, say, setText } from "./console.js";
import { dispositionLabel, dispositions } from "./dispositions.js";
import { assessmentPart, consentsPart, fact, historyPart, inquiriesPart, promiseWords, reviewLink } from "./dossier.js";
import { startExport } from "./leads-export.js";
import { moment, shortMoment, spacedPhone, stamp } from "./worktime.js";

const form = $("filters");
const rows = $("lead-rows");
const mustSearch = me.role === "adviser";
const remembered = "lead-filters";
const states = { open: "待回访", paused: "暂停", closed: "已结束" };
const pageSize = 50;

let cursor = null;
let shown = 0;
let asked = 0;

$("disposition").append(...dispositions.map((one) => el("option", { value: one.code }, one.label)));
$("adviser").append(...people().map(([username, name]) => el("option", { value: username }, name)));

/** The filters on screen, without the empty ones. */
function filters() {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
}

function scoreWords(lead) {
  if (lead.total === null || lead.total === undefined) return "—";
  return lead.gap > 0 ? `${lead.total}（差 ${lead.gap}）` : `${lead.total}（达标）`;
}

function promiseCell(lead) {
  const due = Date.parse(lead.due_at);
  const overdue = lead.state === "open" && due < now();
  if (lead.met_at) return el("td", {}, `${stamp(Date.parse(lead.met_at), now())} 已兑现`);
  return el("td", { class: overdue ? "overdue" : null }, overdue ? `超时，原定 ${shortMoment(due, now())}` : `${shortMoment(due, now())} 前`);
}

function row(lead) {
  const name = !mustSearch
    ? el("button", { type: "button", class: "link", onclick: (event) => detail(lead, event.currentTarget) }, lead.name_masked)
    : lead.name_masked;
  return el("tr", {},
    el("th", { scope: "row" }, name), el("td", { class: "phone" }, spacedPhone(lead.phone_masked)),
    el("td", {}, states[lead.state] ?? "待审"), el("td", {}, dispositionLabel(lead.disposition) || "—"),
    el("td", {}, stamp(Date.parse(lead.accepted_at), now())), promiseCell(lead),
    el("td", { class: "figure" }, scoreWords(lead)), el("td", { class: "source" }, lead.source || "—"),
    el("td", { class: "figure" }, String(lead.attempts)), el("td", {}, lead.adviser ? person(lead.adviser) : "—"));
}

async function load(more) {
  const wanted = filters();
  if (mustSearch && !wanted.q) {
    empty("先查找一位客户", "填手机号、后四位或完整姓名，最多给出 10 位");
    return;
  }
  asked += 1;
  const turn = asked;
  try {
    const page = await api("POST", "/api/v1/leads/search",
      { ...wanted, limit: mustSearch ? 10 : pageSize, ...(more && cursor ? { cursor } : {}) });
    if (turn !== asked) return; // a newer question is on its way
    if (!more) { rows.replaceChildren(); shown = 0; }
    rows.append(...page.items.map(row));
    shown += page.items.length;
    cursor = page.next_cursor;
    $("more").hidden = cursor === null || mustSearch;
    $("table").hidden = shown === 0;
    $("empty").hidden = shown > 0;
    setText($("as-of"), `数据截至 ${moment(now(), now())}`);
    setText($("shown"), shown > 0 ? `${shown} 条${cursor ? "，还有更多" : ""}` : "");
    if (shown === 0) empty("没有符合的线索", Object.keys(wanted).length > 0 ? "放宽一个筛选再看" : "第一条咨询提交后会出现在这里");
  } catch (problem) {
    if (problem.status === 422 && problem.body.errors?.length) fieldErrors(problem.body.errors);
    announce(say(problem), "error");
  }
}

function fieldErrors(errors) {
  for (const { pointer } of errors) {
    form.elements[(pointer ?? "").replace(/^\//, "")]?.setAttribute("aria-invalid", "true");
  }
  form.querySelector("[aria-invalid]")?.focus();
}

function empty(title, next) {
  $("table").hidden = true;
  $("more").hidden = true;
  $("empty").hidden = false;
  $("empty").replaceChildren(el("strong", {}, title), el("span", {}, next));
  setText($("shown"), "");
}

async function detail(lead, button) {
  await busy(button, async () => {
    try {
      const full = await api("GET", `/api/v1/leads/${lead.id}`);
      $("detail-title").replaceChildren(el("bdi", {}, full.name_masked), `  ${spacedPhone(full.phone_masked)}`);
      $("detail-facts").replaceChildren(
        fact("状态", states[full.state] ?? "待审"), fact("最近结果", dispositionLabel(full.disposition) || "—"),
        fact("提交", moment(Date.parse(full.accepted_at), now())), fact("承诺", `${promiseWords(full.due_at)} 前`),
        fact("积分", scoreWords(full)), fact("拨打", `${full.attempts} 次`), fact("顾问", person(full.adviser) || "—"),
        fact("来源", full.source || "来源不详"));
      // What a role may not see is not in the answer.
      $("detail-body").replaceChildren(
        el("div", {}, full.assessments ? assessmentPart(full.assessments, full.comparison, full.id) : reviewLink(full.id), full.consents && consentsPart(full.consents)),
        el("div", {}, full.inquiries && inquiriesPart(full.inquiries), full.history && historyPart(full.history)));
      $("detail").showModal();
    } catch (problem) {
      announce(say(problem), "error");
    }
  });
}

/** Everything but whom one searched for survives a reload; a name or number is never kept. */
function remember() {
  const { q: _, ...harmless } = filters();
  sessionStorage.setItem(remembered, JSON.stringify(harmless));
}

for (const [name, value] of Object.entries(JSON.parse(sessionStorage.getItem(remembered) ?? "{}"))) {
  if (form.elements[name]) form.elements[name].value = value;
}

function ask() {
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  const { from, to } = filters();
  if (from && to && from > to) {
    form.elements.to.setAttribute("aria-invalid", "true");
    form.elements.to.focus();
    announce("结束日期早于开始日期，请核对", "error");
    return Promise.resolve();
  }
  announce("");
  remember();
  form.dispatchEvent(new CustomEvent("asked"));
  return load(false);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  busy($("find"), ask);
});
form.addEventListener("change", (event) => { if (event.target.name !== "q") ask(); });
form.addEventListener("reset", () => setTimeout(ask));
$("more").addEventListener("click", (event) => busy(event.currentTarget, () => load(true)));
$("detail-close").addEventListener("click", () => $("detail").close());

if ($("export")) startExport(form, filters);
load(false);
