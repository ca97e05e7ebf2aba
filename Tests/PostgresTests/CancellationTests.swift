import Foundation
import Postgres
import Testing

extension Sequential {
    @Suite("Cancellation and deadlines")
    struct CancellationTests {
        /// Waits until a connection's backend runs a statement.
        private func untilBusy(_ pid: Int32, _ observer: PostgresConnection) async throws {
            try await eventually {
                try await observer.one(
                    "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active'", as: Int.self) == 1
            }
        }

        @Test func `cancelling a task stops its statement at once and gives the connection up`() async throws {
            try await withTestConnection { observer async throws in
                try await withTestConnection { connection async throws in
                    let pid = try await connection.one("SELECT pg_backend_pid()", as: Int32.self)
                    let task = Task { try await connection.query("SELECT pg_sleep(60)", logger: logger) }
                    try await self.untilBusy(pid, observer)
                    let start = ContinuousClock.now
                    task.cancel()
                    let error = try await #require(throws: PSQLError.self) { try await task.value }
                    #expect(error.code == .queryCancelled)
                    #expect(error.serverInfo?[.sqlState] == "57014")
                    #expect(!error.outcomeIsUnknown)
                    // Long before the statement would have ended.
                    #expect(ContinuousClock.now - start < .seconds(30))
                    #expect(connection.isClosed)
                    try await eventually {
                        try await observer.one("SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)", as: Int.self)
                            == 0
                    }
                }
            }
        }

        @Test func `the pool replaces a connection that was given up`() async throws {
            try await withTestClient {
                $0.options.maximumConnections = 1
            } _: { client async throws in
                let pid = try await client.one("SELECT pg_backend_pid()", as: Int32.self)
                let task = Task { try await client.query("SELECT pg_sleep(60)") }
                try await withTestConnection { observer async throws in try await self.untilBusy(pid, observer) }
                task.cancel()
                await #expect(throws: PSQLError.self) { try await task.value }
                #expect(try await client.one("SELECT pg_backend_pid()", as: Int32.self) != pid)
                #expect(client.statistics.total == 1)
            }
        }

        @Test func `a task that was cancelled before sends nothing and keeps the connection`() async throws {
            try await withTestConnection { connection async throws in
                let task = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await connection.query("SELECT 1", logger: logger)
                }
                let error = try await #require(throws: PSQLError.self) { try await task.value }
                #expect(error.code == .queryCancelled)
                #expect(!connection.isClosed)
                #expect(try await connection.one("SELECT 1", as: Int.self) == 1)
            }
        }

        @Test func `a cancellation does not hit another task's statement on the same connection`() async throws {
            try await withTestConnection { connection async throws in
                let running = Task { try await connection.one("SELECT 1 FROM pg_sleep(0.3)", as: Int.self) }
                let waiting = Task { try await connection.query("SELECT 2", logger: logger) }
                waiting.cancel()
                _ = try? await waiting.value
                #expect(try await running.value == 1)
            }
        }

        @Test func `a statement beyond the server's limit is refused and the connection goes on`() async throws {
            try await withTestConnection {
                $0.extras.statementTimeout = .milliseconds(50)
            } _: { connection async throws in
                let error = try await #require(throws: PSQLError.self) {
                    try await connection.query("SELECT pg_sleep(60)", logger: logger)
                }
                #expect(error.code == .server && error.serverInfo?[.sqlState] == "57014")
                #expect(!connection.isClosed)
                #expect(try await connection.one("SELECT 1", as: Int.self) == 1)
            }
        }

        @Test func `a server that stays silent is given up after the client's own limit`() async throws {
            let path = try #require(PostgresClient.Configuration(conninfo: try TestServer.conninfo).unixSocketPath)
            let proxy = try LossyProxy(target: path, losingAnswerTo: "swallow", .silence)
            defer { proxy.stop() }
            try await withTestConnection(conninfo: proxy.conninfo) {
                $0.extras.answerTimeout = .milliseconds(200)
                $0.extras.preparedStatements = false
            } _: { connection async throws in
                let error = try await #require(throws: PSQLError.self) {
                    try await connection.query("SELECT 'swallow'", logger: logger)
                }
                #expect(error.code == .timeout)
                #expect(error.outcomeIsUnknown)
                #expect(connection.isClosed)
            }
        }

        @Test func `cancelling frees a task even when the server stays silent`() async throws {
            let path = try #require(PostgresClient.Configuration(conninfo: try TestServer.conninfo).unixSocketPath)
            let proxy = try LossyProxy(target: path, losingAnswerTo: "swallow", .silence)
            defer { proxy.stop() }
            try await withTestConnection(conninfo: proxy.conninfo) {
                $0.extras.statementTimeout = nil
                $0.extras.preparedStatements = false
            } _: { connection async throws in
                let task = Task { try await connection.query("SELECT 'swallow'", logger: logger) }
                await Task.yield()
                task.cancel()
                let error = try await #require(throws: PSQLError.self) { try await task.value }
                #expect(error.code == .queryCancelled)
            }
        }

        @Test func `the server's limits are set on every connection`() async throws {
            try await withTestConnection {
                $0.extras.statementTimeout = .seconds(7)
                $0.extras.lockTimeout = .milliseconds(1500)
                $0.extras.idleInTransactionTimeout = .seconds(9)
                $0.extras.applicationName = "conformance"
                $0.extras.sessionSetup = ["SET search_path = pg_catalog", "SET DateStyle = 'German'"]
                $0.options.additionalStartupParameters = [("work_mem", "5MB")]
            } _: { connection async throws in
                let names = [
                    "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "application_name",
                    "search_path", "DateStyle", "work_mem", "TimeZone", "client_encoding",
                ]
                var values: [String] = []
                for name in names {
                    values.append(try await connection.one("SELECT current_setting(\(name))", as: String.self))
                }
                #expect(
                    values == ["7s", "1500ms", "9s", "conformance", "pg_catalog", "German, DMY", "5MB", "UTC", "UTF8"])
            }
        }
    }
}
