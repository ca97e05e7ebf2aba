import Foundation
import Leads
import Postgres

extension ReceiptRow: TableRow {
    static let columns = """
        i.id, l.id, i.accepted_at, i.due_at, i.met_at, i.cancelled_at, i.window_changed_at, i.preferred_window, i.quarantined,
        t.id, t.lead_id, t.state, t.accepted_at, t.due_at, t.met_at, t.next_attempt_at, t.preferred_window, t.call_again_at, t.closed_at,
        i.assessment_id, coalesce(q.told_next_attempt_at, i.accepted_at), greatest(i.due_at, i.first_due_at),
        (SELECT min(greatest(p.due_at, p.first_due_at)) FROM inquiries p JOIN leads o ON o.id = p.lead_id
         WHERE (o.id = t.lead_id OR o.merged_into = t.lead_id) AND p.accepted_at >= t.accepted_at
           AND p.met_at IS NULL AND p.cancelled_at IS NULL AND NOT p.quarantined),
        CASE WHEN i.window_changed_at > i.postponed_at THEN NULL ELSE i.postponed_to END
        """

    init(row: PostgresRow) throws {
        let c = row.makeRandomAccess()
        self.init(
            inquiryID: try c[0].decode(UUID.self), leadID: try c[1].decode(UUID.self),
            acceptedAt: try c[2].decode(Date.self), dueAt: try c[3].decode(Date.self),
            metAt: try c[4].decode(Date?.self), cancelledAt: try c[5].decode(Date?.self),
            windowChangedAt: try c[6].decode(Date?.self), window: try c[7].decode(String?.self),
            isQuarantined: try c[8].decode(Bool.self), toldNextAttemptAt: try c[20].decode(Date.self),
            firstDueAt: try c[22].decode(Date?.self) ?? c[21].decode(Date.self),
            assessmentID: try c[19].decode(UUID?.self), postponedTo: try c[23].decode(Date?.self))
        guard let id = try c[9].decode(UUID?.self) else { return }
        self.task = ReceiptTask(
            id: id, leadID: try c[10].decode(UUID.self), state: try c[11].decode(String.self),
            acceptedAt: try c[12].decode(Date.self), dueAt: try c[13].decode(Date.self),
            metAt: try c[14].decode(Date?.self), nextAttemptAt: try c[15].decode(Date.self),
            window: try c[16].decode(String?.self), callAgainAt: try c[17].decode(Date?.self),
            closedAt: try c[18].decode(Date?.self))
    }
}

extension DeadlineMove: TableRow {
    static let columns = "moved_at, earlier_due_at, due_at"

    init(row: PostgresRow) throws {
        let (at, earlier, dueAt) = try row.decode((Date, Date, Date).self)
        self.init(at: at, earlier: earlier, dueAt: dueAt)
    }
}

extension Transaction {
    /// An inquiry and the task that answers it: the first of its lead that was open after it; nothing when it was erased.
    ///
    /// A task of a later inquiry is not this one's: whoever holds an old link neither sees nor moves what came after.
    func receipt(_ inquiry: UUID) async throws -> ReceiptRow? {
        try await self.first(
            """
            SELECT \(columnsOf: ReceiptRow.self) FROM inquiries i JOIN leads l ON l.id = i.lead_id
            LEFT JOIN LATERAL (SELECT * FROM callback_tasks WHERE lead_id = coalesce(l.merged_into, l.id)
                                 AND (closed_at IS NULL OR closed_at >= i.accepted_at)
                               ORDER BY closed_at NULLS LAST, id LIMIT 1) t ON NOT i.quarantined
            LEFT JOIN quarantined_inquiries q ON q.inquiry_id = i.id
            WHERE i.id = \(inquiry) AND i.erased_at IS NULL
            """)
    }

    /// Calls to a lead's own number since an inquiry, up to the end of its task, the oldest first.
    func receiptCalls(of lead: UUID, since acceptedAt: Date, until end: Date?) async throws -> [CopiedCall] {
        try await self.all(
            """
            SELECT \(columnsOf: CopiedCall.self) FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id
            JOIN callback_claims c ON c.task_id = a.task_id AND c.claim_number = a.claim_number
            WHERE \(callsOf: lead) AND a.refused IS NULL AND a.counts AND a.at >= \(acceptedAt)
              AND (\(end)::timestamptz IS NULL OR a.at <= \(end)::timestamptz) ORDER BY a.at, a.id LIMIT 100
            """)
    }

    /// How imported calendars moved an inquiry's deadline since it was accepted, the oldest first.
    func deadlineMoves(of inquiry: UUID, since acceptedAt: Date) async throws -> [DeadlineMove] {
        try await self.all(
            """
            SELECT \(columnsOf: DeadlineMove.self) FROM deadline_moves
            WHERE inquiry_id = \(inquiry) AND moved_at >= \(acceptedAt) ORDER BY moved_at
            """)
    }

    /// Locks an inquiry's lead, so that a change of its promise and a new inquiry cannot both win.
    func lockLead(ofInquiry inquiry: UUID) async throws {
        try await self.execute(
            """
            SELECT 1 FROM leads WHERE id = (SELECT lead_id FROM inquiries WHERE id = \(inquiry) AND erased_at IS NULL) FOR UPDATE
            """)
    }

    /// Takes back an inquiry that has no task.
    func cancelInquiry(_ inquiry: UUID, at now: Date) async throws {
        try await self.execute(
            "UPDATE inquiries SET cancelled_at = \(now) WHERE id = \(inquiry) AND cancelled_at IS NULL AND erased_at IS NULL"
        )
    }

    /// Moves what the visitor was told for every promise of theirs that the task carries, and this one; none is provisional
    /// any more, because they chose its time themselves.
    func moveDeadlines(of receipt: ReceiptRow, to dueAt: Date, window: PreferredWindow, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE inquiries SET first_due_at = coalesce(first_due_at, due_at), due_at = \(dueAt), provisional = false,
                   preferred_window = \(window.rawValue), window_changed_at = \(now)
            WHERE lead_id = \(receipt.leadID) AND met_at IS NULL AND cancelled_at IS NULL AND erased_at IS NULL
              AND (id = \(receipt.inquiryID) OR NOT quarantined AND accepted_at >= \(receipt.task?.acceptedAt)::timestamptz)
            """)
    }

    /// The window of the next try; the promise that is past or kept stays as it was told, whatever calendar comes.
    func setWindow(of inquiry: UUID, _ window: PreferredWindow, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE inquiries SET preferred_window = \(window.rawValue), window_changed_at = \(now), provisional = false
            WHERE id = \(inquiry)
            """)
    }

    /// What the receipt of an inquiry that has no task shows as the next try.
    func setToldNextAttempt(of inquiry: UUID, at next: Date) async throws {
        try await self.execute(
            "UPDATE quarantined_inquiries SET told_next_attempt_at = \(next) WHERE inquiry_id = \(inquiry)")
    }

    /// The earliest promise a task carries.
    func earliestUnmet(of task: ReceiptTask) async throws -> Date? {
        let rows = try await self.rows(
            """
            SELECT min(i.due_at) FROM inquiries i JOIN leads l ON l.id = i.lead_id
            WHERE (l.id = \(task.leadID) OR l.merged_into = \(task.leadID)) AND i.accepted_at >= \(task.acceptedAt)
              AND i.met_at IS NULL AND i.cancelled_at IS NULL AND NOT i.quarantined
            """)
        return try rows.first?.decode(Date?.self)
    }

    /// The visitor's own window, and when it next opens on the day they chose, in place of whatever was agreed and of a pause.
    ///
    /// - Parameter isChosen: whether the deadline is the visitor's own choice, which no calendar moves.
    func setWindow(
        ofTask task: UUID, _ window: PreferredWindow, dueAt: Date, isChosen: Bool, nextAttemptAt: Date
    ) async throws {
        try await self.execute(
            """
            UPDATE callback_tasks SET preferred_window = \(window.rawValue), due_at = \(dueAt), next_attempt_at = \(nextAttemptAt),
                   call_again_at = NULL, state = 'open', paused_reason = NULL, paused_until = NULL,
                   provisional = provisional AND NOT \(isChosen)
            WHERE id = \(task) AND state <> 'closed'
            """)
    }
}
