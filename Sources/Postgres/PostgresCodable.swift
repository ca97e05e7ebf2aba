public import Foundation
public import NIOCore

/// A value that can be sent as a parameter, of a type that is known only at run time.
public protocol PostgresThrowingDynamicTypeEncodable {
    /// The PostgreSQL type that the bytes are of.
    var psqlType: PostgresDataType { get }

    /// How the bytes are written.
    var psqlFormat: PostgresFormat { get }

    /// Writes the value's bytes without their length.
    func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>) throws
}

/// The same for values whose encoding cannot fail, which are interpolated without `try`.
public protocol PostgresDynamicTypeEncodable: PostgresThrowingDynamicTypeEncodable {
    /// Writes the value's bytes without their length.
    func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>)
}

/// A value that can be sent as a parameter.
public protocol PostgresEncodable: PostgresThrowingDynamicTypeEncodable {
    /// The PostgreSQL type that the bytes are of.
    static var psqlType: PostgresDataType { get }

    /// How the bytes are written.
    static var psqlFormat: PostgresFormat { get }
}

/// A value that can be sent as a parameter and whose encoding cannot fail.
public protocol PostgresNonThrowingEncodable: PostgresEncodable, PostgresDynamicTypeEncodable {}

extension PostgresEncodable {
    /// The type's `psqlType`.
    public var psqlType: PostgresDataType { Self.psqlType }

    /// The type's `psqlFormat`.
    public var psqlFormat: PostgresFormat { Self.psqlFormat }
}

/// A value that can be read from a column.
public protocol PostgresDecodable {
    /// The type itself, except for optionals, whose it is what they wrap; it keeps optionals from nesting.
    associatedtype _DecodableType: PostgresDecodable = Self

    /// Reads a value that is not NULL; the buffer holds its bytes and no others.
    ///
    /// - Throws: a `PostgresDecodingError.Code`, to which the row adds where it was.
    init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>) throws

    /// Reads a value that may be NULL; only optionals implement it.
    static func _decodeRaw<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer?, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws -> Self
}

extension PostgresDecodable {
    /// Refuses NULL.
    public static func _decodeRaw<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer?, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws -> Self {
        guard var bytes = byteBuffer else { throw PostgresDecodingError.Code.missingData }
        return try Self(from: &bytes, type: type, format: format, context: context)
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable, Wrapped._DecodableType == Wrapped {
    /// What the optional wraps.
    public typealias _DecodableType = Wrapped

    /// Reads a value that is not NULL.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        self = .some(try Wrapped(from: &byteBuffer, type: type, format: format, context: context))
    }

    /// Reads NULL as nil.
    public static func _decodeRaw<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer?, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws -> Self {
        guard byteBuffer != nil else { return nil }
        return .some(try Wrapped._decodeRaw(from: &byteBuffer, type: type, format: format, context: context))
    }
}

/// A value that can be sent and read.
public typealias PostgresCodable = PostgresEncodable & PostgresDecodable

/// Writes JSON; Foundation's encoder is one.
public protocol PostgresJSONEncoder: Sendable {
    /// Writes a value as JSON.
    func encode<T: Encodable>(_ value: T) throws -> Data
}

/// Reads JSON; Foundation's decoder is one.
public protocol PostgresJSONDecoder: Sendable {
    /// Reads a value from JSON.
    func decode<T: Decodable>(_ type: T.Type, from data: Data) throws -> T
}

extension JSONEncoder: PostgresJSONEncoder {}
extension JSONDecoder: PostgresJSONDecoder {}

/// What encoding needs beside the value.
public struct PostgresEncodingContext<JSONEncoder: PostgresJSONEncoder>: Sendable {
    /// Writes the values of json and jsonb parameters.
    public var jsonEncoder: JSONEncoder

    /// Makes a context with an encoder of JSON.
    public init(jsonEncoder: JSONEncoder) {
        self.jsonEncoder = jsonEncoder
    }
}

extension PostgresEncodingContext where JSONEncoder == Foundation.JSONEncoder {
    /// Foundation's encoder as it is.
    public static let `default` = PostgresEncodingContext(jsonEncoder: Foundation.JSONEncoder())
}

/// What decoding needs beside the bytes.
public struct PostgresDecodingContext<JSONDecoder: PostgresJSONDecoder>: Sendable {
    /// Reads the values of json and jsonb columns.
    public var jsonDecoder: JSONDecoder

    /// Makes a context with a decoder of JSON.
    public init(jsonDecoder: JSONDecoder) {
        self.jsonDecoder = jsonDecoder
    }
}

extension PostgresDecodingContext where JSONDecoder == Foundation.JSONDecoder {
    /// Foundation's decoder as it is.
    public static let `default` = PostgresDecodingContext(jsonDecoder: Foundation.JSONDecoder())
}
