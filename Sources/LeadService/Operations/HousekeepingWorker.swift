import Foundation
import Logging

/// Throws away what has served: past windows, unlocked keys, ended sessions, old alerts, what the notice says is kept no longer, and whoever came back with a restored backup.
package struct HousekeepingWorker: BackgroundWorker {
    package static let job = JobName.housekeeping
    package let interval = Duration.seconds(300)
    private let database: Database
    private let dependencies: Dependencies
    private let retention: Retention
    private let erasure: Erasure

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore) {
        self.database = database
        self.dependencies = dependencies
        self.retention = Retention(database: database, dependencies: dependencies, settings: settings)
        self.erasure = Erasure(database: database, dependencies: dependencies)
    }

    /// One round, in small batches; returns the number of rows deleted.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        ExportTable.sweep()
        let rows = try await self.database.autocommit { session in
            var deleted = try await session.deletePastBudgets(before: now.addingTimeInterval(-2 * 86400))
            deleted += try await session.deletePastSendBudgets(before: now.addingTimeInterval(-2 * 86400))
            deleted += try await session.deleteSpentProofs(before: now.addingTimeInterval(-60))
            deleted += try await session.deleteIdlePhoneBudgets(before: now.addingTimeInterval(-2 * 86400))
            deleted += try await session.deleteExpiredLocks(before: now.addingTimeInterval(-3600))
            deleted += try await session.deleteEndedSessions(before: now)
            deleted += try await session.deletePastLoginFailures(before: now.addingTimeInterval(-3600))
            deleted += try await session.deletePastUndos(before: now.addingTimeInterval(-CallbackQueue.undoLength))
            deleted += try await session.deletePastAlerts(before: now.addingTimeInterval(-90 * 86400))
            deleted += try await session.deletePastPosts(before: now.addingTimeInterval(-30 * 86400))
            deleted += try await session.deletePastExportJobs(before: now.addingTimeInterval(-ExportJob.memory))
            deleted += try await session.deletePastDeliveries(before: now.addingTimeInterval(-30 * 86400))
            return deleted
        }
        // Those who came back first: their time is over since they asked.
        let back = try await self.erasure.reapply()
        return try await rows + back + self.retention.runOnce()
    }

    package func work() async throws { try await self.runOnce() }
}
