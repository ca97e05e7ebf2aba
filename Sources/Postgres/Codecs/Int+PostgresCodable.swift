public import NIOCore

extension FixedWidthInteger {
    /// Reads any of the integer types; a value that does not fit is refused.
    fileprivate init(integer bytes: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat) throws {
        let value: Int64?
        switch (format, type) {
        case (.binary, .int2): value = bytes.readInteger(as: Int16.self).map(Int64.init)
        case (.binary, .int4): value = bytes.readInteger(as: Int32.self).map(Int64.init)
        case (.binary, .int8): value = bytes.readInteger(as: Int64.self)
        case (.text, .int2), (.text, .int4), (.text, .int8):
            value = bytes.readString(length: bytes.readableBytes).flatMap { Int64($0) }
        default: throw PostgresDecodingError.Code.typeMismatch
        }
        guard let value, let own = Self(exactly: value) else { throw PostgresDecodingError.Code.failure }
        self = own
    }
}

extension Int16: PostgresNonThrowingEncodable {
    /// `int2`.
    public static var psqlType: PostgresDataType { .int2 }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the integer in network order.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(self)
    }
}

extension Int16: PostgresDecodable {
    /// Reads `int2`, `int4` or `int8`, if the value fits.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        try self.init(integer: &byteBuffer, type: type, format: format)
    }
}

extension Int32: PostgresNonThrowingEncodable {
    /// `int4`.
    public static var psqlType: PostgresDataType { .int4 }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the integer in network order.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(self)
    }
}

extension Int32: PostgresDecodable {
    /// Reads `int2`, `int4` or `int8`, if the value fits.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        try self.init(integer: &byteBuffer, type: type, format: format)
    }
}

extension Int64: PostgresNonThrowingEncodable {
    /// `int8`.
    public static var psqlType: PostgresDataType { .int8 }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the integer in network order.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(self)
    }
}

extension Int64: PostgresDecodable {
    /// Reads `int2`, `int4` or `int8`, if the value fits.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        try self.init(integer: &byteBuffer, type: type, format: format)
    }
}

extension Int: PostgresNonThrowingEncodable {
    /// `int8`.
    public static var psqlType: PostgresDataType { .int8 }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the integer in network order.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(Int64(self))
    }
}

extension Int: PostgresDecodable {
    /// Reads `int2`, `int4` or `int8`, if the value fits.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        try self.init(integer: &byteBuffer, type: type, format: format)
    }
}
