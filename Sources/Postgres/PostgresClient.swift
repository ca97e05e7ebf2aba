public import Logging
public import ServiceLifecycle

/// A pool of connections to one database.
///
/// Nothing works until ``run()`` runs, usually as a service of a `ServiceGroup`:
///
/// ```swift
/// let client = PostgresClient(configuration: .init(conninfo: "host=/run/postgresql dbname=leads"), backgroundLogger: logger)
/// try await ServiceGroup(services: [client, application], logger: logger).run()
/// ```
///
/// A graceful shutdown lends no connection to new tasks, waits for those that are lent and closes them all; cancelling
/// the task of ``run()`` does not wait.
public final class PostgresClient: Sendable, Service {
    let pool: ConnectionPool
    private let logger: Logger

    /// Makes a client, which connects when it is first asked for a connection.
    public init(configuration: Configuration, backgroundLogger: Logger) {
        self.logger = backgroundLogger
        self.pool = ConnectionPool(configuration: configuration, logger: backgroundLogger)
    }

    /// Keeps the pool until shutdown; call it once.
    public func run() async {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await self.pool.run()
            } onGracefulShutdown: {
                self.pool.shutDown()
            }
        } onCancel: {
            self.pool.abort()
        }
    }

    /// Lends a connection for as long as the closure runs.
    ///
    /// A closure of no actor runs on the connection's thread, which saves waking another one for each statement. So do its
    /// child tasks, which therefore wait while a statement runs; work that a statement may have to wait for belongs in a
    /// task of its own.
    ///
    /// - Throws: what the closure throws, or `PSQLError` when there is no connection: `leaseTimeout`, `poolClosed`.
    public func withConnection<Result>(
        isolation: isolated (any Actor)? = #isolation, _ closure: (PostgresConnection) async throws -> sending Result
    ) async throws -> sending Result {
        let connection = try await self.pool.lease()
        defer { self.pool.release(connection) }
        // Whoever had it before may have got an answer while this task waited for it.
        if let patience = PostgresPatience.current, let heard = connection.session.control.heardAt {
            patience.heard(ContinuousClock.now - heard)
        }
        return try await withTaskExecutorPreference(connection.session.loan, isolation: isolation) {
            Sent(try await closure(connection))
        }.take()
    }

    /// Lends a connection in a transaction, which is committed when the closure returns and rolled back when it throws.
    ///
    /// - Parameters:
    ///   - logger: where failures are noted.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    ///   - isolation: the caller's actor.
    ///   - closure: runs statements on the connection, one after the other.
    /// - Returns: what the closure returned.
    /// - Throws: `PostgresTransactionError`, or `PSQLError` when there is no connection.
    public func withTransaction<Result>(
        logger: Logger, file: String = #file, line: Int = #line, isolation: isolated (any Actor)? = #isolation,
        _ closure: (PostgresConnection) async throws -> sending Result
    ) async throws -> sending Result {
        try await self.withConnection(isolation: isolation) { connection in
            try await connection.withTransaction(logger: logger, file: file, line: line, isolation: isolation, closure)
        }
    }

    /// Runs one statement on a connection of the pool and returns its complete result.
    ///
    /// - Parameters:
    ///   - query: the statement.
    ///   - logger: where a failure is noted, without the content of any row.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    /// - Throws: `PSQLError`.
    @discardableResult
    public func query(
        _ query: PostgresQuery, logger: Logger? = nil, file: String = #fileID, line: Int = #line
    ) async throws -> PostgresRowSequence {
        do {
            return try await self.withConnection { connection in
                try await connection.query(query, logger: logger ?? self.logger, file: file, line: line)
            }
        } catch let error as PSQLError where error.file == nil {
            throw error.at(file, line)
        }
    }
}

/// Carries what nobody else holds, as `withTaskExecutorPreference` does not say `sending`.
private struct Sent<Value>: @unchecked Sendable {
    nonisolated(unsafe) private let storage: Value

    init(_ value: sending Value) {
        self.storage = value
    }

    func take() -> sending Value { self.storage }
}
