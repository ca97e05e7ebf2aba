import Foundation
import Postgres

/// The open task that calls a lead, or that it was merged into.
private struct LeavingTask: TableRow {
    static let columns = "t.id, t.lead_id, t.accepted_at"
    let id: UUID
    let lead: UUID
    let acceptedAt: Date

    init(row: PostgresRow) throws {
        (self.id, self.lead, self.acceptedAt) = try row.decode((UUID, UUID, Date).self)
    }
}

extension Transaction {
    /// Takes a lead out of the queue at once: its unmet inquiries are cancelled, its open task is closed and any claim on it
    /// ends.
    ///
    /// Only a task that inquiries of another number still need, one that may be called, stays open (contract §4.11): it goes on
    /// with the newest of them and is due when the earliest unmet of them is. One that an adviser opened for a call stays if there are any.
    ///
    /// - Returns: whether a task was closed.
    @discardableResult
    func leaveQueue(_ lead: UUID, reason: String, at now: Date) async throws -> Bool {
        let task = try await self.first(
            """
            SELECT \(columnsOf: LeavingTask.self) FROM callback_tasks t JOIN leads l ON t.lead_id = coalesce(l.merged_into, l.id)
            WHERE l.id = \(lead) AND t.state <> 'closed' FOR UPDATE OF t
            """, as: LeavingTask.self)
        try await self.execute(
            """
            UPDATE inquiries SET cancelled_at = \(now)
            WHERE lead_id = \(lead) AND met_at IS NULL AND cancelled_at IS NULL AND erased_at IS NULL
            """)
        guard let task else { return false }
        return try await self.execute(
            """
            WITH others AS (
                SELECT i.* FROM inquiries i JOIN leads m ON m.id = i.lead_id
                WHERE (m.id = \(task.lead) OR m.merged_into = \(task.lead)) AND m.id <> \(lead) AND NOT i.quarantined AND i.erased_at IS NULL AND i.cancelled_at IS NULL
                  AND NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = m.phone_index AND d.added_at > i.accepted_at)
            ), stays AS (
                SELECT count(*) FILTER (WHERE accepted_at >= \(task.acceptedAt)) > 0
                    OR count(*) > 0 AND EXISTS (SELECT FROM callback_tasks p WHERE p.id = \(task.id) AND p.opened_for IS NOT NULL)
                    OR count(*) > 0 AND NOT EXISTS (SELECT FROM inquiries own WHERE own.lead_id = \(lead) AND own.accepted_at >= \(task.acceptedAt))
                    AS yes,
                    min(due_at) FILTER (WHERE met_at IS NULL AND accepted_at >= \(task.acceptedAt)) AS unmet, max(met_at) AS met_at
                FROM others
            ), kept AS (
                UPDATE callback_tasks t SET
                    (latest_inquiry_id, skill) = (SELECT id, skill FROM others ORDER BY accepted_at DESC, id DESC LIMIT 1),
                    due_at = coalesce(s.unmet, t.due_at),
                    met_at = CASE WHEN s.unmet IS NULL THEN coalesce(t.met_at, s.met_at, \(now)) END
                FROM stays s WHERE s.yes AND t.id = \(task.id)
            ), ended AS (
                UPDATE callback_claims c SET
                    ended_at = least(\(now), t.claimed_until),
                    end_reason = CASE WHEN t.claimed_until <= \(now) THEN 'expired' ELSE 'closed' END
                FROM callback_tasks t, stays s
                WHERE NOT s.yes AND t.id = \(task.id) AND c.task_id = t.id AND c.claim_number = t.claim_number AND c.ended_at IS NULL
            )
            UPDATE callback_tasks t SET state = 'closed', paused_reason = NULL, paused_until = NULL, closed_at = \(now), closed_reason = \(reason),
                   claimed_by = NULL, claim_kind = NULL, claimed_until = NULL
            FROM stays s WHERE NOT s.yes AND t.id = \(task.id)
            RETURNING 1
            """)
    }
}
