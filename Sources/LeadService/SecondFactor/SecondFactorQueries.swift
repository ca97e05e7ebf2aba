import Foundation
import NIOCore
import Postgres

extension StoredSecondFactor: TableRow {
    static let columns = "id, secret_sealed"

    init(row: PostgresRow) throws {
        let (id, sealed) = try row.decode((UUID, ByteBuffer).self)
        self.init(id: id, secretSealed: Array(sealed.readableBytesView))
    }
}

/// To be called with the person's row locked: two of a person then come one after the other.
extension Transaction {
    func beginSecondFactor(_ id: UUID, of staff: UUID, sealed: [UInt8], recovery: [[UInt8]], at now: Date) async throws
    {
        try await self.execute("DELETE FROM staff_totp WHERE staff_id = \(staff) AND confirmed_at IS NULL")
        try await self.execute(
            """
            INSERT INTO staff_totp (id, staff_id, secret_sealed, recovery_hashes, created_at)
            VALUES (\(id), \(staff), \(ByteBuffer(bytes: sealed)), \(recovery.map { ByteBuffer(bytes: $0) })::bytea[], \(now))
            """)
    }

    func secondFactor(of staff: UUID, isConfirmed: Bool) async throws -> StoredSecondFactor? {
        try await self.first(
            """
            SELECT \(columnsOf: StoredSecondFactor.self) FROM staff_totp
            WHERE staff_id = \(staff) AND (confirmed_at IS NOT NULL) = \(isConfirmed)
            """)
    }

    func confirmSecondFactor(_ id: UUID, at now: Date, step: Int64) async throws {
        try await self.execute("UPDATE staff_totp SET confirmed_at = \(now), last_step = \(step) WHERE id = \(id)")
    }

    /// - Returns: false when that code, or a newer one, was used before.
    func useStep(_ step: Int64, of id: UUID) async throws -> Bool {
        try await self.execute(
            "UPDATE staff_totp SET last_step = \(step) WHERE id = \(id) AND last_step < \(step) RETURNING 1")
    }

    /// - Returns: false for a code that is none of theirs or was used.
    func useRecoveryCode(_ hash: [UInt8], of id: UUID) async throws -> Bool {
        let bytes = ByteBuffer(bytes: hash)
        return try await self.execute(
            """
            UPDATE staff_totp SET recovery_hashes = array_remove(recovery_hashes, \(bytes)::bytea)
            WHERE id = \(id) AND \(bytes)::bytea = ANY(recovery_hashes) RETURNING 1
            """)
    }

    /// Takes what was confirmed away, and what was begun but for `begun`.
    ///
    /// - Returns: false when there was nothing.
    @discardableResult func removeSecondFactor(of staff: UUID, butFor begun: UUID? = nil) async throws -> Bool {
        try await self.execute(
            "DELETE FROM staff_totp WHERE staff_id = \(staff) AND id IS DISTINCT FROM \(begun)::uuid RETURNING 1")
    }
}
