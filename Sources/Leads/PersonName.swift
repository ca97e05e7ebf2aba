import Foundation

/// How somebody wants to be called: not necessarily a legal name, one to fifty characters (domain notes §5).
package struct PersonName: Sendable, Hashable, CustomStringConvertible {
    package let text: String

    /// Trims, composes (NFC) and turns every kind of dot between Han characters into U+00B7 (民委发〔2016〕33号).
    ///
    /// - Throws: `name_invalid` for nothing, more than fifty characters, control, format, private-use or unassigned
    ///   characters, a flood of combining marks, digits or punctuation only, an identity number, or an address of a web page.
    package init(parsing raw: String) throws(ValidationFailure) {
        let composed = Text.trimmed(raw).split(whereSeparator: \.isWhitespace).joined(separator: " ")
            .precomposedStringWithCanonicalMapping
        guard !composed.isEmpty else { throw Self.failure("请填写您的称呼", "A name is required.") }
        guard raw.unicodeScalars.allSatisfy(Text.isVisible), !Text.trimmed(raw).contains(where: \.isNewline) else {
            throw Self.failure("称呼中有无法显示的字符，请重新输入", "The name has characters that cannot be shown.")
        }
        guard !Text.floodsMarks(composed) else { throw Self.failure("称呼中的附加符号过多，请重新输入", "Too many combining marks.") }
        guard composed.count <= 50 else { throw Self.failure("称呼最多 50 个字，请缩短", "At most fifty characters.") }
        guard !Self.holdsWebAddress(composed) else {
            throw Self.failure("称呼中不能有网址", "A name cannot hold a web address.")
        }
        guard IdentityNumber.masked(in: composed) == composed else {
            throw Self.failure("称呼中请不要填写证件号码", "A name cannot hold an identity number.")
        }
        guard
            composed.unicodeScalars.contains(where: {
                $0.properties.isAlphabetic || $0.properties.isEmojiPresentation || $0 == "〇"
            })
        else {
            throw Self.failure("称呼不能只有数字或符号", "A name needs a letter.")
        }
        self.text = Self.normalisedDots(composed)
    }

    /// Takes a name as it was stored: it was checked when it was accepted, and rules of today do not reach back.
    package init(stored text: String) {
        self.text = text
    }

    /// A star for every character but the first of each word, and for all of the given name after a dot (domain notes §6).
    ///
    /// A word of one character becomes a star unless it is the first of several, so that no mask shows a whole name. After the
    /// first word only initials of scripts with capitals are shown: of two Han characters one is half a name.
    package var masked: String {
        let separators: Set<Character> = [" ", "\u{B7}"]
        let several = self.text.split(whereSeparator: separators.contains).count > 1
        var masked = ""
        var rest = self.text[...]
        while let first = rest.first {
            if separators.contains(first) {
                masked.append(rest.removeFirst())
                continue
            }
            let word = rest.prefix { !separators.contains($0) }
            let isFirst = word.startIndex == self.text.startIndex
            let shows =
                masked.last != "\u{B7}" && (isFirst ? word.count > 1 || several : word.count > 1 && first.isCased)
            masked += (shows ? String(first) : "*") + String(repeating: "*", count: word.count - 1)
            rest = rest.dropFirst(word.count)
        }
        return masked
    }

    /// The form that whole names are found under: compatibility-composed, lower case, without spaces.
    package var searchForm: String {
        self.text.precomposedStringWithCompatibilityMapping.lowercased().filter { !$0.isWhitespace }
    }

    package var description: String { self.masked }

    /// A pattern is compiled whenever it is met, which costs more than all other checks, and few names have a dot.
    private static func holdsWebAddress(_ text: String) -> Bool {
        guard text.contains(where: { ".。．".contains($0) }) || text.contains("://") else { return false }
        let lowered = text.lowercased()
        return lowered.contains("://") || lowered.contains("www.")
            || lowered.firstMatch(of: /[\p{L}\p{N}-][.。．](com|cn|net|org|top|xyz|cc|vip|shop|ru|io)\b/) != nil
    }

    private static func normalisedDots(_ text: String) -> String {
        let characters = Array(text)
        let dots: Set<Character> = [
            "\u{2022}", "\u{30FB}", "\u{2027}", "\u{FF0E}", ".", "\u{B7}", "\u{FF65}", "\u{2219}",
        ]
        return String(
            characters.indices.map { index in
                guard dots.contains(characters[index]), index > 0, index + 1 < characters.count,
                    Self.isHan(characters[index - 1]), Self.isHan(characters[index + 1])
                else { return characters[index] }
                return "\u{B7}"
            })
    }

    private static func isHan(_ character: Character) -> Bool {
        character.unicodeScalars.first.map { $0.properties.isIdeographic } ?? false
    }

    private static func failure(_ detail: String, _ english: String) -> ValidationFailure {
        ValidationFailure("name_invalid", detail, english: english)
    }
}
