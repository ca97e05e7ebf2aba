import Foundation
import Logging

/// Opens paused tasks when their time has come.
package struct PauseWorker: BackgroundWorker {
    package static let job = JobName.pauses
    package let interval = Duration.seconds(10)
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

    package func work() async throws { try await self.runOnce() }
}
