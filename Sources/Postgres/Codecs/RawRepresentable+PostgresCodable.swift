public import NIOCore

extension PostgresEncodable where Self: RawRepresentable, RawValue: PostgresEncodable {
    /// The raw value's.
    public static var psqlType: PostgresDataType { RawValue.psqlType }

    /// The raw value's.
    public static var psqlFormat: PostgresFormat { RawValue.psqlFormat }

    /// Writes the raw value.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) throws {
        try self.rawValue.encode(into: &byteBuffer, context: context)
    }
}

extension PostgresDecodable
where Self: RawRepresentable, RawValue: PostgresDecodable, RawValue._DecodableType == RawValue {
    /// Reads the raw value; one without a counterpart is refused.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        let rawValue = try RawValue(from: &byteBuffer, type: type, format: format, context: context)
        guard let value = Self(rawValue: rawValue) else { throw PostgresDecodingError.Code.failure }
        self = value
    }
}
