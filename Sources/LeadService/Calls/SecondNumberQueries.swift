import Foundation
import NIOCore
import Postgres

extension SealedSecondNumber: TableRow {
    static let columns = "n.lead_id, n.phone_sealed"

    init(row: PostgresRow) throws {
        let (lead, sealed) = try row.decode((UUID, ByteBuffer).self)
        self.init(lead: lead, sealed: sealed.bytes)
    }
}

extension Transaction {
    /// Locks a lead until the transaction ends; false when it is erased or nobody's.
    func lockLiveLead(_ lead: UUID) async throws -> Bool {
        try await self.execute("SELECT 1 FROM leads WHERE id = \(lead) AND erased_at IS NULL FOR NO KEY UPDATE")
    }

    /// Extends the adviser's live claim on the task of a lead, or of the one it was merged into.
    func extendClaim(onLead lead: UUID, by adviser: UUID, at now: Date, until: Date) async throws -> Bool {
        try await self.execute(
            """
            UPDATE callback_tasks SET claimed_until = \(until)
            WHERE lead_id = (SELECT coalesce(merged_into, id) FROM leads WHERE id = \(lead)) AND state <> 'closed'
              AND claimed_by = \(adviser) AND claimed_until > \(now)
            RETURNING 1
            """)
    }

    func setSecondNumber(_ sealed: [UInt8]?, of lead: UUID, at now: Date) async throws {
        guard let sealed else {
            try await self.execute("DELETE FROM second_numbers WHERE lead_id = \(lead)")
            return
        }
        try await self.execute(
            """
            INSERT INTO second_numbers (lead_id, phone_sealed, set_at) VALUES (\(lead), \(ByteBuffer(bytes: sealed)), \(now))
            ON CONFLICT (lead_id) DO UPDATE SET phone_sealed = excluded.phone_sealed, set_at = excluded.set_at
            """)
    }

    func secondNumber(of lead: UUID) async throws -> SealedSecondNumber? {
        try await self.first(
            "SELECT \(columnsOf: SealedSecondNumber.self) FROM second_numbers n WHERE n.lead_id = \(lead)")
    }

    /// The further number of the lead whose number was shown under the adviser's live claim, unless calls to it are stopped.
    func revealedSecondNumber(of task: UUID, to adviser: UUID, at now: Date) async throws -> SealedSecondNumber? {
        try await self.first(
            """
            SELECT \(columnsOf: SealedSecondNumber.self)
            FROM callback_tasks t JOIN callback_claims c ON c.task_id = t.id AND c.claim_number = t.claim_number
            JOIN leads l ON l.id = c.phone_lead_id JOIN second_numbers n ON n.lead_id = l.id
            WHERE t.id = \(task) AND t.claimed_by = \(adviser) AND t.claimed_until > \(now) AND c.revealed_at IS NOT NULL
              AND (t.claim_kind = 'incoming' OR NOT \(unescaped: StoppedNumber.condition))
            """)
    }

    /// Forgets a lead's further number and what recordings of its calls are called, and who missed a call of ours.
    func eraseTelephone(of lead: UUID, upTo limit: Date, at now: Date) async throws {
        try await self.execute("DELETE FROM second_numbers WHERE lead_id = \(lead) AND set_at <= \(limit)")
        try await self.execute("DELETE FROM missed_call_messages WHERE lead_id = \(lead) AND created_at <= \(limit)")
        try await self.execute(
            """
            UPDATE calls c SET recording_reference_sealed = NULL, erased_at = \(now), send_at = NULL,
                   state = CASE WHEN c.send_at IS NULL THEN c.state ELSE 'failed' END,
                   failure = CASE WHEN c.send_at IS NULL THEN c.failure ELSE 'erased' END
            FROM callback_claims k
            WHERE k.task_id = c.task_id AND k.claim_number = c.claim_number AND k.phone_lead_id = \(lead) AND c.requested_at <= \(limit)
            """)
    }
}
