import Foundation
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
    func boardPromises() async throws -> BoardPromises {
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
        return BoardPromises(
            paused: paused, pausedBy: Dictionary(names.map { ($0.task, $0.username) }) { first, _ in first })
    }
}
