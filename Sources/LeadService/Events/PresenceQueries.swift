import Foundation
import Postgres

/// Somebody who looks at a task.
private struct ViewedTask: TableRow {
    static let columns = "v.task_id, s.username, s.display_name"
    let task: UUID
    let viewer: Viewer

    init(row: PostgresRow) throws {
        let (task, username, displayName) = try row.decode((UUID, String, String).self)
        (self.task, self.viewer) = (task, Viewer(username: username, displayName: displayName))
    }
}

extension Transaction {
    /// Notes that somebody looks at a task, which they hold or not; whatever they looked at before, they look at no more.
    ///
    /// - Returns: false when there is no such task.
    func markViewer(_ staff: UUID, of task: UUID, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO callback_viewers (staff_id, task_id, seen_at)
            SELECT \(staff), id, \(now) FROM callback_tasks WHERE id = \(task)
            ON CONFLICT (staff_id) DO UPDATE SET task_id = excluded.task_id, seen_at = excluded.seen_at
            RETURNING 1
            """)
    }

    /// Who looks at which task.
    func viewers(seenAfter limit: Date, of task: UUID? = nil) async throws -> [UUID: [Viewer]] {
        let rows: [ViewedTask] = try await self.all(
            """
            SELECT \(columnsOf: ViewedTask.self) FROM callback_viewers v JOIN staff s ON s.id = v.staff_id
            WHERE v.seen_at > \(limit) AND (\(task)::uuid IS NULL OR v.task_id = \(task)::uuid) ORDER BY s.username
            """)
        return Dictionary(grouping: rows, by: \.task).mapValues { $0.map(\.viewer) }
    }
}
