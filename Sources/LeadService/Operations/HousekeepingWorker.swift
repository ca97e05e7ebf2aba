import Foundation
import Logging
import ServiceLifecycle

/// Throws away what has served: old codes and their messages, past windows, unlocked keys, ended sessions.
package struct HousekeepingWorker: Service {
    private let database: Database
    private let dependencies: Dependencies

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
    }

    /// One round, in small batches; returns the number of rows deleted.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        return try await self.database.autocommit { session in
            var deleted = try await session.deleteOldChallenges(before: now.addingTimeInterval(-6 * 86400))
            deleted += try await session.deletePastBudgets(before: now.addingTimeInterval(-2 * 86400))
            deleted += try await session.deletePastSendBudgets(before: now.addingTimeInterval(-2 * 86400))
            deleted += try await session.deleteSpentProofs(before: now.addingTimeInterval(-60))
            deleted += try await session.deleteIdlePhoneBudgets(before: now.addingTimeInterval(-2 * 86400))
            deleted += try await session.deleteExpiredLocks(before: now.addingTimeInterval(-3600))
            deleted += try await session.deleteEndedSessions(before: now)
            deleted += try await session.deletePastLoginFailures(before: now.addingTimeInterval(-3600))
            deleted += try await session.deleteUnusedAssessments(before: now.addingTimeInterval(-90 * 86400))
            return deleted
        }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(300)).cancelOnGracefulShutdown() {
            do {
                try await self.runOnce()
            } catch {
                self.dependencies.logger.warning("housekeeping postponed")
            }
        }
    }
}
