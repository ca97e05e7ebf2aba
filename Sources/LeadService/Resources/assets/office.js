// What the office's lists share: a secret told once, an action on a row, the form that adds one.

import { $, announce, busy, el, report, say } from "./console.js";

const copy = (text) => navigator.clipboard.writeText(text).then(() => announce("已复制"), () => announce("复制不了，请选中后复制", "error"));

/** Says a secret once, in a box that can be put away; it is nowhere else. */
export function tellOnce(box, sentence, secret) {
  const close = () => { box.hidden = true; box.replaceChildren(); };
  box.replaceChildren(
    el("p", {}, sentence),
    el("p", {}, el("code", {}, secret), " ",
      el("button", { type: "button", onclick: () => copy(secret) }, "复制"),
      el("button", { type: "button", class: "quiet-button", onclick: close }, "收起")));
  box.hidden = false;
  box.focus();
}

/** Does something with a row and shows the list as it is then, also when it went wrong. */
export const act = (button, work, load) => busy(button, async () => {
  try {
    await work();
    await load();
  } catch (problem) {
    if (problem.code !== "cancelled") report(problem);
    await load().catch(() => {});
  }
});

/** Sends the form that adds one; what is wrong is said at the form. */
export function onAdd(add) {
  $("add")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const error = $("add-error");
    error.hidden = true;
    busy(event.submitter, async () => {
      try {
        await add(form);
      } catch (problem) {
        if (problem.code === "cancelled") return;
        error.textContent = say(problem);
        error.hidden = false;
        error.focus();
      }
    });
  });
}

/** Keeps rows by their key: one that says the same stays as it is, with whatever has the focus in it. */
export function refreshed(body, keyOf, row) {
  const shown = new Map();
  return (items) => {
    const rows = items.map((item) => {
      const text = JSON.stringify(item);
      const before = shown.get(keyOf(item));
      if (before?.text === text) return before.row;
      const made = row(item);
      const label = before?.row.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
      before?.row.replaceWith(made);
      if (label) made.querySelector(`[aria-label="${CSS.escape(label)}"]`)?.focus();
      shown.set(keyOf(item), { text, row: made });
      return made;
    });
    const kept = new Set(rows);
    for (const old of [...body.children]) if (!kept.has(old)) old.remove();
    rows.forEach((one, index) => { if (body.children[index] !== one) body.insertBefore(one, body.children[index] ?? null); });
  };
}
