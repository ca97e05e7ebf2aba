import Leads
package import Logging
package import Postgres
package import Tracing

/// The one door to PostgreSQL: runs a feature's queries in a transaction, or each in its own.
package struct Database: Sendable {
    private let client: PostgresClient
    private let logger: Logger
    private let tracer: (any Tracer)?

    /// - Parameter tracer: receives the spans; nil means the process's.
    package init(client: PostgresClient, logger: Logger, tracer: (any Tracer)? = nil) {
        self.client = client
        self.logger = logger
        self.tracer = tracer
    }

    /// Runs `body` in one READ COMMITTED transaction, again (at most twice) when PostgreSQL asks for it (40001, 40P01).
    package func transaction<Result: Sendable>(
        file: String = #fileID, line: Int = #line,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await self.span("transaction", file, line) {
            try await self.client.transaction(
                isolation: .readCommitted, readOnly: false, attempts: 3, logger: self.logger, file: file, line: line
            ) { connection in
                try await body(Transaction(connection: connection, logger: self.logger))
            }
        }
    }

    /// Runs `body` in one REPEATABLE READ, READ ONLY transaction: everything it reads belongs to the same instant.
    package func snapshot<Result: Sendable>(
        file: String = #fileID, line: Int = #line,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await self.span("snapshot", file, line) {
            try await self.client.transaction(
                isolation: .repeatableRead, readOnly: true, attempts: 1, logger: self.logger, file: file, line: line
            ) { connection in
                try await body(Transaction(connection: connection, logger: self.logger))
            }
        }
    }

    /// Runs `body` on one connection without a transaction: each statement commits by itself.
    package func autocommit<Result: Sendable>(
        file: String = #fileID, line: Int = #line,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        try await self.span("autocommit", file, line) {
            try await self.client.withConnection { connection in
                try await body(Transaction(connection: connection, logger: self.logger))
            }
        }
    }

    /// Runs one statement that commits by itself, again (at most twice) when PostgreSQL asks for it (40001, 40P01).
    ///
    /// What PostgreSQL ended that way has left nothing behind.
    package func statement<Result: Sendable>(
        file: String = #fileID, line: Int = #line,
        _ body: @Sendable (Transaction) async throws -> Result
    ) async throws -> Result {
        var attempt = 1
        while true {
            do {
                return try await self.autocommit(file: file, line: line, body)
            } catch let error as PSQLError where attempt < 3 && ["40001", "40P01"].contains(error.sqlState ?? "") {
                attempt += 1
            }
        }
    }

    /// How long a request waits for a database that says nothing; with what else it takes, three seconds to its 503.
    package static let patience = Duration.milliseconds(2500)

    /// Runs `body` for somebody who waits: once the server has said nothing for so long, what it asks of it fails.
    package static func impatient<Result>(
        after limit: Duration = Self.patience, _ body: () async throws -> Result
    ) async rethrows -> Result {
        try await PostgresPatience.limited(to: limit, body)
    }

    /// Runs `body` for as long as the statements' own timeouts allow, also for somebody who waits.
    package static func patient<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await PostgresPatience.unlimited(body)
    }

    /// A span that names the kind of work and the place in the program; no statement's text and no value.
    private func span<Result: Sendable>(
        _ name: String, _ file: String, _ line: Int, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        let tracer: any Tracer = self.tracer ?? InstrumentationSystem.tracer
        let span: any Tracing.Span = tracer.startSpan(
            "Database.\(name)", context: .current ?? .topLevel, ofKind: .client, at: DefaultTracerClock.now,
            function: #function, file: file, line: UInt(line))
        defer { span.end() }
        span.attributes["db.system.name"] = "postgresql"
        span.attributes["db.operation.name"] = name
        span.attributes["code.file.path"] = file
        span.attributes["code.line.number"] = line
        do {
            return try await InstrumentationContext.$current.withValue(span.context, operation: body)
        } catch {
            // Not the error itself, whose text is not ours to vouch for.
            let failure = error as? PSQLError
            span.attributes["error.type"] = failure.map { $0.sqlState ?? "\($0.code)" } ?? "\(type(of: error))"
            span.setStatus(SpanStatus(code: .error))
            throw error
        }
    }
}
