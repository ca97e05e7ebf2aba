// The dialog that lets a task rest: why and until when.

import { $, announce, api, busy, now, say } from "./console.js";
import { fromField, moment, toField, toWire } from "./worktime.js";

const longest = 30 * 86_400_000;

/** Asks for a pause of what is held; `done` is told the task's id once it rests. */
export function startPause({ held, calendar, done }) {
  const form = $("pause-form");
  let claim = null;

  const fail = (text, id) => {
    $("pause-error").textContent = text;
    $("pause-error").hidden = text === "";
    for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    if (!id) return;
    const field = $(id);
    if (field.matches("input, textarea")) field.setAttribute("aria-invalid", "true");
    (field.matches("input, textarea") ? field : field.querySelector("input")).focus();
  };

  /** The body, or nothing when something is missing; then it says what. */
  const read = () => {
    const reason = form.elements.reason.value;
    if (!reason) return fail("请选原因", "pause-reasons");
    const until = fromField($("pause-until").value);
    if (Number.isNaN(until)) return fail("请选暂停到什么时候", "pause-until");
    if (until <= now() || until > now() + longest) return fail("请选以后的时间，最长 30 天", "pause-until");
    const note = $("pause-note").value.trim();
    if (reason === "other" && !note) return fail("请写明原因", "pause-note");
    fail("");
    return { reason, until: toWire(until), ...(note ? { note } : {}) };
  };

  $("pause-open").addEventListener("click", () => {
    claim = held();
    if (!claim) return;
    form.reset();
    fail("");
    $("pause-until").min = toField(now());
    $("pause-until").max = toField(now() + longest);
    $("pause-until").value = toField(calendar.nextCallable(now() + 86_400_000));
    $("pause").showModal();
  });
  $("pause-cancel").addEventListener("click", () => $("pause").close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const body = read();
    if (!body) return;
    busy($("pause-save"), async () => {
      const { id } = claim.task;
      // What events say of the claim from here on is our own doing.
      claim.saving = true;
      try {
        await api("POST", `/api/v1/callbacks/${id}/pause`, body);
      } catch (problem) {
        claim.saving = false;
        fail(say(problem), problem.code === "pause_until_invalid" ? "pause-until" : undefined);
        return;
      }
      $("pause").close();
      announce(`已暂停至 ${moment(Date.parse(body.until), now())}`, "done");
      done(id);
    });
  });
}
