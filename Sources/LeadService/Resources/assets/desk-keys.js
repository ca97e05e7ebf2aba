// Single keys of the desk. They rest while somebody types, and can be switched off.

import { $ } from "./console.js";
import { dispositions } from "./dispositions.js";

const setting = "single-keys";
const enabled = () => localStorage.getItem(setting) !== "off";

/** Whether keys belong to the element: every field but a radio button or a tick box. */
function isField(element) {
  if (element.matches("input")) return !["radio", "checkbox", "button", "submit"].includes(element.type);
  return element.matches("textarea, select, [contenteditable]");
}

/** The letter on the key, also while a Chinese input method is on. */
function letter(event) {
  if (event.key.length === 1) return event.key.toLowerCase();
  return event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key;
}

export function listenForKeys(actions) {
  const codes = new Map(dispositions.filter((one) => one.key).map((one) => [one.key, one.code]));
  const plain = { n: actions.next, r: actions.reveal, c: actions.copy, d: actions.dial, l: actions.later, t: actions.note, m: actions.missed, z: actions.undo, "/": actions.search, "?": actions.help, "？": actions.help };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      actions.save();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (isField(event.target)) {
      if (event.key === "Escape") $("wrapup-title").focus();
      return;
    }
    if (!enabled()) return;
    const pressed = letter(event);
    const action = codes.has(pressed) ? () => actions.choose(codes.get(pressed)) : plain[pressed];
    if (!action) return;
    event.preventDefault();
    action();
  });

  const toggle = $("single-keys");
  toggle.checked = enabled();
  toggle.addEventListener("change", () => localStorage.setItem(setting, toggle.checked ? "on" : "off"));
}
