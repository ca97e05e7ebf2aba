import Foundation
import Leads

/// The contexts of the visitor's pages.
struct VisitorPages: Sendable {
    let pages: Pages
    let questions: Questionnaire
    let notices: PrivacyNoticeStore
    let settings: SettingsStore
    let permits: PermitChecklist
    let publicURL: URL

    /// The landing page, the same for everybody.
    var landing: [String: Any] {
        var context = self.questions.context(nil)
        context["title"] = "上海居住证积分测算与签注"
        context["description"] = "约 30 秒估算上海居住证积分，看每一项怎么来、离 120 分差在哪里；查居住证签注时间。"
        context["notice_version"] = self.notices.current?.version ?? ""
        context.merge(self.optionalConsents) { first, _ in first }
        return context
    }

    /// The boxes that may be left empty; asked on the first form only, never again in the steps that follow.
    var optionalConsents: [String: Any] {
        let settings = self.settings.current
        return [
            "ask_optional": true, "marketing_text": ConsentTexts.marketing(settings.companyName),
            "recipients": settings.recipients.map { ["id": $0.id, "text": ConsentTexts.recipient($0)] },
        ]
    }

    /// What was typed into the contact fields, for a page that shows them again.
    func contact(_ form: FormFields, failures: [ValidationFailure] = []) -> [String: Any] {
        var context: [String: Any] = [
            "visitor_name": form["name"] ?? "", "visitor_phone": form["phone"] ?? "",
            "consent_given": form["consent"] == "true",
            "notice_version": self.notices.current?.version ?? "", "has_errors": !failures.isEmpty,
            "errors": failures.map { ["field": Self.field($0.pointer), "detail": $0.detail] },
        ]
        for failure in failures where context[Self.field(failure.pointer) + "_error"] == nil {
            context[Self.field(failure.pointer) + "_error"] = failure.detail
        }
        return context
    }

    /// Fields that travel on unseen; those of the page itself are left out.
    func hidden(_ form: FormFields, without shown: Set<String> = [], more: [String: String] = [:]) -> [[String: String]]
    {
        let carried =
            self.questions.names + [
                "id", "challenge_id", "assessment_id", "preferred_window", "remark", "form_token", "expires_at",
            ]
        var values: [(String, String)] = carried.compactMap { name in
            guard !shown.contains(name), more[name] == nil, let value = form[name], !value.isEmpty else { return nil }
            return (name, value)
        }
        values += ["consent_marketing", "consent_recipient"].flatMap { name in
            (form.values[name] ?? []).filter { !$0.isEmpty }.map { (name, $0) }
        }
        values += more.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return values.map { ["name": $0.0, "value": $0.1] }
    }

    /// The success page.
    func accepted(_ receipt: InquiryReceipt) -> [String: Any] {
        [
            "title": "提交成功", "promise": PromiseText.sentence(receipt.dueAt),
            "receipt_url": "/r/\(receipt.receiptToken)",
            "benefits": receipt.benefits.map { ["title": $0.title, "url": $0.url] },
        ]
    }

    /// A result, with the form that leads on to the call.
    func result(_ assessed: AssessedAnswers, url: String) -> [String: Any] {
        var context = self.questions.context(nil)
        context.merge(ResultPage.context(assessed)) { _, new in new }
        context["title"] = "我的积分测算"
        context["result_url"] = url
        context.merge(self.optionalConsents) { first, _ in first }
        context["notice_version"] = self.notices.current?.version ?? ""
        context["hidden"] = [["name": "assessment_id", "value": assessed.id.uuidString.lowercased()]]
        return context
    }

    /// The renewal check and what was found.
    func renewal(_ permit: PermitRenewal?, typed: String, failure: ValidationFailure? = nil) -> [String: Any] {
        var context: [String: Any] = ["title": "居住证签注时间", "valid_until": typed]
        if let failure {
            context["has_errors"] = true
            context["errors"] = [["field": "valid_until", "detail": failure.detail]]
            context["valid_until_error"] = failure.detail
        }
        if let permit {
            context["status"] = permit.status.rawValue
            context["window_open"] = permit.windowOpen.text
            context["last_valid_day"] = permit.lastValidDay.text
            context["grace_last_day"] = permit.graceLastDay.text
            context["reasonable_cause_last_day"] = permit.reasonableCauseLastDay.text
            context["checklist"] = (self.permits.offline.map { "窗口：" + $0 } + self.permits.online.map { "网办：" + $0 })
                .map { ["text": $0] }
        }
        return context
    }

    /// The form field behind a JSON pointer.
    private static func field(_ pointer: String) -> String {
        if pointer.hasPrefix("/consent") { return "consent" }
        let path = pointer.split(separator: "/").map(String.init)
        return path.first == "answers" ? path.dropFirst().joined(separator: ".") : path.first ?? ""
    }
}
