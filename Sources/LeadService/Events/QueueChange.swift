import Foundation
import Leads

/// A task as consoles are told of it: who holds it, who looks at it, how it ended; no name and no number of a person.
struct TaskNews: Sendable, Equatable {
    var id: UUID
    var state: String
    var closedReason: String?
    var holder: Viewer?
    var claimedAt: Date?
    var claimedUntil: Date?
    var viewers: [Viewer] = []

    var json: JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "state": .string(self.state),
            "closed_reason": .optional(self.closedReason), "claimed_by": .optional(self.holder?.username),
            "claimed_by_name": .optional(self.holder?.displayName),
            "claimed_at": .optional(self.claimedAt.map { RFC3339.text($0) }),
            "claimed_until": .optional(self.claimedUntil.map { RFC3339.text($0) }),
            "viewers": .array(self.viewers.map(\.json)),
        ])
    }
}

/// Somebody of the staff at a card.
struct Viewer: Sendable, Equatable {
    var username: String
    var displayName: String

    /// How long somebody counts as looking after their console last said so.
    static let length: TimeInterval = 45

    var json: JSONOutput {
        .object(["username": .string(self.username), "display_name": .string(self.displayName)])
    }
}

/// How many tasks each view holds, and whose.
struct QueueCounts: Sendable, Equatable {
    var pool = 0
    var scheduled = 0
    var overdue = 0
    var dueSoon = 0
    var people: [Person] = []

    /// Somebody who owns or holds tasks.
    struct Person: Sendable, Equatable {
        var username: String
        var mine: Int
        /// Tasks of theirs that stand in their pool and, for now, in nobody else's.
        var waiting: Int
    }

    /// `due_soon`: unmet and due within this time.
    static let soon: TimeInterval = 2 * 3600

    var sla: JSONOutput {
        .object(["due_soon": .integer(self.dueSoon), "overdue": .integer(self.overdue)])
    }
}

/// What goes out as one `event: queue`.
struct QueueChange: Sendable {
    /// The ids that one event names at most.
    static let most = 200

    var counts: QueueCounts
    var changed: [TaskNews]
    /// Whether other tasks may have changed as well: then the lists are read again.
    var more: Bool

    var json: JSONOutput {
        let people = self.counts.people.map { person in
            let members: [String: JSONOutput] = [
                "mine": .integer(person.mine), "pool": .integer(self.counts.pool + person.waiting),
            ]
            return (person.username, JSONOutput.object(members))
        }
        return .object([
            "pool": .integer(self.counts.pool), "scheduled": .integer(self.counts.scheduled),
            "overdue": .integer(self.counts.overdue),
            "advisers": .object(Dictionary(people, uniquingKeysWith: { first, _ in first })),
            "changed": .array(self.changed.map(\.json)), "more": .bool(self.more),
        ])
    }
}

/// The text of events (WHATWG HTML §9.2), made once for everybody who gets it.
enum EventText {
    /// - Parameter id: where a client that comes back goes on.
    static func event(_ name: String, id: Int64, _ json: JSONOutput) -> [UInt8] {
        Array("id: \(id)\nevent: \(name)\ndata: \(json.text)\n\n".utf8)
    }

    /// Keeps proxies from closing a quiet connection, and shows us one that is gone.
    static let heartbeat = Array(":\n\n".utf8)

    /// The first words: when to come back after an end.
    static let greeting = Array("retry: 3000\n\n".utf8)
}
