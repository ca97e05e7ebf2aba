// Leads from files: hand one in, see what would come of it, correct the columns, let it in, take a batch back.

import { $, Problem, announce, api, busy, confirmed, el, now, report, say, send, setText, steppedUp } from "./console.js";
import { act, onAdd, refreshed } from "./office.js";
import { spacedPhone, stamp } from "./worktime.js";

const bases = new Map([...$("basis-titles").content.querySelectorAll("option")].map((option) => [option.value, option.textContent]));
const failures = {
  crashed: "在同一处停了三次。可在“后台”页重试，或撤销", nothing: "没有一行可以导入", unreadable: "有一段文件无法读取，请撤销后重新导入",
};
const unfinished = new Set(["queued", "running"]);
const largest = 50 * 1024 * 1024;
const columns = [...document.querySelectorAll("[data-column]")];

let items = [];
let cursor = null;
let draft = null;

const time = (text) => stamp(Date.parse(text), now());
const number = (value) => new Intl.NumberFormat("zh-CN").format(value);
const left = (batch) => batch.repeated + batch.refused;
const taken = (batch) => batch.new + batch.joined;

/** Letters as a spreadsheet numbers columns. */
const letters = (place) => (place > 26 ? letters(Math.floor((place - 1) / 26)) : "") + String.fromCharCode(65 + (place - 1) % 26);

/** The columns that are chosen, counted from one. */
const chosen = () => Object.fromEntries(columns.filter((field) => field.value).map((field) => [field.name, Number(field.value)]));

function fail(sentence, field) {
  const error = $("start-error");
  error.textContent = sentence;
  error.hidden = false;
  field?.setAttribute("aria-invalid", "true");
  (field ?? error).focus();
}

function clear() {
  $("start-error").hidden = true;
  for (const field of $("start").querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

function showTrial(batch) {
  const isTried = batch.tried;
  $("trial").replaceChildren(...(isTried ? [
    el("p", {}, `将新增 ${number(batch.new)} 位客户，并入已有线索 ${number(batch.joined)} 条。`,
      batch.repeated ? `文件里重复 ${number(batch.repeated)} 行。` : "", batch.refused ? `不能导入 ${number(batch.refused)} 行。` : ""),
    left(batch) > 0 && el("p", {}, el("a", { href: `/api/v1/imports/${batch.id}/errors`, download: "import-errors.csv" }, "下载未导入的行和原因（CSV）")),
  ].filter(Boolean) : [el("p", {}, "请先选出称呼和手机号各是哪一列，再试算。")]));
  $("sample").replaceChildren(...batch.sample.map((row) => el("tr", {}, el("th", { scope: "row" }, String(row.row)), el("td", {}, row.name_masked), el("td", {}, spacedPhone(row.phone_masked)))));
  $("sample-box").hidden = batch.sample.length === 0;
  setText($("go"), isTried ? `导入 ${number(taken(batch))} 行` : "导入");
  $("go").disabled = !isTried || taken(batch) === 0;
}

function showDraft(batch) {
  draft = batch;
  clear();
  setText($("draft-file"), `${number(batch.rows)} 行，${time(batch.made_at)} 上传`);
  for (const field of columns) {
    field.replaceChildren(el("option", { value: "" }, "没有"),
      ...batch.headings.map((heading, index) => el("option", { value: String(index + 1) }, `${letters(index + 1)} 列 ${heading || "（空）"}`)));
    field.value = String(batch.columns?.[field.name] ?? "");
  }
  showTrial(batch);
  $("draft").hidden = false;
  $("draft").focus();
}

function closeDraft() {
  draft = null;
  $("draft").hidden = true;
  $("start").reset();
}

async function attempt() {
  clear();
  const missing = columns.find((field) => ["name", "phone"].includes(field.name) && !field.value);
  if (missing) return fail(`请选出${missing.name === "name" ? "称呼" : "手机号"}是哪一列`, missing);
  try {
    showDraftOf(await api("POST", `/api/v1/imports/${draft.id}/try`, { columns: chosen() }, { timeout: 0 }));
  } catch (problem) {
    fail(say(problem));
  }
  return undefined;
}

function showDraftOf(batch) {
  draft = batch;
  showTrial(batch);
}

onAdd(async (form) => {
  const [file] = form.elements.file.files;
  if (!file) throw new Problem(422, { detail: "请先选择一个 CSV 文件" });
  if (file.size > largest) throw new Problem(413, { detail: "文件超过 50 MB，请分几个文件导入" });
  // Who this is comes first: a browser may not see the answer to a large file that is refused on its way.
  if (file.size > 1_048_576) {
    await steppedUp(() => send("POST", "/api/v1/import-files", new Blob([])).catch((problem) => { if (problem.code !== "csv_invalid") throw problem; }));
  }
  const batch = await steppedUp(async () => (await send("POST", "/api/v1/import-files", file, { timeout: 0 })).json());
  const isGuessed = batch.columns?.name && batch.columns?.phone;
  const tried = isGuessed ? await api("POST", `/api/v1/imports/${batch.id}/try`, {}, { timeout: 0 }) : batch;
  form.reset();
  $("add-box").open = false;
  showDraft(tried);
  await load();
});

$("retry").addEventListener("click", (event) => busy(event.currentTarget, attempt));
// What was tried is of the columns before.
for (const field of columns) field.addEventListener("change", () => { if (draft) showTrial({ ...draft, tried: false, sample: [] }); });

$("start").addEventListener("submit", (event) => {
  event.preventDefault();
  clear();
  const form = event.currentTarget;
  const basis = form.elements.basis.value;
  const evidence = form.elements.evidence.value.trim();
  if (!basis) return fail("请选这些客户怎样同意我们致电", form.querySelector("[name=basis]"));
  if (!evidence) return fail("请写明凭据，例如哪次活动的登记表", form.elements.evidence);
  return busy(event.submitter, async () => {
    try {
      await steppedUp(() => api("POST", `/api/v1/imports/${draft.id}/start`, { columns: chosen(), consent: { basis, evidence } }));
      closeDraft();
      announce("已开始导入，进度在列表里", "done");
      await load();
    } catch (problem) {
      if (problem.code !== "cancelled") fail(say(problem));
    }
  });
});

async function dropped(batch) {
  if (!await confirmed("放弃这个文件？", "文件立即删除，没有导入任何客户。", "放弃")) return;
  await api("DELETE", `/api/v1/imports/${batch.id}`);
  if (draft?.id === batch.id) closeDraft();
  announce("文件已删除", "done");
}

$("drop").addEventListener("click", (event) => act(event.currentTarget, () => dropped(draft), load));

function state(batch) {
  switch (batch.state) {
    case "draft": return el("td", {}, "等您核对，还没有导入");
    case "queued": return el("td", {}, "排队中");
    case "running": {
      const done = taken(batch) + left(batch);
      return el("td", {}, el("div", { class: "progress" }, el("progress", { max: Math.max(1, batch.rows), value: done, "aria-label": "进度" }),
        `${number(done)} / ${number(batch.rows)} 行`));
    }
    case "done": return el("td", {}, `已导入，${time(batch.finished_at)} 完成`);
    case "failed": return el("td", { class: "overdue" }, `停住了：${failures[batch.failure] ?? batch.failure}`);
    default: return el("td", {}, `${batch.undone_by} 已撤销，${time(batch.undone_at)}`);
  }
}

async function undone(batch, who) {
  const counts = `删除新增的 ${number(batch.new)} 位客户，并入的 ${number(batch.joined)} 条恢复原样。`;
  if (!await confirmed(`撤销${who}？`, `${counts}已经有人处理过的不能撤销。`, "撤销")) return;
  await steppedUp(() => api("POST", `/api/v1/imports/${batch.id}/undo`, undefined, { timeout: 0 }));
  announce("整批已撤销", "done");
}

function actions(batch) {
  const who = `${batch.made_by} ${time(batch.made_at)} 的导入`;
  const button = (label, work) => el("button", { type: "button", "aria-label": `${label}${who}`, onclick: (event) => act(event.currentTarget, work, load) }, label);
  return [
    batch.state === "draft" && button("核对", async () => showDraft(
      batch.columns?.name && batch.columns?.phone ? await api("POST", `/api/v1/imports/${batch.id}/try`, {}, { timeout: 0 }) : batch)),
    batch.state === "draft" && button("放弃", () => dropped(batch)),
    batch.state !== "draft" && left(batch) > 0
      && el("a", { class: "button", href: `/api/v1/imports/${batch.id}/errors`, download: "import-errors.csv", "aria-label": `${who}中未导入的行` }, "未导入的行"),
    (batch.state === "done" || batch.state === "failed") && button("撤销", () => undone(batch, who)),
  ].filter(Boolean).flatMap((one) => [one, " "]);
}

const figure = (batch, value) => el("td", { class: "figure" }, batch.state === "draft" && !batch.tried ? "—" : number(value));

const row = (batch) => el("tr", { class: batch.state === "undone" ? "ended" : "" },
  el("th", { scope: "row" }, `${batch.made_by}，${time(batch.made_at)}`), state(batch), el("td", { class: "figure" }, number(batch.rows)),
  figure(batch, batch.new), figure(batch, batch.joined), figure(batch, left(batch)), el("td", {}, bases.get(batch.basis) ?? "—"),
  el("td", { class: "row-actions" }, actions(batch)));

const show = refreshed($("rows"), (batch) => batch.id, row);

async function load(more = false) {
  const from = more && cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
  const page = await api("GET", `/api/v1/imports?limit=50${from}`, undefined, { background: !more });
  items = more ? [...items, ...page.items] : page.items;
  cursor = page.next_cursor;
  show(items);
  $("table").hidden = items.length === 0;
  $("more").hidden = !cursor;
  setText($("count"), items.length ? `${items.length}${cursor ? "+" : ""} 批` : "还没有导入过");
}

$("more").addEventListener("click", (event) => busy(event.currentTarget, () => load(true).catch(report)));
setInterval(() => {
  if (!document.hidden && items.length <= 50 && items.some((batch) => unfinished.has(batch.state))) load().catch(() => {});
}, 2000);
load().catch(report);
