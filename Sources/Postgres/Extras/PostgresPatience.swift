import Synchronization

/// How long a task waits in vain for a server that says nothing, over all its statements and leases together.
///
/// Every answer makes it whole again, so that much work is no reason to give up, and silence is. When it is used up, the
/// statement at hand fails with `timeout` and its connection is given up, a COMMIT with `outcomeUnknown`; what follows
/// fails at once. It reaches the tasks that a task starts.
public final class PostgresPatience: Sendable {
    @TaskLocal static var current: PostgresPatience?

    private let limit: Duration
    private let spent = Mutex(Duration.zero)

    package init(limit: Duration) {
        self.limit = limit
    }

    /// Runs a closure that waits for so long, beside the timeouts of the client.
    public static func limited<Result>(
        to limit: Duration, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await self.$current.withValue(PostgresPatience(limit: limit), operation: body)
    }

    /// Runs a closure that waits as long as the timeouts of the client say, also inside `limited`.
    public static func unlimited<Result>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await self.$current.withValue(nil, operation: body)
    }

    /// How much is left.
    package var left: Duration { self.spent.withLock { self.limit - $0 } }

    /// Nothing came in this time.
    package func waited(_ duration: Duration) {
        self.spent.withLock { $0 += duration }
    }

    /// The server has said something so long ago.
    package func heard(_ duration: Duration = .zero) {
        self.spent.withLock { $0 = min($0, duration) }
    }
}
