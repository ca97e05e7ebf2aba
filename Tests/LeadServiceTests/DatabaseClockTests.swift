import Foundation
import LeadService
import Synchronization
import Testing

@Suite struct DatabaseClockTests {
    private static let noon = Date(timeIntervalSince1970: 1_795_579_200)

    /// What the database at the other end says; another one after a failover.
    private final class Server: Sendable {
        private let offset = Mutex<TimeInterval>(0)
        private let start = ContinuousClock().now

        func set(_ seconds: TimeInterval) { self.offset.withLock { $0 = seconds } }

        var time: Date {
            let elapsed = self.start.duration(to: ContinuousClock().now).seconds
            return DatabaseClockTests.noon.addingTimeInterval(elapsed + self.offset.withLock { $0 })
        }
    }

    private struct Away: Error {}

    @Test func `after a failover to a server whose clock is behind, the time never goes back`() async throws {
        let server = Server()
        let clock = DatabaseClock(initially: .distantFuture) { server.time }
        try await clock.refresh()
        let before = clock.time
        #expect(abs(before.timeIntervalSince(Self.noon)) < 60)
        for step in [-3600.0, -7200, -0.001] {
            server.set(step)
            try await clock.refresh()
            let after = clock.time
            #expect(after >= before)
            #expect(after.timeIntervalSince(before) < 60, "it waits for the server to catch up")
            #expect(clock.time >= after)
        }
        // Caught up and beyond: it goes on with the server.
        server.set(120)
        try await clock.refresh()
        #expect(clock.time.timeIntervalSince(before) >= 119)
        server.set(0)
        try await clock.refresh()
        #expect(clock.time.timeIntervalSince(before) >= 119)
    }

    @Test func `the first time the database was reached counts, whatever the machine said before`() async throws {
        let server = Server()
        let clock = DatabaseClock(initially: Self.noon.addingTimeInterval(86400)) { server.time }
        #expect(clock.time >= Self.noon.addingTimeInterval(86400))
        try await clock.refresh()
        #expect(abs(clock.time.timeIntervalSince(Self.noon)) < 60)
    }

    @Test func `while the database is away the time goes on`() async throws {
        let server = Server()
        let clock = DatabaseClock(initially: .distantPast) {
            // Two days ahead stands for a server that cannot be asked.
            let time = server.time
            if time.timeIntervalSince(Self.noon) > 86400 { throw Away() }
            return time
        }
        try await clock.refresh()
        server.set(2 * 86400)
        let before = clock.time
        await #expect(throws: Away.self) { try await clock.refresh() }
        let isLater = try await eventually(within: .seconds(30)) { clock.time > before }
        #expect(isLater)
    }

    @Test func `many who ask at once are never told an earlier time after a later one`() async throws {
        let server = Server()
        let clock = DatabaseClock(initially: Self.noon) { server.time }
        try await clock.refresh()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                for step in 0..<200 {
                    server.set(step % 2 == 0 ? -1800 : 1800)
                    try await clock.refresh()
                }
                return true
            }
            for _ in 0..<4 {
                group.addTask {
                    var last = Date.distantPast
                    for _ in 0..<5000 {
                        let time = clock.time
                        guard time >= last else { return false }
                        last = time
                    }
                    return true
                }
            }
            for try await isMonotonic in group { #expect(isMonotonic) }
        }
    }
}
