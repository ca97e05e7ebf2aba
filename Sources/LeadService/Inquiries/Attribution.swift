import Foundation
import Leads

/// Where a visitor came from, and further answers: objects, cut to size.
///
/// Names that nobody knows are kept. When not everything fits, what is listed here goes first, the rest by the alphabet.
enum Attribution {
    private static let deepest = 3
    private static let mostMembers = 40
    private static let longestName = 64
    private static let longestText = 512
    private static let mostBytes = 8192
    private static let first = [
        "utm", "source", "medium", "campaign", "content", "term", "page_url", "landing_url", "referrer", "click_ids",
        "first_touch", "last_touch", "at",
    ]

    /// Canonical JSON of the further answers, at most 8 KiB; what does not fit is left out, and identity numbers are masked.
    static func cut(_ value: JSONValue?) -> String {
        Self.text(value) { IdentityNumber.masked(in: $0) }
    }

    /// The same of the source, which is kept in the clear and shown in lists: whatever looks like a mobile number is taken out,
    /// and so are the tokens of our own links, as the page that a form was on may be somebody's result.
    static func source(_ value: JSONValue?) -> String {
        Self.text(value) { LinkToken.redacted(in: PhoneNumber.redacted(in: $0)) }
    }

    /// The same as members.
    static func members(of values: [String: JSONValue]) -> [String: JSONOutput] {
        var room = Self.mostBytes
        let cut = Self.cut(.object(values), depth: 0, &room) { IdentityNumber.masked(in: $0) }
        guard case .object(let members)? = cut else { return [:] }
        return members
    }

    private static func text(_ value: JSONValue?, _ clean: (String) -> String) -> String {
        guard let value, case .object = value else { return "{}" }
        var room = Self.mostBytes
        return Self.cut(value, depth: 0, &room, clean)?.text ?? "{}"
    }

    /// The value within the room that is left; nil when it does not fit.
    private static func cut(
        _ value: JSONValue, depth: Int, _ room: inout Int, _ clean: (String) -> String
    ) -> JSONOutput? {
        let output: JSONOutput
        switch value {
        case .null: output = .null
        case .bool(let flag): output = .bool(flag)
        case .number(let number):
            let text = number.description
            let cleaned = clean(text)
            output = cleaned == text ? .raw(text) : .string(cleaned)
        case .string(let text): output = .string(String(clean(text).unicodeScalars.prefix(Self.longestText)))
        case .array(let values):
            guard depth < Self.deepest, Self.take(2, of: &room) else { return nil }
            return .array(
                values.prefix(Self.mostMembers).compactMap {
                    Self.take(1, of: &room) ? Self.cut($0, depth: depth + 1, &room, clean) : nil
                })
        case .object(let members):
            guard depth < Self.deepest, Self.take(2, of: &room) else { return nil }
            var kept: [String: JSONOutput] = [:]
            for (name, value) in members.sorted(by: { Self.goesFirst($0.key, $1.key) }).prefix(Self.mostMembers) {
                let name = String(clean(name).unicodeScalars.prefix(Self.longestName))
                let before = room
                guard kept[name] == nil, Self.take(JSONOutput.string(name).text.utf8.count + 2, of: &room),
                    let value = Self.cut(value, depth: depth + 1, &room, clean)
                else {
                    room = before
                    continue
                }
                kept[name] = value
            }
            return .object(kept)
        }
        return Self.take(output.text.utf8.count, of: &room) ? output : nil
    }

    private static func take(_ bytes: Int, of room: inout Int) -> Bool {
        guard bytes <= room else { return false }
        room -= bytes
        return true
    }

    private static func goesFirst(_ a: String, _ b: String) -> Bool {
        let (known, other) = (Self.first.firstIndex(of: a) ?? .max, Self.first.firstIndex(of: b) ?? .max)
        return known == other ? a < b : known < other
    }
}
