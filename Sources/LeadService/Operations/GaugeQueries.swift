import Foundation
import Postgres

/// How much waits, at one moment.
struct QueueDepths: TableRow {
    static let columns = """
        (SELECT count(*) FROM callback_tasks WHERE state = 'open'), overdue,
        (SELECT count(*) FROM messages WHERE state IN ('queued', 'sending')),
        (SELECT min(created_at) FROM messages WHERE state IN ('queued', 'sending')),
        (SELECT count(*) FROM webhook_deliveries d JOIN webhooks w ON w.id = d.webhook_id
         WHERE d.state = 'queued' AND w.deleted_at IS NULL)
        """
    let openTasks: Int
    let overdueTasks: Int
    let pendingMessages: Int
    let oldestPending: Date?
    let pendingDeliveries: Int

    init(row: PostgresRow) throws {
        (self.openTasks, self.overdueTasks, self.pendingMessages, self.oldestPending, self.pendingDeliveries) =
            try row.decode((Int, Int, Int, Date?, Int).self)
    }
}

extension Transaction {
    func queueDepths(at now: Date) async throws -> QueueDepths? {
        try await self.first(
            """
            SELECT \(columnsOf: QueueDepths.self)
            FROM (SELECT count(*) AS overdue FROM callback_tasks WHERE state = 'open' AND met_at IS NULL AND due_at < \(now)) t
            """)
    }
}
