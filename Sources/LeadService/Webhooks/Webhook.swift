import Foundation
import Leads

/// A receiver of events, as administrators see it: its address and its secret stay sealed.
struct Webhook: Sendable {
    var id: UUID
    var host: String
    var events: [String]
    var createdBy: String
    var createdAt: Date
    var pausedAt: Date?
    var pauseReason: String?
    var previousUntil: Date?
    var waiting: Int
    var dead: Int

    static func urlPlace(_ id: UUID) -> SealedPlace { SealedPlace("webhooks", "url_sealed", id) }
    static func secretPlace(_ id: UUID) -> SealedPlace { SealedPlace("webhooks", "secret_sealed", id) }
    static func previousPlace(_ id: UUID) -> SealedPlace { SealedPlace("webhooks", "previous_sealed", id) }

    func json(at now: Date) -> JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "host": .string(self.host),
            "events": .array(self.events.map { .string($0) }), "created_by": .string(self.createdBy),
            "created_at": .string(RFC3339.text(self.createdAt)), "active": .bool(self.pausedAt == nil),
            "paused_at": .optional(self.pausedAt.map { RFC3339.text($0) }),
            "pause_reason": .optional(self.pauseReason),
            "previous_until": .optional(self.previousUntil.flatMap { $0 > now ? RFC3339.text($0) : nil }),
            "waiting": .integer(self.waiting), "dead": .integer(self.dead),
        ])
    }

    /// What the audit says before and after a change.
    var audited: JSONOutput {
        .object([
            "host": .string(self.host), "events": .array(self.events.map { .string($0) }),
            "active": .bool(self.pausedAt == nil),
        ])
    }
}

/// What a change of a webhook sets; what is nil stays.
struct WebhookChange: Sendable {
    var address: WebhookAddress?
    var events: [WebhookEvent]?
    var isActive: Bool?
}

/// The secret of a webhook in the form of Standard Webhooks.
struct WebhookSecret: Sendable {
    let text: String

    init(_ dependencies: Dependencies) {
        self.text = "whsec_" + Data(dependencies.randomBytes(32)).base64EncodedString()
    }

    init(_ text: String) {
        self.text = text
    }

    /// What signs.
    var signature: WebhookSignature {
        WebhookSignature(secret: Array(Data(base64Encoded: String(self.text.dropFirst(6))) ?? Data()))
    }
}

/// One event on its way to one receiver, with what became of each attempt.
struct WebhookDelivery: Sendable {
    var position: Int
    var event: UUID
    var type: String
    var lead: UUID?
    var state: String
    var attempts: Int
    var createdAt: Date
    var nextAttemptAt: Date
    var finishedAt: Date?
    var body: [UInt8]
    /// A JSON array.
    var requests: String

    var json: JSONOutput {
        .object([
            "id": .string(self.event.uuidString.lowercased()), "type": .string(self.type),
            "lead_id": .optional(self.lead?.uuidString.lowercased()), "state": .string(self.state),
            "attempts": .integer(self.attempts), "created_at": .string(RFC3339.text(self.createdAt)),
            "next_attempt_at": self.state == "queued" ? .string(RFC3339.text(self.nextAttemptAt)) : .null,
            "finished_at": .optional(self.finishedAt.map { RFC3339.text($0) }),
            "body": .string(String(decoding: self.body, as: UTF8.self)), "requests": .raw(self.requests),
        ])
    }
}
