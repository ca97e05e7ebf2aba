// All background work: what waits, what failed, hold and release, retry.

import { $, announce, api, confirmed, el, now, report, setText } from "./console.js";
import { act, refreshed } from "./office.js";
import { stamp } from "./worktime.js";

const mayManage = document.body.dataset.mayManage === "true";

const time = (text) => stamp(Date.parse(text), now());

/** How long something has waited, in words. */
function age(seconds) {
  if (seconds === null) return "—";
  if (seconds < 60) return `${seconds} 秒`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} 分钟`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} 小时` : `${Math.floor(seconds / 86400)} 天`;
}

const figure = (value) => (value === null ? "—" : String(value));

function state(job) {
  if (job.held_at) return el("td", { class: "held" }, `已停住（${job.held_by}，${time(job.held_at)}）`);
  if (job.failures > 0) return el("td", { class: "overdue" }, `连续 ${job.failures} 轮出错：${job.failure}`);
  if (!job.ran_at) return el("td", {}, "还没有跑过");
  return el("td", {}, job.failed_at ? `正常，上次出错 ${time(job.failed_at)}：${job.failure}` : "正常");
}

const post = (job, what) => api("POST", `/api/v1/jobs/${job.name}/${what}`);

function actions(job) {
  const button = (label, work) => el("button", {
    type: "button", "aria-label": `${label}${job.title}`, onclick: (event) => act(event.currentTarget, work, load),
  }, label);
  return [
    job.held_at
      ? button("放行", async () => {
        await post(job, "release");
        announce(`已放行${job.title}`, "done");
      })
      : button("停住", async () => {
        if (!await confirmed(`停住“${job.title}”？`, `${job.while_held}，直到有人放行。`, "停住")) return;
        await post(job, "hold");
        announce(`已停住${job.title}`, "done");
      }),
    job.has_retry && job.dead > 0 && [" ", button("重试", async () => {
      const { retried } = await post(job, "retry");
      announce(retried ? `${retried} 个重新排队` : "没有可以重试的", retried ? "done" : "info");
    })],
  ].flat();
}

const row = (job) => el("tr", {},
  el("th", { scope: "row" }, job.title), state(job), el("td", { class: "figure" }, figure(job.depth)),
  el("td", {}, age(job.oldest_age_seconds)), el("td", { class: "figure" }, figure(job.dead)),
  el("td", {}, job.ran_at ? time(job.ran_at) : "—"),
  mayManage && el("td", { class: "row-actions" }, actions(job)));

const show = refreshed($("rows"), (job) => job.name, row);

async function load() {
  const { items } = await api("GET", "/api/v1/jobs", undefined, { background: true });
  show(items);
  $("table").hidden = false;
  const held = items.filter((job) => job.held_at).length;
  const failing = items.filter((job) => !job.held_at && job.failures > 0).length;
  setText($("count"), [`${items.length} 项`, held && `停住 ${held} 项`, failing && `出错 ${failing} 项`].filter(Boolean).join("，"));
}

setInterval(() => { if (!document.hidden) load().catch(() => {}); }, 5000);
load().catch(report);
