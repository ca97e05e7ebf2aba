import Foundation
import NIOCore
import Postgres

extension BoundSubmit: TableRow {
    static let columns = "inquiry_id, phone_index, fingerprint, body_sealed, due_at"

    init(row: PostgresRow) throws {
        let (id, phone, fingerprint, body, dueAt) = try row.decode(
            (UUID, ByteBuffer, ByteBuffer, ByteBuffer, Date).self)
        self.init(
            inquiryID: id, phoneIndex: phone.bytes, fingerprint: fingerprint.bytes, bodySealed: body.bytes, dueAt: dueAt
        )
    }
}

extension Transaction {
    /// The first body under an inquiry's id.
    func boundSubmit(_ inquiry: UUID) async throws -> BoundSubmit? {
        try await self.first("SELECT \(columnsOf: BoundSubmit.self) FROM submit_keys WHERE inquiry_id = \(inquiry)")
    }

    /// Writes the body that is only known once the inquiry is stored, in the transaction that stores it.
    func bindBody(_ sealed: [UInt8], to inquiry: UUID) async throws {
        try await self.execute(
            "UPDATE submit_keys SET body_sealed = \(ByteBuffer(bytes: sealed)) WHERE inquiry_id = \(inquiry)")
    }

    /// Whether a number is on the do-not-call list.
    func isListed(phone index: [UInt8]) async throws -> Bool {
        try await self.execute("SELECT 1 FROM do_not_call WHERE phone_index = \(ByteBuffer(bytes: index))")
    }

    /// The inquiry that the id or the key is bound to; when they are bound to different ones, the id's.
    func boundSubmit(_ attempt: SubmitAttempt) async throws -> BoundSubmit? {
        guard !attempt.locks.isEmpty else { return nil }
        return try await self.first(
            """
            SELECT \(columnsOf: BoundSubmit.self) FROM submit_keys
            WHERE inquiry_id = \(attempt.inquiryID)
               OR (phone_index = \(ByteBuffer(bytes: attempt.phoneIndex)) AND idempotency_key = \(attempt.idempotencyKey)
                   AND created_at > \(attempt.at.addingTimeInterval(-86400)))
            ORDER BY inquiry_id = \(attempt.inquiryID) DESC LIMIT 1
            """)
    }
}
