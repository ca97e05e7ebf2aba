/// A file of SQL, split into its statements: at semicolons outside quotes, dollar quotes and comments.
package struct SQLScript: Sendable {
    package let statements: [String]

    package init(_ text: String) {
        var statements: [String] = []
        var current = ""
        var rest = Substring(text)
        while let character = rest.first {
            if let quoted = Self.quoted(rest) {
                current += quoted
                rest = rest.dropFirst(quoted.count)
            } else if rest.hasPrefix("--") {
                rest = rest.drop { $0 != "\n" }
            } else if character == ";" {
                statements.append(current)
                current = ""
                rest = rest.dropFirst()
            } else {
                current.append(character)
                rest = rest.dropFirst()
            }
        }
        statements.append(current)
        self.statements = statements.map { $0.trimmed }.filter { !$0.isEmpty }
    }

    /// The quoted run at the start of `text`: '…', "…" or $tag$…$tag$.
    private static func quoted(_ text: Substring) -> Substring? {
        guard let first = text.first, first == "'" || first == "\"" || first == "$" else { return nil }
        var closing = String(first)
        if first == "$" {
            let tag = text.dropFirst().prefix { $0.isLetter || $0 == "_" }
            closing = "$\(tag)$"
            guard text.hasPrefix(closing) else { return nil }
        }
        let inside = text.dropFirst(closing.count)
        guard let end = inside.firstRange(of: closing) else { return text }
        return text[..<end.upperBound]
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        let start = self.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}
