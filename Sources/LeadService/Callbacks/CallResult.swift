import Foundation
import Leads

/// How a call ended, as an adviser reports it, every field checked.
struct CallResult: Sendable {
    var disposition: Disposition
    var claimNumber: Int?
    var note: Remark?
    var callAgainAt: Date?
    var reason: String?
    var mergeInto: UUID?
    var item: String?
    var reference: String?
    /// How long the call took, by the desk's clock.
    var duration: Int?
    /// Whether they are connected on WeChat; nil when nothing was said of it.
    var isOnWeChat: Bool?
    var idempotencyKey: String?

    /// Longer than any call: a clock that was forgotten.
    private static let durations = 0...14400

    /// Everything that makes it this result and no other.
    var fingerprintText: String {
        var members: [String: JSONOutput] = [
            "disposition": .string(self.disposition.rawValue), "claim": .optional(self.claimNumber),
            "note": .optional(self.note?.text),
            "call_again_at": .optional(self.callAgainAt.map { RFC3339.text($0) }), "reason": .optional(self.reason),
            "merge_into": .optional(self.mergeInto?.uuidString), "item": .optional(self.item),
            "reference": .optional(self.reference),
        ]
        // Absent, so that a result without them is still the one that was fingerprinted before they existed.
        if let duration { members["duration"] = .integer(duration) }
        if let isOnWeChat { members["wechat"] = .bool(isOnWeChat) }
        return JSONOutput.object(members).text
    }

    /// Reads a result; what the disposition needs must be there (contract §3).
    static func read(_ value: JSONValue, idempotencyKey: String?) throws -> CallResult {
        var fields = try FieldReader(value)
        let disposition = fields.parsed("disposition") { text throws(ValidationFailure) in
            guard let disposition = Disposition(rawValue: text) else {
                throw ValidationFailure("disposition_unknown", "没有这个通话结果", english: "Unknown disposition.")
            }
            return disposition
        }
        let claim = fields.parsed("claim_token", required: false, longest: 32) { text throws(ValidationFailure) in
            guard let number = Int(text), number > 0 else {
                throw ValidationFailure("claim_token_invalid", "占用凭证有误，请刷新后再试", english: "Unknown claim token.")
            }
            return number
        }
        let note = fields.parsed("note", required: false, longest: 4000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }
        let callAgainAt = fields.optionalDate("call_again_at")
        let reason = fields.optionalString("reason", longest: 200).map { Self.kept($0) }
        let mergeInto = fields.optionalUUID("merge_into")
        let item = fields.optionalString("item", longest: 64).map { Self.kept($0) }
        let reference = fields.optionalString("reference", longest: 200).map { Self.kept($0) }
        let duration = fields.optionalInteger("duration_seconds", Self.durations)
        let isOnWeChat = fields.optionalBool("wechat_added")
        if let disposition {
            if disposition.needsCallAgainAt, callAgainAt == nil, !fields.hasFailed("call_again_at") {
                fields.fail("required", at: "call_again_at", "请选择再次致电的时间", english: "Say when to call again.")
            }
            if disposition.needsReason, (reason ?? "").isEmpty, !fields.hasFailed("reason") {
                fields.fail("required", at: "reason", "请选择原因", english: "Say why.")
            }
            if disposition.needsMergeTarget, mergeInto == nil, !fields.hasFailed("merge_into") {
                fields.fail("required", at: "merge_into", "请选择要并入的线索", english: "Say which lead it duplicates.")
            }
            if disposition.needsItem, (item ?? "").isEmpty, !fields.hasFailed("item") {
                fields.fail("required", at: "item", "请选择不符合的条件", english: "Say which condition is not met.")
            }
            if disposition == .poweredOff, let reason, PoweredOffReason(rawValue: reason) == nil {
                fields.fail(
                    "reason_unknown", at: "reason", "原因应为 off、suspended 或 no_service",
                    english: "off, suspended or no_service.")
            }
            if callAgainAt != nil, disposition.closedReason != nil {
                fields.fail(
                    "not_allowed", at: "call_again_at", "这个结果会结束任务，不能再约时间", english: "This result closes the task.")
            }
        }
        try fields.finish()
        guard let disposition else { throw Problems.internal }
        return CallResult(
            disposition: disposition, claimNumber: claim, note: note.flatMap { $0.text.isEmpty ? nil : $0 },
            callAgainAt: callAgainAt,
            reason: reason, mergeInto: mergeInto, item: item, reference: reference, duration: duration,
            isOnWeChat: isOnWeChat, idempotencyKey: idempotencyKey)
    }

    /// Free text for a column in the clear: whatever looks like somebody's number is taken out.
    private static func kept(_ text: String) -> String {
        PhoneNumber.redacted(in: IdentityNumber.masked(in: text.trimmed))
    }
}

/// What a result does to its task.
struct ResultEffect: Sendable {
    var id: UUID
    var claim: CallbackClaim
    var counts: Bool
    var step: Cadence.Step?
    /// Inquiries accepted up to then are met, or closed with the task.
    var boundary: Date
    var noteSealed: [UInt8]?
    var fingerprint: [UInt8]
    /// Until when the person is not dialled any more, whatever else happens.
    var restsUntil: Date?
}

/// What the adviser is answered, now and on a repeat.
struct ResultAnswer: Sendable {
    var state: String
    var dueAt: Date
    var nextAttemptAt: Date?
    var closedReason: String?

    var json: JSONOutput {
        .object([
            "state": .string(self.state), "due_at": .string(RFC3339.text(self.dueAt)),
            "next_attempt_at": .optional(self.nextAttemptAt.map { RFC3339.text($0) }),
            "closed_reason": .optional(self.closedReason),
        ])
    }
}
