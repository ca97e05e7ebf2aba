import Foundation
import NIOCore
import Postgres

/// What stands in the way of an undo.
struct UndoReading: TableRow {
    /// Everything here was read with the lead and the task locked.
    static let columns = """
        u.at, u.adviser_id, a.disposition, t.changed_in IS NOT DISTINCT FROM u.changed_in AND \(Self.isUntouched), \(Self.isSent)
        """

    static let tables = """
        callback_tasks t LEFT JOIN call_undos u ON u.task_id = t.id
        LEFT JOIN call_attempts a ON a.task_id = t.id AND a.claim_number = t.claim_number AND a.refused IS NULL
        """

    /// No other task was opened for the lead since, nobody took anything back, and somebody is still there.
    static let isUntouched = """
        NOT EXISTS (SELECT FROM callback_tasks o WHERE o.lead_id = t.lead_id AND o.id <> t.id AND o.state <> 'closed')
        AND NOT EXISTS (SELECT FROM leads l JOIN privacy_requests p ON p.lead_id = l.id
                        WHERE (l.id = t.lead_id OR l.merged_into = t.lead_id) AND p.kind <> 'copy' AND p.requested_at >= u.at)
        AND EXISTS (SELECT FROM leads l WHERE l.id = t.lead_id AND l.erased_at IS NULL)
        """

    /// A message to the person was handed over since; codes and reminders come for other reasons.
    static let isSent = """
        EXISTS (SELECT FROM leads l JOIN messages m ON m.phone_index = l.phone_index
                WHERE (l.id = t.lead_id OR l.merged_into = t.lead_id) AND m.created_at >= u.at AND m.challenge_id IS NULL
                  AND m.template <> 'permit_reminder' AND m.state NOT IN ('queued', 'expired'))
        """

    let at: Date?
    let adviser: UUID?
    let disposition: String?
    let isUntouched: Bool
    let isSent: Bool

    init(row: PostgresRow) throws {
        (self.at, self.adviser, self.disposition, self.isUntouched, self.isSent) =
            try row.decode((Date?, UUID?, String?, Bool, Bool).self)
    }
}

extension Transaction {
    /// Keeps what a locked task and its lead's promises are, for an undo of the result that is about to be written.
    static func keepingForUndo(_ task: CallbackTask, by adviser: UUID, at now: Date) -> PostgresQuery {
        """
        INSERT INTO call_undos (task_id, adviser_id, at, task, unmet, wechat, changed_in)
        SELECT t.id, \(adviser), \(now), to_jsonb(t),
               ARRAY(SELECT i.id FROM inquiries i JOIN leads l ON l.id = i.lead_id WHERE \(isOrMergedInto: task.leadID) AND i.met_at IS NULL),
               coalesce((SELECT jsonb_agg(to_jsonb(w)) FROM wechat_contacts w JOIN leads l ON l.id = w.lead_id WHERE \(isOrMergedInto: task.leadID)), '[]'),
               pg_current_xact_id()
        FROM callback_tasks t WHERE t.id = \(task.id)
        ON CONFLICT (task_id) DO UPDATE SET adviser_id = excluded.adviser_id, at = excluded.at, task = excluded.task,
            unmet = excluded.unmet, wechat = excluded.wechat, listed = NULL, changed_in = excluded.changed_in
        """
    }

    /// Puts the number of a lead on the do-not-call list, and remembers whether it was this that did.
    static func addingDoNotCall(lead: UUID, of task: UUID, by actor: String, at now: Date) -> PostgresQuery {
        """
        WITH added AS (
            INSERT INTO do_not_call (phone_index, added_at, added_by)
            SELECT phone_index, \(now), \(actor) FROM leads WHERE id = \(lead) ON CONFLICT (phone_index) DO NOTHING
            RETURNING phone_index
        )
        UPDATE call_undos u SET listed = a.phone_index FROM added a WHERE u.task_id = \(task)
        """
    }

    /// Locks the lead of a task with those merged into it, then the task, and with it another one that is given back, then
    /// what waits to be sent to them, so that nothing goes out while the result is undone.
    func lockLeadAndTask(_ task: UUID, and other: UUID?) async throws {
        _ = try await self.pipeline([
            """
            SELECT 1 FROM leads l JOIN callback_tasks t ON t.id = \(task) AND (l.id = t.lead_id OR l.merged_into = t.lead_id)
            ORDER BY l.id FOR NO KEY UPDATE OF l
            """,
            "SELECT 1 FROM callback_tasks WHERE id IN (\(task), \(other)) ORDER BY id FOR UPDATE",
            """
            SELECT 1 FROM messages m JOIN leads l ON l.phone_index = m.phone_index
            JOIN callback_tasks t ON t.id = \(task) AND (l.id = t.lead_id OR l.merged_into = t.lead_id)
            WHERE m.state = 'queued' ORDER BY m.id FOR UPDATE OF m
            """,
        ])
    }

    func undoReading(of task: UUID) async throws -> UndoReading? {
        try await self.first(
            "SELECT \(columnsOf: UndoReading.self) FROM \(unescaped: UndoReading.tables) WHERE t.id = \(task)")
    }

    /// Makes a task what it was before its newest result, but for the claim, which its adviser has again under a new number,
    /// all in one statement: the promises are unmet again, the result stays in the history as one that changed nothing,
    /// and what waits to be sent because of it is not.
    ///
    /// - Returns: false when anything stands in the way.
    func undoResult(
        of task: UUID, by adviser: UUID, recordedAfter start: Date, at now: Date, until: Date, _ event: AuditEvent
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH undone AS (
                SELECT u.*, a.id AS attempt_id, t.claim_number
                FROM \(unescaped: UndoReading.tables)
                WHERE t.id = \(task) AND u.adviser_id = \(adviser) AND u.at > \(start) AND t.changed_in = u.changed_in
                  AND a.disposition <> 'duplicate' AND \(unescaped: UndoReading.isUntouched) AND NOT \(unescaped: UndoReading.isSent)
            ), old AS (
                SELECT c.* FROM undone u JOIN callback_claims c ON c.task_id = u.task_id AND c.claim_number = u.claim_number
            ), restored AS (
                UPDATE callback_tasks t SET
                    state = b.state, paused_reason = b.paused_reason, paused_until = b.paused_until, due_at = b.due_at, met_at = b.met_at,
                    first_attempt_at = b.first_attempt_at, first_contact_at = b.first_contact_at,
                    first_qualified_at = b.first_qualified_at,
                    next_attempt_at = b.next_attempt_at, call_again_at = b.call_again_at, preferred_window = b.preferred_window,
                    attempts = b.attempts, owner_id = b.owner_id, owner_reason = b.owner_reason, pushed_at = b.pushed_at, rests_until = b.rests_until,
                    last_disposition = b.last_disposition, last_attempt_at = b.last_attempt_at,
                    closed_at = b.closed_at, closed_reason = b.closed_reason,
                    claim_number = o.claim_number + 1, claimed_by = o.adviser_id, claim_kind = o.kind, claimed_until = \(until)
                FROM undone u, jsonb_populate_record(NULL::callback_tasks, u.task) b, old o WHERE t.id = u.task_id
                RETURNING t.id
            ), claim AS (
                INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at, began_at, revealed_at, phone_lead_id)
                SELECT o.task_id, o.claim_number + 1, o.adviser_id, o.kind, \(now), coalesce(o.began_at, o.claimed_at), o.revealed_at, o.phone_lead_id
                FROM restored r JOIN old o ON o.task_id = r.id
            ), attempt AS (
                UPDATE call_attempts a SET refused = 'undone', counts = false, closed_reason = NULL, next_attempt_at = NULL, answer = NULL
                FROM undone u WHERE a.id = u.attempt_id
            ), promises AS (
                UPDATE inquiries i SET met_at = NULL FROM undone u WHERE i.id = ANY (u.unmet) AND i.met_at = u.at
            ), unlisted AS (
                DELETE FROM do_not_call d USING undone u WHERE d.phone_index = u.listed
            ), unknown AS (
                DELETE FROM wechat_contacts w USING undone u, leads l, callback_tasks t
                WHERE t.id = u.task_id AND (l.id = t.lead_id OR l.merged_into = t.lead_id) AND w.lead_id = l.id
                  AND w.added_at = u.at AND w.added_by = u.adviser_id
            ), known AS (
                INSERT INTO wechat_contacts (lead_id, added_by, added_at)
                SELECT w.lead_id, w.added_by, w.added_at FROM undone u, jsonb_populate_recordset(NULL::wechat_contacts, u.wechat) w
                ON CONFLICT (lead_id) DO NOTHING
            ), dropped AS (
                UPDATE messages m SET state = 'expired', failure = 'undone', finished_at = \(now), parameters_sealed = NULL
                FROM undone u JOIN callback_tasks t ON t.id = u.task_id JOIN leads l ON l.id = t.lead_id OR l.merged_into = t.lead_id
                WHERE m.phone_index = l.phone_index AND m.state = 'queued' AND m.created_at >= u.at AND m.challenge_id IS NULL
                  AND m.template <> 'permit_reminder'
            ), forgotten AS (
                DELETE FROM call_undos f USING undone u WHERE f.task_id = u.task_id
            ), \(auditing: event, when: "restored")
            SELECT 1 FROM restored
            """)
    }

    /// What can no longer be undone needs no more to be known of.
    func deletePastUndos(before: Date) async throws -> Int {
        try await self.rows("DELETE FROM call_undos WHERE at < \(before) RETURNING 1").count
    }
}
