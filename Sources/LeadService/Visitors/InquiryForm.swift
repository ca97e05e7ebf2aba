import Foundation
import Leads

extension VisitorPages {
    /// The JSON of the same inquiry.
    func inquiry(_ form: FormFields) throws -> JSONValue {
        var consent: [String: JSONValue] = [
            "notice_version": .string(form["notice_version"] ?? ""), "accepted": .bool(form["consent"] == "true"),
            "marketing": .bool(form["consent_marketing"] == "true"),
            "recipients": .array((form.values["consent_recipient"] ?? []).map { .string($0) }),
        ]
        if form["consent_reminder"] == "true" {
            consent["reminder"] = .object(["valid_until": .string(form["permit_end"] ?? "")])
        }
        var members: [String: JSONValue] = ["consent": .object(consent)]
        for name in [
            "id", "name", "phone", "challenge_id", "code", "assessment_id", "preferred_window", "remark", "form_token",
            "website", "form_key",
        ] {
            if let value = form[name], !value.isEmpty { members[name] = .string(value) }
        }
        let page =
            self.publicURL.absoluteString.trimmingSuffix("/") + (form["embedded"] == "1" ? "/embed/inquiry" : "/")
        members["source"] = Arrival(field: form[Arrival.field] ?? "").source(page: page)
        members["extra"] = self.extra(form)
        if members["assessment_id"] == nil, AnswerForm.isAnswered(form) {
            members["answers"] = try self.answers(in: form)
        }
        return .object(members)
    }
}
