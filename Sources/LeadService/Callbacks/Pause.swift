import Foundation
import Leads

/// A rest that somebody gives a task, every field checked.
struct PauseRequest: Sendable {
    var reason: PauseReason
    var until: Date
    var note: Remark?

    /// The longest rest; a promise waits no longer without anybody looking at it.
    static let longest: TimeInterval = 30 * 86400

    static func read(_ value: JSONValue, at now: Date) throws -> PauseRequest {
        var fields = try FieldReader(value)
        let reason = fields.parsed("reason", longest: 32) { text throws(ValidationFailure) in
            guard let reason = PauseReason(rawValue: text) else {
                throw ValidationFailure(
                    "reason_unknown", "没有这个暂停原因",
                    english: "awaiting_visitor, visitor_away, number_unclear or other.")
            }
            return reason
        }
        let until = fields.optionalDate("until")
        let note = fields.parsed("note", required: false, longest: 4000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }.flatMap { $0.text.isEmpty ? nil : $0 }
        if let until {
            if until <= now || until > now.addingTimeInterval(Self.longest) {
                fields.fail(
                    "pause_until_invalid", at: "until", "请选以后的时间，最长 30 天", english: "Ahead, at most 30 days.")
            }
        } else if !fields.hasFailed("until") {
            fields.fail("required", at: "until", "请选暂停到什么时候", english: "Say until when.")
        }
        if let reason, reason.needsNote, note == nil, !fields.hasFailed("note") {
            fields.fail("required", at: "note", "请写明原因", english: "Say why.")
        }
        try fields.finish()
        guard let reason, let until else { throw Problems.internal }
        return PauseRequest(reason: reason, until: until, note: note)
    }
}

/// A pause in a task's history.
struct CardPause: Sendable {
    var id: UUID
    var at: Date
    var by: String
    var reason: String
    var until: Date
    var noteSealed: [UInt8]?
    var resumedAt: Date?
    var resumedBy: String?

    static func notePlace(of id: UUID) -> SealedPlace { SealedPlace("callback_pauses", "note_sealed", id) }

    /// What happened, with when.
    func events(_ dependencies: Dependencies, whole: Bool) throws -> [(Date, [String: JSONOutput])] {
        var members: [String: JSONOutput] = [
            "kind": .string("paused"), "by": .string(self.by), "reason": .string(self.reason),
            "until": .string(RFC3339.text(self.until)),
        ]
        if whole, let sealed = self.noteSealed {
            members["note"] = .string(try dependencies.shown { try $0.open(sealed, at: Self.notePlace(of: self.id)) })
        }
        guard let resumedAt, let resumedBy else { return [(self.at, members)] }
        return [(self.at, members), (resumedAt, ["kind": .string("resumed"), "by": .string(resumedBy)])]
    }
}

extension CallbackTask {
    /// Why it rests and until when; null while it does not.
    func pause(by username: String?) -> JSONOutput {
        guard self.state == "paused", let pausedReason, let pausedUntil else { return .null }
        return .object([
            "reason": .string(pausedReason), "until": .string(RFC3339.text(pausedUntil)), "by": .optional(username),
        ])
    }
}
