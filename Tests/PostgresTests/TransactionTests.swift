import Foundation
import Postgres
import Testing

@Suite("Transactions")
struct TransactionTests {
    private struct Refused: Error {}

    /// Runs `body` with a table that is dropped afterwards.
    private func withTable(_ body: (PostgresClient, String) async throws -> Void) async throws {
        let table = "t_" + UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: "")
        try await withTestClient { client async throws in
            try await client.query("CREATE TABLE \(unescaped: table) (id int PRIMARY KEY, n int NOT NULL DEFAULT 0)")
            do {
                try await body(client, table)
            } catch {
                try await client.query("DROP TABLE \(unescaped: table)")
                throw error
            }
            try await client.query("DROP TABLE \(unescaped: table)")
        }
    }

    @Test func `what a closure did is committed when it returns and rolled back when it throws`() async throws {
        try await self.withTable { client, table in
            let result = try await client.withTransaction(logger: logger) { connection in
                try await connection.query("INSERT INTO \(unescaped: table) VALUES (1)", logger: logger)
                try await connection.query("INSERT INTO \(unescaped: table) VALUES (2)", logger: logger)
                return "done"
            }
            #expect(result == "done")
            let error = try await #require(throws: PostgresTransactionError.self) {
                try await client.withTransaction(logger: logger) { connection in
                    try await connection.query("DELETE FROM \(unescaped: table)", logger: logger)
                    throw Refused()
                }
            }
            #expect(error.closureError is Refused)
            #expect(error.beginError == nil && error.rollbackError == nil && error.commitError == nil)
            #expect(try await client.one("SELECT count(*) FROM \(unescaped: table)", as: Int.self) == 2)
            #expect(client.statistics.leased == 0)
        }
    }

    @Test func `a COMMIT answered with ROLLBACK is an error`() async throws {
        try await self.withTable { client, table in
            let error = try await #require(throws: PostgresTransactionError.self) {
                try await client.withTransaction(logger: logger) { connection in
                    try await connection.query("INSERT INTO \(unescaped: table) VALUES (1)", logger: logger)
                    _ = try? await connection.query("SELECT 1/0", logger: logger)
                }
            }
            #expect((error.commitError as? PSQLError)?.code == .transactionRolledBack)
            #expect(try await client.one("SELECT count(*) FROM \(unescaped: table)", as: Int.self) == 0)
        }
    }

    @Test func `a COMMIT that the server refuses is a failure with a known outcome`() async throws {
        try await withTestConnection { connection async throws in
            try await connection.query(
                "CREATE TEMP TABLE t (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)", logger: logger)
            let error = try await #require(throws: PostgresTransactionError.self) {
                try await connection.withTransaction(logger: logger) {
                    try await $0.query("INSERT INTO t VALUES (1), (1)", logger: logger)
                }
            }
            let commit = try #require(error.commitError as? PSQLError)
            #expect(commit.code == .server && commit.serverInfo?[.sqlState] == "23505")
            #expect(!commit.outcomeIsUnknown)
            #expect(!connection.isClosed)
        }
    }

    @Test func `a cancelled task rolls back, and its COMMIT is never cancelled`() async throws {
        try await self.withTable { client, table in
            let task = Task {
                try await client.withTransaction(logger: logger) { connection in
                    try await connection.query("INSERT INTO \(unescaped: table) VALUES (1)", logger: logger)
                    withUnsafeCurrentTask { $0?.cancel() }
                }
            }
            try await task.value
            #expect(try await client.one("SELECT count(*) FROM \(unescaped: table)", as: Int.self) == 1)
            let refused = Task {
                try await client.withTransaction(logger: logger) { connection in
                    try await connection.query("INSERT INTO \(unescaped: table) VALUES (2)", logger: logger)
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await connection.query("INSERT INTO \(unescaped: table) VALUES (3)", logger: logger)
                }
            }
            let error = try await #require(throws: PostgresTransactionError.self) { try await refused.value }
            #expect((error.closureError as? PSQLError)?.code == .queryCancelled)
            #expect(error.rollbackError == nil)
            #expect(try await client.one("SELECT count(*) FROM \(unescaped: table)", as: Int.self) == 1)
        }
    }

    @Test func `transactions that cannot be serialised run again until they can`() async throws {
        try await self.withTable { client, table in
            try await client.query("INSERT INTO \(unescaped: table) VALUES (1)")
            let runs = Recorder<Void>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { () async throws in
                        try await client.transaction(
                            isolation: .serializable, attempts: 100, backoff: { _ in .zero }, logger: logger
                        ) { connection in
                            let n = try await connection.one(
                                "SELECT n::bigint FROM \(unescaped: table) WHERE id = 1", as: Int.self)
                            runs.record(())
                            // Nobody writes before all have read, so that all but one have to run again.
                            try await eventually { runs.values.count >= 8 }
                            try await connection.query(
                                "UPDATE \(unescaped: table) SET n = \(n + 1) WHERE id = 1", logger: logger)
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await client.one("SELECT n::bigint FROM \(unescaped: table) WHERE id = 1", as: Int.self) == 8)
            #expect(runs.values.count >= 15)
        }
    }

    @Test func `a deadlock is run again, a conflict beyond the attempts is thrown as it is`() async throws {
        try await self.withTable { client, table in
            let pauses = Recorder<Int>()
            let error = await #expect(throws: PSQLError.self) {
                try await client.transaction(attempts: 3, backoff: pauses.pause, logger: logger) {
                    try await $0.query("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$", logger: logger)
                }
            }
            #expect(error?.serverInfo?[.sqlState] == "40P01")
            #expect(pauses.values == [1, 2])
            await #expect(throws: Refused.self) {
                try await client.transaction(logger: logger) { _ in throw Refused() }
            }
        }
    }

    @Test func `isolation and access mode are what was asked for`() async throws {
        try await withTestClient { client async throws in
            let level = try await client.transaction(isolation: .repeatableRead, readOnly: true, logger: logger) {
                connection in
                try await connection.one(
                    "SELECT current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only')",
                    as: String.self)
            }
            #expect(level == "repeatable read on")
        }
    }

    @Test func `a connection that comes back inside a transaction is not lent again`() async throws {
        try await withTestClient {
            $0.options.maximumConnections = 1
        } _: { client async throws in
            let first = try await client.withConnection { connection async throws in
                try await connection.query("BEGIN", logger: logger)
                return try await connection.one("SELECT pg_backend_pid()", as: Int.self)
            }
            #expect(try await client.one("SELECT pg_backend_pid()", as: Int.self) != first)
        }
    }
}

extension Recorder<Int> {
    /// A pause of no length, which is noted.
    @Sendable fileprivate func pause(_ attempt: Int) -> Duration {
        self.record(attempt)
        return .zero
    }
}
