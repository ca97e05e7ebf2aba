import Foundation
import Leads

/// The result of a request for people: what was done, then what the request may show of what is kept, in words and times.
enum PrivacyResultPage {
    static func context(
        _ row: PrivacyRequestRow, _ copy: PersonalCopy, until expires: Date, questions: Questionnaire
    ) -> [String: Any] {
        var context: [String: Any] = [
            "title": row.kind.title, "outcome": row.kind.outcome, "is_copy": row.kind == .copy,
            "is_empty": row.kind == .copy && copy.isEmpty,
            "until_text": ShanghaiDate.clockText(expires),
            "inquiries": copy.inquiries.map { inquiry -> [String: Any] in
                [
                    "at": ShanghaiDate.timeText(inquiry.acceptedAt), "name": inquiry.name,
                    "details": CopiedDetails.lines(of: inquiry),
                    "due": ShanghaiDate.timeText(inquiry.dueAt)
                        + (inquiry.postponedTo.map { "，改为 \(ShanghaiDate.timeText($0))" } ?? ""),
                ]
            },
            "assessments": copy.assessments.map { assessment -> [String: Any] in
                let kind = assessment.reviewedBy == nil ? "估算" : "顾问复核"
                let assessed = assessment.assessed
                return [
                    "at": assessed.assessedOn, "text": "\(kind) \(assessed.total) 分（规则 \(assessed.ruleVersion)）",
                    "answers": CopiedDetails.lines(of: assessed, questions: questions),
                    "items": assessed.items.map { ["text": $0.text, "points": $0.points.minusSigned] },
                ]
            },
            "consents": copy.consents.map { consent -> [String: Any] in
                [
                    "at": ShanghaiDate.timeText(consent.givenAt),
                    "text": consent.textShown ?? Self.purpose(consent.purpose), "version": consent.noticeVersion,
                    "details": CopiedDetails.lines(of: consent),
                    "withdrawn": consent.withdrawnAt.map { "，已于 \(ShanghaiDate.timeText($0)) 撤回" } ?? "",
                ]
            },
            "calls": copy.calls.map { call in
                let minutes = call.duration.map { "，\($0 / 60) 分 \($0 % 60) 秒" } ?? ""
                return ["at": ShanghaiDate.timeText(call.at), "text": call.disposition.textForVisitor + minutes]
            },
            "eligibility": copy.eligibility.map {
                [
                    "at": ShanghaiDate.timeText($0.at),
                    "text": "按新规则 \($0.ruleVersion) 复算 \($0.total) 分\($0.wasOffered ? "，再次联系" : "")",
                ]
            },
            "has_eligibility": !copy.eligibility.isEmpty,
            "exports": copy.exports.map {
                [
                    "at": ShanghaiDate.timeText($0.at),
                    "text": "导出为 \($0.format.uppercased())，号码\($0.phone == "plain" ? "完整" : "已遮盖")",
                ]
            },
            "messages": copy.messages.map {
                [
                    "at": ShanghaiDate.timeText($0.at),
                    "text": $0.template.hasSuffix("_code") ? "验证码短信" : "通知短信",
                ]
            },
            "wishes": copy.benefits.map { ["at": ShanghaiDate.timeText($0.requestedAt), "text": $0.title] },
            "has_wishes": !copy.benefits.isEmpty, "has_assessments": !copy.assessments.isEmpty,
            "has_calls": !copy.calls.isEmpty,
            "dialled": copy.dialled.map {
                [
                    "at": ShanghaiDate.timeText($0.at),
                    "text": ($0.durationSeconds.map { "通话 \($0) 秒" } ?? "去电") + ($0.isRecorded ? "，有录音" : ""),
                ]
            },
            "has_dialled": !copy.dialled.isEmpty,
            "has_exports": !copy.exports.isEmpty, "has_messages": !copy.messages.isEmpty,
            "has_inquiries": !copy.inquiries.isEmpty, "has_consents": !copy.consents.isEmpty,
        ]
        if let lead = copy.leads.first {
            context["phone"] = (try? PhoneNumber(parsing: lead.phone))?.national ?? ""
            context["do_not_call"] = lead.doNotCall
            context["on_wechat_since"] = lead.onWeChatSince.map { ShanghaiDate.timeText($0) }
            context["permit_until"] = lead.permitUntil
            context["second_phone"] = lead.secondText ?? ""
            context["has_second_phone"] = lead.hasSecond
        }
        return context
    }

    private static func purpose(_ purpose: String) -> String {
        switch purpose {
        case "inquiry": "为这次咨询致电"
        case "marketing": "活动和资料短信、电话"
        case "reminder": "签注提醒短信"
        default: "提供给第三方"
        }
    }
}
