package import Foundation
package import Logging
import Synchronization

/// Runs rounds of background work: none that is held, and noting how they went.
package final class JobRounds: Sendable {
    private let database: Database
    private let now: @Sendable () -> Date
    private let logger: Logger
    private let noted = Mutex<[JobName: Noted]>([:])

    private struct Noted {
        var at: Date
        var failure: String?
    }

    /// A round like the one before is noted so seldom, because some work has a round every second.
    private static let pause: TimeInterval = 15

    package init(database: Database, now: @escaping @Sendable () -> Date, logger: Logger) {
        self.database = database
        self.now = now
        self.logger = logger
    }

    /// One round, unless the job is held; returns whether it was run.
    ///
    /// What it throws is logged and noted by its kind.
    @discardableResult
    package func run(_ job: JobName, _ body: () async throws -> Void) async -> Bool {
        var failure: String?
        do {
            // Asked each time and of the database, so that a hold counts in every process at once.
            guard try await !self.database.autocommit({ try await $0.isHeld(job.rawValue) }) else { return false }
            try await body()
        } catch {
            if Task.isCancelled { return true }
            failure = error.kind
            self.logger.warning(
                "background work postponed", metadata: ["job": "\(job.rawValue)", "failure": "\(failure ?? "")"])
        }
        await self.note(job, failure)
        return true
    }

    private func note(_ job: JobName, _ failure: String?) async {
        let now = self.now()
        let isNews = self.noted.withLock { noted in
            if let last = noted[job], last.failure == failure, now.timeIntervalSince(last.at) < Self.pause {
                return false
            }
            noted[job] = Noted(at: now, failure: failure)
            return true
        }
        guard isNews else { return }
        // A database that is away keeps nobody from working once it is back.
        try? await self.database.autocommit { try await $0.noteRound(of: job.rawValue, failure: failure, at: now) }
    }
}
