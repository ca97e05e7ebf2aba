import Foundation

/// Keeps the statistics' days, and counts those anew that changed.
package struct RollupWorker: BackgroundWorker {
    package static let job = JobName.rollups
    package let interval = Duration.seconds(15)
    let rollups: StatisticsRollups

    /// One round of days, the newest first.
    package func work() async throws { try await self.rollups.runOnce() }
}
