import Foundation
import Leads
import Logging
import ServiceLifecycle

/// Gives tasks that are nobody's to advisers while the setting `assignment` says so.
package struct AssignmentWorker: Service {
    private let assignment: Assignment
    private let dependencies: Dependencies

    init(assignment: Assignment, dependencies: Dependencies) {
        self.assignment = assignment
        self.dependencies = dependencies
    }

    /// One round; returns how many tasks got an owner.
    @discardableResult
    package func runOnce() async throws -> Int { try await self.assignment.push() }

    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(2)).cancelOnGracefulShutdown() {
            do {
                try await self.runOnce()
            } catch {
                self.dependencies.logger.warning("tasks are not given to advisers for now")
            }
        }
    }
}
