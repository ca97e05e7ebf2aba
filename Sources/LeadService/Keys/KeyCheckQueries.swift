import Foundation
import Leads
import NIOCore
import Postgres

/// What the database remembers of one master key.
struct StoredKeyCheck: TableRow {
    static let columns = "number, mac"
    let number: UInt8
    let mac: [UInt8]

    init(number: UInt8, mac: [UInt8]) {
        self.number = number
        self.mac = mac
    }

    init(row: PostgresRow) throws {
        let (number, mac) = try row.decode((Int16, ByteBuffer).self)
        self.init(number: UInt8(clamping: number), mac: mac.bytes)
    }
}

extension Transaction {
    /// One process at a time writes down keys, so that each sees those of the one before.
    func lockKeyChecks() async throws {
        try await self.execute("SELECT pg_advisory_xact_lock(7203185243)")
    }

    func keyChecks() async throws -> [StoredKeyCheck] {
        try await self.all("SELECT \(columnsOf: StoredKeyCheck.self) FROM key_checks ORDER BY number")
    }

    func insertKeyCheck(_ check: StoredKeyCheck, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO key_checks (number, mac, seen_at)
            VALUES (\(Int16(check.number)), \(ByteBuffer(bytes: check.mac)), \(now))
            """)
    }

    func newestAuditEvents(_ count: Int) async throws -> [AuditEvent] {
        try await self.all(
            "SELECT \(columnsOf: AuditEvent.self) FROM audit_events e ORDER BY e.id DESC LIMIT \(count)")
    }
}
