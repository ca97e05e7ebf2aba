import Foundation
import Leads
import Postgres

/// Who paused a task last.
private struct PausedBy: TableRow {
    static let columns = "p.task_id, s.username"
    let task: UUID
    let username: String

    init(row: PostgresRow) throws {
        (self.task, self.username) = try row.decode((UUID, String).self)
    }
}

extension Transaction {
    func boardPromises(_ calendar: WorkingCalendar, at now: Date) async throws -> BoardPromises {
        let paused: [CallbackTask] = try await self.all(
            """
            SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
            WHERE t.state = 'paused' AND t.met_at IS NULL ORDER BY t.due_at, t.id LIMIT 200
            """)
        let names = try await self.all(
            """
            SELECT DISTINCT ON (p.task_id) \(columnsOf: PausedBy.self) FROM callback_pauses p JOIN staff s ON s.id = p.paused_by
            WHERE p.task_id = ANY (\(paused.map(\.id))::uuid[]) ORDER BY p.task_id, p.paused_at DESC, p.id DESC LIMIT 200
            """, as: PausedBy.self)
        let overdue: [CallbackTask] = try await self.all(
            """
            SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
            WHERE t.state = 'open' AND t.met_at IS NULL AND t.due_at < \(now) ORDER BY t.due_at, t.id LIMIT 200
            """)
        let closed = try await self.promisedDays(after: now).map(\.day).filter { !calendar.isWorkingDay($0) }
        let onClosedDays: [CallbackTask] =
            closed.isEmpty
            ? []
            : try await self.all(
                """
                SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                WHERE t.state <> 'closed' AND t.met_at IS NULL AND NOT t.provisional AND t.due_at > \(now)
                  AND (t.due_at AT TIME ZONE 'Asia/Shanghai')::date::text = ANY (\(closed.map(\.description)))
                ORDER BY t.due_at, t.id LIMIT 200
                """)
        return BoardPromises(
            paused: paused, pausedBy: Dictionary(names.map { ($0.task, $0.username) }) { first, _ in first },
            overdue: overdue, onClosedDays: onClosedDays)
    }
}
