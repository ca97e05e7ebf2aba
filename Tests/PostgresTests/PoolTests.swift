import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Testing

extension Sequential {
    @Suite("The pool")
    struct PoolTests {
        @Test func `a thousand queries at once share four connections`() async throws {
            try await withTestClient {
                $0.options.maximumConnections = 4
                $0.extras.leaseTimeout = .seconds(30)
                $0.extras.applicationName = "thousand"
            } _: { client async throws in
                let results = try await withThrowingTaskGroup(of: (Int, Int32).self) { group in
                    for number in 0..<1000 {
                        group.addTask {
                            let rows = try await client.query("SELECT \(number), pg_backend_pid()").collect()
                            return try #require(rows.first).decode((Int, Int32).self)
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(results.map(\.0)) == Set(0..<1000))
                // A quick machine may be through before the fourth has connected, which is then not opened.
                #expect((1...4).contains(Set(results.map(\.1)).count))
                let statistics = client.statistics
                #expect((1...4).contains(statistics.total) && statistics.idle == statistics.total)
                #expect(statistics.leased == 0 && statistics.waiting == 0)
                let open = try await client.one(
                    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'thousand'", as: Int.self)
                #expect((1...4).contains(open))
            }
        }

        @Test
        func `when all connections are lent, a task is refused after the lease time, and served if one comes back`()
            async throws
        {
            try await withTestClient {
                $0.options.maximumConnections = 1
                $0.extras.leaseTimeout = .milliseconds(200)
            } _: { client async throws in
                try await client.withConnection { connection async throws in
                    let start = ContinuousClock.now
                    let error = try await #require(throws: PSQLError.self) {
                        try await client.query("SELECT 1", file: "F", line: 3)
                    }
                    #expect(error.code == .leaseTimeout && error.file == "F" && error.line == 3)
                    #expect(ContinuousClock.now - start >= .milliseconds(200))
                    #expect(client.statistics == PostgresPoolStatistics(idle: 0, leased: 1, waiting: 0, total: 1))
                }
                let order = Recorder<Int>()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    try await client.withConnection { _ async throws in
                        for number in 1...3 {
                            group.addTask {
                                try await client.withConnection { _ in order.record(number) }
                            }
                            try await eventually { client.statistics.waiting == number }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(order.values == [1, 2, 3])
            }
        }

        @Test func `who asks before the run begins is served by it, and without a run is refused after the lease time`()
            async throws
        {
            let warnings = Recorder<String>()
            let noting = Logger(label: "test") { _ in WarningRecorder(warnings: warnings) }
            var configuration = PostgresClient.Configuration(conninfo: try TestServer.conninfo)
            let early = PostgresClient(configuration: configuration, backgroundLogger: noting)
            let asking = Task { try await early.one("SELECT 1", as: Int.self) }
            try await eventually { early.statistics.waiting == 1 }
            let run = Task { await early.run() }
            #expect(try await asking.value == 1)
            run.cancel()
            await run.value
            #expect(warnings.values == [])

            configuration.extras.leaseTimeout = .milliseconds(20)
            let idle = PostgresClient(configuration: configuration, backgroundLogger: noting)
            let error = try await #require(throws: PSQLError.self) { try await idle.query("SELECT 1") }
            #expect(error.code == .leaseTimeout)
            #expect(warnings.values == ["No connection was lent, because PostgresClient.run() is not running"])
        }

        @Test func `a cancelled task stops waiting for a connection`() async throws {
            try await withTestClient {
                $0.options.maximumConnections = 1
                $0.extras.leaseTimeout = .seconds(60)
            } _: { client async throws in
                try await client.withConnection { _ async throws in
                    let task = Task { try await client.query("SELECT 1") }
                    try await eventually { client.statistics.waiting == 1 }
                    task.cancel()
                    let error = try await #require(throws: PSQLError.self) { try await task.value }
                    #expect(error.code == .queryCancelled)
                    #expect(client.statistics.waiting == 0)
                }
            }
        }

        @Test func `the minimum is connected before anybody asks, and idle connections beyond it are closed`()
            async throws
        {
            try await withTestClient {
                $0.options.minimumConnections = 1
                $0.options.connectionIdleTimeout = .milliseconds(100)
            } _: { client async throws in
                try await eventually { client.statistics.idle == 1 }
                try await client.withConnection { _ async throws in
                    try await client.query("SELECT 1")
                    #expect(client.statistics.total == 2)
                }
                try await eventually {
                    client.statistics == PostgresPoolStatistics(idle: 1, leased: 0, waiting: 0, total: 1)
                }
            }
        }

        @Test func `a connection is replaced after its lifetime`() async throws {
            try await withTestClient {
                $0.options.minimumConnections = 1
                $0.extras.maximumLifetime = .milliseconds(100)
            } _: { client async throws in
                let first = try await client.one("SELECT pg_backend_pid()", as: Int32.self)
                try await eventually { try await client.one("SELECT pg_backend_pid()", as: Int32.self) != first }
            }
        }

        @Test func `an idle connection is kept alive by a query`() async throws {
            try await withTestClient {
                $0.options.maximumConnections = 1
                $0.options.keepAliveBehavior = .init(frequency: .milliseconds(50), query: "SELECT 'alive'")
                $0.extras.applicationName = "kept-alive"
            } _: { client async throws in
                try await client.query("SELECT 1")
                try await withTestConnection { observer async throws in
                    try await eventually {
                        try await observer.one(
                            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kept-alive' AND query = 'SELECT ''alive'''",
                            as: Int.self) == 1
                    }
                }
                #expect(try await client.one("SELECT 1", as: Int.self) == 1)
            }
        }

        @Test func `a graceful shutdown waits for what is lent, refuses the rest and closes everything`() async throws {
            var configuration = PostgresClient.Configuration(conninfo: try TestServer.conninfo)
            configuration.extras.applicationName = "shut-down"
            let client = PostgresClient(configuration: configuration, backgroundLogger: logger)
            let group = ServiceGroup(configuration: .init(services: [.init(service: client)], logger: logger))
            let run = Task { try await group.run() }
            let result = try await client.withConnection { connection async throws in
                await group.triggerGracefulShutdown()
                try await eventually {
                    do {
                        try await client.query("SELECT 1")
                        return false
                    } catch let error as PSQLError {
                        return error.code == .poolClosed
                    }
                }
                return try await connection.one("SELECT 42", as: Int.self)
            }
            #expect(result == 42)
            try await run.value
            #expect(client.statistics == PostgresPoolStatistics(idle: 0, leased: 0, waiting: 0, total: 0))
            try await withTestConnection { observer async throws in
                try await eventually {
                    try await observer.one(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shut-down'", as: Int.self) == 0
                }
            }
        }

        @Test func `cancelling the run gives up what is lent`() async throws {
            let client = PostgresClient(
                configuration: .init(conninfo: try TestServer.conninfo), backgroundLogger: logger)
            let run = Task { await client.run() }
            let sleeping = Task { try await client.query("SELECT pg_sleep(60)") }
            try await eventually { client.statistics.leased == 1 }
            run.cancel()
            await run.value
            await #expect(throws: PSQLError.self) { try await sleeping.value }
            let error = try await #require(throws: PSQLError.self) { try await client.query("SELECT 1") }
            #expect(error.code == .poolClosed)
        }
    }
}

/// Notes warnings and what is worse.
private struct WarningRecorder: LogHandler {
    let warnings: Recorder<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.warning

    init(warnings: Recorder<String>) {
        self.warnings = warnings
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        self.warnings.record("\(event.message)")
    }
}
