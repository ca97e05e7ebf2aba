public import NIOCore

extension Bool: PostgresNonThrowingEncodable {
    /// `bool`.
    public static var psqlType: PostgresDataType { .bool }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes one byte.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(UInt8(self ? 1 : 0))
    }
}

extension Bool: PostgresDecodable {
    /// Reads `bool`.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        guard type == .bool else { throw PostgresDecodingError.Code.typeMismatch }
        switch (format, byteBuffer.readInteger(as: UInt8.self)) {
        case (.binary, 0), (.text, UInt8(ascii: "f")): self = false
        case (.binary, 1), (.text, UInt8(ascii: "t")): self = true
        default: throw PostgresDecodingError.Code.failure
        }
    }
}
