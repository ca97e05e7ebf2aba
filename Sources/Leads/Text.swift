/// Rules every text that people type obeys.
package enum Text {
    /// Whether a character leaves a trace on the page.
    ///
    /// Control, format (zero-width, bidirectional), private-use, unassigned and filler characters do not; variation
    /// selectors choose the glyph of a name and stay.
    package static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .privateUse, .unassigned, .surrogate, .lineSeparator, .paragraphSeparator: false
        default: !scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.isVariationSelector
        }
    }

    /// More marks on one letter than any script writes: Tibetan stacks go deeper than the others.
    static func floodsMarks(_ text: String) -> Bool {
        var marks = 0
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .nonspacingMark, .enclosingMark, .spacingMark: marks += 1
            default: marks = 0
            }
            if marks > ((0x0F00...0x0FFF).contains(scalar.value) ? 6 : 3) { return true }
        }
        return false
    }

    /// The text without the blanks and ends of line around it.
    ///
    /// Characters without width are not blanks: they stay, to be refused.
    static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest.drop(while: \.isWhitespace))
    }

    /// A whole number of at most six ASCII or full-width digits, blanks around it allowed.
    static func wholeNumber(_ text: String) -> Int? {
        let digits = self.trimmed(text).unicodeScalars.map { scalar -> UInt32 in
            (0xFF10...0xFF19).contains(scalar.value) ? scalar.value - 0xFF10 : scalar.value &- 48
        }
        guard (1...6).contains(digits.count), digits.allSatisfy({ $0 < 10 }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1) }
    }
}
