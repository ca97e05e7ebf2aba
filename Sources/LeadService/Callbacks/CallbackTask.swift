package import Foundation
import Leads

/// Our promise to call, as lists and cards read it; name and number still sealed.
package struct CallbackTask: Sendable {
    package var id: UUID
    var leadID: UUID
    var state: String
    var acceptedAt: Date
    var dueAt: Date
    var metAt: Date?
    var nextAttemptAt: Date
    var callAgainAt: Date?
    var window: PreferredWindow?
    var attempts: Int
    var claimNumber: Int
    var claimedBy: UUID?
    var claimKind: String?
    var claimedUntil: Date?
    var holder: String?
    var lastDisposition: String?
    var lastAttemptAt: Date?
    var closedAt: Date?
    var closedReason: String?
    var phoneSealed: [UInt8]
    var phoneRow: UUID
    var inquiryID: UUID
    var nameSealed: [UInt8]
    var source: String
    var total: Int?
    var gap: Int?
    /// The number it would dial is on the do-not-call list, and no inquiry of this task has lifted that.
    var isStopped: Bool
    /// Why nobody is served it, and until when.
    var pausedReason: String?
    var pausedUntil: Date?

    func isHeld(at now: Date) -> Bool { self.claimedUntil.map { $0 > now } ?? false }

    func phone(_ keys: KeyRing) throws -> PhoneNumber {
        try PhoneNumber(
            parsing: try keys.open(self.phoneSealed, at: SealedPlace("leads", "phone_sealed", self.phoneRow)))
    }

    func name(_ keys: KeyRing) throws -> PersonName {
        PersonName(
            stored: try keys.open(self.nameSealed, at: SealedPlace("inquiries", "name_sealed", self.inquiryID)))
    }

    /// The one task shape (contract §3): masked, and these members only.
    func json(_ dependencies: Dependencies, at now: Date) throws -> [String: JSONOutput] {
        let isHeld = self.isHeld(at: now)
        return [
            "id": .string(self.id.text), "lead_id": .string(self.leadID.text),
            "state": .string(self.state), "name_masked": .string(try dependencies.shown { try self.name($0).masked }),
            "phone_masked": .string(try dependencies.shown { try self.phone($0).masked }),
            "due_at": .string(RFC3339.text(self.dueAt)),
            "overdue": .bool(self.state == "open" && self.metAt == nil && self.dueAt < now),
            "next_attempt_at": self.state == "closed"
                ? .null : .string(RFC3339.text(max(self.nextAttemptAt, self.pausedUntil ?? self.nextAttemptAt))),
            "attempts": .integer(self.attempts), "total": .optional(self.total), "gap": .optional(self.gap),
            "source": .string(self.source), "claimed_by": .optional(isHeld ? self.holder : nil),
            "claimed_until": .optional(isHeld ? self.claimedUntil.map { RFC3339.text($0) } : nil),
        ]
    }
}

/// One adviser's hold on a task, in its history.
struct CallbackClaim: Sendable {
    var number: Int
    var adviserID: UUID
    var kind: String
    /// When the call began: with this claim, or with the one whose result was undone.
    var beganAt: Date
    /// When the number was shown first, or dialled by the telephone system.
    var revealedAt: Date?
    var endedAt: Date?
    var endReason: String?
    /// Whose number was shown, or who rang; nil when neither happened.
    var phoneLeadID: UUID?
}

/// Which tasks a list shows.
package enum CallbackView: String, Sendable, CaseIterable {
    case mine, pool, scheduled, overdue, closed
}

/// The classes of the pool, in the order of its list.
enum PoolUrgency: Int, Sendable, Comparable {
    /// Unmet and overdue, or due today; met, by their next attempt; unmet and due later.
    case due, met, later

    init(_ task: CallbackTask, endOfToday: Date) {
        self = task.metAt != nil ? .met : task.dueAt < endOfToday ? .due : .later
    }

    static func < (left: PoolUrgency, right: PoolUrgency) -> Bool { left.rawValue < right.rawValue }
}

/// Where the next page of a view begins.
struct CallbackCursor: Sendable {
    var at: Date
    var id: UUID
    /// Which class of the pool it is in; other views have one.
    var urgency: PoolUrgency

    init(at: Date, id: UUID, urgency: PoolUrgency = .due) {
        self.at = at
        self.id = id
        self.urgency = urgency
    }

    /// - Returns: nil for what is no cursor of this view, or lies outside the years 1970–2199.
    init?(_ text: String, view: CallbackView) {
        guard let bytes = Base64URL.decode(text) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: "|")
        guard parts.count == 4, parts[0] == view.rawValue, let microseconds = Int64(parts[1]),
            let id = UUID(uuidString: String(parts[2])), let urgency = Int(parts[3]).flatMap(PoolUrgency.init),
            (0..<7_258_118_400_000_000).contains(microseconds)
        else { return nil }
        self.init(at: Date(timeIntervalSince1970: Double(microseconds) / 1_000_000), id: id, urgency: urgency)
    }

    func text(view: CallbackView) -> String {
        let microseconds = Int64((self.at.timeIntervalSince1970 * 1_000_000).rounded())
        return Base64URL.encode(
            Array("\(view.rawValue)|\(microseconds)|\(self.id.uuidString)|\(self.urgency.rawValue)".utf8))
    }
}
