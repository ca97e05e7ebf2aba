package import Foundation
import Metrics
import ServiceLifecycle

/// Measures how much waits, for `/metrics`.
package struct GaugeWorker: Service {
    private let database: Database
    private let now: @Sendable () -> Date

    package init(database: Database, now: @escaping @Sendable () -> Date) {
        self.database = database
        self.now = now
    }

    /// One measurement.
    ///
    /// When the database is away the depths stay as they were and `huifang_database_up` is 0.
    package func runOnce() async {
        let now = self.now()
        guard let depths = try? await self.database.autocommit({ try await $0.queueDepths(at: now) }) else {
            Gauge(label: "huifang_database_up").record(0)
            return
        }
        Gauge(label: "huifang_database_up").record(1)
        Gauge(label: "huifang_callback_tasks_open").record(depths.openTasks)
        Gauge(label: "huifang_callback_tasks_overdue").record(depths.overdueTasks)
        Gauge(label: "huifang_outbox_messages_pending").record(depths.pendingMessages)
        Gauge(label: "huifang_webhook_deliveries_pending").record(depths.pendingDeliveries)
        Gauge(label: "huifang_outbox_oldest_pending_age_seconds").record(
            max(0, depths.oldestPending.map { now.timeIntervalSince($0) } ?? 0))
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(15)).cancelOnGracefulShutdown() {
            await self.runOnce()
        }
    }
}
