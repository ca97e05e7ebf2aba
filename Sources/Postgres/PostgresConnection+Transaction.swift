public import Logging

extension PostgresConnection {
    /// Runs a closure in a transaction, which is committed when it returns and rolled back when it throws.
    ///
    /// COMMIT is never cancelled: it ends by its answer or after ``PostgresExtras/commitTimeout``. When its answer is lost
    /// the `commitError` is a `PSQLError` with `outcomeUnknown`: the transaction may or may not have taken effect.
    ///
    /// - Parameters:
    ///   - logger: where failures are noted.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    ///   - isolation: the caller's actor.
    ///   - process: runs statements on the connection, one after the other.
    /// - Returns: what the closure returned.
    /// - Throws: `PostgresTransactionError`.
    public func withTransaction<Result>(
        logger: Logger, file: String = #file, line: Int = #line, isolation: isolated (any Actor)? = #isolation,
        _ process: (PostgresConnection) async throws -> sending Result
    ) async throws -> sending Result {
        try await self.withTransaction(
            begin: "BEGIN", logger: logger, file: file, line: line, isolation: isolation, process)
    }

    func withTransaction<Result>(
        begin: String, logger: Logger, file: String, line: Int, isolation: isolated (any Actor)?,
        _ process: (PostgresConnection) async throws -> sending Result
    ) async throws -> sending Result {
        var failure = PostgresTransactionError(file: file, line: line)
        do {
            guard !Task.isCancelled else { throw PSQLError(code: .queryCancelled).at(file, line) }
            try await self.control(begin, .begin, logger: logger, file: file, line: line)
        } catch {
            failure.beginError = error
            throw failure
        }
        let result: Result
        do {
            result = try await process(self)
        } catch {
            failure.closureError = error
            do {
                try await self.control("ROLLBACK", .rollback, logger: logger, file: file, line: line)
            } catch {
                failure.rollbackError = error
            }
            throw failure
        }
        do {
            try await self.control("COMMIT", .commit, logger: logger, file: file, line: line)
        } catch {
            failure.commitError = error
            throw failure
        }
        return result
    }

    private func control(_ sql: String, _ kind: LibpqSession.Kind, logger: Logger, file: String, line: Int) async throws
    {
        try await self.perform(logger: logger, file: file, line: line) { try $0.execute(sql, kind, request: $1) }
    }
}
