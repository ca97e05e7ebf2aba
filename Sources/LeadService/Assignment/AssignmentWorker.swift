import Foundation
import Leads
import Logging

/// Gives tasks that are nobody's to advisers while the setting `assignment` says so.
package struct AssignmentWorker: BackgroundWorker {
    package static let job = JobName.assignment
    package let interval = Duration.seconds(2)
    private let assignment: Assignment
    private let dependencies: Dependencies

    init(assignment: Assignment, dependencies: Dependencies) {
        self.assignment = assignment
        self.dependencies = dependencies
    }

    /// One round; returns how many tasks got an owner.
    @discardableResult
    package func runOnce() async throws -> Int { try await self.assignment.push() }

    package func work() async throws { try await self.runOnce() }
}
