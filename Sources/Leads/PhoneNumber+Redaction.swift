extension PhoneNumber {
    /// A text with every mainland mobile number in it replaced by `[number]`, or only those that are `number`.
    ///
    /// A number is a run of digits, ASCII or full-width, with or without 86 or 0086 before it, or a few groups of at least
    /// three digits with one space or hyphen between them.
    package static func redacted(in text: String, only number: PhoneNumber? = nil) -> String {
        let pieces = Self.pieces(of: text)
        func isHidden(_ digits: String) -> Bool {
            ["0086", "86", ""].contains { prefix in
                guard digits.hasPrefix(prefix) else { return false }
                let rest = String(digits.dropFirst(prefix.count))
                return number == nil ? Self.isMobile(rest) : number?.national == rest
            }
        }
        var result = ""
        var index = 0
        while index < pieces.count {
            let end = Self.ends(ofGroupsFrom: index, in: pieces).first { end in
                isHidden(stride(from: index, through: end, by: 2).map { pieces[$0].digits }.joined())
            }
            result += end == nil ? pieces[index].text : "[number]"
            index = (end ?? index) + 1
        }
        return result
    }

    /// Whether a text has a mainland mobile number in it.
    package static func isTold(in text: String) -> Bool { Self.redacted(in: text) != text }

    /// A run of digits, or what stands between two of them.
    private struct Piece {
        var text = ""
        /// Empty for what is no digits.
        var digits = ""

        /// One space or hyphen, as people write between the groups of a number.
        var separates: Bool {
            [" ", "-", "\u{A0}", "\u{3000}", "\u{2010}", "\u{2013}", "\u{FF0D}"].contains(self.text)
        }
    }

    private static func pieces(of text: String) -> [Piece] {
        var pieces: [Piece] = []
        for scalar in text.unicodeScalars {
            let digit = Self.digit(scalar)
            if pieces.isEmpty || pieces[pieces.count - 1].digits.isEmpty != (digit == nil) { pieces.append(Piece()) }
            pieces[pieces.count - 1].text.unicodeScalars.append(scalar)
            if let digit { pieces[pieces.count - 1].digits.append(digit) }
        }
        return pieces
    }

    /// Where a number that begins with this piece may end: with it, or with one of the next three groups.
    private static func ends(ofGroupsFrom first: Int, in pieces: [Piece]) -> [Int] {
        guard !pieces[first].digits.isEmpty else { return [] }
        var ends = [first]
        var last = first
        while ends.count < 4, pieces[last].digits.utf8.count >= 3, last + 2 < pieces.count, pieces[last + 1].separates,
            pieces[last + 2].digits.utf8.count >= 3
        {
            last += 2
            ends.append(last)
        }
        return ends
    }

    private static func isMobile(_ digits: String) -> Bool {
        digits.utf8.count == 11 && digits.hasPrefix("1")
            && digits.dropFirst().first.map { "3456789".contains($0) } == true
    }

    private static func digit(_ scalar: Unicode.Scalar) -> Character? {
        switch scalar.value {
        case 0x30...0x39: Character(scalar)
        case 0xFF10...0xFF19: Unicode.Scalar(scalar.value - 0xFF10 + 0x30).map { Character($0) }
        default: nil
        }
    }
}
