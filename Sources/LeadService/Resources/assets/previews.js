// Forms whose change is shown before it counts: asked what it would do, then applied with the fingerprint of what was shown.

import { $, api, busy, el, say, steppedUp } from "./console.js";

const said = (problem) => problem.body?.errors?.[0]?.detail ?? say(problem);

/**
 * The preview of a page, with its list, its 按这些改 and its 不改.
 *
 * `path` applies a change, and `path/preview` says what it would do. `sentences` puts that into words; `applied` is told what came
 * of it, and `stale` that somebody else was faster.
 */
export function previews(path, { sentences, applied, stale = () => {} }) {
  let shown = null;

  function drop() {
    shown = null;
    if ($("preview")) $("preview").hidden = true;
  }

  function fail(form, sentence) {
    const error = $(`${form}-error`);
    error.textContent = sentence;
    error.hidden = false;
    error.focus();
  }

  /** Shows what a form would change; `draft` gives the change, or a sentence on what is missing. */
  function on(form, draft) {
    $(form)?.addEventListener("submit", (event) => {
      event.preventDefault();
      $(`${form}-error`).hidden = true;
      drop();
      const change = draft();
      if (typeof change === "string") {
        fail(form, change);
        return;
      }
      busy(event.submitter, async () => {
        try {
          const plan = await api("POST", `${path}/preview`, change);
          $("preview-list").replaceChildren(...sentences(plan).map((text) => el("li", {}, text)));
          shown = { form, change: { ...change, fingerprint: plan.fingerprint } };
          $("preview").hidden = false;
          $("preview").focus();
        } catch (problem) {
          fail(form, said(problem));
        }
      });
    });
    $(form)?.addEventListener("input", drop);
  }

  /** Reads a file of at most 60 KB into a box of a form; `tooLarge` says what is wrong with a larger one. */
  function onFile(pick, form, box, tooLarge) {
    $(pick)?.addEventListener("change", async (event) => {
      const [file] = event.target.files;
      if (!file) return;
      if (file.size > 60000) {
        fail(form, tooLarge);
        return;
      }
      $(box).value = await file.text();
      drop();
    });
  }

  $("drop")?.addEventListener("click", drop);
  $("apply")?.addEventListener("click", (event) => busy(event.currentTarget, async () => {
    const { form, change } = shown;
    try {
      const done = await steppedUp(() => api("POST", path, change));
      drop();
      $(form).reset();
      await applied(done);
    } catch (problem) {
      if (problem.code === "cancelled") return;
      if (problem.status === 412) {
        drop();
        await stale();
      }
      fail(form, said(problem));
    }
  }));
  return { on, onFile };
}
