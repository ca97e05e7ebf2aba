import Foundation
import Synchronization

/// Kills a debug build at a numbered point of an operation, so that tests can look at what a crash there leaves behind.
///
/// `HUIFANG_CRASH_AT=submit:3` kills the process at the third point of a submit. A point lies before and after every
/// statement and every gateway call. A release build has none of it.
enum CrashPoint {
    /// An operation whose points are numbered, each run of it from 1.
    enum Operation: String {
        case submit, send, outbox
    }

    /// Numbers the points that `body` reaches.
    static func numbering<Result>(
        _ operation: Operation, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        #if DEBUG
        guard let armed = Self.armed, armed.operation == operation else { return try await body() }
        return try await Self.$passage.withValue(Passage(fatal: armed.number)) { try await body() }
        #else
        return try await body()
        #endif
    }

    /// One point; the process ends here when it is the armed one.
    static func reach() {
        #if DEBUG
        Self.passage?.advance()
        #endif
    }

    #if DEBUG
    @TaskLocal private static var passage: Passage?

    private static let armed: (operation: Operation, number: Int)? = {
        let parts = (ProcessInfo.processInfo.environment["HUIFANG_CRASH_AT"] ?? "").split(separator: ":")
        guard parts.count == 2, let operation = Operation(rawValue: String(parts[0])), let number = Int(parts[1]) else {
            return nil
        }
        return (operation, number)
    }()

    /// One run of an operation, with the number of points it has reached.
    private final class Passage: Sendable {
        private let fatal: Int
        private let reached = Mutex(0)

        init(fatal: Int) {
            self.fatal = fatal
        }

        func advance() {
            let number = self.reached.withLock { count in
                count += 1
                return count
            }
            if number == self.fatal { kill(getpid(), SIGKILL) }
        }
    }
    #endif
}
