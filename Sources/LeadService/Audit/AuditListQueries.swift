import Foundation
import NIOCore
import Postgres

extension ReadAuditEvent: TableRow {
    static let columns = "e.id, e.at, e.actor, e.role, e.action, e.object, e.detail::text, d.sealed"

    init(row: PostgresRow) throws {
        let (id, at, actor, role, action, object, detail, sealed) = try row.decode(
            (UUID, Date, String, String, String, String, String, ByteBuffer?).self)
        self.init(
            id: id, at: at, actor: actor, role: role, action: action, object: object, detail: detail,
            sealed: sealed?.bytes)
    }
}

extension Transaction {
    func auditTime(of event: UUID) async throws -> Date? {
        try await self.rows("SELECT at FROM audit_events WHERE id = \(event)").first?.decode(Date.self)
    }

    /// Events, the newest first.
    func auditEvents(
        _ filter: AuditFilter, after cursor: (at: Date, id: UUID)?, limit: Int
    ) async throws -> [ReadAuditEvent] {
        try await self.all(
            """
            SELECT \(columnsOf: ReadAuditEvent.self) FROM audit_events e LEFT JOIN audit_details d ON d.event_id = e.id
            WHERE (\(filter.from)::timestamptz IS NULL OR e.at >= \(filter.from)::timestamptz)
              AND (\(filter.before)::timestamptz IS NULL OR e.at < \(filter.before)::timestamptz)
              AND (\(filter.actor)::text IS NULL OR e.actor = \(filter.actor)::text)
              AND (\(filter.action)::text IS NULL OR e.action = \(filter.action)::text
                   OR starts_with(e.action, \(filter.action)::text || '.'))
              AND (\(filter.object)::text IS NULL OR e.object = \(filter.object)::text)
              AND (\(cursor?.at)::timestamptz IS NULL OR (e.at, e.id) < (\(cursor?.at)::timestamptz, \(cursor?.id)::uuid))
            ORDER BY e.at DESC, e.id DESC LIMIT \(limit)
            """)
    }
}
