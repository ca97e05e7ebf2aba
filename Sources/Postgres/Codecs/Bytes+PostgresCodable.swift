public import Foundation
public import NIOCore

extension ByteBuffer: PostgresNonThrowingEncodable {
    /// `bytea`.
    public static var psqlType: PostgresDataType { .bytea }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the readable bytes.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeImmutableBuffer(self)
    }
}

extension ByteBuffer: PostgresDecodable {
    /// Takes the value's bytes, of whatever type they are.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        self = byteBuffer.readSlice(length: byteBuffer.readableBytes) ?? ByteBuffer()
    }
}

extension Data: PostgresNonThrowingEncodable {
    /// `bytea`.
    public static var psqlType: PostgresDataType { .bytea }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the bytes.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeBytes(self)
    }
}

extension Data: PostgresDecodable {
    /// Takes the value's bytes, of whatever type they are.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        self.init(byteBuffer.readableBytesView)
    }
}
