// The ways a call can end, in the order of their keys, with what each asks for.

const withdrawn = ["暂时不办", "已找别家", "已自己办妥", "费用", "条件差得远", "其他"];

export const dispositions = [
  { key: "1", code: "reached_interested", label: "已联系·有意向", asks: ["time"], preset: "follow-up", hint: "约时间" },
  { key: "2", code: "reached_need_materials", label: "已联系·补材料/待确认", asks: ["note"], hint: "写备注" },
  { key: "3", code: "call_back_at", label: "约定回拨", asks: ["time"], preset: "soon", hint: "约时间" },
  { key: "4", code: "no_answer", label: "无人接听", asks: ["missed"] },
  { key: "5", code: "busy_or_rejected", label: "占线/拒接", asks: ["missed"] },
  {
    key: "6", code: "powered_off", label: "关机/停机/不在服务区", asks: ["reason", "missed"],
    reasons: [["off", "关机"], ["suspended", "停机"], ["no_service", "不在服务区"]],
  },
  { key: "7", code: "wrong_person", label: "非本人/号码错误", asks: [], hint: "结束" },
  {
    key: "8", code: "reached_not_interested", label: "已联系·无意向", asks: ["reason"], hint: "结束",
    reasons: withdrawn.map((text) => [text, text]),
  },
  { key: "9", code: "do_not_call", label: "要求不再联系", asks: ["confirm"], hint: "结束" },
  { code: "not_eligible", label: "不符合条件", asks: ["item"] },
  { code: "converted", label: "已签约", asks: ["reference"] },
  { code: "duplicate", label: "重复线索", asks: ["merge"] },
  { code: "spam", label: "恶意/测试", asks: [] },
];

const system = {
  unreachable: "多次未接通", bad_number: "号码无效", expired: "已超期", returned_to_pool: "退回公共池", unmerged: "合并已撤销",
  cancelled_by_visitor: "客户撤回咨询", consent_withdrawn: "客户撤回同意", erased: "信息已删除",
};
const byCode = new Map(dispositions.map((disposition) => [disposition.code, disposition]));

export const disposition = (code) => byCode.get(code);
/** The Chinese words for a disposition or a closing reason. */
export const dispositionLabel = (code) => byCode.get(code)?.label ?? system[code] ?? code ?? "";

/** A stored reason in words. */
export function reasonLabel(code, reason) {
  return byCode.get(code)?.reasons?.find(([value]) => value === reason)?.[1] ?? reason;
}

/** Why somebody cannot apply now; the codes of an assessment's `blocked_by`. */
export const blocks = {
  age_outside_18_60: "年龄不在 18–60 岁",
  veto_serious_crime: "有严重刑事犯罪记录",
  permit_not_valid: "居住证不在有效期",
  not_insured_in_application_month: "申请当月未缴社保",
  less_than_6_months_in_last_12: "近 12 个月社保不满 6 个月",
  employer_not_eligible: "单位不符合条件",
};

/** How somebody agreed whose inquiry was taken down by hand; also the source of one without another. */
export const bases = { call_in: "来电", walk_in: "到访", wechat: "微信", written: "书面", other: "其他", permit_renewal: "居住证到期" };

/** The same in the first sentence of a call: `您之前来电咨询…`; whoever is not among them left a message on our page. */
export const occasions = { call_in: "之前来电", walk_in: "之前到访", wechat: "之前在微信上", written: "之前书面", other: "之前", permit_renewal: "之前" };

/** Why a task rests. */
export const pauseReasons = { awaiting_visitor: "等客户资料", visitor_away: "客户出行", number_unclear: "号码待核实", other: "其他" };

/** The part of the day a visitor asked to be rung in. */
export const windows = { morning: "上午", afternoon: "下午", evening: "晚上" };
