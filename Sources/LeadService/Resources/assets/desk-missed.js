// The message to somebody who did not answer, ticked beside the result and sent once that is stored.

import { $, say, send } from "./console.js";
import { disposition } from "./dispositions.js";

/** Ticks or unticks it; false where it is not asked. */
export function toggleMissed() {
  const tick = $("missed-call");
  if (!tick || tick.closest("[data-asks]").hidden || $("wrapup-fields").disabled) return false;
  tick.click();
  tick.focus();
  return true;
}

/** Whether a result is to be followed by the message. */
export const wantsMissed = (body) => Boolean($("missed-call")?.checked) && (disposition(body.disposition)?.asks ?? []).includes("missed");

/** Sends it, and says so or why not. */
export async function sendMissed(id) {
  try {
    await send("POST", `/api/v1/callbacks/${id}/missed-call-message`);
    return "，未接短信已交出";
  } catch (problem) {
    return `，未接短信没有发：${problem.code === "already_closed" ? "任务已经结束" : say(problem)}`;
  }
}
