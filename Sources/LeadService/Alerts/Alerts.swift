package import Foundation
import Leads

/// Everybody's own alerts.
package struct Alerts: Sendable {
    private let database: Database
    private let now: @Sendable () -> Date

    package init(database: Database, now: @escaping @Sendable () -> Date) {
        self.database = database
        self.now = now
    }

    /// A page of somebody's alerts, the newest first, and how many are unread.
    func list(before cursor: UUID?, limit: Int, for session: StaffSession) async throws -> JSONOutput {
        let (alerts, unread) = try await self.database.autocommit { tx in
            (
                try await tx.alerts(of: session.staffID, before: cursor, limit: limit + 1),
                try await tx.unreadAlerts(of: session.staffID)
            )
        }
        let page = alerts.prefix(limit)
        let next = alerts.count > limit ? page.last?.id.uuidString.lowercased() : nil
        return .object([
            "items": .array(page.map(\.json)), "next_cursor": .optional(next), "unread": .integer(unread),
        ])
    }

    /// Marks some of somebody's alerts as read; ids that are none of theirs are passed over.
    func read(_ ids: [UUID], for session: StaffSession) async throws {
        let now = self.now()
        try await self.database.autocommit { try await $0.readAlerts(ids, of: session.staffID, at: now) }
    }
}
