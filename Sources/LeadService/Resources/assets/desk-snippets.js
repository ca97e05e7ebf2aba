// Ready words for the note: one pick from the list, or Alt and a digit from anywhere.

import { $, announce } from "./console.js";

/** Puts words where the cursor stands; a mark parts them from what is there. */
function insert(note, words) {
  const before = note.value.slice(0, note.selectionStart).trimEnd();
  const text = `${before === "" || /[，。；：！？、,.;:!?\n]$/.test(before) ? "" : "；"}${words}`;
  if (note.value.length - (note.selectionEnd - note.selectionStart) + text.length > Number(note.dataset.longest)) {
    announce(`备注最多 ${note.dataset.longest} 字，放不下这一句`, "warning");
    return;
  }
  note.setRangeText(text, note.selectionStart, note.selectionEnd, "end");
  note.dispatchEvent(new Event("input", { bubbles: true }));
}

export function startSnippets() {
  const list = $("snippets");
  const note = $("note");
  if (!list) return;
  const buttons = [...list.querySelectorAll("[data-snippet]")];

  function pick(button) {
    if (!button || note.matches(":disabled")) return;
    list.open = false;
    note.focus();
    insert(note, button.querySelector("span").textContent);
  }

  for (const button of buttons) button.addEventListener("click", () => pick(button));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && list.open) {
      list.open = false;
      list.querySelector("summary").focus();
      event.preventDefault();
    }
    if (!step || !list.open) return;
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length]?.focus();
    event.preventDefault();
  });
  document.addEventListener("click", (event) => { if (!list.contains(event.target)) list.open = false; });
  document.addEventListener("keydown", (event) => {
    // By the key's place: with Alt held some keyboards write another character.
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
    if (!digit || !event.altKey || event.ctrlKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (!buttons[digit - 1] || note.matches(":disabled")) return;
    event.preventDefault();
    pick(buttons[digit - 1]);
  });
}
