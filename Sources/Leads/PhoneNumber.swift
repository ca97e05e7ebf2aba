/// A mainland mobile number.
///
/// Its description is masked; only `e164` and `national` reveal it.
///
/// Accepted loosely, `1[3-9]` and nine digits, and proven by the code: allocations change (domain notes §4).
package struct PhoneNumber: Sendable, Hashable, CustomStringConvertible {
    /// The eleven digits.
    package let national: String

    /// Reads what people type: ASCII or full-width digits, spaces, hyphens, brackets, +86, 0086, 86 or a trunk 0 in front.
    ///
    /// - Throws: `phone_invalid`, saying how many digits are missing or too many.
    package init(parsing text: String) throws(ValidationFailure) {
        var digits = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x30...0x39: digits.unicodeScalars.append(scalar)
            case 0xFF10...0xFF19: digits += String(scalar.value - 0xFF10)
            case 0x2B, 0xFF0B: digits += "+"
            case 0x20, 0x3000, 0xA0, 0x2D, 0x2010...0x2015, 0xFF0D, 0x28, 0x29, 0xFF08, 0xFF09: continue
            default: throw Self.failure("手机号只能是数字，请核对", "A phone number has digits only.")
            }
        }
        for prefix in ["+86", "0086", "86"] where digits.hasPrefix(prefix) && digits.count > 11 {
            digits.removeFirst(prefix.count)
            break
        }
        if digits.count == 12, digits.hasPrefix("01") { digits.removeFirst() }
        guard !digits.isEmpty else { throw Self.failure("请填写手机号", "A phone number is required.") }
        guard digits.first == "1", !digits.contains("+") else {
            throw Self.failure("请填写中国大陆手机号，以 1 开头", "Only mainland mobile numbers, which begin with 1.")
        }
        guard digits.count == 11 else {
            let difference = abs(11 - digits.count)
            let more = digits.count > 11
            throw Self.failure(
                "手机号\(more ? "多" : "少") \(difference) 位，请核对",
                "The number has \(difference) digit(s) too \(more ? "many" : "few").")
        }
        guard let second = digits.dropFirst().first, "3456789".contains(second) else {
            throw Self.failure(
                "没有以 \(digits.prefix(2)) 开头的手机号，请核对", "No mobile number begins with \(digits.prefix(2)).")
        }
        self.national = digits
    }

    /// `+8613800000000`.
    package var e164: String { "+86" + self.national }
    package var lastFour: String { String(self.national.suffix(4)) }
    /// `138****0000`, for JSON and files.
    package var masked: String { "\(self.national.prefix(3))****\(self.lastFour)" }
    /// `138 **** 0000`, for pages.
    package var maskedForPages: String { "\(self.national.prefix(3)) **** \(self.lastFour)" }
    package var description: String { self.masked }

    private static func failure(_ detail: String, _ english: String) -> ValidationFailure {
        ValidationFailure("phone_invalid", detail, english: english)
    }
}
