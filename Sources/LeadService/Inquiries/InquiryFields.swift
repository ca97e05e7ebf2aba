import Foundation
import Leads

/// Reads an inquiry from JSON; every member of contract §2 is accepted, all others are refused.
enum InquiryFields {
    /// - Parameter questions: what the company asks beside our own.
    static func read(_ value: JSONValue, tokens: FormTokens, questions: [ExtraQuestion]) throws -> InquiryDraft {
        var fields = try FieldReader(value)
        let id = fields.optionalUUID("id")
        let name = fields.parsed("name") { text throws(ValidationFailure) in try PersonName(parsing: text) }
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        if !fields.has("challenge_id") { fields.missing("challenge_id") }
        let challenge = fields.optionalUUID("challenge_id")
        let code = fields.parsed("code") { text throws(ValidationFailure) in try VerificationCode(parsing: text) }
        let assessmentID = fields.optionalUUID("assessment_id")
        let answers = try Self.answers(&fields)
        let window = fields.parsed("preferred_window", required: false) { text throws(ValidationFailure) in
            guard let window = PreferredWindow(rawValue: text) else {
                throw ValidationFailure(
                    "window_unavailable", "这个时段不在我们的致电时间内，请另选", english: "This window is not offered.")
            }
            return window
        }
        let remark = fields.parsed("remark", required: false, longest: 2000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }
        let source = Attribution.source(fields.optionalObject("source"))
        let said = fields.optionalObject("extra")
        let extra = ExtraAnswers(said, to: questions, requires: true)
        let website = fields.optionalString("website", longest: 4096)
        let token = fields.optionalString("form_token", longest: 4096)
        _ = fields.optionalString("proof_of_work", longest: 8192)
        let formKey = fields.optionalString("form_key", longest: 8192)
        let consent = try Self.consent(&fields)
        if !fields.failures.isEmpty { fields.add(extra.failures) }
        try fields.finish()
        guard let name, let phone, let challenge, let code, let consent else { throw Problems.internal }

        let identity: [String: JSONOutput] = [
            "id": .optional(id?.uuidString.lowercased()), "name": .string(name.text), "phone": .string(phone.e164),
            "assessment_id": .optional(assessmentID?.uuidString.lowercased()),
            "answers": .optional(answers?.canonicalJSON),
            "window": .optional(window?.rawValue), "remark": .optional(remark?.text), "source": .raw(source),
            // As it was sent: whatever is asked by then, a repeat is a repeat.
            "extra": .raw(said.map { Attribution.cut($0) } ?? "null"), "form_key": .optional(formKey),
            "notice": .string(consent.noticeVersion), "marketing": .bool(consent.marketing),
            "recipients": .string(consent.recipients.joined(separator: ",")),
            "reminder": .optional(consent.reminderValidUntil),
        ]
        return InquiryDraft(
            id: id, name: name, phone: phone, challenge: challenge, code: code, consent: consent,
            assessmentID: assessmentID,
            answers: answers, window: window, remark: remark, source: source, extra: extra.text,
            extraFailures: extra.failures,
            formKey: formKey,
            suspicion: !(website ?? "").isEmpty
                ? .honeypot : token.map { tokens.isSuspicious($0) } ?? false ? .fillTime : nil,
            fingerprintText: JSONOutput.object(identity).text)
    }

    /// The answers of an assessment, each failure at its place.
    static func answers(_ fields: inout FieldReader) throws -> Answers? {
        guard let value = fields.value("answers") else { return nil }
        do {
            return try Answers(value)
        } catch let failures as AnswersFailure {
            fields.add(failures.failures.map { $0.within("/answers") })
            return nil
        }
    }

    /// Consent is never inferred: anything but `accepted: true` is 422 `consent_required`.
    private static func consent(_ fields: inout FieldReader) throws -> InquiryDraft.Consent? {
        let refusal = ValidationFailure(
            "consent_required", "请阅读并勾选隐私说明后再提交", english: "Consent to the privacy notice is required.")
        guard fields.has("consent") else {
            _ = fields.value("consent")
            fields.fail(refusal, at: "consent")
            return nil
        }
        return try fields.object("consent") { consent in
            let version = consent.string("notice_version", longest: 32)
            let accepted = consent.optionalBool("accepted") ?? false
            let marketing = consent.optionalBool("marketing") ?? false
            let recipients = Self.recipients(&consent)
            let reminder = try consent.object("reminder") { reminder in
                reminder.parsed("valid_until") { text throws(ValidationFailure) in
                    try ShanghaiDate(parsing: text).description
                }
            }
            if !accepted, !consent.hasFailed("accepted") { consent.fail(refusal, at: "accepted") }
            guard let version else { return nil }
            return InquiryDraft.Consent(
                noticeVersion: version, marketing: marketing, recipients: recipients, reminderValidUntil: reminder)
        }
    }

    private static func recipients(_ consent: inout FieldReader) -> [String] {
        guard let value = consent.value("recipients") else { return [] }
        guard case .array(let values) = value, values.count <= 20 else {
            consent.fail("type_mismatch", at: "recipients", "此处应为列表", english: "This must be a short list.")
            return []
        }
        let ids: [String] = values.compactMap { value in
            guard case .string(let id) = value, id.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil else {
                consent.fail("recipient_unknown", at: "recipients", "没有这个接收方", english: "Unknown recipient.")
                return nil
            }
            return id
        }
        return Set(ids).sorted()
    }
}
