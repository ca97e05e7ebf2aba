import Compression
import Crypto
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What is the same for everybody, held as bytes: plain and, for whoever takes it, as gzip.
///
/// Only such answers are compressed: beside something secret, the length of a compressed page would tell of it.
struct StaticFile: Sendable {
    private let type: String
    private let tag: String
    private let plain: ByteBuffer
    private let packed: ByteBuffer?

    init(_ data: Data, type: String) {
        self.type = type
        self.tag = Self.tag(data)
        self.plain = ByteBuffer(bytes: data)
        self.packed = Gzip.compress(Array(data)).flatMap { $0.count < data.count ? ByteBuffer(bytes: $0) : nil }
    }

    /// What tells two contents apart, without quotation marks.
    static func tag(_ data: Data) -> String {
        Base64URL.encode(Array(SHA256.hash(data: data).prefix(12)))
    }

    /// The file, or 304 for a browser that has it.
    func response(to request: Request) -> Response {
        let packed = Self.takesGzip(request) ? self.packed : nil
        // Other bytes, another tag.
        let tag = packed == nil ? "\"\(self.tag)\"" : "\"\(self.tag)-gzip\""
        var headers: HTTPFields = [
            .contentType: self.type, .eTag: tag, .cacheControl: "no-cache", .vary: "Accept-Encoding",
        ]
        if request.headers[.ifNoneMatch]?.contains(tag) == true {
            return Response(status: .notModified, headers: headers)
        }
        if packed != nil { headers[.contentEncoding] = "gzip" }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: packed ?? self.plain))
    }

    private static func takesGzip(_ request: Request) -> Bool {
        (request.headers[.acceptEncoding] ?? "").lowercased().split(separator: ",").contains { offer in
            let words = offer.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            return words.first == "gzip"
                && !words.dropFirst().contains { $0.hasPrefix("q=0") && Double($0.dropFirst(2)) == 0 }
        }
    }
}
