import Foundation

/// A further number to reach somebody at: a mainland mobile, or a landline with its area code and maybe an extension.
///
/// Its description is masked; only `e164` and `stored` reveal it.
package struct SecondNumber: Sendable, Hashable, CustomStringConvertible {
    /// `+862155550100`, without the extension.
    package let e164: String
    /// One to six digits to dial once a landline has answered.
    package let extensionDigits: String?
    private let areaDigits: Int?

    /// Reads what people type: a mobile number as `PhoneNumber` does; a landline as `021-5555 0100`, its area code of three or
    /// four digits and seven or eight more, with +86, 0086 or 86 in front or not.
    ///
    /// - Throws: `second_number_invalid`, `extension_invalid`.
    package init(parsing text: String, extension typed: String? = nil) throws(ValidationFailure) {
        let dialled = typed.flatMap { $0.isEmpty ? nil : Self.digits(of: $0) ?? $0 }
        if let mobile = try? PhoneNumber(parsing: text) {
            guard dialled == nil else {
                throw ValidationFailure(
                    "extension_invalid", "手机号没有分机号", english: "A mobile number has no extension.")
            }
            (self.e164, self.extensionDigits, self.areaDigits) = (mobile.e164, nil, nil)
            return
        }
        guard let national = Self.digits(of: text).map({ Self.national($0) }),
            let match = national.wholeMatch(of: /(010|02[0-9]|0[3-9][0-9]{2})[2-9][0-9]{6,7}/)
        else {
            throw ValidationFailure(
                "second_number_invalid", "请填写 11 位手机号，或带区号的固定电话，例如 021-55550100",
                english: "A mobile number of 11 digits, or a landline with its area code such as 021-55550100.")
        }
        if let dialled, dialled.wholeMatch(of: /[0-9]{1,6}/) == nil {
            throw ValidationFailure("extension_invalid", "分机号为 1–6 位数字", english: "An extension has 1 to 6 digits.")
        }
        (self.e164, self.extensionDigits, self.areaDigits) = ("+86" + national.dropFirst(), dialled, match.1.count)
    }

    /// As it is sealed: RFC 3966's way to write an extension.
    package var stored: String { self.e164 + (self.extensionDigits.map { ";ext=" + $0 } ?? "") }

    /// Reads what `stored` wrote.
    ///
    /// - Throws: as `init(parsing:extension:)`.
    package init(stored: String) throws(ValidationFailure) {
        let parts = stored.components(separatedBy: ";ext=")
        try self.init(parsing: parts[0], extension: parts.count > 1 ? parts[1] : nil)
    }

    /// `138****0001`, or `021****0100` without the extension.
    package var masked: String {
        let national = (self.areaDigits == nil ? "" : "0") + self.e164.dropFirst(3)
        return "\(national.prefix(self.areaDigits ?? 3))****\(national.suffix(4))"
    }

    package var description: String { self.masked }

    /// The digits of a text, and a plus in front; nil when there is something else than what separates them.
    private static func digits(of text: String) -> String? {
        var digits = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x30...0x39: digits.unicodeScalars.append(scalar)
            case 0xFF10...0xFF19: digits += String(scalar.value - 0xFF10)
            case 0x2B, 0xFF0B: digits += "+"
            case 0x20, 0x3000, 0xA0, 0x2D, 0x2010...0x2015, 0xFF0D, 0x28, 0x29, 0xFF08, 0xFF09: continue
            default: return nil
            }
        }
        return digits
    }

    /// With the trunk 0 and without the country's code.
    private static func national(_ digits: String) -> String {
        for prefix in ["+86", "0086", "86"] where digits.hasPrefix(prefix) {
            let rest = digits.dropFirst(prefix.count)
            return rest.hasPrefix("0") ? String(rest) : "0" + rest
        }
        return digits
    }
}
