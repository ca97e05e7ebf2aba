import Foundation

/// Free text of a visitor or an adviser: at most five hundred characters, lines allowed, nothing invisible.
package struct Remark: Sendable, Hashable {
    package static let mostCharacters = 500

    package let text: String

    /// Trims, composes (NFC), makes every end of line a line feed and masks identity numbers.
    ///
    /// - Throws: `remark_invalid`.
    package init(parsing raw: String) throws(ValidationFailure) {
        let lines = raw.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        let composed = Text.trimmed(lines).precomposedStringWithCanonicalMapping
        guard composed.count <= Self.mostCharacters else {
            throw ValidationFailure("remark_invalid", "最多 500 个字，请缩短", english: "At most five hundred characters.")
        }
        guard lines.unicodeScalars.allSatisfy(Self.isAllowed), !Text.floodsMarks(composed) else {
            throw ValidationFailure(
                "remark_invalid", "内容中有无法显示的字符，请重新输入", english: "It has characters that cannot be shown.")
        }
        self.text = IdentityNumber.masked(in: composed)
    }

    /// Joined emoji need the zero-width joiner.
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\t" || scalar.value == 0x200D || Text.isVisible(scalar)
    }
}
