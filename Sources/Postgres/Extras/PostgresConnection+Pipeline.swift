public import Logging

/// Gathers the statements of a pipeline.
public struct PostgresPipeline: ~Copyable {
    fileprivate var queries: [PostgresQuery] = []

    /// Adds a statement.
    public mutating func query(_ query: PostgresQuery) {
        self.queries.append(query)
    }
}

extension PostgresConnection {
    /// Runs statements in one round trip; outside a transaction block they are one transaction.
    ///
    /// None of them can depend on another's result. After the first that fails the others are skipped.
    ///
    /// - Parameters:
    ///   - logger: where a failure is noted, without the content of any row.
    ///   - file: the file that errors name.
    ///   - line: the line that errors name.
    ///   - build: adds the statements.
    /// - Returns: the statements' results, in their order.
    /// - Throws: `PSQLError`, the failure of the first statement that failed.
    public func pipeline(
        logger: Logger, file: String = #fileID, line: Int = #line, _ build: (inout PostgresPipeline) throws -> Void
    ) async throws -> [PostgresRowSequence] {
        var pipeline = PostgresPipeline()
        try build(&pipeline)
        let queries = pipeline.queries
        let results = try await self.perform(logger: logger, file: file, line: line) {
            try $0.pipeline(queries, request: $1)
        }
        return results.map { PostgresRowSequence($0) }
    }
}
