import Foundation
import Postgres

/// Where a merged lead stands; read with both leads and their tasks locked.
struct MergeReading: TableRow {
    static let columns = """
        l.merged_into, t.id, h.username, t.claimed_until,
        EXISTS (SELECT FROM inquiries i WHERE i.lead_id = l.id AND NOT i.quarantined AND i.accepted_at >= t.accepted_at)
        """
    let target: UUID?
    /// The open task of the lead it was merged into.
    let task: UUID?
    let holder: String?
    let heldUntil: Date?
    /// Whether that task serves inquiries of the merged lead.
    let isCarried: Bool

    init(row: PostgresRow) throws {
        (self.target, self.task, self.holder, self.heldUntil, self.isCarried) =
            try row.decode((UUID?, UUID?, String?, Date?, Bool).self)
    }
}

extension Transaction {
    /// Locks a lead with the one it was merged into, then what tasks of theirs a change of the link touches.
    func lockMerge(of lead: UUID) async throws {
        _ = try await self.pipeline([
            """
            SELECT 1 FROM leads WHERE id = \(lead) OR id = (SELECT merged_into FROM leads WHERE id = \(lead)) ORDER BY id FOR NO KEY UPDATE
            """,
            """
            SELECT 1 FROM callback_tasks WHERE lead_id = \(lead)
               OR lead_id = (SELECT merged_into FROM leads WHERE id = \(lead)) AND state <> 'closed'
            ORDER BY id FOR UPDATE
            """,
        ])
    }

    func mergeReading(of lead: UUID) async throws -> MergeReading? {
        try await self.first(
            """
            SELECT \(columnsOf: MergeReading.self) FROM leads l
            LEFT JOIN callback_tasks t ON t.lead_id = l.merged_into AND t.state <> 'closed' LEFT JOIN staff h ON h.id = t.claimed_by
            WHERE l.id = \(lead) AND l.erased_at IS NULL
            """)
    }

    /// Parts the task of the lead that another was merged into: it goes on with its own inquiries, or, where it has none
    /// of its own, it is the merged lead's from now on, with everything that was agreed in it.
    ///
    /// - Returns: whether the task went with the merged lead.
    func partTask(_ task: UUID, of target: UUID, from lead: UUID, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            WITH carried AS (
                SELECT id, accepted_at, opened_for FROM callback_tasks WHERE id = \(task)
            ), others AS (
                SELECT i.* FROM inquiries i JOIN leads l ON l.id = i.lead_id
                WHERE \(isOrMergedInto: target) AND l.id <> \(lead) AND NOT i.quarantined AND i.erased_at IS NULL AND i.cancelled_at IS NULL
                  AND NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index AND d.added_at > i.accepted_at)
            ), stays AS (
                SELECT count(*) FILTER (WHERE o.accepted_at >= c.accepted_at) > 0 OR count(o.id) > 0 AND c.opened_for IS NOT NULL AS yes,
                       min(o.due_at) FILTER (WHERE o.met_at IS NULL AND o.accepted_at >= c.accepted_at) AS unmet, max(o.met_at) AS met_at
                FROM carried c LEFT JOIN others o ON true GROUP BY c.opened_for
            ), kept AS (
                UPDATE callback_tasks t SET
                    (latest_inquiry_id, skill) = (SELECT id, skill FROM others ORDER BY accepted_at DESC, id DESC LIMIT 1),
                    due_at = coalesce(s.unmet, t.due_at),
                    met_at = CASE WHEN s.unmet IS NULL THEN coalesce(t.met_at, s.met_at) END
                FROM stays s WHERE s.yes AND t.id = \(task)
            )
            UPDATE callback_tasks t SET lead_id = \(lead),
                (latest_inquiry_id, skill) = (SELECT id, skill FROM inquiries WHERE lead_id = \(lead) AND NOT quarantined
                                              AND erased_at IS NULL ORDER BY accepted_at DESC, id DESC LIMIT 1)
            FROM stays s WHERE NOT s.yes AND t.id = \(task)
            RETURNING 1
            """)
    }

    /// Takes the link away.
    func unlink(_ lead: UUID, from target: UUID) async throws -> Bool {
        try await self.execute(
            "UPDATE leads SET merged_into = NULL WHERE id = \(lead) AND merged_into = \(target) RETURNING 1")
    }

    /// Opens the lead's own task again that ended with the merge, for what it was promised and nobody has kept.
    ///
    /// Where nothing is left to keep, the task ends anew, after what was asked meanwhile.
    func restoreTask(of lead: UUID, at now: Date) async throws {
        try await self.execute(
            """
            WITH own AS (
                SELECT id, accepted_at, closed_at FROM callback_tasks WHERE lead_id = \(lead) ORDER BY accepted_at DESC, id DESC LIMIT 1
            ), unmet AS (
                SELECT i.* FROM own o JOIN inquiries i ON i.lead_id = \(lead) AND i.accepted_at >= o.accepted_at
                JOIN leads l ON l.id = i.lead_id
                WHERE i.met_at IS NULL AND i.cancelled_at IS NULL AND NOT i.quarantined AND i.erased_at IS NULL
                  AND NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index AND d.added_at > i.accepted_at)
            ), newest AS (
                SELECT id, accepted_at, preferred_window, skill FROM unmet ORDER BY accepted_at DESC, id DESC LIMIT 1
            ), earliest AS (
                SELECT due_at, provisional FROM unmet ORDER BY due_at, id LIMIT 1
            ), opened AS (
                UPDATE callback_tasks t SET state = 'open', closed_at = NULL, closed_reason = NULL, met_at = NULL, attempts = 0,
                    latest_inquiry_id = n.id, skill = n.skill, newest_inquiry_at = greatest(t.newest_inquiry_at, n.accepted_at), due_at = e.due_at,
                    provisional = e.provisional, call_again_at = NULL,
                    preferred_window = CASE WHEN e.due_at > \(now) THEN n.preferred_window END,
                    next_attempt_at = greatest(\(now), CASE WHEN t.rests_until < e.due_at THEN t.rests_until END)
                FROM own o, newest n, earliest e WHERE t.id = o.id AND t.state = 'closed'
                RETURNING t.id
            )
            UPDATE callback_tasks t SET closed_at = \(now), closed_reason = 'unmerged'
            FROM own o WHERE t.id = o.id AND t.state = 'closed' AND NOT EXISTS (SELECT FROM newest)
              AND EXISTS (SELECT FROM inquiries i WHERE i.lead_id = \(lead) AND NOT i.quarantined AND i.accepted_at > o.closed_at)
            """)
    }

    /// The lead's newest task, whatever became of it.
    func newestTask(of lead: UUID) async throws -> UUID? {
        try await self.rows(
            "SELECT id FROM callback_tasks WHERE lead_id = \(lead) ORDER BY accepted_at DESC, id DESC LIMIT 1"
        ).first?.decode(UUID.self)
    }
}
