import Foundation
import Leads

/// What somebody may ask about their data.
enum PrivacyRequestKind: String, Sendable, CaseIterable {
    case copy, correct, erase
    case stopCalls = "stop_calls"
    case withdraw

    var title: String {
        switch self {
        case .copy: "查看我的信息"
        case .correct: "更正我的信息"
        case .stopCalls: "不要再打电话"
        case .withdraw: "撤回同意"
        case .erase: "删除我的信息"
        }
    }

    /// What it does, said before it is done.
    var explanation: String {
        switch self {
        case .copy: "列出我们保存的全部信息，可下载"
        case .correct: "更正称呼或测算答案"
        case .stopCalls: "立即停止致电，其余信息保留"
        case .withdraw: "撤回全部同意，立即停止致电和使用"
        case .erase: "删除全部信息，删除后无法恢复"
        }
    }

    /// What was done, in the past tense; the same whether there was anything.
    var outcome: String {
        switch self {
        case .copy: "以下是与这个号码有关的全部信息。"
        case .correct: "与这个号码有关的信息已按您填写的内容更正。"
        case .stopCalls: "已登记：我们不再致电这个号码。"
        case .withdraw: "与这个号码有关的同意已全部撤回，我们不再致电，也不再使用这些信息。"
        case .erase:
            "与这个号码有关的信息已删除。只留下不含号码和姓名的同意记录（内容、时间、当时的网络地址和浏览器摘要）与删除记录，用来证明我们照办了，保存期满即删除。"
        }
    }
}

/// What can be corrected.
enum Correction: String, Sendable {
    case name, answers
}

/// What is to be done for a number.
struct PrivacyWish: Sendable {
    var phone: PhoneNumber
    var kind: PrivacyRequestKind
    var name: PersonName?
    var answers: Answers?

    var corrects: [Correction] { (self.name == nil ? [] : [.name]) + (self.answers == nil ? [] : [.answers]) }

    /// - Returns: nil when a field breaks a rule, which the reader then says.
    static func read(_ fields: inout FieldReader) -> PrivacyWish? {
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        let kind = fields.parsed("kind") { text throws(ValidationFailure) in try PrivacyDraft.kind(text) }
        let name = fields.parsed("name", required: false) { text throws(ValidationFailure) in
            try PersonName(parsing: text)
        }
        let answers = fields.value("answers").flatMap { value -> Answers? in
            do {
                return try Answers(value)
            } catch let failures as AnswersFailure {
                fields.add(failures.failures.map { $0.within("/answers") })
            } catch {}
            return nil
        }
        if kind == .correct, name == nil, answers == nil, fields.failures.isEmpty { fields.missing("name") }
        if let kind, kind != .correct {
            for (given, at) in [(name != nil, "name"), (answers != nil, "answers")] where given {
                fields.fail("not_allowed", at: at, "只有更正信息时才填写此项", english: "Only a correction takes this.")
            }
        }
        guard let phone, let kind, fields.failures.isEmpty else { return nil }
        return PrivacyWish(phone: phone, kind: kind, name: name, answers: answers)
    }
}

/// A request as a visitor sent it, every field checked.
struct PrivacyDraft: Sendable {
    var wish: PrivacyWish
    var challenge: UUID
    var code: VerificationCode

    static func read(_ value: JSONValue) throws -> PrivacyDraft {
        var fields = try FieldReader(value)
        let wish = PrivacyWish.read(&fields)
        if !fields.has("challenge_id") { fields.missing("challenge_id") }
        let challenge = fields.optionalUUID("challenge_id")
        let code = fields.parsed("code") { text throws(ValidationFailure) in try VerificationCode(parsing: text) }
        try fields.finish()
        guard let wish, let challenge, let code else { throw Problems.internal }
        return PrivacyDraft(wish: wish, challenge: challenge, code: code)
    }

    static func kind(_ text: String) throws(ValidationFailure) -> PrivacyRequestKind {
        guard let kind = PrivacyRequestKind(rawValue: text) else {
            throw ValidationFailure(
                "kind_unknown", "请选择要办理的事项", english: "copy, correct, erase, stop_calls or withdraw.")
        }
        return kind
    }
}

/// A request that was done.
struct PrivacyRequestRow: Sendable {
    var id: UUID
    var kind: PrivacyRequestKind
    /// Nil for a number we did not know.
    var leadID: UUID?
    var requestedAt: Date
    var finishedAt: Date
    /// What a correction was about.
    var corrects: [Correction] = []
    var phoneSealed: [UInt8]?
    /// Where it was done by hand.
    var caseID: UUID?
}

/// Where the next page of requests begins.
struct PrivacyCursor: Sendable {
    var at: Date
    var id: UUID

    init(at: Date, id: UUID) {
        self.at = at
        self.id = id
    }

    init?(_ text: String) {
        guard let bytes = Base64URL.decode(text) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "|")
        guard parts.count == 3, parts[0] == "privacy", let microseconds = Int64(parts[1]),
            let id = UUID(uuidString: String(parts[2])), (0..<7_258_118_400_000_000).contains(microseconds)
        else { return nil }
        self.init(at: Date(timeIntervalSince1970: Double(microseconds) / 1_000_000), id: id)
    }

    var text: String {
        let microseconds = Int64((self.at.timeIntervalSince1970 * 1_000_000).rounded())
        return Base64URL.encode(Array("privacy|\(microseconds)|\(self.id.uuidString)".utf8))
    }
}
