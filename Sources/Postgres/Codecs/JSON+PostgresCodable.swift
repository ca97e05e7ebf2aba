import Foundation
public import NIOCore

/// The first byte of a binary jsonb.
let jsonbVersion: UInt8 = 1

extension PostgresEncodable where Self: Encodable {
    /// `jsonb`.
    public static var psqlType: PostgresDataType { .jsonb }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the value as JSON.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) throws {
        byteBuffer.writeInteger(jsonbVersion)
        byteBuffer.writeBytes(try context.jsonEncoder.encode(self))
    }
}

extension PostgresDecodable where Self: Decodable {
    /// Reads `json` or `jsonb`.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        switch (format, type) {
        case (.binary, .jsonb):
            guard byteBuffer.readInteger(as: UInt8.self) == jsonbVersion else {
                throw PostgresDecodingError.Code.failure
            }
        case (.binary, .json), (.text, .json), (.text, .jsonb):
            break
        default:
            throw PostgresDecodingError.Code.typeMismatch
        }
        do {
            self = try context.jsonDecoder.decode(Self.self, from: Data(byteBuffer.readableBytesView))
        } catch {
            // The decoder's error quotes the document, which is the row's content.
            throw PostgresDecodingError.Code.failure
        }
    }
}
