import Foundation
import Leads

/// Where a visitor came from, and further answers: cut to size, never a reason to refuse.
enum Attribution {
    private static let deepest = 3
    private static let mostMembers = 40
    private static let longestName = 64
    private static let longestText = 512

    /// Canonical JSON of the further answers, at most 8 KiB; what does not fit is left out.
    static func cut(_ value: JSONValue?) -> String {
        Self.text(value) { $0 }
    }

    /// The same of the source, which is kept in the clear: whatever looks like a mobile number is taken out.
    static func source(_ value: JSONValue?) -> String {
        Self.text(value) { PhoneNumber.redacted(in: $0) }
    }

    private static func text(_ value: JSONValue?, _ clean: (String) -> String) -> String {
        guard let value, case .object = value else { return "{}" }
        let text = Self.cut(value, depth: 0, clean).text
        return text.utf8.count <= 8192 ? text : "{\"cut\":true}"
    }

    private static func cut(_ value: JSONValue, depth: Int, _ clean: (String) -> String) -> JSONOutput {
        switch value {
        case .null: return .null
        case .bool(let flag): return .bool(flag)
        case .number(let number):
            let text = number.description
            let cleaned = clean(text)
            return cleaned == text ? .raw(text) : .string(cleaned)
        case .string(let text): return .string(clean(String(text.unicodeScalars.prefix(Self.longestText))))
        case .array(let values):
            guard depth < Self.deepest else { return .null }
            return .array(values.prefix(Self.mostMembers).map { Self.cut($0, depth: depth + 1, clean) })
        case .object(let members):
            guard depth < Self.deepest else { return .null }
            let kept = members.sorted { $0.key < $1.key }.prefix(Self.mostMembers)
            return .object(
                Dictionary(
                    kept.map {
                        (
                            clean(String($0.key.unicodeScalars.prefix(Self.longestName))),
                            Self.cut($0.value, depth: depth + 1, clean)
                        )
                    },
                    uniquingKeysWith: { first, _ in first }))
        }
    }
}
