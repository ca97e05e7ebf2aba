import Crypto
package import Foundation

/// The signature of Standard Webhooks, version 1, over id, time and the raw body.
package struct WebhookSignature: Sendable {
    private let secret: SymmetricKey

    /// Seconds by which a signed time may be off.
    private static let tolerance: TimeInterval = 300

    /// - Parameter secret: the bytes behind `whsec_`.
    package init(secret: [UInt8]) {
        self.secret = SymmetricKey(data: secret)
    }

    /// The `webhook-signature` header.
    package func header(id: String, timestamp: String, body: [UInt8]) -> String {
        "v1," + Data(self.mac(id, timestamp, body)).base64EncodedString()
    }

    /// Whether one of the signatures of a header is ours and its time is about now.
    package func verifies(_ header: String, id: String, timestamp: String, body: [UInt8], at now: Date) -> Bool {
        guard let seconds = Int(timestamp), abs(now.timeIntervalSince1970 - Double(seconds)) <= Self.tolerance else {
            return false
        }
        let signed = self.signed(id, timestamp, body)
        return header.split(separator: " ").contains { signature in
            guard signature.hasPrefix("v1,"), let mac = Data(base64Encoded: String(signature.dropFirst(3))) else {
                return false
            }
            return HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: signed, using: self.secret)
        }
    }

    private func mac(_ id: String, _ timestamp: String, _ body: [UInt8]) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: self.signed(id, timestamp, body), using: self.secret)
    }

    private func signed(_ id: String, _ timestamp: String, _ body: [UInt8]) -> Data {
        Data("\(id).\(timestamp).".utf8) + body
    }
}
