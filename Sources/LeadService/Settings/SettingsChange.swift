package import Foundation
package import Leads

/// A value that a settings file changes.
package struct SettingsChange: Sendable, Equatable {
    package var key: String
    package var old: JSONValue
    /// Nil when a value that was to come is taken back.
    package var new: JSONValue?
    /// From when on; nil for at once.
    package var from: Date?

    /// What a person reads of it: `claim_minutes: 30 → 20`, without any whole number of a phone.
    package var line: String {
        let time = self.from.map { " (from \(RFC3339.text($0)))" } ?? ""
        let old = Self.text(self.old)
        let new = self.new.map { Self.text($0) } ?? "taken back"
        let common = zip(old, new).prefix { $0 == $1 }.count
        return "\(self.key)\(time): \(Self.cut(old, common)) → \(Self.cut(new, common))"
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "none"
        case .string(""): "\"\""
        case .string(let text): PhoneNumber.redacted(in: text.replacing("\n", with: " "))
        default: PhoneNumber.redacted(in: JSONOutput(value).text)
        }
    }

    /// A long text around the place where it begins to differ.
    private static func cut(_ text: String, _ common: Int) -> String {
        guard text.count > 160 else { return text }
        let start = max(0, min(common, text.count - 120) - 20)
        let piece = text.dropFirst(start)
        return (start > 0 ? "…" : "") + piece.prefix(140) + (piece.count > 140 ? "…" : "")
    }
}
