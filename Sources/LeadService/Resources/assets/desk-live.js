// The stream of what changes in the queue. Without it the desk reads lists from time to time.

import { isSessionOver, me, setText, $ } from "./console.js";

const again = 30_000;

/** Keeps the stream open; `onState` says whether it is. */
export function startLive({ onQueue, onState }) {
  let source = null;
  let timer = 0;

  function connect() {
    clearTimeout(timer);
    source?.close();
    if (isSessionOver()) return;
    source = new EventSource("/api/v1/events");
    source.addEventListener("open", () => onState(true));
    source.addEventListener("queue", (event) => onQueue(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      onState(false);
      // The browser comes back by itself after an end, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, again);
    });
  }

  addEventListener("online", connect);
  addEventListener("pagehide", () => source?.close());
  connect();
}

/** The size of each view for this adviser, on its tab; what can be taken up and what is overdue also in the window's title. */
export function showCounts({ mine, pool, scheduled, overdue }) {
  for (const [name, size] of Object.entries({ mine, pool, scheduled, overdue })) {
    if (size !== undefined) setText($(`count-${name}`), size ? String(size) : "");
  }
  document.title = [pool && `(${pool})`, overdue && `超时 ${overdue}`, "工作台"].filter(Boolean).join(" ");
}

/** What an event says of the views of whoever looks. */
export function ownCounts({ pool, scheduled, overdue, advisers }) {
  return { mine: 0, pool, ...advisers[me.username], scheduled, overdue };
}

/** `王芳 正在看`, of those who are not me. */
export function viewerWords(viewers) {
  const others = (viewers ?? []).filter((one) => one.username !== me.username).map((one) => one.display_name);
  if (others.length === 0) return "";
  return others.length > 2 ? `${others[0]} 等 ${others.length} 人正在看` : `${others.join("、")} 正在看`;
}
