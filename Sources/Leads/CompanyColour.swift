import Foundation

/// The colour of links and buttons: dark enough to be read on white, and to carry white words.
package struct CompanyColour: Sendable, Hashable {
    package static let standard = "#0b5848"
    /// What WCAG asks for between words and what is behind them.
    package static let leastContrast = 4.5

    /// `#rrggbb` in lower case.
    package let text: String
    /// Against white, from 1 to 21.
    package let contrast: Double

    /// - Throws: `setting_invalid`, with how much of the contrast is missing.
    package init(parsing raw: String) throws(ValidationFailure) {
        let text = Text.trimmed(raw).lowercased()
        guard text.wholeMatch(of: /#[0-9a-f]{6}/) != nil, let number = Int(text.dropFirst(), radix: 16) else {
            throw ValidationFailure("setting_invalid", "颜色应写成 #0b5848", english: "A colour is written #0b5848.")
        }
        let parts = [number >> 16 & 255, number >> 8 & 255, number & 255].map { part -> Double in
            let share = Double(part) / 255
            return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
        }
        let luminance = 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        self.text = text
        self.contrast = 1.05 / (luminance + 0.05)
        guard self.contrast >= Self.leastContrast else {
            // Cut, not rounded: 4.49 is not enough and must not be told as 4.5.
            let told = String(format: "%.2f", (self.contrast * 100).rounded(.down) / 100)
            throw ValidationFailure(
                "setting_invalid", "这个颜色在白底上的对比度只有 \(told):1，看不清；请选深一些的，至少 4.5:1",
                english: "Its contrast with white is \(told):1; at least 4.5:1 can be read.")
        }
    }
}
