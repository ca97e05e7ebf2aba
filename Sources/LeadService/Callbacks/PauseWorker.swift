import Foundation
import Logging
import ServiceLifecycle

/// Opens paused tasks when their time has come.
package struct PauseWorker: Service {
    private let database: Database
    private let dependencies: Dependencies

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
    }

    /// One look; returns how many tasks were opened.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        return try await self.database.statement { try await $0.endPastPauses(at: now) }
    }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(10)).cancelOnGracefulShutdown() {
            do {
                try await self.runOnce()
            } catch {
                self.dependencies.logger.warning("pauses go on")
            }
        }
    }
}
