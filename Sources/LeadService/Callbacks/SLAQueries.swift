import Foundation
import Leads
import Postgres

/// A promise nobody has kept yet, and which of its stages were told.
struct UnmetPromise: TableRow {
    static let columns = """
        t.id, t.due_at, \(UnmetPromise.acceptedAt), coalesce(o.id, h.id),
        ARRAY(SELECT a.kind FROM staff_alerts a WHERE a.task_id = t.id AND a.due_at = t.due_at)
        """

    /// When the first of the inquiries was accepted that the deadline was told for.
    private static let acceptedAt = """
        coalesce((SELECT min(i.accepted_at) FROM inquiries i JOIN leads l ON l.id = i.lead_id
                  WHERE (l.id = t.lead_id OR l.merged_into = t.lead_id) AND i.due_at = t.due_at AND i.met_at IS NULL
                    AND NOT i.quarantined AND i.cancelled_at IS NULL), t.accepted_at)
        """

    let task: UUID
    let dueAt: Date
    let acceptedAt: Date
    /// Whose it is, or who holds it now.
    let owner: UUID?
    let told: Set<PromiseStage>

    init(row: PostgresRow) throws {
        let (task, dueAt, acceptedAt, owner, told) = try row.decode((UUID, Date, Date, UUID?, [String]).self)
        self.task = task
        self.dueAt = dueAt
        self.acceptedAt = acceptedAt
        self.owner = owner
        self.told = Set(told.compactMap { PromiseStage(rawValue: $0) })
    }
}

extension Transaction {
    /// Open tasks with an unmet promise that has a stage left to tell, by their deadline.
    func unmetPromises(after last: UnmetPromise?, at now: Date, limit: Int) async throws -> [UnmetPromise] {
        try await self.all(
            """
            SELECT \(columnsOf: UnmetPromise.self) FROM callback_tasks t
            LEFT JOIN staff o ON o.id = t.owner_id AND o.active
            LEFT JOIN staff h ON h.id = t.claimed_by AND h.active AND t.claimed_until > \(now)
            WHERE t.state = 'open' AND t.met_at IS NULL
              AND (\(last?.dueAt)::timestamptz IS NULL OR (t.due_at, t.id) > (\(last?.dueAt)::timestamptz, \(last?.task)::uuid))
              AND NOT EXISTS (SELECT FROM staff_alerts a WHERE a.task_id = t.id AND a.kind = 'sla_late' AND a.due_at = t.due_at)
            ORDER BY t.due_at, t.id LIMIT \(limit)
            """)
    }
}
