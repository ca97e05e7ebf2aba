import Foundation
import Leads

/// A right that somebody makes use of by letter or telephone (个人信息保护法, articles 44–50).
enum PrivacyCaseKind: String, Sendable, CaseIterable {
    case access, transfer, correct, erase, restrict, withdraw, explain

    var title: String {
        switch self {
        case .access: "查阅、复制"
        case .transfer: "转移"
        case .correct: "更正"
        case .erase: "删除"
        case .restrict: "限制、不再致电"
        case .withdraw: "撤回同意"
        case .explain: "要求说明"
        }
    }

    /// What may be done under it, the usual first; a wish beyond that is a case of its own, with its own days.
    ///
    /// Whoever withdraws may have the rest deleted (个人信息保护法, article 47).
    var wishes: [PrivacyRequestKind] {
        switch self {
        case .access, .transfer, .explain: [.copy]
        case .correct: [.correct, .copy]
        case .erase: [.erase, .copy]
        case .restrict: [.stopCalls, .withdraw]
        case .withdraw: [.withdraw, .stopCalls, .erase]
        }
    }
}

/// For whom a case was brought; next of kin may ask for what a dead person could have (article 49).
enum Petitioner: String, Sendable, CaseIterable {
    case person, guardian
    case nextOfKin = "next_of_kin"

    var title: String {
        switch self {
        case .person: "本人"
        case .guardian: "监护人"
        case .nextOfKin: "近亲属（本人已去世）"
        }
    }
}

/// How a case came in.
enum CaseChannel: String, Sendable, CaseIterable {
    case telephone, letter, email, counter, complaint

    var title: String {
        switch self {
        case .telephone: "电话"
        case .letter: "来信"
        case .email: "邮件"
        case .counter: "上门"
        case .complaint: "投诉转来"
        }
    }
}

/// How a case ended.
enum CaseOutcome: String, Sendable, CaseIterable {
    case done, refused
}

/// A case as it is opened, every field checked.
struct PrivacyCaseDraft: Sendable {
    var kind: PrivacyCaseKind
    var petitioner: Petitioner
    var channel: CaseChannel
    var phone: PhoneNumber
    var receivedOn: ShanghaiDate
    /// What is asked, and how it was made sure who asks.
    var note: Remark

    static func read(_ value: JSONValue, today: ShanghaiDate) throws -> PrivacyCaseDraft {
        var fields = try FieldReader(value)
        let kind: PrivacyCaseKind? = fields.choice("kind", or: "请选择要办理的事项")
        let petitioner: Petitioner? = fields.choice("asked_by", or: "请选择是谁提出的")
        let channel: CaseChannel? = fields.choice("channel", or: "请选择怎样收到的")
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        let receivedOn = fields.parsed("received_on", longest: 10) { text throws(ValidationFailure) in
            guard let day = try? ShanghaiDate(parsing: text) else {
                throw ValidationFailure("date_invalid", "请填写收到的日期", english: "A day as 2026-11-25.")
            }
            guard (today.adding(-365)...today).contains(day) else {
                throw ValidationFailure(
                    "date_invalid", "收到的日期应在过去一年之内", english: "A day of the last year, not ahead.")
            }
            return day
        }
        let note = fields.parsed("note", longest: 4000) { text throws(ValidationFailure) in try Remark(parsing: text) }
        if note?.text == "" { fields.missing("note") }
        try fields.finish()
        guard let kind, let petitioner, let channel, let phone, let receivedOn, let note else {
            throw Problems.internal
        }
        return PrivacyCaseDraft(
            kind: kind, petitioner: petitioner, channel: channel, phone: phone, receivedOn: receivedOn, note: note)
    }
}

/// A case as it is listed.
struct PrivacyCase: Sendable {
    var id: UUID
    var kind: String
    var petitioner: String
    var channel: String
    var receivedOn: ShanghaiDate
    var dueOn: ShanghaiDate
    var openedAt: Date
    var openedBy: String
    var outcome: String?
    var closedAt: Date?
    var closedBy: String?
    /// What was done under it.
    var requests: Int

    func json(on today: ShanghaiDate, more: [String: JSONOutput] = [:]) -> JSONOutput {
        .object(
            [
                "id": .string(self.id.uuidString.lowercased()), "kind": .string(self.kind),
                "asked_by": .string(self.petitioner), "channel": .string(self.channel),
                "received_on": .string(self.receivedOn.description), "due_on": .string(self.dueOn.description),
                "late": .bool(self.closedAt == nil && today > self.dueOn),
                "opened_at": .string(RFC3339.text(self.openedAt)), "opened_by": .string(self.openedBy),
                "outcome": .optional(self.outcome), "closed_at": .optional(self.closedAt.map { RFC3339.text($0) }),
                "closed_by": .optional(self.closedBy), "requests": .integer(self.requests),
            ].merging(more) { first, _ in first })
    }
}

extension FieldReader {
    /// One of the words of an enumeration.
    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, or detail: String) -> Choice?
    where Choice.RawValue == String {
        self.parsed(name, longest: 40) { text throws(ValidationFailure) in
            guard let choice = Choice(rawValue: text) else {
                throw ValidationFailure(
                    "choice_unknown", detail, english: Choice.allCases.map(\.rawValue).joined(separator: ", "))
            }
            return choice
        }
    }
}
