/// The rows of a statement's result.
///
/// The result is complete before the sequence exists, so iterating never waits and never fails; a statement whose
/// answer is large has to be cut by a `LIMIT` or a cursor, or to be a COPY.
public struct PostgresRowSequence: AsyncSequence, Sendable {
    /// The rows.
    public typealias Element = PostgresRow

    let result: ResultHandle

    init(_ result: ResultHandle) {
        self.result = result
    }

    /// Starts at the first row.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(result: self.result)
    }

    /// Walks over the rows.
    public struct AsyncIterator: AsyncIteratorProtocol {
        /// The rows.
        public typealias Element = PostgresRow

        private let result: ResultHandle
        private let count: Int
        private var index = 0

        init(result: ResultHandle) {
            self.result = result
            self.count = result.rowCount
        }

        /// The next row.
        public mutating func next() async throws -> PostgresRow? {
            self.advance()
        }

        /// The next row.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> PostgresRow? {
            self.advance()
        }

        private mutating func advance() -> PostgresRow? {
            guard self.index < self.count else { return nil }
            defer { self.index += 1 }
            return PostgresRow(result: self.result, index: self.index)
        }
    }

    /// All rows.
    public func collect() async throws -> [PostgresRow] {
        (0..<self.result.rowCount).map { PostgresRow(result: self.result, index: $0) }
    }
}

extension AsyncSequence where Element == PostgresRow {
    /// Reads the first column of each row.
    public func decode<Column: PostgresDecodable & Sendable>(
        _: Column.Type, file: String = #fileID, line: Int = #line
    ) -> AsyncThrowingMapSequence<Self, Column> {
        self.map { try $0.decode(Column.self, file: file, line: line) }
    }

    /// Reads the first column of each row in a context.
    public func decode<Column: PostgresDecodable & Sendable>(
        _: Column.Type, context: PostgresDecodingContext<some PostgresJSONDecoder>, file: String = #fileID,
        line: Int = #line
    ) -> AsyncThrowingMapSequence<Self, Column> {
        self.map { try $0.decode(Column.self, context: context, file: file, line: line) }
    }

    /// Reads the first columns of each row as a tuple.
    public func decode<each Column: PostgresDecodable & Sendable>(
        _ columnType: (repeat each Column).Type, file: String = #fileID, line: Int = #line
    ) -> AsyncThrowingMapSequence<Self, (repeat each Column)> {
        self.map { try $0.decode(columnType, file: file, line: line) }
    }

    /// Reads the first columns of each row as a tuple in a context.
    public func decode<each Column: PostgresDecodable & Sendable>(
        _ columnType: (repeat each Column).Type, context: PostgresDecodingContext<some PostgresJSONDecoder>,
        file: String = #fileID, line: Int = #line
    ) -> AsyncThrowingMapSequence<Self, (repeat each Column)> {
        self.map { try $0.decode(columnType, context: context, file: file, line: line) }
    }
}
