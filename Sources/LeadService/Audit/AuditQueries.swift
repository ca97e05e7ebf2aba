import Foundation
import Leads
import NIOCore
import Postgres

extension Transaction {
    /// Appends an event.
    package func insert(_ event: AuditEvent) async throws { try await self.execute(Self.inserting(event)) }

    /// Appends an event; to be sent together with what it tells.
    static func inserting(_ event: AuditEvent) -> PostgresQuery {
        "WITH happened AS (SELECT), \(auditing: event, when: "happened") SELECT"
    }
}

extension PostgresQuery.StringInterpolation {
    /// Parts of a WITH that append an event when `source`, an earlier part, has its one row: what is done and what the audit
    /// says of it are one statement.
    mutating func appendInterpolation(auditing event: AuditEvent, when source: String) {
        self.appendLiteral(
            "audited AS (INSERT INTO audit_events (id, at, actor, role, action, object, detail, detail_hash, mac) SELECT "
        )
        self.appendInterpolation(event.id)
        self.appendLiteral(", ")
        self.appendInterpolation(event.at)
        for text in [event.actor, event.role, event.action, event.object] {
            self.appendLiteral(", ")
            self.appendInterpolation(text)
        }
        self.appendLiteral(", ")
        self.appendInterpolation(event.detail.text)
        self.appendLiteral("::text::jsonb, ")
        self.appendInterpolation(event.detailHash.map { ByteBuffer(bytes: $0) })
        self.appendLiteral(", ")
        self.appendInterpolation(ByteBuffer(bytes: event.mac))
        self.appendLiteral(" FROM \(source))")
        guard let sealed = event.sealed else { return }
        self.appendLiteral(", detailed AS (INSERT INTO audit_details (event_id, sealed) SELECT ")
        self.appendInterpolation(event.id)
        self.appendLiteral(", ")
        self.appendInterpolation(ByteBuffer(bytes: sealed))
        self.appendLiteral(" FROM \(source))")
    }
}

extension Transaction {
    /// Erases the details that a checkpoint names, the checkpoint first.
    func eraseAuditDetails(_ checkpoint: AuditEvent) async throws {
        try await self.execute(
            """
            SELECT erase_audit_details(\(checkpoint.id), \(checkpoint.at), \(checkpoint.actor), \(checkpoint.role), \(checkpoint.object),
                                       \(checkpoint.detail.text)::text::jsonb, \(ByteBuffer(bytes: checkpoint.mac)))
            """)
    }

    /// Events with a detail that are about one of these ids.
    func auditDetails(about objects: [String]) async throws -> [UUID] {
        try await self.rows(
            """
            SELECT d.event_id FROM audit_details d JOIN audit_events e ON e.id = d.event_id
            WHERE e.object = ANY (\(objects)) ORDER BY d.event_id
            """
        ).map { try $0.decode(UUID.self) }
    }

    /// Corrections that are older and still say what was there before.
    func correctionDetails(before: Date, limit: Int) async throws -> [UUID] {
        try await self.rows(
            """
            SELECT d.event_id FROM audit_details d JOIN audit_events e ON e.id = d.event_id
            WHERE e.action = 'privacy.corrected' AND e.at < \(before) ORDER BY d.event_id LIMIT \(limit)
            """
        ).map { try $0.decode(UUID.self) }
    }
}
