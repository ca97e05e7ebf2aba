import Foundation
import Leads
import NIOCore
package import Postgres

extension AuditEvent: TableRow {
    package static let columns = """
        e.id, e.at, e.actor, e.role, e.action, e.object, e.detail::text, e.mac, e.detail_hash,
        (SELECT sealed FROM audit_details WHERE event_id = e.id)
        """

    package init(row: PostgresRow) throws {
        try self.init(row.makeRandomAccess(), from: 0)
    }

    fileprivate init(_ row: PostgresRandomAccessRow, from first: Int) throws {
        let detail = try StrictJSON.read(Array(try row[first + 6].decode(String.self).utf8))
        self.init(
            id: try row[first].decode(UUID.self), at: try row[first + 1].decode(Date.self),
            actor: try row[first + 2].decode(String.self),
            role: try row[first + 3].decode(String.self), action: try row[first + 4].decode(String.self),
            object: try row[first + 5].decode(String.self), detail: JSONOutput(detail),
            sealed: try row[first + 9].decode(ByteBuffer?.self)?.bytes,
            detailHash: try row[first + 8].decode(ByteBuffer?.self)?.bytes,
            mac: try row[first + 7].decode(ByteBuffer.self).bytes)
    }
}

extension AuditLink: TableRow {
    static let columns = "l.position, l.event_id, l.hash, e.id IS NOT NULL, \(AuditEvent.columns)"

    init(row: PostgresRow) throws {
        let row = row.makeRandomAccess()
        self.init(
            position: try row[0].decode(Int.self), eventID: try row[1].decode(UUID.self),
            hash: try row[2].decode(ByteBuffer.self).bytes,
            event: try row[3].decode(Bool.self) ? try AuditEvent(row, from: 4) : nil)
    }
}

extension Transaction {
    func auditLinks(after position: Int, limit: Int) async throws -> [AuditLink] {
        try await self.all(
            """
            SELECT \(columnsOf: AuditLink.self) FROM audit_links l LEFT JOIN audit_events e ON e.id = l.event_id
            WHERE l.position > \(position) ORDER BY l.position LIMIT \(limit)
            """)
    }

    /// The newest checkpoint that says how far the chain's beginning has expired.
    func newestExpiry() async throws -> AuditEvent? {
        try await self.first(
            """
            SELECT \(columnsOf: AuditEvent.self) FROM audit_events e
            WHERE e.action = 'audit.checkpoint' AND e.detail ? 'through' ORDER BY (e.detail ->> 'through')::bigint DESC LIMIT 1
            """)
    }

    /// The first links there are, with the times of their events.
    func oldestAuditLinks(limit: Int) async throws -> [(position: Int, hash: [UInt8], at: Date)] {
        try await self.rows(
            """
            SELECT l.position, l.hash, e.at FROM audit_links l JOIN audit_events e ON e.id = l.event_id
            ORDER BY l.position LIMIT \(limit)
            """
        ).map {
            let (position, hash, at) = try $0.decode((Int, ByteBuffer, Date).self)
            return (position, hash.bytes, at)
        }
    }

    /// Drops the links and events that a checkpoint names, the checkpoint first.
    func expireAudit(_ checkpoint: AuditEvent) async throws {
        try await self.execute(
            """
            SELECT expire_audit(\(checkpoint.id), \(checkpoint.at), \(checkpoint.actor), \(checkpoint.role), \(checkpoint.object),
                                \(checkpoint.detail.text)::text::jsonb, \(ByteBuffer(bytes: checkpoint.mac)))
            """)
    }

    /// Events that no link covers yet, by id.
    func unlinkedAuditEvents(after id: UUID, limit: Int) async throws -> [AuditEvent] {
        try await self.all(
            """
            SELECT \(columnsOf: AuditEvent.self) FROM audit_events e
            WHERE e.id > \(id) AND NOT EXISTS (SELECT FROM audit_links l WHERE l.event_id = e.id)
            ORDER BY e.id LIMIT \(limit)
            """)
    }

    /// Whether this transaction is the one that may link; the lock ends with it.
    func lockAuditChain() async throws -> Bool {
        let rows = try await self.rows("SELECT pg_try_advisory_xact_lock(7203185242)")
        return try rows.first?.decode(Bool.self) ?? false
    }

    /// The end of the chain.
    func lastAuditLink() async throws -> (position: Int, hash: [UInt8])? {
        let rows = try await self.rows("SELECT position, hash FROM audit_links ORDER BY position DESC LIMIT 1")
        guard let (position, hash) = try rows.first?.decode((Int, ByteBuffer).self) else { return nil }
        return (position, hash.bytes)
    }

    func insertAuditLinks(from position: Int, events: [UUID], hashes: [[UInt8]]) async throws {
        try await self.execute(
            """
            INSERT INTO audit_links (position, event_id, hash)
            SELECT \(position) + t.n - 1, t.event, t.hash
            FROM unnest(\(events)::uuid[], \(hashes.map { ByteBuffer(bytes: $0) })::bytea[]) WITH ORDINALITY AS t (event, hash, n)
            """)
    }
}
