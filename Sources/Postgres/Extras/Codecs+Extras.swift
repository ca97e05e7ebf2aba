public import Foundation
public import NIOCore

extension Decimal: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `numeric[]`.
    public static var psqlArrayType: PostgresDataType { .numericArray }
}

extension Data: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `bytea[]`.
    public static var psqlArrayType: PostgresDataType { .byteaArray }
}

extension PostgresEncodable where Self: RawRepresentable & Encodable, RawValue: PostgresEncodable {
    /// The raw value's: being `Encodable` too does not make it JSON.
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
where Self: RawRepresentable & Decodable, RawValue: PostgresDecodable, RawValue._DecodableType == RawValue {
    /// Reads the raw value: being `Decodable` too does not make it JSON.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        let rawValue = try RawValue(from: &byteBuffer, type: type, format: format, context: context)
        guard let value = Self(rawValue: rawValue) else { throw PostgresDecodingError.Code.failure }
        self = value
    }
}

/// A day of the calendar without time and zone, as `date` holds it.
public struct PostgresDate: Sendable, Hashable, Comparable {
    /// Days since 2000-01-01.
    public var daysSince2000: Int32

    /// A day by its distance from 2000-01-01.
    public init(daysSince2000: Int32) {
        self.daysSince2000 = daysSince2000
    }

    /// Whether a day comes before another.
    public static func < (lhs: Self, rhs: Self) -> Bool { lhs.daysSince2000 < rhs.daysSince2000 }
}

extension PostgresDate: PostgresNonThrowingEncodable, PostgresArrayEncodable {
    /// `date`.
    public static var psqlType: PostgresDataType { .date }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// `date[]`.
    public static var psqlArrayType: PostgresDataType { .dateArray }

    /// Writes the days.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeInteger(self.daysSince2000)
    }
}

extension PostgresDate: PostgresArrayDecodable {
    /// Reads `date`; infinity is refused.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        guard type == .date, format == .binary else { throw PostgresDecodingError.Code.typeMismatch }
        guard let days = byteBuffer.readInteger(as: Int32.self), days != .max, days != .min else {
            throw PostgresDecodingError.Code.failure
        }
        self.init(daysSince2000: days)
    }
}
