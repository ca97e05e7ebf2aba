// The alerts in the bar: a count, and the list behind it. Nothing moves or sounds.

import { $, api, busy, el, isSessionOver, now, report, setText } from "./console.js";
import { stamp } from "./worktime.js";

const box = $("alerts");
const pollEvery = 60_000;
// A page that nobody touches must not keep its session alive.
const restAfter = 10 * 60_000;
let touchedAt = now();
let shown = [];

function line(alert) {
  const time = el("time", { datetime: alert.created_at }, stamp(Date.parse(alert.created_at), now()));
  return el("li", { "data-unread": alert.read_at === null }, time, el("span", {}, alert.text));
}

async function load() {
  const page = await api("GET", "/api/v1/alerts?limit=50", undefined, { background: true });
  shown = page.items;
  setText($("alerts-count"), page.unread > 0 ? (page.unread > 99 ? "99+" : String(page.unread)) : "");
  $("alerts-summary").setAttribute("aria-label", page.unread > 0 ? `提醒，${page.unread} 条未读` : "提醒");
  $("alerts-list").replaceChildren(...shown.map(line));
  $("alerts-empty").hidden = shown.length > 0;
  $("alerts-read").hidden = !shown.some((alert) => alert.read_at === null);
}

/** The page says itself when the server is away: the count stays as it was. */
const look = () => load().catch(() => {});

$("alerts-read").addEventListener("click", (event) => busy(event.currentTarget, async () => {
  try {
    await api("POST", "/api/v1/alerts/read", { ids: shown.filter((alert) => alert.read_at === null).map((alert) => alert.id) });
    await load();
    $("alerts-summary").focus();
  } catch (problem) {
    report(problem);
  }
}));
box.addEventListener("toggle", () => { if (box.open) look(); });
box.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !box.open) return;
  event.stopPropagation();
  box.open = false;
  $("alerts-summary").focus();
});
document.addEventListener("click", (event) => { if (!box.contains(event.target)) box.open = false; });
for (const touch of ["keydown", "pointerdown"]) document.addEventListener(touch, () => { touchedAt = now(); }, { passive: true });
setInterval(() => { if (!document.hidden && !isSessionOver() && now() - touchedAt < restAfter) look(); }, pollEvery);
await look();
