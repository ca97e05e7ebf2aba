import Foundation
import Leads
import Postgres

/// A lead whose permit ends in thirty days or less, and whom nobody was asked to call about it.
struct DuePermit: TableRow {
    static let columns = "l.id, p.valid_until::text"
    let lead: UUID
    let validUntil: ShanghaiDate

    /// A day that had come when the date was written down is left out: they were in a call then.
    static let conditions = """
        p.valid_until - 30 > (p.recorded_at AT TIME ZONE 'Asia/Shanghai')::date AND \(LeadConsent.allowsCalls)
        AND NOT EXISTS (SELECT FROM permit_calls k WHERE k.lead_id = l.id AND k.valid_until = p.valid_until)
        """

    init(row: PostgresRow) throws {
        let (lead, validUntil) = try row.decode((UUID, String).self)
        self.lead = lead
        self.validUntil = try ShanghaiDate(parsing: validUntil)
    }
}

extension Transaction {
    /// Writes down when a lead's permit ends, or that nobody knows.
    func setPermit(of lead: UUID, _ validUntil: ShanghaiDate?, by staff: UUID, at now: Date) async throws {
        guard let validUntil else {
            try await self.execute("DELETE FROM lead_permits WHERE lead_id = \(lead)")
            return
        }
        // The same date again is no news: its day stays that of the first.
        try await self.execute(
            """
            INSERT INTO lead_permits AS p (lead_id, valid_until, recorded_by, recorded_at)
            VALUES (\(lead), \(validUntil.description)::text::date, \(staff), \(now))
            ON CONFLICT (lead_id) DO UPDATE SET valid_until = excluded.valid_until, recorded_by = excluded.recorded_by,
                recorded_at = excluded.recorded_at
            WHERE p.valid_until <> excluded.valid_until
            """)
    }

    /// Whose permit is due for a call on a day, in the order of their ids.
    func duePermits(on today: ShanghaiDate, after lead: UUID?, limit: Int) async throws -> [DuePermit] {
        let last = today.adding(30).description
        return try await self.all(
            """
            SELECT \(columnsOf: DuePermit.self) FROM lead_permits p JOIN leads l ON l.id = p.lead_id
            WHERE p.valid_until BETWEEN \(today.description)::text::date AND \(last)::text::date
              AND (\(lead)::uuid IS NULL OR l.id > \(lead)::uuid) AND \(unescaped: DuePermit.conditions)
            ORDER BY l.id LIMIT \(limit)
            """)
    }

    func lockLead(_ id: UUID) async throws {
        try await self.execute("SELECT 1 FROM leads WHERE id = \(id) FOR NO KEY UPDATE")
    }

    /// Opens a task of whoever wrote the date down, or names the end of the permit on the one that is open.
    ///
    /// One statement does it with history and audit; it is to be called with the lead locked.
    /// No visitor was promised anything: as after a call that comes in, the task is due as an inquiry of now would be.
    ///
    /// - Returns: false when the lead may not be called, or was asked to be for this date before.
    func openPermitTask(
        _ due: DuePermit, as task: UUID, _ promise: Promise, event id: UUID, at now: Date, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH due AS (
                SELECT l.id AS lead, coalesce(l.merged_into, l.id) AS task_lead, i.id AS inquiry, i.skill, o.id AS owner, p.valid_until
                FROM lead_permits p JOIN leads l ON l.id = p.lead_id LEFT JOIN staff o ON o.id = p.recorded_by AND o.active
                JOIN LATERAL (SELECT id, skill FROM inquiries WHERE lead_id = l.id AND NOT quarantined AND erased_at IS NULL
                              ORDER BY accepted_at DESC, id DESC LIMIT 1) i ON true
                WHERE l.id = \(due.lead) AND p.valid_until = \(due.validUntil.description)::text::date AND \(unescaped: DuePermit.conditions)
            ), task AS (
                INSERT INTO callback_tasks AS t (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional,
                                                 next_attempt_at, owner_id, owner_reason, opened_for, skill)
                SELECT \(task), task_lead, inquiry, 'open', \(now), \(now), \(promise.dueAt), \(promise.provisional),
                       greatest(\(promise.nextAttemptAt), \(unescaped: TaskJoin.rest(of: "task_lead"))),
                       owner, CASE WHEN owner IS NOT NULL THEN 'assigned' END, 'permit_renewal', skill
                FROM due
                -- Nothing of an open task changes; the row is only found this way.
                ON CONFLICT (lead_id) WHERE state <> 'closed' DO UPDATE SET lead_id = t.lead_id
                RETURNING t.id
            ), call AS (
                INSERT INTO permit_calls (lead_id, valid_until, task_id, opened_at)
                SELECT d.lead, d.valid_until, t.id, \(now) FROM due d, task t
            ), told AS (
                INSERT INTO callback_events (id, task_id, at, kind) SELECT \(id), t.id, \(now), 'permit_due' FROM task t
            ), \(auditing: event, when: "task")
            SELECT 1 FROM task
            """)
    }

    /// Forgets when somebody's permit ends.
    func erasePermit(of lead: UUID, upTo limit: Date) async throws {
        try await self.execute("DELETE FROM lead_permits WHERE lead_id = \(lead) AND recorded_at <= \(limit)")
        try await self.execute("DELETE FROM permit_calls WHERE lead_id = \(lead) AND opened_at <= \(limit)")
    }
}
