/// Resident identity numbers in free text, which nobody asked for and nobody keeps.
package enum IdentityNumber {
    package static let mask = "（证件号已隐去）"

    private static let length = 18
    /// What people put between groups of digits.
    private static let separators: Set<Unicode.Scalar> = [
        " ", "-", "\u{A0}", "\u{3000}", "\u{2010}", "\u{2011}", "\u{2013}", "·",
    ]

    /// The text without identity numbers: seventeen digits and a digit or X, full-width ones too.
    ///
    /// Eighteen in a row are masked whatever they say, because a mistyped number tells as much as a right one. In groups they
    /// are masked when the eight digits of the birth date are one, so that two telephone numbers in a line stay.
    package static func masked(in text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var result = String.UnicodeScalarView()
        var index = 0
        while index < scalars.count {
            if index == 0 || Self.digit(scalars[index - 1]) == nil, let end = Self.end(of: scalars, from: index) {
                result.append(contentsOf: Self.mask.unicodeScalars)
                index = end
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        return String(result)
    }

    /// Whether a text has an identity number in it.
    package static func isTold(in text: String) -> Bool { Self.masked(in: text) != text }

    /// Where the identity number that starts here ends; nil when none does.
    private static func end(of scalars: [Unicode.Scalar], from start: Int) -> Int? {
        var digits: [Int] = []
        var isGrouped = false
        var index = start
        while index < scalars.count, digits.count < Self.length {
            if let digit = Self.digit(scalars[index]) {
                digits.append(digit)
            } else if digits.count == Self.length - 1, Self.isX(scalars[index]) {
                digits.append(10)
            } else if !digits.isEmpty, Self.separators.contains(scalars[index]), Self.digit(scalars[index - 1]) != nil {
                isGrouped = true
            } else {
                return nil
            }
            index += 1
        }
        guard digits.count == Self.length, index == scalars.count || Self.digit(scalars[index]) == nil else {
            return nil
        }
        return !isGrouped || Self.hasBirthDate(digits) ? index : nil
    }

    private static func hasBirthDate(_ digits: [Int]) -> Bool {
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + $1 } }
        return (1900...2100).contains(number(6..<10)) && (1...12).contains(number(10..<12))
            && (1...31).contains(number(12..<14))
    }

    private static func digit(_ scalar: Unicode.Scalar) -> Int? {
        switch scalar.value {
        case 0x30...0x39: Int(scalar.value - 0x30)
        case 0xFF10...0xFF19: Int(scalar.value - 0xFF10)
        default: nil
        }
    }

    private static func isX(_ scalar: Unicode.Scalar) -> Bool { ["X", "x", "Ｘ", "ｘ", "×"].contains(scalar) }
}
