// Chips over the queue: source, score and age, one of each at most. The server leaves out the rest.

import { $ } from "./console.js";
import { bases } from "./dispositions.js";

/** Binds the chips; `onChange` reads the view anew. */
export function startChips(onChange) {
  const panel = $("chips");
  const chips = [...panel.querySelectorAll("[data-chip]")];
  const chosen = new Map();

  for (const chip of chips) {
    if (chip.dataset.chip === "source") chip.textContent = bases[chip.dataset.value] ?? (chip.dataset.value || "来源不详");
    chip.addEventListener("click", () => {
      const { chip: name, value } = chip.dataset;
      if (chosen.get(name) === value) chosen.delete(name);
      else chosen.set(name, value);
      mark();
      onChange();
    });
  }
  $("chips-clear").addEventListener("click", () => { api.clear(); onChange(); });

  function mark() {
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chosen.get(chip.dataset.chip) === chip.dataset.value));
    const words = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.textContent);
    $("chips-words").textContent = words.length > 0 ? `筛选：${words.join("、")}` : "筛选";
    $("chips-clear").hidden = words.length === 0;
  }

  const api = {
    clear() { chosen.clear(); mark(); },
    /** What is asked of the server beside the view; closed tasks have no chips. */
    query: (view) => (view === "closed" ? "" : [...chosen].map(([name, value]) => `&${name}=${encodeURIComponent(value)}`).join("")),
    show(view) { panel.hidden = view === "closed"; },
  };
  return api;
}
