package import Logging
package import Postgres

/// What a feature's queries extend: statements on the connection of the transaction at hand.
package struct Transaction: Sendable {
    package let connection: PostgresConnection
    package let logger: Logger

    package init(connection: PostgresConnection, logger: Logger) {
        self.connection = connection
        self.logger = logger
    }

    /// Runs a statement and returns every row of its complete, bounded answer.
    package func rows(
        _ query: PostgresQuery, file: String = #fileID, line: Int = #line
    ) async throws -> [PostgresRow] {
        CrashPoint.reach()
        let rows = try await self.connection.query(query, logger: self.logger, file: file, line: line).collect()
        CrashPoint.reach()
        return rows
    }

    /// Runs a statement whose rows do not matter and returns whether it returned any.
    @discardableResult
    package func execute(
        _ query: PostgresQuery, file: String = #fileID, line: Int = #line
    ) async throws -> Bool {
        try await !self.rows(query, file: file, line: line).isEmpty
    }

    /// Runs a statement and decodes its rows.
    package func all<Row: TableRow>(
        _ query: PostgresQuery, as: Row.Type = Row.self, file: String = #fileID, line: Int = #line
    ) async throws -> [Row] {
        let rows = try await self.rows(query, file: file, line: line)
        return try Self.decode(rows)
    }

    /// Runs a statement and decodes its first row.
    package func first<Row: TableRow>(
        _ query: PostgresQuery, as: Row.Type = Row.self, file: String = #fileID, line: Int = #line
    ) async throws -> Row? {
        let rows = try await self.rows(query, file: file, line: line)
        let decoded: [Row] = try Self.decode(Array(rows.prefix(1)))
        return decoded.first
    }

    /// Apart from the functions that wait: inlined into them, a decoder that throws crashes the optimiser of Swift 6.3.1.
    @inline(never)
    static func decode<Row: TableRow>(_ rows: [PostgresRow]) throws -> [Row] {
        try rows.map { try Row(row: $0) }
    }

    /// Sends statements in one round trip and returns the rows of each.
    ///
    /// Each sees what those before it did; after the first that fails the others are skipped. Outside a transaction they
    /// are one of their own.
    package func pipeline(
        _ queries: [PostgresQuery], file: String = #fileID, line: Int = #line
    ) async throws -> [[PostgresRow]] {
        CrashPoint.reach()
        let answers = try await self.connection.pipeline(logger: self.logger, file: file, line: line) { pipeline in
            for query in queries { pipeline.query(query) }
        }
        var rows: [[PostgresRow]] = []
        for answer in answers { rows.append(try await answer.collect()) }
        CrashPoint.reach()
        return rows
    }
}
