public import Logging

/// How much of other transactions a transaction sees.
public enum PostgresIsolationLevel: String, Sendable {
    /// Each statement sees what was committed before it.
    case readCommitted = "READ COMMITTED"
    /// All statements see the same instant.
    case repeatableRead = "REPEATABLE READ"
    /// As if transactions ran one after the other.
    case serializable = "SERIALIZABLE"
}

extension PostgresClient {
    /// Runs a closure in a transaction, and again when the server asks for it (40001, 40P01).
    ///
    /// Unlike ``withTransaction(logger:file:line:isolation:_:)`` it throws what the closure threw as it is, and otherwise
    /// the `PSQLError` of BEGIN or COMMIT: `outcomeUnknown` when the answer to COMMIT was lost, which is never retried.
    ///
    /// - Parameters:
    ///   - isolation: the isolation level.
    ///   - readOnly: whether the server refuses writes.
    ///   - attempts: how often the closure runs at most.
    ///   - backoff: how long to wait before an attempt, by the number of those before it.
    ///   - logger: where failures are noted.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    ///   - caller: the caller's actor.
    ///   - closure: runs statements on the connection; it may run several times.
    /// - Returns: what the closure returned.
    public func transaction<Result>(
        isolation: PostgresIsolationLevel = .readCommitted, readOnly: Bool = false, attempts: Int = 3,
        backoff: @Sendable (_ attempt: Int) -> Duration = { .milliseconds(5 << $0) },
        logger: Logger, file: String = #fileID, line: Int = #line, caller: isolated (any Actor)? = #isolation,
        _ closure: (PostgresConnection) async throws -> sending Result
    ) async throws -> sending Result {
        let begin = "BEGIN ISOLATION LEVEL \(isolation.rawValue)\(readOnly ? " READ ONLY" : "")"
        var attempt = 1
        while true {
            do {
                return try await self.withConnection(isolation: caller) { connection in
                    try await connection.withTransaction(
                        begin: begin, logger: logger, file: file, line: line, isolation: caller, closure)
                }
            } catch let failure as PostgresTransactionError {
                let cause = failure.closureError ?? failure.commitError ?? failure.beginError ?? failure
                guard attempt < attempts, (cause as? PSQLError)?.isWorthRetrying == true else { throw cause }
                logger.debug(
                    "A transaction runs again", metadata: ["attempt": "\(attempt)", "psql_at": "\(file):\(line)"])
                try await Task.sleep(for: backoff(attempt))
                attempt += 1
            } catch let error as PSQLError where error.file == nil {
                throw error.at(file, line)
            }
        }
    }
}
