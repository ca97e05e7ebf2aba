import Foundation
import Logging
import ServiceLifecycle

/// Throws away what has served: old codes and their messages, past windows, unlocked keys, ended sessions, and whoever came back with a restored backup.
package struct HousekeepingWorker: Service {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit
    private let erasure: Erasure

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
        self.erasure = Erasure(database: database, dependencies: dependencies)
    }

    /// One round, in small batches; returns the number of rows deleted.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let rows = try await self.database.autocommit { session in
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
        let details = try await self.expireDetails(before: now.addingTimeInterval(-30 * 86400))
        return try await rows + details + self.erasure.reapply()
    }

    /// What the audit kept of people for a while, erased as an erasure does it: behind a checkpoint.
    private func expireDetails(before: Date) async throws -> Int {
        try await self.database.transaction { tx in
            let events = try await tx.correctionDetails(before: before, limit: 1000)
            guard !events.isEmpty else { return 0 }
            try await tx.eraseAuditDetails(
                self.audit.checkpoint(erasing: events, because: "retention", by: "housekeeping", role: "system"))
            return events.count
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
