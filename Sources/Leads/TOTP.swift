import Crypto
package import Foundation

/// A time-based one-time password: SHA-1, six digits, thirty seconds (RFC 6238, RFC 4226 §5.3).
package struct TOTP: Sendable {
    private let key: SymmetricKey

    /// Bytes of a new secret (RFC 4226 §4, R6).
    package static let secretLength = 20
    private static let period: TimeInterval = 30

    package init(secret: [UInt8]) {
        self.key = SymmetricKey(data: secret)
    }

    /// The number of the thirty seconds that an instant lies in.
    package static func step(at time: Date) -> Int64 {
        Int64((time.timeIntervalSince1970 / Self.period).rounded(.down))
    }

    /// The six digits of a step.
    package func code(at step: Int64) -> String {
        let mac = Array(
            HMAC<Insecure.SHA1>.authenticationCode(
                for: (0..<8).map { UInt8(truncatingIfNeeded: step >> Int64(56 - 8 * $0)) }, using: self.key))
        let offset = Int(mac[19] & 0x0F)
        let number = mac[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        let digits = String(number % 1_000_000)
        return String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The newest step of now, the one before and the one after that has this code; every one is compared.
    ///
    /// Blanks are left out and full-width digits taken, as people paste them.
    package func step(of code: String, at now: Date) -> Int64? {
        let given = Array(Self.digits(of: code).utf8)
        guard given.count == 6 else { return nil }
        let today = Self.step(at: now)
        var found: Int64?
        for step in today - 1...today + 1 {
            let difference = zip(given, self.code(at: step).utf8).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
            if difference == 0 { found = step }
        }
        return found
    }

    /// What was typed, as it is compared: without blanks, its digits ASCII.
    private static func digits(of code: String) -> String {
        String(
            String.UnicodeScalarView(
                code.unicodeScalars.lazy.filter { !$0.properties.isWhitespace }.map { scalar in
                    guard (0xFF10...0xFF19).contains(scalar.value) else { return scalar }
                    return Unicode.Scalar(UInt8(scalar.value - 0xFF10) + 0x30)
                }))
    }

    /// A secret as people type it: base32 without padding (RFC 4648 §6).
    package static func text(of secret: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (text, buffer, bits) = ("", 0, 0)
        for byte in secret {
            (buffer, bits) = ((buffer << 8 | Int(byte)) & 0xFFF, bits + 8)
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[buffer >> bits & 31])
            }
        }
        if bits > 0 { text.append(alphabet[buffer << (5 - bits) & 31]) }
        return text
    }
}
