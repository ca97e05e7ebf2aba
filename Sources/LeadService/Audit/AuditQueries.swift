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
