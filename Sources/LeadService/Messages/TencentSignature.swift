import Crypto
package import Foundation
import Leads

/// Tencent Cloud's signature of a request, version 3: TC3-HMAC-SHA256 for the service `sms`.
package struct TencentSignature: Sendable {
    package let canonicalRequest: String
    package let stringToSign: String
    package let signature: String
    /// The `Authorization` header.
    package let authorization: String

    /// - Parameters:
    ///   - query: as it is on the wire.
    ///   - headers: exactly those that are signed, `content-type` and `host` at least.
    ///   - body: the bytes that are hashed.
    package init(
        method: String = "POST", query: String = "", headers: [(String, String)], body: [UInt8], at time: Date,
        keyID: String, secret: String
    ) {
        let signed = headers.map { ($0.0.lowercased(), $0.1.trimmed.lowercased()) }.sorted { $0.0 < $1.0 }
        let names = signed.map(\.0).joined(separator: ";")
        let lines = signed.map { "\($0):\($1)\n" }.joined()
        self.canonicalRequest = [method, "/", query, lines, names, VendorHash.sha256(body)].joined(separator: "\n")
        let timestamp = Int(time.timeIntervalSince1970)
        // The date is UTC's, which until 08:00 is still yesterday in Shanghai.
        let date = ShanghaiDate(time.addingTimeInterval(-8 * 3600)).description
        let scope = "\(date)/sms/tc3_request"
        self.stringToSign =
            "TC3-HMAC-SHA256\n\(timestamp)\n\(scope)\n" + VendorHash.sha256(Array(self.canonicalRequest.utf8))
        var key = Data("TC3\(secret)".utf8)
        for part in [date, "sms", "tc3_request"] {
            key = Data(HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: SymmetricKey(data: key)))
        }
        self.signature = VendorHash.hmac(Data(self.stringToSign.utf8), SymmetricKey(data: key))
        self.authorization =
            "TC3-HMAC-SHA256 Credential=\(keyID)/\(scope), SignedHeaders=\(names), Signature=\(self.signature)"
    }
}
