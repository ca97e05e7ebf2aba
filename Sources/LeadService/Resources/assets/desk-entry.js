// Taking a lead down by hand: who rang, came or wrote, and how they agreed to be called.

import { $, announce, api, busy, now, report, say } from "./console.js";
import { moment } from "./worktime.js";

const fields = { "/name": "entry-name", "/phone": "entry-phone", "/consent/basis": "entry-bases", "/consent/evidence": "entry-evidence", "/remark": "entry-remark" };

/** Binds the button and its form; `onEntered` gets the answer. */
export function startEntry({ mayClaim, onEntered }) {
  const [dialog, form] = [$("entry"), $("entry-form")];
  let sent = { text: "", key: "" };

  function fail(text, ids = []) {
    const line = $("entry-error");
    line.textContent = text;
    line.hidden = text === "";
    for (const id of Object.values(fields)) {
      const field = $(id);
      if (ids.includes(id)) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
    const first = $(ids[0]);
    (first?.matches("input, textarea") ? first : first?.querySelector("input"))?.focus();
  }

  /** The entry, or nothing when something is missing; then it says what. */
  function read() {
    const [name, phone, evidence, remark] = ["name", "phone", "evidence", "remark"].map((one) => form.elements[one].value.trim());
    const basis = form.elements.basis.value;
    const missing = [[!name, "请填称呼", "entry-name"], [!phone, "请填手机号", "entry-phone"],
      [!basis, "请选客户怎样同意的", "entry-bases"], [!evidence, "请写客户何时、怎样同意的", "entry-evidence"]].filter(([is]) => is);
    if (missing.length > 0) {
      fail(missing.map(([, words]) => words).join("；"), missing.map(([, , id]) => id));
      return null;
    }
    return { name, phone, consent: { basis, evidence }, ...(remark && { remark }), ...(mayClaim && { claim: true }) };
  }

  async function save() {
    const body = read();
    if (!body) return;
    const text = JSON.stringify(body);
    // The same entry again repeats the first answer.
    if (sent.text !== text) sent = { text, key: crypto.randomUUID() };
    try {
      const entered = await api("POST", "/api/v1/leads", body, { headers: { "Idempotency-Key": sent.key } });
      sent = { text: "", key: "" };
      form.reset();
      dialog.close();
      const promise = `已录入，请在 ${moment(Date.parse(entered.due_at), now())} 前致电`;
      await onEntered(entered).catch(report);
      announce(entered.claimed === false ? `${promise}。您手上还有一条，新线索在公共池` : promise, "done");
    } catch (problem) {
      fail(say(problem), (problem.body?.errors ?? []).map((error) => fields[error.pointer]).filter(Boolean));
    }
  }

  $("entry-open").addEventListener("click", () => { fail(""); dialog.showModal(); $("entry-name").focus(); });
  $("entry-cancel").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy($("entry-save"), save);
  });
}
