package import Foundation

/// What a code proves a phone for.
package enum VerificationPurpose: String, Sendable, Hashable, CaseIterable {
    case inquiry, privacy
}

/// The six secret digits of a challenge; stored only as an HMAC.
package struct VerificationCode: Sendable, Hashable, CustomStringConvertible {
    package let digits: String

    /// Reads six digits, ASCII or full-width, with spaces or hyphens between them.
    ///
    /// - Throws: `code_malformed`; a malformed code costs no try.
    package init(parsing text: String) throws(ValidationFailure) {
        var digits = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x30...0x39: digits.unicodeScalars.append(scalar)
            case 0xFF10...0xFF19: digits += String(scalar.value - 0xFF10)
            case 0x20, 0x3000, 0xA0, 0x2D: continue
            default: throw Self.malformed
            }
        }
        guard digits.count == 6 else { throw Self.malformed }
        self.digits = digits
    }

    private init(number: UInt32) {
        let text = String(number)
        self.digits = String(repeating: "0", count: 6 - text.count) + text
    }

    /// A uniform code by rejection: 24 random bits that reach the last whole million are drawn again.
    package static func random(from bytes: (Int) -> [UInt8]) -> VerificationCode {
        while true {
            let drawn = bytes(3).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            if drawn < 16_000_000 { return VerificationCode(number: drawn % 1_000_000) }
        }
    }

    /// What the HMAC of a code covers: challenge, purpose and number, so that it is good for nothing else.
    package static func message(
        challenge: UUID, purpose: VerificationPurpose, phone: PhoneNumber, code: VerificationCode
    ) -> Data {
        Self.message(challenge: challenge, purpose: purpose.rawValue, phone: phone, code: code)
    }

    /// The parts between zero bytes, so that no two sets of them give one message.
    package static func message(challenge: UUID, purpose: String, phone: PhoneNumber, code: VerificationCode) -> Data {
        let parts = ["otp/v1", challenge.uuidString.lowercased(), purpose, phone.e164, code.digits]
        return Data(parts.map { Array($0.utf8) }.joined(separator: [0]))
    }

    package var description: String { "******" }

    private static var malformed: ValidationFailure {
        ValidationFailure("code_malformed", "验证码是 6 位数字，请核对", english: "A code has six digits.")
    }
}
