import Foundation

/// What an `Accept-Language` header says of the two languages there are: Chinese, and English for problems (RFC 9110 §12.5.4).
struct AcceptLanguage: Sendable {
    private let ranges: [(language: Substring, quality: Double)]

    init(_ header: String) {
        self.ranges = header.lowercased().split(separator: ",").compactMap { Self.range($0) }
    }

    /// Whether English is wanted, and more than Chinese; of two that are wanted equally, the one that is named first.
    var prefersEnglish: Bool {
        let (english, chinese) = (self.place(of: "en"), self.place(of: "zh"))
        guard english.quality > 0 else { return false }
        return english.quality == chinese.quality
            ? english.index < chinese.index : english.quality > chinese.quality
    }

    /// The best range that names a language, else that of `*`, which stands behind every name.
    private func place(of language: String) -> (quality: Double, index: Int) {
        let ranges = self.ranges.enumerated()
        let named = ranges.filter { $0.element.language == language || $0.element.language.hasPrefix(language + "-") }
        let found =
            named.max { ($0.element.quality, $1.offset) < ($1.element.quality, $0.offset) }
            ?? ranges.first { $0.element.language == "*" }
        return (found?.element.quality ?? 0, named.isEmpty ? Int.max : found?.offset ?? Int.max)
    }

    /// `en-gb;q=0.5`; one that is malformed says nothing.
    private static func range(_ text: Substring) -> (Substring, Double)? {
        let parts = text.split(separator: ";").map { $0.trimmingPrefix(while: \.isWhitespace) }
        guard let language = parts.first.map({ $0.prefix { !$0.isWhitespace } }), !language.isEmpty else { return nil }
        guard parts.count > 1 else { return (language, 1) }
        guard let match = parts[1].wholeMatch(of: /q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*/),
            let quality = Double(match.1.hasSuffix(".") ? match.1 + "0" : match.1)
        else { return nil }
        return (language, quality)
    }
}
