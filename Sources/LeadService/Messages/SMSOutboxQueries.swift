import Foundation
import NIOCore
import Postgres

/// A message this process may send, still sealed.
struct LeasedMessage: TableRow {
    static let columns = "id, attempt, template, phone_sealed, parameters_sealed"
    let id: UUID
    let attempt: Int
    let template: String
    let phoneSealed: [UInt8]
    let parametersSealed: [UInt8]

    init(row: PostgresRow) throws {
        let (id, attempt, template, phone, parameters) = try row.decode(
            (UUID, Int32, String, ByteBuffer, ByteBuffer).self)
        self.id = id
        self.attempt = Int(attempt)
        self.template = template
        self.phoneSealed = phone.bytes
        self.parametersSealed = parameters.bytes
    }
}

extension Transaction {
    /// Marks messages as `sending` under a lease and a new attempt number.
    ///
    /// A number on the do-not-call list gets the codes it asks for and nothing else.
    func leaseMessages(limit: Int, at now: Date, until: Date) async throws -> [LeasedMessage] {
        try await self.all(
            """
            UPDATE messages SET state = 'sending', attempt = attempt + 1, lease_until = \(until)
            WHERE id IN (SELECT id FROM messages m WHERE state = 'queued' AND send_at <= \(now) AND expires_at > \(now)
                           AND (challenge_id IS NOT NULL OR NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = m.phone_index))
                         ORDER BY send_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING \(columnsOf: LeasedMessage.self)
            """)
    }

    /// Writes what became of a message, under the attempt's number; the text is forgotten.
    func finishMessage(_ id: UUID, attempt: Int, with result: MessageResult, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE messages
            SET state = \(result.state), gateway = \(result.gateway), vendor_id = \(result.vendorID), failure = \(result.failure),
                finished_at = \(now), lease_until = NULL, parameters_sealed = NULL
            WHERE id = \(id) AND attempt = \(attempt) AND state = 'sending'
            """)
    }

    /// A message whose sender died is unknown: it may have been sent, so it is not sent again.
    func settleAbandonedMessages(at now: Date) async throws {
        try await self.execute(
            """
            UPDATE messages SET state = 'unknown', failure = 'abandoned', finished_at = \(now), lease_until = NULL, parameters_sealed = NULL
            WHERE state = 'sending' AND lease_until < \(now)
            """)
    }

    /// A code that has expired is not worth sending.
    func expireMessages(at now: Date) async throws {
        try await self.execute(
            """
            UPDATE messages SET state = 'expired', finished_at = \(now), parameters_sealed = NULL
            WHERE state = 'queued' AND expires_at <= \(now)
            """)
    }
}
