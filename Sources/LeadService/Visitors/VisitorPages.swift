import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The contexts of the visitor's pages.
struct VisitorPages: Sendable {
    let pages: Pages
    let questions: Questionnaire
    let assessments: Assessments
    let notices: PrivacyNoticeStore
    let settings: SettingsStore
    var promises: PromiseTimes
    let permits: PermitChecklist
    let codes: CodeSteps
    var now: @Sendable () -> Date
    let publicURL: URL

    /// The same pages as they are at one moment.
    func at(_ moment: Date) -> VisitorPages {
        var pages = self
        pages.now = { moment }
        pages.promises = self.promises.at(moment)
        return pages
    }

    /// The landing page, the same for everybody.
    var landing: [String: Any] {
        var context = self.asking(nil).merging(self.contact(nil)) { _, new in new }
        context["title"] = "上海居住证积分测算与签注"
        context["description"] = "约 30 秒估算上海居住证积分，看每一项怎么来、离 120 分差在哪里；查居住证签注时间。"
        context["is_withheld"] = self.settings.current.itemsAfterVerification
        context.merge(self.optionalConsents) { first, _ in first }
        context["offers_reminder"] = self.codes.offersReminders
        return context
    }

    /// The boxes that may be left empty; asked on the first form only, never again in the steps that follow.
    var optionalConsents: [String: Any] {
        let settings = self.settings.current
        return [
            "ask_optional": true, "ask_reminder": self.codes.offersReminders,
            "marketing_text": ConsentTexts.marketing(settings.companyInSentences),
            "recipients": settings.recipients.map { ["id": $0.id, "text": ConsentTexts.recipient($0)] },
        ]
    }

    /// What the landing page depends on besides the settings: the notice, the months that count, the promise.
    var landingVersion: String {
        let promise = self.promises.promise(for: nil).map { "\($0.dueAt.timeIntervalSince1970)" } ?? ""
        return "\(self.notices.notice(at: self.now())?.version ?? "") \(ShanghaiDate(self.now())) \(promise)"
    }

    /// The calculator's questions.
    ///
    /// - Parameter asked: false shows the answers of the rules, to change a stored result.
    func asking(_ form: FormFields?, failures: [ValidationFailure] = [], asked: Bool = true) -> [String: Any] {
        let errors = Dictionary(
            failures.map { (Self.field($0.pointer), $0.detail) }, uniquingKeysWith: { first, _ in first })
        return QuestionContext(questions: self.questions, day: ShanghaiDate(self.now()))
            .sections(form, errors: errors, asked: asked)
    }

    /// What reads the calculator's form today.
    func answerForm() throws -> AnswerForm {
        AnswerForm(
            questions: self.questions, rules: try self.assessments.rulesInForce(), day: ShanghaiDate(self.now()))
    }

    /// The answers of a form as programs send them.
    ///
    /// - Throws: the problem that names every field that breaks a rule.
    func answers(in form: FormFields) throws -> JSONValue {
        do {
            return try StrictJSON.read(Array(try self.answerForm().answers(in: form).canonicalJSON.utf8))
        } catch let failure as AnswersFailure {
            throw Problem(failures: failure.failures)
        }
    }

    /// The contact fields, with what was typed into them and what was wrong with it.
    func contact(_ form: FormFields?, failures: [ValidationFailure] = []) -> [String: Any] {
        var context: [String: Any] = [
            "visitor_name": form?["name"] ?? "", "visitor_phone": form?["phone"] ?? "",
            "visitor_remark": form?["remark"] ?? "", "consent_given": form?["consent"] == "true",
            "notice_version": self.notices.notice(at: self.now())?.version ?? "", "has_errors": !failures.isEmpty,
            "errors": failures.map { ["field": Self.field($0.pointer), "detail": $0.detail] },
            "consent_rest": ConsentTexts.inquiryRest(self.settings.current.companyInSentences),
            "second_gateway": self.codes.hasSecondGateway, "reminder_text": ConsentTexts.reminder,
            "reminder_given": form?["consent_reminder"] == "true",
            "permit_end": form?["permit_end"] ?? "",
        ]
        for failure in failures where context[Self.field(failure.pointer) + "_error"] == nil {
            context[Self.field(failure.pointer) + "_error"] = failure.detail
        }
        let chosen = form?["preferred_window"] ?? ""
        let windows = self.windows
        context["promise"] = windows.first { $0.value == chosen }?.promise ?? windows[0].promise
        context["windows"] = windows.map { window -> [String: Any] in
            var tile: [String: Any] = [
                "value": window.value, "text": window.text, "window_promise": window.promise,
                "is_chosen": window.value == chosen,
            ]
            tile["hours"] = window.hours
            return tile
        }
        context.merge(self.askedByCompany(form, failures)) { _, new in new }
        context["extra_open"] =
            ["preferred_window", "remark", "permit_end"].contains {
                !(form?[$0] ?? "").isEmpty || context["\($0)_error"] != nil
            }
        return context
    }

    /// What the company asks beside our own questions, with what was answered and what was wrong with it.
    private func askedByCompany(_ form: FormFields?, _ failures: [ValidationFailure]) -> [String: Any] {
        let questions = self.settings.current.extraQuestions
        return [
            "has_questions": !questions.isEmpty,
            "company_questions": questions.map { question -> [String: Any] in
                let answer = form?[question.field] ?? ""
                let error = failures.first { Self.field($0.pointer) == question.field }?.detail
                var shown: [String: Any] = [
                    "question": question.field, "question_label": question.label, "answer": answer,
                    "is_required": question.isRequired, "is_choice": question.kind == .choice,
                    "is_number": question.kind == .number,
                    "choices": question.options.map { ["option": $0, "is_chosen": $0 == answer] as [String: Any] },
                ]
                if let error { shown["question_error"] = error }
                return shown
            },
        ]
    }

    /// The answers of a form to what the company asks, as programs send them.
    func extra(_ form: FormFields) -> JSONValue? {
        let said = self.settings.current.extraQuestions.compactMap { question -> (String, JSONValue)? in
            guard let text = form[question.field], !text.isEmpty else { return nil }
            return (question.key, .string(text))
        }
        return said.isEmpty ? nil : .object(Dictionary(said) { first, _ in first })
    }

    /// The fields of what the company asks.
    var questionFields: Set<String> { Set(self.settings.current.extraQuestions.map(\.field)) }

    /// No window, then those offered, each with what it promises.
    private var windows: [(value: String, text: String, hours: String?, promise: String)] {
        func promise(_ window: PreferredWindow?) -> String {
            self.promises.promise(for: window).map { PromiseText.sentence($0.dueAt) } ?? ""
        }
        return [("", "都可以", nil, promise(nil))]
            + self.promises.offered.map { ($0.window.rawValue, $0.window.title, "\($0.hours)", promise($0.window)) }
    }

    /// The optional part of the contact form.
    static let extraFields: Set<String> = ["preferred_window", "remark"]
    /// The box for reminders and its date.
    static let reminderFields: Set<String> = ["consent_reminder", "permit_end"]

    /// Fields that travel on unseen; those that the page shows are left out.
    ///
    /// - Parameter asks: whether the page shows the calculator's questions.
    func hidden(
        _ form: FormFields, asks: Bool = false, without shown: Set<String> = [], more: [String: String] = [:]
    ) -> [[String: String]] {
        let answers =
            self.questions.questions.map(\.name) + ["birth_year", "birth_month", AnswerForm.amountKind]
            + form.values.keys.filter { $0.hasPrefix(AnswerForm.basePrefix) }.sorted()
        let own =
            [
                "id", "challenge_id", "assessment_id", "form_token", "website", "sends", "permit_end", "form_key",
                "embedded", Arrival.field,
            ]
            + Self.extraFields.sorted() + self.settings.current.extraQuestions.map(\.field)
        var values: [(String, String)] = ((asks ? [] : answers) + own).compactMap { name in
            guard !shown.contains(name), more[name] == nil, let value = form[name], !value.isEmpty else { return nil }
            return (name, value)
        }
        values += ["consent_marketing", "consent_recipient", "consent_reminder"].flatMap { name in
            shown.contains(name) ? [] : (form.values[name] ?? []).filter { !$0.isEmpty }.map { (name, $0) }
        }
        values += more.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return values.map { ["name": $0.0, "value": $0.1] }
    }

    /// Where a browser without JavaScript is led when its small budget is used up.
    func telephone(retryAfter seconds: Int, in frame: FramedPage? = nil) throws -> Response {
        let isReachable = !self.settings.current.companyTelephone.isEmpty
        let minutes = (seconds + 59) / 60
        let context: [String: Any] = [
            "title": isReachable ? "请直接致电我们" : "暂时发不出验证码",
            "wait_text": minutes < 60 ? "\(minutes) 分钟" : "\((minutes + 59) / 60) 小时",
        ]
        var response = try self.render("inquiries/telephone", context, status: .tooManyRequests, in: frame)
        response.headers[.retryAfter] = String(seconds)
        return response
    }

    /// What a form says that takes nothing any more.
    func closed(_ problem: Problem, in frame: FramedPage) throws -> Response {
        try self.render(
            "inquiries/closed", ["title": "表单已停止接收", "closed_text": problem.detail], status: problem.status.http,
            in: frame)
    }

    /// A page that a site may frame.
    func render(
        _ template: String, _ context: [String: Any], status: HTTPResponse.Status = .ok, in frame: FramedPage?
    ) throws -> Response {
        let whole = context.merging(frame?.context ?? [:]) { _, framed in framed }
        let response = try self.pages.render(template, whole, status: status)
        return frame?.frame(response) ?? response
    }

    /// The success page.
    func accepted(_ receipt: InquiryReceipt) -> [String: Any] {
        [
            "title": "提交成功", "promise": PromiseText.sentence(receipt.dueAt),
            "receipt_url": "/r/\(receipt.receiptToken)",
            "has_benefits": !receipt.benefits.isEmpty, "benefits": receipt.benefits.map(\.context),
        ]
    }

    /// A result, with the form that leads on to the call.
    func result(_ result: AssessmentResult, at path: String, from arrival: Arrival) -> [String: Any] {
        let assessed = result.assessed
        let url = self.publicURL.absoluteString.trimmingSuffix("/") + path
        var context = self.asking(assessed.form, asked: false).merging(self.contact(nil)) { _, new in new }
        context.merge(ResultPage.context(result)) { _, new in new }
        context["title"] = "我的积分测算"
        context["result_url"] = url
        context["result_path"] = path
        if let code = QRCode(url) {
            context["qr_size"] = code.size
            context["qr_box"] = code.size + 4
            context["qr_path"] = code.svgPath
        }
        context.merge(self.optionalConsents) { first, _ in first }
        context["hidden"] = [
            ["name": "assessment_id", "value": assessed.id.uuidString.lowercased()],
            ["name": Arrival.field, "value": arrival.text],
        ]
        context["arrival"] = arrival.text
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
            for (name, day) in [
                ("window_open", permit.windowOpen), ("last_valid_day", permit.lastValidDay),
                ("suspended_from", permit.suspendedFrom), ("grace_last_day", permit.graceLastDay),
                ("continuity_lost_from", permit.continuityLostFrom),
                ("reasonable_cause_last_day", permit.reasonableCauseLastDay),
            ] { context[name] = day.longText }
            context["permit_text"] = permit.text
            context["can_remind"] = permit.canBeReminded
        }
        context["offers_reminder"] = self.codes.offersReminders
        context["offline"] = self.permits.offline.map { ["text": $0] }
        context["online"] = self.permits.online.map { ["text": $0] }
        context["agent"] = self.permits.agent
        context["claims"] = self.permits.notes.map { ["claim": $0.claim, "rule": $0.rule] }
        context["permit_source"] = self.permits.source
        return context
    }

    /// The form field behind a JSON pointer.
    static func field(_ pointer: String) -> String {
        if pointer.hasPrefix("/consent/reminder") { return "permit_end" }
        if pointer.hasPrefix("/consent") { return "consent" }
        let path = pointer.split(separator: "/").map(String.init)
        return (path.first == "answers" ? path.dropFirst() : path[...]).joined(separator: ".")
    }
}
