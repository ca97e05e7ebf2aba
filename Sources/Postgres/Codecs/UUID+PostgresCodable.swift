public import Foundation
public import NIOCore

extension UUID: PostgresNonThrowingEncodable {
    /// `uuid`.
    public static var psqlType: PostgresDataType { .uuid }

    /// Binary.
    public static var psqlFormat: PostgresFormat { .binary }

    /// Writes the sixteen bytes.
    public func encode<JSONEncoder: PostgresJSONEncoder>(
        into byteBuffer: inout ByteBuffer, context: PostgresEncodingContext<JSONEncoder>
    ) {
        withUnsafeBytes(of: self.uuid) { _ = byteBuffer.writeBytes($0) }
    }
}

extension UUID: PostgresDecodable {
    /// Reads `uuid`, or text in the usual notation.
    public init<JSONDecoder: PostgresJSONDecoder>(
        from byteBuffer: inout ByteBuffer, type: PostgresDataType, format: PostgresFormat,
        context: PostgresDecodingContext<JSONDecoder>
    ) throws {
        switch (format, type) {
        case (.binary, .uuid):
            guard byteBuffer.readableBytes == 16 else { throw PostgresDecodingError.Code.failure }
            var bytes: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
            withUnsafeMutableBytes(of: &bytes) { $0.copyBytes(from: byteBuffer.readableBytesView) }
            self.init(uuid: bytes)
        case (.text, .uuid), (_, .text), (_, .varchar):
            let text = byteBuffer.readString(length: byteBuffer.readableBytes)
            guard let uuid = text.flatMap(UUID.init(uuidString:)) else { throw PostgresDecodingError.Code.failure }
            self = uuid
        default:
            throw PostgresDecodingError.Code.typeMismatch
        }
    }
}
