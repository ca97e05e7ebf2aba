import NIOCore

/// The encoded values of a statement's parameters.
public struct PostgresBindings: Sendable, Hashable {
    struct Metadata: Sendable, Hashable {
        let dataType: PostgresDataType
        let format: PostgresFormat
    }

    private(set) var metadata: [Metadata] = []
    /// Each value is its length (four bytes, -1 for NULL) and its bytes.
    private var bytes = ByteBuffer()

    /// How many parameters there are.
    public var count: Int { self.metadata.count }

    /// Makes an empty list.
    public init() {}

    /// Makes an empty list with room for some parameters.
    public init(capacity: Int) {
        self.metadata.reserveCapacity(capacity)
        self.bytes.reserveCapacity(32 * capacity)
    }

    /// Adds NULL of a type that the server infers.
    public mutating func appendNull() {
        self.appendNull(.null)
    }

    /// Adds a value.
    public mutating func append<Value: PostgresThrowingDynamicTypeEncodable>(_ value: Value) throws {
        try self.append(value, context: .default)
    }

    /// Adds a value, nil as NULL.
    public mutating func append<Value: PostgresThrowingDynamicTypeEncodable>(_ value: Value?) throws {
        try self.append(value, context: .default)
    }

    /// Adds a value.
    public mutating func append<Value: PostgresThrowingDynamicTypeEncodable, JSONEncoder: PostgresJSONEncoder>(
        _ value: Value, context: PostgresEncodingContext<JSONEncoder>
    ) throws {
        try self.appendValue(type: value.psqlType, format: value.psqlFormat) {
            try value.encode(into: &$0, context: context)
        }
    }

    /// Adds a value, nil as NULL.
    public mutating func append<Value: PostgresThrowingDynamicTypeEncodable, JSONEncoder: PostgresJSONEncoder>(
        _ value: Value?, context: PostgresEncodingContext<JSONEncoder>
    ) throws {
        if let value {
            try self.append(value, context: context)
        } else {
            self.appendNull(Self.type(of: Value.self))
        }
    }

    /// Adds a value.
    public mutating func append<Value: PostgresDynamicTypeEncodable>(_ value: Value) {
        self.append(value, context: .default)
    }

    /// Adds a value, nil as NULL.
    public mutating func append<Value: PostgresDynamicTypeEncodable>(_ value: Value?) {
        self.append(value, context: .default)
    }

    /// Adds a value.
    public mutating func append<Value: PostgresDynamicTypeEncodable, JSONEncoder: PostgresJSONEncoder>(
        _ value: Value, context: PostgresEncodingContext<JSONEncoder>
    ) {
        self.appendValue(type: value.psqlType, format: value.psqlFormat) { value.encode(into: &$0, context: context) }
    }

    /// Adds a value, nil as NULL.
    public mutating func append<Value: PostgresDynamicTypeEncodable, JSONEncoder: PostgresJSONEncoder>(
        _ value: Value?, context: PostgresEncodingContext<JSONEncoder>
    ) {
        if let value {
            self.append(value, context: context)
        } else {
            self.appendNull(Self.type(of: Value.self))
        }
    }

    /// NULL has the type of the value that is not there, so that a statement is the same with and without it.
    private static func type<Value>(of: Value.Type) -> PostgresDataType {
        (Value.self as? any PostgresEncodable.Type)?.psqlType ?? .null
    }

    mutating func appendNull(_ type: PostgresDataType) {
        self.metadata.append(Metadata(dataType: type, format: .binary))
        self.bytes.writeInteger(Int32(-1))
    }

    mutating func appendValue(
        type: PostgresDataType, format: PostgresFormat, _ encode: (inout ByteBuffer) throws -> Void
    ) rethrows {
        let start = self.bytes.writerIndex
        self.bytes.writeInteger(Int32(0))
        do {
            try encode(&self.bytes)
        } catch {
            self.bytes.moveWriterIndex(to: start)
            throw error
        }
        self.bytes.setInteger(Int32(self.bytes.writerIndex - start - 4), at: start)
        self.metadata.append(Metadata(dataType: type, format: format))
    }
}

extension PostgresBindings {
    /// Lends each value's bytes in place; nil is NULL.
    func withValues<Result>(_ body: ([UnsafeRawBufferPointer?]) throws -> Result) rethrows -> Result {
        try self.bytes.withUnsafeReadableBytes { bytes in
            var values: [UnsafeRawBufferPointer?] = []
            values.reserveCapacity(self.count)
            var offset = 0
            while offset < bytes.count {
                let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
                offset += 4
                values.append(length < 0 ? nil : UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]))
                offset += max(0, length)
            }
            return try body(values)
        }
    }
}

extension PostgresBindings: CustomStringConvertible, CustomDebugStringConvertible {
    /// A mark for each parameter; never its value.
    public var description: String {
        "[\(self.metadata.map { _ in "****" }.joined(separator: ", "))]"
    }

    /// The types of the parameters; never their values.
    public var debugDescription: String {
        "[\(self.metadata.map { "(****; \($0.dataType); format: \($0.format))" }.joined(separator: ", "))]"
    }
}
