// The settings: what is set, what a change would be, and the change itself, all of it or nothing.

import { $, announce, api, busy, el, now, report, say, setText, steppedUp } from "./console.js";
import * as extra from "./settings-questions.js";
import * as logo from "./settings-logo.js";
import { stamp } from "./worktime.js";

const mayManage = document.body.dataset.mayManage === "true";
let items = new Map();
let proposed = null;

const time = (text) => stamp(Date.parse(text), now());
const isList = (value) => value !== null && typeof value === "object";
const isLogo = (item) => item?.key === "company_logo";
const isQuestions = (item) => item?.key === "extra_questions";
const words = (value) => {
  if (value === null || value === "") return "空";
  if (typeof value === "boolean") return value ? "是" : "否";
  return isList(value) ? JSON.stringify(value) : String(value);
};

/** The field of a setting, by what its value is; an empty number is none. */
function field(item) {
  const common = { id: item.key, name: item.key, disabled: !mayManage || item.locked, "aria-errormessage": "settings-error" };
  const { value, standard } = item;
  if (isQuestions(item)) return extra.editor(item, !mayManage || item.locked);
  if (isLogo(item)) return logo.editor(item, !mayManage || item.locked, fail);
  if (item.key === "company_colour") return el("input", { ...common, type: "color", value: value ?? standard });
  if (typeof standard === "boolean") return el("input", { ...common, type: "checkbox", checked: value === true });
  if (isList(value) || isList(standard)) {
    const text = JSON.stringify(value, null, 2);
    return el("textarea", { ...common, spellcheck: "false", rows: String(Math.min(16, text.split("\n").length + 1)) }, text);
  }
  if (typeof standard === "string") return el("input", { ...common, type: "text", value: value ?? "", autocomplete: "off" });
  return el("input", { ...common, type: "number", inputmode: "decimal", step: "any", value: value === null ? "" : String(value) });
}

function setting(item) {
  const notes = [item.help, item.locked && "由服务器的环境变量决定，这里不能改", ...item.later.map((one) => `${time(one.effective_at)} 起：${isQuestions(item) ? extra.summary(one.value) : isLogo(item) ? logo.summary(one.value) : words(one.value)}`)];
  return el("div", { class: "setting" },
    el("div", {}, isQuestions(item) || isLogo(item) ? el("p", {}, item.title) : el("label", { for: item.key }, item.title), notes.filter(Boolean).map((note) => el("p", { class: "quiet" }, note))), el("div", {}, field(item)));
}

async function load() {
  const { groups } = await api("GET", "/api/v1/settings");
  const open = new Set([...$("groups").querySelectorAll("details[open] summary")].map((one) => one.textContent));
  items = new Map(groups.flatMap((group) => group.items.map((item) => [item.key, item])));
  $("groups").replaceChildren(...groups.map((group, index) => el("details", { open: open.size ? open.has(group.title) : index === 0 },
    el("summary", {}, group.title), group.items.map(setting))));
  setText($("count"), `${items.size} 项`);
  drop();
}

function drop() {
  proposed = null;
  if ($("preview")) $("preview").hidden = true;
}

function fail(sentence, key) {
  const box = key && $(key);
  if (box) {
    box.closest("details").open = true;
    box.setAttribute("aria-invalid", "true");
  }
  $("settings-error").textContent = box ? `${items.get(key).title}：${sentence}` : sentence;
  $("settings-error").hidden = false;
  $("settings-error").focus();
}

/** The value that a field says; throws for a list that is not written right. */
function said(item) {
  const box = $(item.key);
  if (isQuestions(item)) return extra.questions(box, item);
  if (isLogo(item)) return logo.chosen(box, item);
  if (box.type === "checkbox") return box.checked;
  if (box.type === "number") return box.value === "" ? null : Number(box.value);
  const text = box.value.trim();
  return box.tagName === "TEXTAREA" || /^[[{]/.test(text) ? JSON.parse(text || "null") : text;
}

/** What was typed differently, with what was seen; null after saying what cannot be. */
function changes() {
  const change = { values: {}, seen: {} };
  for (const item of items.values()) {
    if (item.locked) continue;
    $(item.key).removeAttribute("aria-invalid");
    try {
      const value = said(item);
      if (JSON.stringify(value) === JSON.stringify(item.value)) continue;
      Object.assign(change.values, { [item.key]: value });
      Object.assign(change.seen, { [item.key]: item.value });
    } catch {
      fail("写法不完整，请核对括号、引号和逗号", item.key);
      return null;
    }
  }
  if ($("effective").value) change.effective_at = `${$("effective").value.slice(0, 16)}:00+08:00`;
  if (Object.keys(change.values).length) return change;
  fail("没有改动，请先改一项");
  return null;
}

/** Says a refusal at the field it is about. */
function refuse(problem) {
  const first = problem.body?.errors?.[0];
  const key = first?.pointer?.split("/").find((part) => items.has(part));
  fail(first?.detail ?? say(problem), key);
}

const sides = (change) => (isLogo(change) ? [`${logo.summary(change.old)} 改为 ${logo.summary(change.new)}`] : isQuestions(change) ? [extra.differences(change.old, change.new)] : [el("code", {}, words(change.old)), " 改为 ", el("code", {}, words(change.new))]);
const line = (change) => el("li", {}, `${items.get(change.key)?.title ?? change.key}：`, ...sides(change),
  change.effective_at ? `，${time(change.effective_at)} 起` : "，立刻生效");

$("settings").addEventListener("submit", (event) => {
  event.preventDefault();
  $("settings-error").hidden = true;
  drop();
  const change = changes();
  if (!change) return;
  busy(event.submitter, async () => {
    try {
      const preview = await api("POST", "/api/v1/settings/preview", change);
      if (!preview.changes.length) return fail("和现在的意思一样，没有改动");
      $("preview-list").replaceChildren(...preview.changes.map(line));
      proposed = change;
      $("preview").hidden = false;
      $("preview").focus();
    } catch (problem) {
      refuse(problem);
    }
  });
});

// What is typed after the preview was not in it.
$("settings").addEventListener("input", drop);
$("drop")?.addEventListener("click", (event) => busy(event.currentTarget, () => load().catch(report)));
$("apply")?.addEventListener("click", (event) => busy(event.currentTarget, async () => {
  try {
    await steppedUp(() => api("PATCH", "/api/v1/settings", proposed));
    $("effective").value = "";
    await load();
    announce("已保存", "done");
  } catch (problem) {
    if (problem.code === "cancelled") return;
    if (problem.status === 412) await load().catch(() => {});
    refuse(problem);
  }
}));
load().catch(report);
