import Leads
package import Logging
package import Postgres

/// The one door to PostgreSQL: runs a feature's queries in a transaction, or each in its own.
package struct Database: Sendable {
    private let client: PostgresClient
    private let logger: Logger

    package init(client: PostgresClient, logger: Logger) {
        self.client = client
        self.logger = logger
    }

    /// Runs `body` in one READ COMMITTED transaction, again (at most twice) when PostgreSQL asks for it (40001, 40P01).
    package func transaction<Result: Sendable>(
        file: String = #fileID, line: Int = #line,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let logger = self.logger
        return try await self.client.transaction(
            isolation: .readCommitted, readOnly: false, attempts: 3, logger: logger, file: file, line: line
        ) { connection in
            try await body(Transaction(connection: connection, logger: logger))
        }
    }

    /// Runs `body` in one REPEATABLE READ, READ ONLY transaction: everything it reads belongs to the same instant.
    package func snapshot<Result: Sendable>(
        file: String = #fileID, line: Int = #line,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let logger = self.logger
        return try await self.client.transaction(
            isolation: .repeatableRead, readOnly: true, attempts: 1, logger: logger, file: file, line: line
        ) { connection in
            try await body(Transaction(connection: connection, logger: logger))
        }
    }

    /// Runs `body` on one connection without a transaction: each statement commits by itself.
    package func autocommit<Result: Sendable>(
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        let logger = self.logger
        return try await self.client.withConnection { connection in
            try await body(Transaction(connection: connection, logger: logger))
        }
    }
}
