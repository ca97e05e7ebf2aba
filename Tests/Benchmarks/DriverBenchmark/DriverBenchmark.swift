import Foundation
import Glibc
import Logging
import Postgres
import Synchronization

/// Runs one statement as often as it can for a while, and prints what it took as JSON; started by `driver.py`.
@main
struct DriverBenchmark {
    static func main() async throws {
        guard let run = Run(CommandLine.arguments.dropFirst()) else {
            let usage =
                "usage: DriverBenchmark CONNINFO select|key|transaction pool|connection CONNECTIONS SECONDS ROWS\n"
            FileHandle.standardError.write(Data(usage.utf8))
            exit(64)
        }
        print(try await run.measure())
    }
}

/// What to run, and how.
struct Run: Sendable {
    enum Statement: String {
        case select
        case key
        case transaction
    }

    enum Door: String {
        /// Each statement asks the pool for a connection.
        case pool
        /// Each task keeps its connection.
        case connection
    }

    let conninfo: String
    let statement: Statement
    let door: Door
    let connections: Int
    let seconds: Double
    let rows: Int
    let logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }

    init?(_ arguments: ArraySlice<String>) {
        let arguments = Array(arguments)
        guard arguments.count == 6, let statement = Statement(rawValue: arguments[1]),
            let door = Door(rawValue: arguments[2]), let connections = Int(arguments[3]),
            let seconds = Double(arguments[4]), let rows = Int(arguments[5]), connections > 0, rows > 0
        else { return nil }
        self.conninfo = arguments[0]
        self.statement = statement
        self.door = door
        self.connections = connections
        self.seconds = seconds
        self.rows = rows
    }

    func measure() async throws -> String {
        var configuration = PostgresClient.Configuration(conninfo: self.conninfo)
        configuration.options.minimumConnections = self.connections
        configuration.options.maximumConnections = self.connections
        configuration.extras.leaseTimeout = .seconds(30)
        let client = PostgresClient(configuration: configuration, backgroundLogger: self.logger)
        let pool = Task { await client.run() }
        defer { pool.cancel() }
        while client.statistics.idle < self.connections {
            try await Task.sleep(for: .milliseconds(5))
        }
        _ = try await self.all(client, for: 0.3)
        let cpu = Self.cpuSeconds()
        let start = ContinuousClock.now
        let count = try await self.all(client, for: self.seconds)
        let (whole, fraction) = (ContinuousClock.now - start).components
        let elapsed = Double(whole) + Double(fraction) / 1e18
        return #"{"count": \#(count), "seconds": \#(elapsed), "cpu_seconds": \#(Self.cpuSeconds() - cpu)}"#
    }

    /// Keeps every connection busy and counts the statements.
    private func all(_ client: PostgresClient, for seconds: Double) async throws -> Int {
        let deadline = ContinuousClock.now + .seconds(seconds)
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<self.connections {
                group.addTask { try await self.one(client, UInt64(number) &+ 1, until: deadline) }
            }
            return try await group.reduce(0, +)
        }
    }

    private func one(
        _ client: PostgresClient, _ seed: UInt64, until deadline: ContinuousClock.Instant
    ) async throws -> Int {
        var keys = Keys(state: seed &* 0x9E37_79B9_7F4A_7C15, rows: self.rows)
        var count = 0
        switch self.door {
        case .connection:
            return try await client.withConnection { connection in
                while ContinuousClock.now < deadline {
                    try await self.step(keys.next()) { try await connection.query($0, logger: self.logger) }
                    count += 1
                }
                return count
            }
        case .pool:
            while ContinuousClock.now < deadline {
                let key = keys.next()
                if self.statement == .transaction {
                    try await client.withTransaction(logger: self.logger) { connection in
                        try await self.step(key) { try await connection.query($0, logger: self.logger) }
                    }
                } else {
                    try await self.step(key) { try await client.query($0) }
                }
                count += 1
            }
            return count
        }
    }

    /// Runs the statement and reads its row, which has to be the right one.
    private func step(_ key: Int, _ query: (PostgresQuery) async throws -> PostgresRowSequence) async throws {
        switch self.statement {
        case .select:
            for try await value in try await query("SELECT 1").decode(Int.self) {
                precondition(value == 1)
            }
        case .key, .transaction:
            var found = 0
            for try await (id, balance) in try await query(
                "SELECT aid, abalance FROM pgbench_accounts WHERE aid = \(key)"
            )
            .decode((Int, Int).self) {
                precondition(id == key && balance == 0)
                found += 1
            }
            precondition(found == 1)
        }
    }

    private static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
    }
}

/// Keys in an order that no cache foresees.
struct Keys {
    var state: UInt64
    let rows: Int

    mutating func next() -> Int {
        self.state = self.state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(self.state >> 33) % self.rows + 1
    }
}
