import Foundation
public import NIOCore

extension String: PostgresNonThrowingEncodable {
    /// `text`.
    public static var psqlType: PostgresDataType { .text }

    /// Binary, which for text is its UTF-8.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the UTF-8; a NUL, which PostgreSQL cannot store, is refused when the statement is sent.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        byteBuffer.writeString(self)
    }
}

extension String: PostgresDecodable {
    /// Reads text of any kind, json and uuid.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        switch (format, type) {
        case (.binary, .uuid):
            self = try UUID(from: &byteBuffer, type: type, format: format, context: context).uuidString
            return
        case (.binary, .jsonb):
            guard byteBuffer.readInteger(as: UInt8.self) == jsonbVersion else {
                throw PostgresDecodingError.Code.failure
            }
        case (.binary, .text), (.binary, .varchar), (.binary, .bpchar), (.binary, .name), (.binary, .char),
            (.binary, .json),
            (.binary, .xml), (.binary, PostgresDataType(705)), (.text, _):
            break
        default:
            // Enumerations and types of extensions such as citext have no fixed OID and are sent as text.
            guard type.isUserDefined else { throw PostgresDecodingError.Code.typeMismatch }
        }
        guard let string = byteBuffer.readString(length: byteBuffer.readableBytes) else {
            throw PostgresDecodingError.Code.failure
        }
        self = string
    }
}
