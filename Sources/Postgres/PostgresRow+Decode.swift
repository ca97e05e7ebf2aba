import Foundation
import NIOCore

extension PostgresRow {
    /// Reads the first column.
    public func decode<Column: PostgresDecodable>(
        _: Column.Type, file: String = #fileID, line: Int = #line
    ) throws -> Column {
        try self.decode(Column.self, context: .default, file: file, line: line)
    }

    /// Reads the first column in a context.
    public func decode<Column: PostgresDecodable>(
        _: Column.Type, context: PostgresDecodingContext<some PostgresJSONDecoder>, file: String = #fileID,
        line: Int = #line
    ) throws -> Column {
        var cells = CellReader(self, file: file, line: line)
        return try cells.next(Column.self, context: context)
    }

    /// Reads the first columns, in their order, as a tuple.
    public func decode<each Column: PostgresDecodable>(
        _ columnType: (repeat each Column).Type, file: String = #fileID, line: Int = #line
    ) throws -> (repeat each Column) {
        try self.decode(columnType, context: .default, file: file, line: line)
    }

    /// Reads the first columns, in their order, as a tuple in a context.
    public func decode<each Column: PostgresDecodable>(
        _ columnType: (repeat each Column).Type, context: PostgresDecodingContext<some PostgresJSONDecoder>,
        file: String = #fileID, line: Int = #line
    ) throws -> (repeat each Column) {
        var cells = CellReader(self, file: file, line: line)
        return (repeat try cells.next((each Column).self, context: context))
    }
}

/// Reads one cell after the other; all of them share one copy of the row's bytes.
private struct CellReader {
    private let row: PostgresRow
    private let file: String
    private let line: Int
    private var column = 0
    private var bytes: ByteBuffer

    init(_ row: PostgresRow, file: String, line: Int) {
        self.row = row
        self.file = file
        self.line = line
        var bytes = ByteBuffer()
        bytes.reserveCapacity(row.byteCount)
        for column in 0..<row.result.columnCount {
            if let value = row.result.value(row: row.index, column: column) { bytes.writeBytes(value) }
        }
        self.bytes = bytes
    }

    mutating func next<Column: PostgresDecodable>(
        _: Column.Type, context: PostgresDecodingContext<some PostgresJSONDecoder>
    ) throws -> Column {
        let column = self.column
        self.column += 1
        let result = self.row.result
        let exists = column < result.columnCount
        let type = exists ? result.columnType(column) : .null
        let format = exists ? result.columnFormat(column) : .binary
        do {
            guard exists else { throw PostgresDecodingError.Code.missingData }
            var value = result.value(row: self.row.index, column: column).flatMap {
                self.bytes.readSlice(length: $0.count)
            }
            return try Column._decodeRaw(from: &value, type: type, format: format, context: context)
        } catch let code as PostgresDecodingError.Code {
            throw PostgresDecodingError(
                code: code, columnName: exists ? result.columnName(column) : "", columnIndex: column,
                targetType: Column.self,
                postgresType: type, postgresFormat: format, file: self.file, line: self.line)
        }
    }
}
