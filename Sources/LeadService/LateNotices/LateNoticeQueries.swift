import Foundation
import NIOCore
import Postgres

/// A promise that will break, and whom it was made to; the number still sealed.
struct BreakingPromise: TableRow {
    static let columns = "t.id, t.due_at, greatest(t.next_attempt_at, t.paused_until), i.id, l.id, l.phone_sealed"
    let task: UUID
    let dueAt: Date
    /// No call comes before it.
    let restsUntil: Date?
    let inquiry: UUID
    let lead: UUID
    let phoneSealed: [UInt8]

    init(row: PostgresRow) throws {
        let (task, dueAt, restsUntil, inquiry, lead, phone) = try row.decode(
            (UUID, Date, Date?, UUID, UUID, ByteBuffer).self)
        self.task = task
        self.dueAt = dueAt
        self.restsUntil = restsUntil
        self.inquiry = inquiry
        self.lead = lead
        self.phoneSealed = phone.bytes
    }
}

/// Whether `inquiries i` still waits for the call it was promised, and nobody told the visitor that it will be late.
private let waits = """
    i.met_at IS NULL AND i.cancelled_at IS NULL AND NOT i.quarantined AND i.erased_at IS NULL AND i.postponed_at IS NULL
    AND NOT EXISTS (SELECT FROM consents c WHERE c.inquiry_id = i.id AND c.purpose = 'inquiry' AND c.withdrawn_at IS NOT NULL)
    """

extension Transaction {
    /// Unmet promises of tasks that nobody is calling: those that fall due before `soon`, and before `later` those that
    /// cannot be kept any more because their task rests until then or longer.
    func breakingPromises(
        at now: Date, soon: Date, later: Date, after lead: UUID?, limit: Int
    ) async throws -> [BreakingPromise] {
        try await self.all(
            """
            SELECT DISTINCT ON (l.id) \(columnsOf: BreakingPromise.self)
            FROM callback_tasks t JOIN leads l ON l.id = t.lead_id OR l.merged_into = t.lead_id
            JOIN inquiries i ON i.lead_id = l.id AND i.due_at = t.due_at
            WHERE t.state <> 'closed' AND t.met_at IS NULL AND t.due_at > \(now) AND (t.claimed_until IS NULL OR t.claimed_until <= \(now))
              AND (t.due_at <= \(soon) OR t.due_at <= \(later) AND greatest(t.next_attempt_at, t.paused_until) >= t.due_at)
              AND l.erased_at IS NULL AND \(unescaped: waits) AND (\(lead)::uuid IS NULL OR l.id > \(lead)::uuid)
              AND NOT EXISTS (SELECT FROM do_not_call n WHERE n.phone_index = l.phone_index)
            ORDER BY l.id, i.accepted_at DESC, i.id DESC LIMIT \(limit)
            """)
    }

    /// Leaves the message in the outbox and writes what it says, once for a promise, unless it is being kept meanwhile.
    ///
    /// - Returns: false when the windows that all sends share are used up; nil when nothing was to be done.
    func insertLateNotice(
        _ promise: BreakingPromise, _ notice: NoticeDraft, to newTime: Date, at now: Date
    ) async throws -> Bool? {
        try await self.rows(
            """
            WITH held AS (
                SELECT t.id FROM callback_tasks t
                WHERE t.id = \(promise.task) AND t.state <> 'closed' AND t.met_at IS NULL AND t.due_at = \(promise.dueAt)
                  AND (t.claimed_until IS NULL OR t.claimed_until <= \(now))
                FOR NO KEY UPDATE SKIP LOCKED
            ), wanted AS MATERIALIZED (
                SELECT l.id, l.phone_index FROM held, leads l JOIN inquiries i ON i.lead_id = l.id AND i.id = \(promise.inquiry)
                WHERE l.id = \(promise.lead) AND l.erased_at IS NULL AND \(unescaped: waits)
                  AND NOT EXISTS (SELECT FROM do_not_call n WHERE n.phone_index = l.phone_index)
            ), admitted AS MATERIALIZED (
                SELECT id, phone_index, \(admitting: notice, at: now) AS yes FROM wanted
            ), postponed AS (
                UPDATE inquiries i SET postponed_at = \(now), postponed_to = \(newTime) FROM admitted a
                WHERE a.yes AND i.lead_id = a.id AND i.due_at = \(promise.dueAt) AND \(unescaped: waits)
                RETURNING i.id
            ), message AS (
                INSERT INTO messages (id, template, inquiry_id, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
                SELECT \(notice.message), 'late_notice', p.id, a.phone_index, \(ByteBuffer(bytes: notice.phoneSealed)),
                       \(ByteBuffer(bytes: notice.parametersSealed)), 'queued', \(now), \(now), \(promise.dueAt)
                FROM admitted a, postponed p WHERE p.id = \(promise.inquiry)
            )
            SELECT a.yes FROM admitted a WHERE NOT a.yes OR EXISTS (SELECT FROM postponed)
            """
        ).first?.decode(Bool.self)
    }
}
