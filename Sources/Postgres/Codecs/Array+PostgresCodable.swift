public import Foundation
public import NIOCore

/// A value of which arrays can be sent.
public protocol PostgresArrayEncodable: PostgresEncodable {
    /// The PostgreSQL type of the array.
    static var psqlArrayType: PostgresDataType { get }
}

/// A value of which arrays can be read.
public protocol PostgresArrayDecodable: PostgresDecodable {}

extension Bool: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `bool[]`.
    public static var psqlArrayType: PostgresDataType { .boolArray }
}

extension Int16: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `int2[]`.
    public static var psqlArrayType: PostgresDataType { .int2Array }
}

extension Int32: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `int4[]`.
    public static var psqlArrayType: PostgresDataType { .int4Array }
}

extension Int64: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `int8[]`.
    public static var psqlArrayType: PostgresDataType { .int8Array }
}

extension Int: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `int8[]`.
    public static var psqlArrayType: PostgresDataType { .int8Array }
}

extension Float: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `float4[]`.
    public static var psqlArrayType: PostgresDataType { .float4Array }
}

extension Double: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `float8[]`.
    public static var psqlArrayType: PostgresDataType { .float8Array }
}

extension String: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `text[]`.
    public static var psqlArrayType: PostgresDataType { .textArray }
}

extension ByteBuffer: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `bytea[]`.
    public static var psqlArrayType: PostgresDataType { .byteaArray }
}

extension UUID: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `uuid[]`.
    public static var psqlArrayType: PostgresDataType { .uuidArray }
}

extension Date: PostgresArrayEncodable, PostgresArrayDecodable {
    /// `timestamptz[]`.
    public static var psqlArrayType: PostgresDataType { .timestamptzArray }
}

extension Array: PostgresThrowingDynamicTypeEncodable where Element: PostgresArrayEncodable {}

extension Array: PostgresEncodable where Element: PostgresArrayEncodable {
    /// The element's array type.
    public static var psqlType: PostgresDataType { Element.psqlArrayType }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes a one-dimensional array from 1.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) throws {
        try byteBuffer.writeElements(self.lazy.map(Optional.some)) { try $0.encode(into: &$1, context: context) }
    }
}

extension Array: PostgresDynamicTypeEncodable where Element: PostgresArrayEncodable & PostgresNonThrowingEncodable {}

extension Array: PostgresNonThrowingEncodable where Element: PostgresArrayEncodable & PostgresNonThrowingEncodable {
    /// The element's array type.
    public static var psqlType: PostgresDataType { Element.psqlArrayType }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes a one-dimensional array from 1.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeElements(self.lazy.map(Optional.some)) { $0.encode(into: &$1, context: context) }
    }
}

extension ByteBuffer {
    /// Writes a one-dimensional array from 1; nil is NULL.
    mutating func writeElements<Element: PostgresArrayEncodable>(
        _ elements: some Collection<Element?>, _ encode: (Element, inout ByteBuffer) throws -> Void
    ) rethrows {
        let hasNull = elements.contains { $0 == nil }
        self.writeMultipleIntegers(
            Int32(elements.isEmpty ? 0 : 1), Int32(hasNull ? 1 : 0), Element.psqlType.rawValue)
        guard !elements.isEmpty else { return }
        self.writeMultipleIntegers(Int32(elements.count), Int32(1))
        for element in elements {
            let start = self.writerIndex
            self.writeInteger(Int32(-1))
            guard let element else { continue }
            try encode(element, &self)
            self.setInteger(Int32(self.writerIndex - start - 4), at: start)
        }
    }
}

extension Array: PostgresDecodable where Element: PostgresArrayDecodable {
    /// Reads a one-dimensional array; an element that is NULL needs an optional type.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        guard format == .binary, PostgresDataType.arrays.contains(type) || type.isUserDefined else {
            throw PostgresDecodingError.Code.typeMismatch
        }
        guard let (dimensions, _, element) = byteBuffer.readMultipleIntegers(as: (Int32, Int32, UInt32).self) else {
            throw PostgresDecodingError.Code.typeMismatch
        }
        self = []
        guard dimensions != 0 else { return }
        guard dimensions == 1, let (count, _) = byteBuffer.readMultipleIntegers(as: (Int32, Int32).self), count >= 0
        else {
            throw PostgresDecodingError.Code.failure
        }
        self.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = byteBuffer.readInteger(as: Int32.self) else { throw PostgresDecodingError.Code.failure }
            var bytes = length < 0 ? nil : byteBuffer.readSlice(length: Int(length))
            guard length < 0 || bytes != nil else { throw PostgresDecodingError.Code.failure }
            self.append(
                try Element._decodeRaw(
                    from: &bytes, type: PostgresDataType(element), format: format, context: context))
        }
    }
}
