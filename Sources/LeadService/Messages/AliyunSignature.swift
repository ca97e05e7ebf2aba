import Crypto
import Foundation

/// Aliyun's signature of a request, version 3: ACS3-HMAC-SHA256.
package struct AliyunSignature: Sendable {
    package let canonicalRequest: String
    package let stringToSign: String
    package let signature: String
    /// The `Authorization` header.
    package let authorization: String

    /// - Parameters:
    ///   - query: the decoded pairs.
    ///   - headers: exactly those that are signed.
    ///   - payloadHash: the lower hex SHA-256 of the body.
    package init(
        method: String, path: String = "/", query: [(String, String)], headers: [(String, String)],
        payloadHash: String, keyID: String, secret: String
    ) {
        let signed = headers.map { ($0.0.lowercased(), $0.1.trimmed) }.sorted { Self.precedes($0.0, $1.0) }
        let names = signed.map(\.0).joined(separator: ";")
        let lines = signed.map { "\($0):\($1)\n" }.joined()
        self.canonicalRequest = [method, path, Self.encode(query), lines, names, payloadHash].joined(separator: "\n")
        self.stringToSign = "ACS3-HMAC-SHA256\n" + VendorHash.sha256(Array(self.canonicalRequest.utf8))
        self.signature = VendorHash.hmac(Data(self.stringToSign.utf8), SymmetricKey(data: Data(secret.utf8)))
        self.authorization =
            "ACS3-HMAC-SHA256 Credential=\(keyID),SignedHeaders=\(names),Signature=\(self.signature)"
    }

    /// Pairs as RFC 3986 text, sorted by name in code-unit order; also the form body.
    package static func encode(_ pairs: [(String, String)]) -> String {
        pairs.sorted { Self.precedes($0.0, $1.0) }.map { "\(Self.encode($0))=\(Self.encode($1))" }.joined(
            separator: "&")
    }

    private static let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~".utf8)

    private static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            if Self.unreserved.contains(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }

    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}

/// What vendors sign with, as lower hex text.
enum VendorHash {
    static func sha256(_ bytes: [UInt8]) -> String { Hex.text(SHA256.hash(data: bytes)) }
    static func hmac(_ message: Data, _ key: SymmetricKey) -> String {
        Hex.text(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }
}
