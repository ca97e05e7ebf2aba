// Whose pages carry the form: make one, change it, switch it off, and the tag to hand over.

import { $, announce, api, confirmed, el, now, report, setText, steppedUp } from "./console.js";
import { act, onAdd, tellOnce } from "./office.js";
import { dateOf } from "./worktime.js";

const { mayManage, script } = document.body.dataset;
let edited = null;

const tell = (site) => tellOnce($("tag-box"), `把这一行放到 ${site.name} 的页面里，表单就在那里出现：`,
  `<script src="${script}" data-form="${site.form_key}" data-mode="inline" async></scr` + "ipt>");

function state(site) {
  if (!site.active) return "已关闭";
  if (site.closes_on && site.closes_on < dateOf(now())) return "已过最后一天";
  return site.quota && site.taken >= site.quota ? "名额已满" : "在收";
}

/** Fills the form with a site to change, or empties it for a new one. */
function edit(site) {
  const fields = $("add").elements;
  edited = site;
  $("add").reset();
  $("add-error").hidden = true;
  fields.name.disabled = Boolean(site);
  fields.name.value = site?.name ?? "";
  fields.origins.value = site?.origins.join("\n") ?? "";
  fields.closes_on.value = site?.closes_on ?? "";
  fields.quota.value = site?.quota ?? "";
  fields.closed_text.value = site?.closed_text ?? "";
  setText($("add-title"), site ? `修改 ${site.name}` : "新建表单");
  setText($("add-submit"), site ? "保存" : "新建");
  $("add-cancel").hidden = !site;
  if (!site) return;
  $("add-box").open = true;
  fields.origins.focus();
}

const button = (title, site, work) => el("button", { type: "button", "aria-label": `${title} ${site.name}`, onclick: (event) => act(event.currentTarget, work, load) }, title);

async function change(site, said) {
  try {
    return await steppedUp(() => api("PATCH", `/api/v1/sites/${site.name}`, { version: site.version, ...said }));
  } catch (problem) {
    if (problem.status === 412) await load();
    throw problem;
  }
}

function actions(site) {
  const tag = el("button", { type: "button", "aria-label": `${site.name} 的代码`, onclick: () => tell(site) }, "代码");
  if (!mayManage) return [tag];
  const open = el("button", { type: "button", "aria-label": `修改 ${site.name}`, onclick: () => edit(site) }, "修改");
  const flip = button(site.active ? "关闭" : "打开", site, async () => {
    if (site.active && !await confirmed(`关闭 ${site.name}？`, "立刻停止接收，访客会看到关闭后的话和电话。", "关闭")) return;
    await change(site, { active: !site.active });
    announce(site.active ? "已关闭" : "已打开", "done");
  });
  return [tag, " ", open, " ", flip];
}

const row = (site) => el("tr", { class: state(site) === "在收" ? "" : "ended" },
  el("th", { scope: "row" }, site.name), el("td", { class: "events" }, site.origins.join("、")),
  el("td", {}, site.quota ? `${site.taken} / ${site.quota}` : "不限"), el("td", {}, site.closes_on ?? "—"),
  el("td", {}, state(site)), el("td", { class: "row-actions" }, actions(site)));

async function load() {
  const page = await api("GET", "/api/v1/sites");
  $("rows").replaceChildren(...page.items.map(row));
  const count = page.items.length;
  $("table").hidden = count === 0;
  setText($("count"), count ? `${count} 个` : "还没有别家网站的表单。自己的首页不用建。");
}

onAdd(async (form) => {
  const { name, origins, closes_on, quota, closed_text } = form.elements;
  const said = {
    origins: origins.value.split(/[\s,，、]+/).filter(Boolean), closes_on: closes_on.value || null,
    quota: quota.value ? Number(quota.value) : null, closed_text: closed_text.value.trim() || null,
  };
  const site = edited
    ? await change(edited, said)
    : await steppedUp(() => api("POST", "/api/v1/sites", { name: name.value.trim().toLowerCase(), ...said }));
  if (edited) announce("已保存，立刻生效", "done");
  else tell(site);
  edit(null);
  await load();
});
$("add-cancel")?.addEventListener("click", () => edit(null));
load().catch(report);
