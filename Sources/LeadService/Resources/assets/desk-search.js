// Finding a person who rings: by number, last four digits or whole name, always in a request's body.

import { $, api, el, person, setText } from "./console.js";
import { spacedPhone } from "./worktime.js";

/** Binds the search field and gives the function that empties it. */
export function startSearch({ mayClaim, onIncoming, onProblem }) {
  function clear() {
    $("q").value = "";
    $("found").replaceChildren();
    $("found-box").hidden = true;
  }

  const found = (lead) => el("li", {},
    el("span", { class: "who" }, el("strong", {}, lead.name_masked), el("span", { class: "phone" }, spacedPhone(lead.phone_masked)),
      lead.adviser ? el("span", { class: "quiet" }, `经手 ${person(lead.adviser)}`) : null),
    mayClaim
      ? el("button", { type: "button", onclick: (event) => onIncoming({ lead_id: lead.id }, event.currentTarget) }, "客户来电，接听")
      : null);

  $("search").addEventListener("submit", async (event) => {
    event.preventDefault();
    const q = $("q").value.trim();
    if (!q) { clear(); return; }
    try {
      const { items } = await api("POST", "/api/v1/leads/search", { q, limit: 10 });
      $("found").replaceChildren(...items.map(found));
      setText($("found-title"), items.length > 0 ? `找到 ${items.length} 位` : "没有找到。请核对号码；后四位要输满 4 位，姓名要输全");
      $("found-box").hidden = false;
      $("found").querySelector("button")?.focus();
    } catch (problem) {
      onProblem(problem);
    }
  });
  $("found-close").addEventListener("click", () => { clear(); $("q").focus(); });
  return clear;
}
