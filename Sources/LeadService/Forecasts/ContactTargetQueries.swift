import Foundation
import Leads
import Postgres

/// When an inquiry came and when its visitor was first spoken to.
struct ContactTime: TableRow {
    static let columns = "i.accepted_at, contact.at"
    let acceptedAt: Date
    let contactAt: Date?

    init(row: PostgresRow) throws {
        (self.acceptedAt, self.contactAt) = try row.decode((Date, Date?).self)
    }
}

/// An open task whose visitor was rung and never spoken to.
struct MissingContact: TableRow {
    static let columns = "t.id, t.accepted_at, o.id"
    let task: UUID
    let acceptedAt: Date
    let owner: UUID?

    init(row: PostgresRow) throws {
        (self.task, self.acceptedAt, self.owner) = try row.decode((UUID, Date, UUID?).self)
    }
}

extension Transaction {
    private static var contacts: [String] { Disposition.allCases.filter(\.isContact).map(\.rawValue) }

    /// Inquiries of a stretch; what was over without a call, or taken back, is left out.
    func contactTimes(since: Date, until now: Date) async throws -> [ContactTime] {
        try await self.all(
            """
            SELECT \(columnsOf: ContactTime.self) FROM inquiries i JOIN leads l ON l.id = i.lead_id
            CROSS JOIN LATERAL (
                SELECT min(a.at) AS at FROM callback_tasks t JOIN call_attempts a ON a.task_id = t.id
                WHERE t.lead_id IN (l.id, l.merged_into) AND a.counts AND a.at >= i.accepted_at AND a.disposition = ANY (\(Self.contacts))) contact
            WHERE i.accepted_at > \(since) AND i.accepted_at <= \(now) AND NOT i.quarantined AND i.cancelled_at IS NULL
              AND (i.met_at IS NOT NULL OR EXISTS (SELECT FROM callback_tasks t WHERE t.lead_id IN (l.id, l.merged_into) AND t.state <> 'closed'))
            ORDER BY i.accepted_at DESC LIMIT 20000
            """)
    }

    /// Open tasks accepted by an instant whose promise was kept by a call that reached nobody, and of which nobody was told yet.
    func missingContacts(acceptedBy instant: Date, limit: Int) async throws -> [MissingContact] {
        try await self.all(
            """
            SELECT \(columnsOf: MissingContact.self) FROM callback_tasks t LEFT JOIN staff o ON o.id = t.owner_id AND o.active
            WHERE t.state = 'open' AND t.met_at IS NOT NULL AND t.accepted_at <= \(instant)
              AND NOT EXISTS (SELECT FROM call_attempts a WHERE a.task_id = t.id AND a.counts AND a.disposition = ANY (\(Self.contacts)))
              AND NOT EXISTS (SELECT FROM staff_alerts a WHERE a.task_id = t.id AND a.kind = 'contact_late')
            ORDER BY t.accepted_at, t.id LIMIT \(limit)
            """)
    }
}
