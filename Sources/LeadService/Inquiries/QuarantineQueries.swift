import Foundation
import NIOCore
import Postgres

extension QuarantinedInquiry: TableRow {
    static let columns = """
        q.inquiry_id, l.id, l.phone_sealed, i.name_sealed, i.preferred_window, short_source(i.source), q.reason, q.state, q.submitted_at,
        q.told_due_at, i.due_at, s.username, q.reviewed_at,
        i.cancelled_at
        """

    /// What was erased is nobody's to look at any more; its row stays for the counts.
    static let tables = """
        quarantined_inquiries q JOIN inquiries i ON i.id = q.inquiry_id AND i.erased_at IS NULL JOIN leads l ON l.id = i.lead_id
        LEFT JOIN staff s ON s.id = q.reviewed_by
        """

    init(row: PostgresRow) throws {
        let c = row.makeRandomAccess()
        self.init(
            id: try c[0].decode(UUID.self), leadID: try c[1].decode(UUID.self),
            phoneSealed: try c[2].decode(ByteBuffer.self).bytes, nameSealed: try c[3].decode(ByteBuffer.self).bytes,
            window: try c[4].decode(String?.self), source: try c[5].decode(String.self),
            reason: try c[6].decode(String.self), state: try c[7].decode(String.self),
            submittedAt: try c[8].decode(Date.self), toldDueAt: try c[9].decode(Date.self),
            dueAt: try c[10].decode(Date.self), reviewedBy: try c[11].decode(String?.self),
            reviewedAt: try c[12].decode(Date?.self), cancelledAt: try c[13].decode(Date?.self))
    }
}

extension Transaction {
    /// A page of what was put aside, the newest first.
    func quarantinedInquiries(
        _ state: String, after cursor: QuarantineCursor?, limit: Int
    ) async throws -> [QuarantinedInquiry] {
        try await self.all(
            """
            SELECT \(columnsOf: QuarantinedInquiry.self) FROM \(unescaped: QuarantinedInquiry.tables)
            WHERE q.state = \(state)
              AND (\(cursor?.submittedAt)::timestamptz IS NULL
                   OR (q.submitted_at, q.inquiry_id) < (\(cursor?.submittedAt)::timestamptz, \(cursor?.id)::uuid))
            ORDER BY q.submitted_at DESC, q.inquiry_id DESC LIMIT \(limit)
            """)
    }

    func quarantinedInquiry(_ id: UUID) async throws -> QuarantinedInquiry? {
        try await self.first(
            "SELECT \(columnsOf: QuarantinedInquiry.self) FROM \(unescaped: QuarantinedInquiry.tables) WHERE q.inquiry_id = \(id)"
        )
    }

    /// Marks an inquiry as a program's; false when it was released.
    func dismissInquiry(_ id: UUID, by reviewer: UUID, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            UPDATE quarantined_inquiries SET state = 'dismissed', reviewed_by = \(reviewer), reviewed_at = \(now)
            WHERE inquiry_id = \(id) AND state <> 'released' RETURNING 1
            """)
    }

    /// Whether a number was put on the do-not-call list at an instant or later.
    func refusesCalls(_ phone: [UInt8], since instant: Date) async throws -> Bool {
        try await self.execute(
            "SELECT 1 FROM do_not_call WHERE phone_index = \(ByteBuffer(bytes: phone)) AND added_at >= \(instant)")
    }

    /// Accepts an inquiry now, in one statement: it opens the lead's task or joins the open one, like any other (contract §4.2).
    ///
    /// - Parameters:
    ///   - confirmation: the message to the number, if there is one.
    ///   - phone: the number's keyed hash.
    /// - Returns: the deadline, or nil when it was released before.
    func releaseInquiry(
        _ id: UUID, task: UUID, promise: Promise, window: String?, confirmation: NoticeDraft?, to phone: [UInt8],
        by reviewer: UUID, at now: Date
    ) async throws -> Date? {
        let rows = try await self.rows(
            """
            WITH reviewed AS (
                UPDATE quarantined_inquiries SET state = 'released', reviewed_by = \(reviewer), reviewed_at = \(now)
                WHERE inquiry_id = \(id) AND state <> 'released'
                RETURNING inquiry_id
            ), task AS (
                INSERT INTO callback_tasks AS t (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at,
                                                 provisional, next_attempt_at, preferred_window, skill)
                SELECT \(task), coalesce(l.merged_into, l.id), r.inquiry_id, 'open', \(now), \(now), \(promise.dueAt),
                       \(promise.provisional),
                       greatest(\(promise.nextAttemptAt), \(unescaped: TaskJoin.rest(of: MergedLead.target))), \(window), i.skill
                FROM reviewed r JOIN inquiries i ON i.id = r.inquiry_id JOIN leads l ON l.id = i.lead_id
                ON CONFLICT (lead_id) WHERE state <> 'closed' DO UPDATE SET
                    state = 'open', paused_reason = NULL, paused_until = NULL, latest_inquiry_id = excluded.latest_inquiry_id,
                    skill = excluded.skill,
                    newest_inquiry_at = excluded.newest_inquiry_at, met_at = NULL, attempts = 0,
                    due_at = \(unescaped: TaskJoin.dueAt), provisional = \(unescaped: TaskJoin.provisional),
                    preferred_window = CASE WHEN \(unescaped: TaskJoin.opensTooLate) THEN t.preferred_window ELSE excluded.preferred_window END,
                    call_again_at = CASE WHEN \(unescaped: TaskJoin.keepsAgreedTime) THEN t.call_again_at END,
                    next_attempt_at = \(joinedNextAttempt: now)
                RETURNING CASE WHEN t.due_at > \(now) THEN t.due_at ELSE \(promise.dueAt) END AS told,
                          CASE WHEN t.due_at > \(now) THEN t.provisional ELSE \(promise.provisional) END AS provisional
            ), inquiry AS (
                UPDATE inquiries i SET quarantined = false, accepted_at = \(now), due_at = task.told, first_due_at = NULL,
                                       provisional = task.provisional
                FROM task WHERE i.id = \(id)
                RETURNING i.id, i.due_at
            \(confirmation: confirmation, to: ByteBuffer(bytes: phone), at: now))
            SELECT due_at FROM inquiry
            """)
        return try rows.first?.decode(Date.self)
    }
}
