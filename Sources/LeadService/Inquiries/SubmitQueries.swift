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
