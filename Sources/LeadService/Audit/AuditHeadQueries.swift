import Foundation
import Leads
import NIOCore
import Postgres

/// The newest link under a key of ours, so that the chain's end cannot be cut off unseen.
struct AuditHead: TableRow {
    static let columns = "position, hash, mac"
    let position: Int
    let hash: [UInt8]
    let mac: [UInt8]

    init(position: Int, hash: [UInt8], keys: KeyRing) {
        self.position = position
        self.hash = hash
        self.mac = keys.mac(.audit, Data(Self.message(position, hash)))
    }

    init(row: PostgresRow) throws {
        let (position, hash, mac) = try row.decode((Int, ByteBuffer, ByteBuffer).self)
        (self.position, self.hash, self.mac) = (position, hash.bytes, mac.bytes)
    }

    /// Whether it was made with our keys and names this link.
    func names(position: Int, hash: [UInt8], keys: KeyRing) -> Bool {
        self.position == position && self.hash == hash
            && keys.isAuthentic(self.mac, of: Self.message(position, hash), for: .audit)
    }

    private static func message(_ position: Int, _ hash: [UInt8]) -> [UInt8] {
        Array("audit.head \(position) \(Base64URL.encode(hash))".utf8)
    }
}

extension Transaction {
    func auditHead() async throws -> AuditHead? {
        try await self.first("SELECT \(columnsOf: AuditHead.self) FROM audit_head")
    }

    func moveAuditHead(to head: AuditHead) async throws {
        try await self.execute(
            "SELECT move_audit_head(\(head.position), \(ByteBuffer(bytes: head.hash)), \(ByteBuffer(bytes: head.mac)))")
    }

    /// How often the head was begun beside links that were there already.
    func auditHeadsBegun() async throws -> [AuditEvent] {
        try await self.all(
            "SELECT \(columnsOf: AuditEvent.self) FROM audit_events e WHERE e.action = '\(unescaped: Audit.headBegunAction)' ORDER BY e.id LIMIT 2"
        )
    }

    /// Whether something was done that the audit must tell of, though there is no event at all.
    func isAuditEmptied() async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 WHERE NOT EXISTS (SELECT FROM audit_events) AND (EXISTS (SELECT FROM staff) OR EXISTS (SELECT FROM inquiries))
            """)
    }

    /// An inquiry that was answered 201 and that no event tells of.
    ///
    /// What is older than the oldest event may have expired, but only behind a checkpoint.
    func inquiryUntold() async throws -> UUID? {
        try await self.rows(
            """
            SELECT k.inquiry_id FROM submit_keys k
            WHERE NOT EXISTS (SELECT FROM audit_events e WHERE e.action = 'inquiry.submit' AND e.object = k.inquiry_id::text)
              AND (NOT EXISTS (SELECT FROM audit_events e WHERE e.action = 'audit.checkpoint' AND e.detail ? 'through')
                   OR k.created_at > (SELECT min(at) FROM audit_events))
            ORDER BY k.created_at LIMIT 1
            """
        ).first?.decode(UUID.self)
    }
}
