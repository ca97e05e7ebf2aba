// The questions that the company asks beside ours: a list to add to, to order and to take from, instead of a text to get right.

import { el } from "./console.js";

const most = 10;
const kinds = { text: "一句话", choice: "从选项里选一个", number: "数字" };

const plain = (one) => ({
  key: one.key, label: one.label, kind: one.kind, required: one.required === true,
  ...(one.kind === "choice" && { options: one.options ?? [] }),
});

/** The next key that neither the form nor a change to come has. */
function freeKey(box, taken) {
  const keys = new Set([...taken, ...[...box.querySelectorAll("[data-name=key]")].map((one) => one.value)]);
  let number = 1;
  while (keys.has(`q${number}`)) number += 1;
  return `q${number}`;
}

const number = (box) => [...box.querySelectorAll(".question")].forEach((row, index, rows) => {
  row.querySelector("legend").textContent = `第 ${index + 1} 个问题`;
  row.querySelector("[data-up]").disabled = index === 0;
  row.querySelector("[data-down]").disabled = index === rows.length - 1;
});

function question(box, one, isNew, id) {
  const part = (name) => row.querySelector(`[data-name=${name}]`);
  const changed = () => {
    part("options").closest("div").hidden = part("kind").value !== "choice";
    number(box);
    box.querySelector("[data-add]").disabled = box.querySelectorAll(".question").length >= most;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const move = (where) => (event) => {
    const other = where < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (other) (where < 0 ? other.before(row) : other.after(row));
    changed();
    (event.target.disabled ? part("label") : event.target).focus();
  };
  const take = () => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    changed();
    (next?.querySelector("[data-name=label]") ?? box.querySelector("[data-add]")).focus();
  };
  const name = (field) => `${id}-${field}`;
  const row = el("fieldset", { class: "question" }, el("legend", {}),
    el("div", { class: "wide" }, el("label", { for: name("label") }, "问什么"), el("input", { id: name("label"), "data-name": "label", type: "text", maxlength: "40", autocomplete: "off", placeholder: "如：孩子几年级", value: one.label })),
    el("div", {}, el("label", { for: name("kind") }, "怎样回答"), el("select", { id: name("kind"), "data-name": "kind", onchange: changed, disabled: !isNew },
      Object.entries(kinds).map(([value, title]) => el("option", { value, selected: one.kind === value }, title)))),
    el("div", {}, el("label", { for: name("key"), title: "接口、导出文件和分配规则用它认这个问题" }, "代号"), el("input", { id: name("key"), "data-name": "key", type: "text", maxlength: "32", autocomplete: "off", autocapitalize: "none", spellcheck: "false", value: one.key, readonly: !isNew })),
    el("div", { class: "wide", hidden: one.kind !== "choice" }, el("label", { for: name("options") }, "选项，一行一个"), el("textarea", { id: name("options"), "data-name": "options", rows: "3" }, (one.options ?? []).join("\n"))),
    el("div", { class: "wide row" }, el("label", { class: "check" }, el("input", { "data-name": "required", type: "checkbox", checked: one.required === true }), " 必填"),
      el("button", { type: "button", "data-up": true, onclick: move(-1) }, "上移"), el("button", { type: "button", "data-down": true, onclick: move(1) }, "下移"),
      el("button", { type: "button", onclick: take }, "删除")));
  return row;
}

let made = 0;
/** The list as it is edited, in place of a field. */
export function editor(item, isDisabled) {
  const taken = item.later.flatMap((one) => one.value.map((other) => other.key));
  const list = el("div", {});
  const box = el("div", { id: item.key, class: "questions", tabindex: "-1" }, list);
  const add = (one, isNew) => list.append(question(box, one, isNew, `question-${made += 1}`));
  const more = el("button", { type: "button", "data-add": true, onclick: () => {
    add({ key: freeKey(box, taken), label: "", kind: "text" }, true);
    list.lastElementChild.querySelector("[data-name=label]").focus();
    number(box);
    more.disabled = list.children.length >= most;
    box.dispatchEvent(new Event("input", { bubbles: true }));
  } }, "加一个问题");
  if (!isDisabled) box.append(more, el("p", { class: "quiet" }, "删除的问题不再出现在表单上，以前的回答照样看得到。"));
  for (const one of item.value ?? []) add(one, false);
  number(box);
  more.disabled = list.children.length >= most;
  if (isDisabled) box.querySelectorAll("input,select,textarea,button").forEach((one) => { one.disabled = true; });
  return box;
}

/** The questions that the list says; what was seen when they say the same. */
export function questions(box, item) {
  const value = [...box.querySelectorAll(".question")].map((row) => {
    const said = (name) => row.querySelector(`[data-name=${name}]`);
    const options = said("options").value.split("\n").map((one) => one.trim()).filter(Boolean);
    return plain({ key: said("key").value.trim(), label: said("label").value.trim(), kind: said("kind").value, required: said("required").checked, options });
  });
  return JSON.stringify(value) === JSON.stringify((item.value ?? []).map(plain)) ? item.value : value;
}

const words = (one) => `“${one.label}”（${kinds[one.kind]}，${one.required ? "必填" : "可不填"}${one.kind === "choice" ? `：${(one.options ?? []).join("、")}` : ""}）`;

/** What a change does, question by question. */
export function differences(before, after) {
  const [old, now] = [before ?? [], after ?? []];
  const known = new Map(old.map((one) => [one.key, words(one)]));
  const kept = new Set(now.map((one) => one.key));
  const said = [
    ...now.filter((one) => !known.has(one.key)).map((one) => `新增${words(one)}`),
    ...now.filter((one) => known.has(one.key) && known.get(one.key) !== words(one)).map((one) => `${known.get(one.key)} 改为 ${words(one)}`),
    ...old.filter((one) => !kept.has(one.key)).map((one) => `不再问${words(one)}`),
  ];
  const order = (list, others) => list.map((one) => one.key).filter((key) => others.has(key)).join();
  if (order(old, kept) !== order(now, new Set(known.keys()))) said.push("顺序有变");
  return said.join("；") || "没有改动";
}

/** A value to come, in short. */
export const summary = (value) => (value?.length ? value.map((one) => `“${one.label}”`).join("、") : "没有另外的问题");
