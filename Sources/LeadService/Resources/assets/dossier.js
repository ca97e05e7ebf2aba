// What is known about a person: assessment, inquiries, consent, history. Used by the desk's card and the leads list.

import { callWords, deliveryWords } from "./call-words.js";
import { el, now, person } from "./console.js";
import { bases, blocks, dispositionLabel, pauseReasons, reasonLabel, windows } from "./dispositions.js";
import { clock, dayWords, minutes, moment, provisionalMark, spacedPhone, stamp } from "./worktime.js";

const when = (text) => moment(Date.parse(text), now());
const time = (text) => el("time", { datetime: text }, stamp(Date.parse(text), now()));

/** One labelled value of a `dl.facts`. */
export const fact = (label, ...content) => el("div", {}, el("dt", {}, label), el("dd", {}, ...content));

function section(title, note, ...children) {
  return el("section", { class: "part" }, el("h3", {}, title, note ? el("small", {}, note) : null), ...children);
}

const signed = (points) => (points > 0 ? `+${points}` : points < 0 ? `−${-points}` : "0");

/** The way to the page where an adviser corrects the answers; beside the desk, whose notes stay. */
export const reviewLink = (lead) => el("p", {}, el("a", { class: "button", href: `/staff/leads/${lead}/assessment`, target: "_blank", rel: "noopener" }, "复核积分"));

/** The visitor's own points and the adviser's, item by item. */
function comparisonTable(comparison) {
  const cells = (...values) => values.map((value) => el("td", {}, value));
  return el("table", { class: "items compare" },
    el("caption", { class: "visually-hidden" }, "自测和复核逐项对照"),
    el("thead", {}, el("tr", {}, ["得分项", "自测", "复核", "相差"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, comparison.items.map((item) => el("tr", { class: item.difference === 0 ? null : "changed" },
      el("th", { scope: "row" }, item.text), ...cells(signed(item.self), signed(item.reviewed), item.difference === 0 ? "一致" : signed(item.difference))))),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "总分"),
      ...cells(String(comparison.self_total), String(comparison.reviewed_total), signed(comparison.difference)))));
}

/** The points with every item, the gap to the standard and what would close it; an adviser's beside the visitor's own. */
export function assessmentPart(assessments, comparison, lead, onCopyLink) {
  const [latest, ...older] = assessments;
  if (!latest) return section("积分测算", null, el("p", { class: "quiet" }, "没有测算。通话中可以请客户在网页上测一次，或由您填写"), reviewLink(lead));
  const reviewed = assessments.find((one) => one.reviewed_by);
  const missing = latest.gap?.points ?? 0;
  return section("积分测算", latest.reviewed_by ? `${person(latest.reviewed_by)} 复核` : "估算",
    el("p", { class: "verdict" },
      el("span", { class: "big" }, String(latest.total)),
      el("span", {}, missing > 0 ? `距 ${latest.standard} 还差 ${missing} 分` : `已达 ${latest.standard} 分`)),
    latest.blocked_by.length > 0
      ? el("ul", { class: "blocks" }, latest.blocked_by.map((code) => el("li", {}, `现在不能申请：${blocks[code] ?? code}`)))
      : null,
    comparison ? comparisonTable(comparison) : el("table", { class: "items" },
      el("caption", { class: "visually-hidden" }, "得分项"),
      el("tbody", {}, latest.item_details.map((item) => el("tr", {},
        el("th", { scope: "row" }, item.text), el("td", {}, signed(item.points)))))),
    reviewed ? el("p", { class: "quiet" }, `${person(reviewed.reviewed_by)} ${when(reviewed.assessed_at)}复核`, reviewed.note ? el("span", { class: "said" }, `：${reviewed.note}`) : null) : null,
    (latest.gap?.suggestions ?? []).length > 0
      ? el("ul", { class: "suggestions" }, latest.gap.suggestions.map((suggestion) => el("li", {}, suggestion.text)))
      : null,
    (latest.notes ?? []).length > 0
      ? el("ul", { class: "quiet notes" }, latest.notes.map((note) => el("li", {}, note.text)))
      : null,
    el("p", { class: "quiet" }, `规则 ${latest.rule_version}，${when(latest.assessed_at)}测`),
    older.length > 0
      ? el("p", { class: "quiet" }, `以前测过：${older.map((one) => `${one.reviewed_by ? "复核 " : ""}${one.total} 分（${when(one.assessed_at)}）`).join("、")}`)
      : null,
    resultLinks(assessments, onCopyLink), reviewLink(lead));
}

/** The visitor's page of a result, to be printed or sent: the adviser's where there is one, and their own. */
function resultLinks(assessments, onCopyLink) {
  const own = assessments.find((one) => !one.reviewed_by);
  const reviewed = assessments.find((one) => one.reviewed_by);
  const links = [[reviewed, "复核结果"], [own, "自测结果"]].filter(([one]) => one?.result_url);
  if (!onCopyLink || links.length === 0) return null;
  return links.map(([one, name]) => el("p", { class: "result-links" },
    el("a", { class: "button", href: one.result_url, target: "_blank", rel: "noopener noreferrer" }, `打开${name}，可打印`),
    el("button", { type: "button", onclick: () => onCopyLink(one.result_url, name) }, `复制${name}链接`)));
}

function sourceWords(source) {
  if (!source) return null;
  if (typeof source === "string") return source;
  const utm = (touch) => Object.values(touch?.utm ?? {}).filter((value) => typeof value === "string").map((value) => bases[value] ?? value).join(" / ");
  const first = source.first_touch;
  const began = first && first.at !== source.last_touch?.at ? [first.landing_url, utm(first), first.referrer].filter(Boolean).join(" ") : "";
  return [source.page_url ?? source.landing_url, utm(source) || utm(source.last_touch), source.referrer && `来自 ${source.referrer}`,
    began && `首次到访 ${began}`].filter(Boolean).join(" · ");
}

const dayReasons = {
  weekday: "工作日", weekend: "周末", holiday: "放假", makeup_day: "调休上班", company_open: "公司安排上班", company_closed: "公司安排休息",
};

/** Why the promise is when it is, day by day; folded. */
export function tracePart(days) {
  if (!days?.length) return null;
  const provisional = days.some((day) => day.provisional);
  const kept = !days.at(-1).counted;
  return el("details", { class: "trace" },
    el("summary", {}, "为什么是这个时间"),
    el("ol", {}, days.map((day) => el("li", {},
      `${dayWords(Date.parse(`${day.date}T00:00:00+08:00`))} ${dayReasons[day.reason] ?? day.reason}${day.name && !day.name.includes("调休") ? `（${day.name}）` : ""}，`,
      day.counted ? el("strong", {}, "算") : "不算"))),
    kept ? el("p", { class: "quiet" }, "这一天后来改为休息，答应的时间不变。") : null,
    provisional ? el("p", { class: "quiet" }, "这一年的放假安排还没有公布，可能改到更晚。") : null);
}

/** Every submission of the form, newest first. */
export function inquiriesPart(inquiries) {
  return section("咨询", `${inquiries.length} 次`, el("ol", { class: "inquiries" }, inquiries.map((inquiry) => el("li", {},
    el("p", { class: "head" }, time(inquiry.accepted_at), el("span", {}, inquiry.name ?? inquiry.name_masked),
      inquiry.preferred_window ? el("span", { class: "tag" }, `希望${windows[inquiry.preferred_window]}`) : null),
    inquiry.remark ? el("p", { class: "said" }, `“${inquiry.remark}”`) : null,
    inquiry.extra?.length ? el("dl", { class: "answers" }, inquiry.extra.flatMap((one) => [el("dt", {}, one.label), el("dd", {}, one.text)])) : null,
    inquiry.postponed_to ? el("p", {}, `已短信致歉，改为 ${when(inquiry.postponed_to)} 前致电`) : null,
    el("p", { class: "quiet" }, inquiry.met_at ? `答应 ${when(inquiry.due_at)} 前致电，已兑现` : `答应 ${when(inquiry.due_at)} 前致电`),
    sourceWords(inquiry.source) ? el("p", { class: "quiet source" }, sourceWords(inquiry.source)) : null))));
}

const purposes = { contact: "电话联系", callback: "电话联系", inquiry: "电话联系", marketing: "资讯", reminder: "到期提醒" };

/** What was agreed to, under which wording, when. */
export function consentsPart(consents) {
  const purpose = (name) => purposes[name] ?? (name.startsWith("recipient") ? "转交合作方" : name);
  return section("同意", null, el("ul", { class: "consents" }, consents.map((consent) => el("li", {},
    el("span", {}, purpose(consent.purpose)), consent.basis ? el("span", {}, `${bases[consent.basis]}，${person(consent.recorded_by)} 记录`) : null,
    consent.evidence ? el("span", { class: "said" }, consent.evidence) : null, el("span", {}, `声明 ${consent.notice_version}`), time(consent.given_at),
    consent.withdrawn_at ? el("strong", { class: "withdrawn" }, `${when(consent.withdrawn_at)} 已撤回`) : null))));
}

/** What was asked for beside the call, newest first; nothing when nothing was. */
export function benefitsPart(benefits) {
  if (!benefits?.length) return null;
  return section("想要的资料", null, el("ul", { class: "consents" }, benefits.map((one) => el("li", {},
    el("span", {}, one.title), time(one.requested_at)))));
}

function eventWords(event) {
  const by = event.by ? person(event.by) : "系统";
  switch (event.kind) {
    case "inquiry": return ["客户提交咨询"];
    case "claimed": return [`${by} ${event.incoming ? "接听来电" : "接起"}`];
    case "revealed": return [`${by} 显示号码`];
    case "dialled": return [`${by} 用电话系统拨${event.number === "second" ? "第二号码" : "打"}`, callWords(event)];
    case "missed_call_message": return [`${by} 发未接短信`, deliveryWords(event.delivery)];
    case "released": return [`${by} 放回公共池`, event.reason];
    case "paused": return [`${by} 暂停至 ${when(event.until)}`, pauseReasons[event.reason] ?? event.reason];
    case "resumed": return [`${by} 继续任务`];
    case "claim_expired": return [`${by} 的占用到期`];
    case "wechat_added": return [`${by} 已加微信`];
    case "assigned": return [`${by} 转给 ${person(event.to)}`];
    case "deadline_moved": return [`期限改到 ${when(event.due_at)}`];
    case "undone": return [`${by} 撤销了上一条结果`];
    case "reopened": return [`${by} 重新打开`, event.note];
    case "merged": return [`${by} 把 ${event.name_masked} ${spacedPhone(event.phone_masked)} 并入`];
    case "unmerged": return [`${by} 撤销合并`];
    case "permit_due": return ["居住证快到期，请致电"];
    case "closed": return [`任务结束：${dispositionLabel(event.reason)}`];
    case "attempt": {
      const label = `${by} ${dispositionLabel(event.disposition)}`;
      const extra = [event.reason && reasonLabel(event.disposition, event.reason), event.item && (blocks[event.item] ?? event.item), event.reference,
        event.duration_seconds != null && `用时 ${minutes(event.duration_seconds * 1000)}`,
        event.call_again_at && `约 ${when(event.call_again_at)}`, event.undone ? "已撤销" : event.refused && "没有计入", !event.refused && event.counts === false && "不计次"];
      return [label, extra.filter(Boolean).join("，")];
    }
    default: return [event.kind];
  }
}

/** Everything that happened, newest first; a merge can be taken back by whoever may. */
export function historyPart(history, unmerge = null) {
  return section("历史", null, el("ol", { class: "history" }, history.map((event) => {
    const [words, extra] = eventWords(event);
    return el("li", { "data-kind": event.kind }, time(event.at),
      el("div", {}, el("p", {}, words, extra ? el("span", { class: "quiet" }, `，${extra}`) : null),
        event.note ? el("p", { class: "said" }, event.note) : null,
        event.kind === "merged" && unmerge
          ? el("button", { type: "button", onclick: (pressed) => unmerge(event, pressed.currentTarget) }, "撤销合并") : null));
  })));
}

/** The last result and what was noted, for the head of the card. */
export function lastWord(history) {
  const last = (history ?? []).find((event) => event.kind === "attempt" && !event.undone);
  if (!last) return null;
  return el("p", { class: "last-word" }, el("span", { class: "quiet" }, `上次 ${when(last.at)} `),
    `${dispositionLabel(last.disposition)}（${person(last.by)}）`, last.note ? el("span", { class: "said" }, `：${last.note}`) : null);
}

/** `2027年3月1日` of `2027-03-01`. */
export const permitDay = (day) => { const [year, month, date] = day.split("-").map(Number); return `${year}年${month}月${date}日`; };

/** `11月26日（周四）18:00` */
export const promiseWords = (text) => dayWords(Date.parse(text)) + clock(Date.parse(text)) + provisionalMark(Date.parse(text));
