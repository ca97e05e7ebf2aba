import Foundation
import Leads
import NIOCore
import Postgres

extension Transaction {
    /// Appends an event.
    package func insert(_ event: AuditEvent) async throws {
        try await self.execute(
            """
            INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
            VALUES (\(event.id), \(event.at), \(event.actor), \(event.role), \(event.action), \(event.object),
                    \(event.detail.text)::text::jsonb, \(ByteBuffer(bytes: event.mac)))
            """)
    }
}
