// The export panel: asks for the file, counts what came against what the server promised, then hands it over. Of a
// spreadsheet, which is packed, it counts the bytes.

import { $, announce, api, busy, el, now, say, send, steppedUp } from "./console.js";
import { dateOf } from "./worktime.js";

const lineFeed = 0x0a;
const quote = 0x22;
// The usual columns, and what was asked for beside the call.
const columns = "lead_id,name,phone,state,disposition,accepted_at,due_at,met_at,total,gap,source,remark,attempts,adviser,benefits,items,extra";

/** Counts records as they arrive; in CSV a line feed inside quotes ends nothing. */
export class RecordCount {
  #quoted = false;
  #csv;
  lines = 0;

  constructor(format) {
    this.#csv = format === "csv";
  }

  add(bytes) {
    for (const byte of bytes) {
      if (this.#csv && byte === quote) this.#quoted = !this.#quoted;
      else if (byte === lineFeed && !this.#quoted) this.lines += 1;
    }
  }

  /** Without the header row of a CSV. */
  get records() {
    return this.#csv ? Math.max(0, this.lines - 1) : this.lines;
  }
}

const number = (value) => new Intl.NumberFormat("zh-CN").format(value);

export function startExport(form, filters) {
  const panel = $("export");
  const state = $("export-state");
  const button = $("export-start");

  function show(kind, ...content) {
    state.dataset.kind = kind;
    state.replaceChildren(...content);
  }

  /** The number looked for must not be in an address, so such a list cannot be exported as it is. */
  function allow() {
    const searching = Boolean(filters().q);
    button.disabled = searching;
    if (searching) show("note", "正在按号码或姓名查找，不能直接下载。请清空查找框，或用后台导出");
    else if (state.dataset.kind === "note") show("", "");
  }

  function needsReason() {
    const plain = panel.elements.phone.value === "plain";
    $("plain-note").hidden = !plain;
    $("reason-label").textContent = plain ? "用途（必填，会留痕）" : "用途（会留痕）";
  }

  async function run() {
    const format = panel.elements.format.value;
    const phone = panel.elements.phone.value;
    const reason = panel.elements.reason.value.trim();
    if (phone === "plain" && !reason) {
      show("error", "导出完整号码要写用途");
      panel.elements.reason.setAttribute("aria-invalid", "true");
      panel.elements.reason.focus();
      return;
    }
    panel.elements.reason.removeAttribute("aria-invalid");
    const query = new URLSearchParams({ ...filters(), format, phone, columns, ...(reason ? { reason } : {}) });
    show("busy", "正在准备…");
    try {
      const response = await steppedUp(() => send("GET", `/api/v1/leads/export?${query}`, undefined, { timeout: 0, headers: { Accept: "*/*" } }));
      await receive(response, format, phone);
    } catch (problem) {
      show("error", say(problem));
    }
  }

  /** Leaves it to the background, where what is searched for travels in a body. */
  async function queue() {
    const { format, phone, reason } = panel.elements;
    show("busy", "正在提交…");
    try {
      await steppedUp(() => api("POST", "/api/v1/exports", {
        format: format.value, phone: phone.value, reason: reason.value.trim(), filters: filters(), columns: columns.split(","),
      }));
      show("done", "已提交。", el("a", { href: "/staff/exports" }, "看进度，完成后下载"));
    } catch (problem) {
      show("error", say(problem));
    }
  }

  async function receive(response, format, phone) {
    const promised = Number(response.headers.get("X-Row-Count"));
    const left = Number(response.headers.get("X-Excluded-Count")) || 0;
    const isCounted = format !== "xlsx";
    const count = new RecordCount(format);
    const chunks = [];
    let size = 0;
    try {
      for (const reader = response.body.getReader(); ;) {
        const { done, value } = await reader.read();
        if (done) break;
        count.add(value);
        chunks.push(value);
        size += value.length;
        show("busy", `${isCounted ? `已收到 ${number(count.records)} / ${number(promised)} 行，` : "已收到 "}${(size / 1_048_576).toFixed(1)} MB`);
      }
    } catch {
      show("error", "传输中断，文件不完整，已丢弃。请再导出一次");
      return;
    }
    if (isCounted && count.records !== promised) {
      show("error", `收到 ${number(count.records)} 行，应为 ${number(promised)} 行，文件已丢弃。请再导出一次`);
      return;
    }
    const address = URL.createObjectURL(new Blob(chunks, { type: response.headers.get("Content-Type") ?? "" }));
    const name = `leads-${dateOf(now())}-${phone === "plain" ? "plain" : "masked"}.${format}`;
    const link = el("a", { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    const excluded = left > 0 ? `；另有 ${number(left)} 条按规定不导出（已删除、已撤回或要求不再联系）` : "";
    show("done", `已下载 ${name}，共 ${number(promised)} 行${isCounted ? "，与服务器一致" : ""}${excluded}`);
    announce("导出完成", "done");
  }

  panel.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(button, run);
  });
  $("export-queue").addEventListener("click", (event) => busy(event.currentTarget, queue));
  panel.addEventListener("change", needsReason);
  form.addEventListener("input", allow);
  form.addEventListener("asked", allow);
  needsReason();
  allow();
}
