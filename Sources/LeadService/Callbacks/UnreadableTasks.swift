import Foundation
import Synchronization

/// Tasks that this process found to hold a number it cannot read; they would come first again and again.
final class UnreadableTasks: Sendable {
    /// A task that was about to be served.
    struct Task: Error {
        var id: UUID
        var cause: SealBroken
    }

    private let foundAt = Mutex<[UUID: Date]>([:])

    /// After this it is tried again: somebody may have mended the row.
    private static let rest: TimeInterval = 300

    func add(_ task: UUID, at now: Date) {
        self.foundAt.withLock { $0[task] = now }
    }

    /// Those found within the last minutes.
    func tasks(at now: Date) -> [UUID] {
        self.foundAt.withLock { found in
            found = found.filter { now.timeIntervalSince($0.value) < Self.rest }
            return Array(found.keys)
        }
    }
}
