import Postgres
import Testing

@Suite("Prepared statements")
struct PreparedStatementTests {
    private func count(_ connection: PostgresConnection) async throws -> Int {
        try await connection.one("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 's%'", as: Int.self)
    }

    @Test func `a statement is prepared once, whatever its values`() async throws {
        try await withTestConnection { connection async throws in
            for number in 1...20 {
                #expect(try await connection.one("SELECT \(number) + 1", as: Int.self) == number + 1)
            }
            let name: String? = nil
            for text in ["a", "b"] {
                try await connection.query("SELECT \(text)", logger: logger)
            }
            try await connection.query("SELECT \(name)", logger: logger)
            // The query that counts is the third.
            #expect(try await self.count(connection) == 3)
        }
    }

    @Test func `the statements used least recently make room, at the server too`() async throws {
        try await withTestConnection { connection async throws in
            for number in 1...600 {
                try await connection.query("SELECT \(unescaped: "\(number)")", logger: logger)
                try await connection.query("SELECT 'used often'", logger: logger)
            }
            #expect(try await self.count(connection) <= 257)
            #expect(
                try await connection.one(
                    "SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT ''used often'''",
                    as: Int.self) == 1)
        }
    }

    @Test func `without prepared statements none is left at the server`() async throws {
        try await withTestConnection {
            $0.extras.preparedStatements = false
        } _: { connection async throws in
            for number in 1...3 {
                #expect(try await connection.one("SELECT \(number)", as: Int.self) == number)
            }
            #expect(try await connection.one("SELECT count(*) FROM pg_prepared_statements", as: Int.self) == 0)
        }
    }

    @Test func `a statement whose table has changed is prepared anew`() async throws {
        try await withTestConnection { connection async throws in
            try await connection.query("CREATE TEMP TABLE t AS SELECT 1 AS n", logger: logger)
            #expect(try await connection.query("SELECT * FROM t", logger: logger).collect().first?.count == 1)
            try await connection.query("ALTER TABLE t ADD COLUMN more text", logger: logger)
            #expect(try await connection.query("SELECT * FROM t", logger: logger).collect().first?.count == 2)
            #expect(try await connection.query("SELECT * FROM t", logger: logger).collect().first?.count == 2)
            try await connection.query("DEALLOCATE ALL", logger: logger)
            #expect(try await connection.query("SELECT * FROM t", logger: logger).collect().first?.count == 2)
        }
    }

    @Test func `inside a transaction it fails once and is worth retrying`() async throws {
        try await withTestClient {
            $0.options.maximumConnections = 1
        } _: { client async throws in
            try await client.query("CREATE TEMP TABLE t AS SELECT 1 AS n")
            try await client.query("SELECT * FROM t")
            try await client.query("ALTER TABLE t ADD COLUMN more text")
            let plain = try await #require(throws: PostgresTransactionError.self) {
                try await client.withTransaction(logger: logger) {
                    try await $0.query("SELECT * FROM t", logger: logger)
                }
            }
            #expect((plain.closureError as? PSQLError)?.isWorthRetrying == true)
            try await client.query("SELECT * FROM t")
            try await client.query("ALTER TABLE t ADD COLUMN evenmore text")
            let rows = try await client.transaction(logger: logger) {
                try await $0.query("SELECT * FROM t", logger: logger).collect()
            }
            #expect(rows.first?.count == 3)
        }
    }
}
