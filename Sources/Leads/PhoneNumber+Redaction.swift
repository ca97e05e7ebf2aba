extension PhoneNumber {
    /// A text with every mainland mobile number in it replaced by `[number]`, or only those that are `number`.
    ///
    /// A number is a run of digits, ASCII or full-width, with or without 86 or 0086 before it.
    package static func redacted(in text: String, only number: PhoneNumber? = nil) -> String {
        var result = ""
        var run = ""
        var digits = ""
        func endRun() {
            let candidates = ["0086", "86", ""].compactMap {
                digits.hasPrefix($0) ? String(digits.dropFirst($0.count)) : nil
            }
            let isHidden = candidates.contains { number == nil ? Self.isMobile($0) : number?.national == $0 }
            result += isHidden ? "[number]" : run
            run = ""
            digits = ""
        }
        for scalar in text.unicodeScalars {
            if let digit = Self.digit(scalar) {
                run.unicodeScalars.append(scalar)
                digits.append(digit)
            } else {
                endRun()
                result.unicodeScalars.append(scalar)
            }
        }
        endRun()
        return result
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
