import Foundation
import Leads
import NIOCore
import Postgres

extension MissedCall: TableRow {
    static let columns = """
        t.state <> 'closed', t.next_attempt_at, a.id, a.disposition, a.at, l.id, l.phone_sealed,
        EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index)
        """

    init(row: PostgresRow) throws {
        let (isOpen, next, attempt, disposition, at, lead, phone, isStopped) = try row.decode(
            (Bool, Date, UUID?, String?, Date?, UUID?, ByteBuffer?, Bool).self)
        self.init(isOpen: isOpen, nextAttemptAt: next, missed: nil, isStopped: isStopped)
        guard let attempt, let disposition = disposition.flatMap({ Disposition(rawValue: $0) }), let at, let lead,
            let phone
        else { return }
        self.missed = Attempt(
            id: attempt, disposition: disposition, at: at, lead: lead, phoneSealed: phone.bytes)
    }
}

extension Transaction {
    /// A task with the adviser's newest counting call on it since an instant, and whose number was rung; nil for nobody's id.
    func missedCall(on task: UUID, by adviser: UUID, since instant: Date) async throws -> MissedCall? {
        try await self.first(
            """
            SELECT \(columnsOf: MissedCall.self) FROM callback_tasks t
            LEFT JOIN LATERAL (SELECT id, claim_number, disposition, at FROM call_attempts
                               WHERE task_id = t.id AND adviser_id = \(adviser) AND at >= \(instant) AND counts AND refused IS NULL
                               ORDER BY at DESC, id DESC LIMIT 1) a ON true
            LEFT JOIN callback_claims c ON c.task_id = t.id AND c.claim_number = a.claim_number
            LEFT JOIN leads l ON l.id = c.phone_lead_id AND l.erased_at IS NULL
            WHERE t.id = \(task)
            """)
    }

    /// Whether the result of the call was not undone meanwhile; to be called with the lead locked, as an undo locks it.
    func stands(_ missed: MissedCall.Attempt) async throws -> Bool {
        try await self.execute("SELECT 1 FROM call_attempts WHERE id = \(missed.id) AND refused IS NULL")
    }

    /// Leaves the message in the outbox, once for its day; to be called with the lead locked.
    ///
    /// - Returns: false when the windows that all sends share are used up; nil when there was one today, or the person wants none.
    func insertMissedCall(
        _ missed: MissedCall.Attempt, _ notice: NoticeDraft, on day: ShanghaiDate, at now: Date, sendAt: Date,
        expiresAt: Date,
        _ event: AuditEvent
    ) async throws -> Bool? {
        try await self.rows(
            """
            WITH due AS (
                SELECT l.id, l.phone_index FROM leads l
                WHERE l.id = \(missed.lead) AND l.erased_at IS NULL
                  AND NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index)
                  AND NOT EXISTS (SELECT FROM missed_call_messages r LEFT JOIN messages m ON m.id = r.message_id
                                  WHERE r.lead_id = l.id AND r.day = \(day.description)::text::date
                                    AND coalesce(m.state, '') NOT IN ('expired', 'failed'))
            ), admitted AS MATERIALIZED (
                SELECT id, phone_index, \(admitting: notice, at: now) AS yes FROM due
            ), message AS (
                INSERT INTO messages (id, template, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
                SELECT \(notice.message), 'missed_call', phone_index, \(ByteBuffer(bytes: notice.phoneSealed)),
                       \(ByteBuffer(bytes: notice.parametersSealed)), 'queued', \(now), \(sendAt), \(expiresAt)
                FROM admitted WHERE yes
                RETURNING id
            ), told AS (
                INSERT INTO missed_call_messages AS r (lead_id, day, attempt_id, message_id, created_at)
                SELECT a.id, \(day.description)::text::date, \(missed.id), m.id, \(now) FROM admitted a, message m
                ON CONFLICT (lead_id, day) DO UPDATE
                SET attempt_id = excluded.attempt_id, message_id = excluded.message_id, created_at = excluded.created_at
                RETURNING lead_id
            ), \(auditing: event, when: "told")
            SELECT yes FROM admitted
            """
        ).first?.decode(Bool.self)
    }
}
