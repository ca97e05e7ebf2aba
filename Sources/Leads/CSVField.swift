/// A cell of a CSV file that a spreadsheet cannot take for a formula.
package enum CSVField {
    private static let dangerous: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}", "\0",
    ]

    /// Quotes a field, with an apostrophe in front when its first visible character could begin a formula.
    package static func cell(_ text: String) -> String {
        let first = text.unicodeScalars.first { $0 != " " && $0 != "\u{3000}" && $0 != "\u{FEFF}" && $0 != "\u{A0}" }
        let prefix = first.map { Self.dangerous.contains($0) } == true ? "'" : ""
        return "\"" + prefix + (text.utf8.contains(0x22) ? text.replacing("\"", with: "\"\"") : text) + "\""
    }
}
