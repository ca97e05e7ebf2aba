package import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// The database's time, carried forward by the monotonic clock, so that a host whose wall clock steps changes no deadline.
///
/// It never goes back: after a failover to a server whose clock is behind, it waits for that server to catch up.
package final class DatabaseClock: Service, Sendable {
    private struct Sample {
        var time: Date
        var taken: ContinuousClock.Instant
        var latest: Date
        var isFromDatabase: Bool
    }

    private let sample: Mutex<Sample>
    private let readDatabaseTime: @Sendable () async throws -> Date
    private let monotonic = ContinuousClock()

    /// - Parameters:
    ///   - initially: what to answer until the database was first reached.
    ///   - readDatabaseTime: asks the database for its time.
    package init(initially: Date, readDatabaseTime: @escaping @Sendable () async throws -> Date) {
        self.sample = Mutex(
            Sample(time: initially, taken: ContinuousClock().now, latest: initially, isFromDatabase: false))
        self.readDatabaseTime = readDatabaseTime
    }

    /// The time now.
    package var time: Date {
        let instant = self.monotonic.now
        return self.sample.withLock { sample in
            let elapsed = sample.taken.duration(to: instant)
            sample.latest = max(sample.latest, sample.time.addingTimeInterval(elapsed.seconds))
            return sample.latest
        }
    }

    /// Asks the database for its time and goes on from it; half the round trip is added.
    package func refresh() async throws {
        let before = self.monotonic.now
        let time = try await self.readDatabaseTime()
        let after = self.monotonic.now
        self.sample.withLock { sample in
            sample.time = time.addingTimeInterval(before.duration(to: after).seconds / 2)
            sample.taken = after
            if !sample.isFromDatabase {
                sample.latest = sample.time
                sample.isFromDatabase = true
            }
        }
    }

    /// Refreshes every ten seconds until shutdown; the monotonic clock bridges a database that is away.
    package func run() async throws {
        for await _ in AsyncTimerSequence(every: .seconds(10)).cancelOnGracefulShutdown() {
            try? await self.refresh()
        }
    }
}

extension Database {
    /// The database server's time.
    package func time() async throws -> Date {
        try await self.autocommit { try await $0.databaseTime() }
    }
}

extension Duration {
    /// The duration in seconds.
    package var seconds: Double {
        let (seconds, attoseconds) = self.components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}

/// Ticks at an interval of the monotonic clock, the first time at once.
package struct AsyncTimerSequence: AsyncSequence, Sendable {
    package typealias Element = Void
    private let interval: Duration

    package init(every interval: Duration) {
        self.interval = interval
    }

    package struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let interval: Duration
        fileprivate var isFirst = true

        package mutating func next() async -> Void? {
            if self.isFirst {
                self.isFirst = false
                return Task.isCancelled ? nil : ()
            }
            do {
                try await Task.sleep(for: self.interval)
                return ()
            } catch {
                return nil
            }
        }
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(interval: self.interval)
    }
}
