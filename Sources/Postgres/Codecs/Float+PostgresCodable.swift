public import NIOCore

extension BinaryFloatingPoint where Self: LosslessStringConvertible {
    /// Reads either of the floating-point types.
    fileprivate init(floatingPoint bytes: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat) throws {
        let value: Self?
        switch (format, type) {
        case (.binary, .float4): value = bytes.readInteger(as: UInt32.self).map { Self(Float(bitPattern: $0)) }
        case (.binary, .float8): value = bytes.readInteger(as: UInt64.self).map { Self(Double(bitPattern: $0)) }
        case (.text, .float4), (.text, .float8):
            value = bytes.readString(length: bytes.readableBytes).flatMap { Self($0) }
        default: throw PostgresDecodingError.Code.typeMismatch
        }
        guard let value else { throw PostgresDecodingError.Code.failure }
        self = value
    }
}

extension Float: PostgresNonThrowingEncodable {
    /// `float4`.
    public static var psqlType: PostgresDataType { .float4 }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the bits in network order.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(self.bitPattern)
    }
}

extension Float: PostgresDecodable {
    /// Reads `float4` or `float8`.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        try self.init(floatingPoint: &byteBuffer, type: type, format: format)
    }
}

extension Double: PostgresNonThrowingEncodable {
    /// `float8`.
    public static var psqlType: PostgresDataType { .float8 }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the bits in network order.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(self.bitPattern)
    }
}

extension Double: PostgresDecodable {
    /// Reads `float4` or `float8`.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        try self.init(floatingPoint: &byteBuffer, type: type, format: format)
    }
}
