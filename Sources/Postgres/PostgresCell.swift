import Foundation
public import NIOCore

/// A value of a row, with its column.
public struct PostgresCell: Sendable, Equatable {
    /// The value's bytes; nil is NULL.
    public var bytes: ByteBuffer?
    /// The column's type.
    public var dataType: PostgresDataType
    /// How the bytes are written.
    public var format: PostgresFormat
    /// The column's name.
    public var columnName: String
    /// The column's place in the row, from 0.
    public var columnIndex: Int

    /// Makes a cell.
    public init(
        bytes: ByteBuffer?, dataType: PostgresDataType, format: PostgresFormat, columnName: String, columnIndex: Int
    ) {
        self.bytes = bytes
        self.dataType = dataType
        self.format = format
        self.columnName = columnName
        self.columnIndex = columnIndex
    }

    /// Reads the value as a Swift type.
    public func decode<T: PostgresDecodable>(_: T.Type, file: String = #fileID, line: Int = #line) throws -> T {
        try self.decode(T.self, context: .default, file: file, line: line)
    }

    /// Reads the value as a Swift type in a context, which says how JSON is read.
    public func decode<T: PostgresDecodable, JSONDecoder: PostgresJSONDecoder>(
        _: T.Type, context: PostgresDecodingContext<JSONDecoder>, file: String = #fileID, line: Int = #line
    ) throws -> T {
        var bytes = self.bytes
        do {
            return try T._decodeRaw(from: &bytes, type: self.dataType, format: self.format, context: context)
        } catch let code as PostgresDecodingError.Code {
            throw PostgresDecodingError(
                code: code, columnName: self.columnName, columnIndex: self.columnIndex, targetType: T.self,
                postgresType: self.dataType, postgresFormat: self.format, file: file, line: line)
        }
    }
}
