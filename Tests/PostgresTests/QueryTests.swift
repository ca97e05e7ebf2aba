import Foundation
import Logging
import NIOCore
import Postgres
import Testing

@Suite("Queries and rows")
struct QueryTests {
    @Test func `an interpolated value is a parameter and never part of the text`() {
        let name = "'; DROP TABLE leads; --"
        let count: Int? = nil
        let query: PostgresQuery = "SELECT \(unescaped: "a, b") FROM t WHERE name = \(name) AND n = \(count)"
        #expect(query.sql == "SELECT a, b FROM t WHERE name = $1 AND n = $2")
        #expect(query.binds.count == 2)
        #expect(query == "SELECT \(unescaped: "a, b") FROM t WHERE name = \(name) AND n = \(count)")
    }

    @Test func `the description of a query shows no value`() {
        let query: PostgresQuery = "SELECT \("13800000000")"
        #expect(!"\(query) \(String(reflecting: query))".contains("138"))
    }

    @Test func `the same number of parameters as the protocol can number is sent, one more is refused`() async throws {
        var binds = PostgresBindings(capacity: 65_536)
        for _ in 0..<65_535 {
            binds.append(1)
        }
        let text = "SELECT " + (1...65_535).map { "$\($0)" }.joined(separator: "+")
        let (sum, error) = try await withTestConnection { connection in
            let sum = try await connection.one(
                PostgresQuery(unsafeSQL: text.replacingOccurrences(of: "+", with: ","), binds: binds).rowCount,
                as: Int.self)
            var more = binds
            more.append(1)
            let query = PostgresQuery(unsafeSQL: text, binds: more)
            let error = await #expect(throws: PSQLError.self) { try await connection.query(query, logger: logger) }
            return (sum, error)
        }
        #expect(sum == 65_535)
        #expect(error?.code == .tooManyParameters)
    }

    @Test func `rows decode to tuples, column by column`() async throws {
        try await withTestConnection { connection async throws in
            let rows = try await connection.query(
                "SELECT n, 'x' || n, NULL::uuid FROM generate_series(1, 3) n", logger: logger)
            var seen: [String] = []
            for try await (number, text, none) in rows.decode((Int, String, UUID?).self) {
                #expect(none == nil)
                seen.append("\(number)\(text)")
            }
            #expect(seen == ["1x1", "2x2", "3x3"])
            var numbers: [Int] = []
            for try await number in rows.decode(Int.self) {
                numbers.append(number)
            }
            #expect(numbers == [1, 2, 3])
            #expect(try await rows.collect().count == 3)
        }
    }

    @Test func `cells are found by place and by name`() async throws {
        try await withTestConnection { connection async throws in
            let row = try #require(
                try await connection.query("SELECT 1 AS a, 'z' AS b, NULL AS c", logger: logger).collect().first)
            let cells = row.makeRandomAccess()
            #expect(try cells["a"].decode(Int.self) == 1)
            #expect(try cells[1].decode(String.self) == "z")
            #expect(try cells["c"].decode(String?.self) == nil)
            #expect(cells.contains("b") && !cells.contains("d"))
            #expect(cells.map(\.columnName) == ["a", "b", "c"])
            #expect(row.map(\.columnIndex) == [0, 1, 2])
            #expect(row.first?.dataType == .int4)
            #expect(row.first?.format == .binary)
        }
    }

    @Test func `a decoding error names the column, what was expected and what was found, not the value`() async throws {
        try await withTestConnection { connection async throws in
            let row = try #require(
                try await connection.query("SELECT 1, 'secret' AS name, NULL::text AS phone", logger: logger).collect()
                    .first)
            let mismatch = try #require(throws: PostgresDecodingError.self) {
                try row.decode((Int, Int, String).self, file: "F", line: 7)
            }
            #expect(mismatch.code == .typeMismatch)
            #expect(mismatch.columnName == "name" && mismatch.columnIndex == 1)
            #expect(mismatch.postgresType == .text)
            #expect(mismatch.description == #"column "name" (1): expected Int, found TEXT"#)
            #expect(String(reflecting: mismatch).contains("F:7"))
            let missing = try #require(throws: PostgresDecodingError.self) {
                try row.decode((Int, String, String).self)
            }
            #expect(missing.code == .missingData && missing.columnName == "phone")
            let tooFew = try #require(throws: PostgresDecodingError.self) {
                try row.decode((Int, String, String?, Int).self)
            }
            #expect(tooFew.code == .missingData && tooFew.columnIndex == 3)
            #expect(!"\(mismatch) \(String(reflecting: mismatch)) \(missing) \(tooFew)".contains("secret"))
        }
    }

    @Test func `the command tag tells how many rows a statement wrote`() async throws {
        try await withTestConnection { connection async throws in
            #expect(try await connection.query("CREATE TEMP TABLE t (n int)", logger: logger).affectedRows == nil)
            #expect(
                try await connection.query("INSERT INTO t SELECT generate_series(1, 5)", logger: logger).affectedRows
                    == 5)
            let update = try await connection.query("UPDATE t SET n = n + 1 WHERE n > \(3)", logger: logger)
            #expect(update.commandTag == "UPDATE 2" && update.affectedRows == 2 && update.count == 0)
        }
    }

    @Test func `a refused statement carries SQLSTATE, constraint and the caller's line, and describes no row`()
        async throws
    {
        try await withTestConnection { connection async throws in
            try await connection.query(
                "CREATE TEMP TABLE leads (phone text CONSTRAINT one_lead_per_phone UNIQUE)", logger: logger)
            try await connection.query("INSERT INTO leads VALUES (\("13800000000"))", logger: logger)
            let line = #line + 2
            func insertAgain() async throws {
                try await connection.query("INSERT INTO leads VALUES (\("13800000000"))", logger: logger)
            }
            let error = try await #require(throws: PSQLError.self) { try await insertAgain() }
            #expect(error.code == .server)
            #expect(error.serverInfo?[.sqlState] == "23505")
            #expect(error.serverInfo?[.constraintName] == "one_lead_per_phone")
            #expect(error.serverInfo?[.tableName] == "leads")
            #expect(error.serverInfo?[.detail]?.contains("13800000000") == true)
            #expect(error.file == #fileID && error.line == line)
            #expect(!"\(error) \(String(reflecting: error)) \(error.localizedDescription)".contains("138"))
            #expect(String(reflecting: error).contains("one_lead_per_phone"))
            #expect(!error.outcomeIsUnknown && !error.isWorthRetrying)
            let value = try await #require(throws: PSQLError.self) {
                try await connection.query("SELECT \("secret")::text::int", logger: logger)
            }
            #expect(value.serverInfo?[.message]?.contains("secret") == true)
            #expect(!String(reflecting: value).contains("secret"))
        }
    }

    @Test func `a connection goes on after a refused statement`() async throws {
        try await withTestConnection { connection async throws in
            for query: PostgresQuery in ["SELEC 1", "SELECT nothing", "SELECT 1/0", "COPY pg_type TO 'x'; SELECT 1"] {
                await #expect(throws: PSQLError.self) { try await connection.query(query, logger: logger) }
                #expect(try await connection.one("SELECT 1", as: Int.self) == 1)
            }
        }
    }

    @Test func `tasks on one connection wait for each other`() async throws {
        try await withTestConnection { connection async throws in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...50 {
                    group.addTask { try await connection.one("SELECT \(number)", as: Int.self) }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 1275)
        }
    }

    @Test func `a COPY run as a query gives the connection up instead of hanging`() async throws {
        try await withTestConnection { connection async throws in
            let error = try await #require(throws: PSQLError.self) {
                try await connection.query("COPY pg_type TO STDOUT", logger: logger)
            }
            #expect(error.code == .unexpectedBackendMessage)
            #expect(connection.isClosed)
            let after = try await #require(throws: PSQLError.self) {
                try await connection.query("SELECT 1", logger: logger)
            }
            #expect(after.code == .clientClosedConnection)
        }
    }
}

extension PostgresQuery {
    /// How many columns the query returns, asked through a query around it that has as many parameters.
    fileprivate var rowCount: PostgresQuery {
        PostgresQuery(
            unsafeSQL: "SELECT cardinality(ARRAY[\(self.sql.dropFirst("SELECT ".count))])::bigint", binds: self.binds)
    }
}
