import Foundation
package import Leads

/// What an inquiry asks of whoever calls, by what came with it.
package struct SkillRule: Sendable, Equatable {
    /// One thing that must be so.
    struct Condition: Sendable, Equatable {
        enum Place: String, Sendable {
            /// An answer to a further question of the form.
            case extra
            /// Where the visitor came from, such as `utm.campaign` or `page_url`.
            case source
            /// The form it came through.
            case site
        }

        var place: Place
        var name: String
        var values: [String]
    }

    var conditions: [Condition]
    package var skill: String

    /// Longest name of a skill.
    package static let longestSkill = 40

    /// Whether a text can name a skill.
    package static func isSkill(_ text: String) -> Bool {
        !text.isEmpty && text.count <= Self.longestSkill && text == text.trimmed
            && text.unicodeScalars.allSatisfy(Text.isVisible) && !PhoneNumber.isTold(in: text)
    }

    /// Reads `{"skill": "续签", "when": [{"in": "extra", "name": "需求", "values": ["续签", "换证*"]}]}`.
    init?(_ value: JSONValue) {
        guard case .object(let members) = value, Set(members.keys) == ["skill", "when"],
            case .string(let skill)? = members["skill"], Self.isSkill(skill),
            case .array(let conditions)? = members["when"], (1...5).contains(conditions.count)
        else { return nil }
        self.skill = skill
        self.conditions = conditions.compactMap { Condition($0) }
        guard self.conditions.count == conditions.count else { return nil }
    }

    func fits(extra: JSONValue, source: JSONValue, site: String?) -> Bool {
        self.conditions.allSatisfy { condition in
            switch condition.place {
            case .extra: condition.fits(Self.member(condition.name, of: extra))
            case .source: condition.fits(Self.member(condition.name, of: source))
            case .site: condition.fits(site.map { .string($0) })
            }
        }
    }

    /// A member of that name, or of a path of names with dots.
    private static func member(_ name: String, of value: JSONValue) -> JSONValue? {
        guard case .object(let members) = value else { return nil }
        if let value = members[name] { return value }
        let parts = name.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let inner = members[String(parts[0])] else { return nil }
        return self.member(String(parts[1]), of: inner)
    }
}

extension SkillRule.Condition {
    init?(_ value: JSONValue) {
        guard case .object(var members) = value, case .string(let place)? = members.removeValue(forKey: "in"),
            let place = Self.Place(rawValue: place), case .array(let values)? = members.removeValue(forKey: "values"),
            (1...50).contains(values.count)
        else { return nil }
        var name = ""
        if place != .site {
            guard case .string(let text)? = members.removeValue(forKey: "name"), (1...64).contains(text.count) else {
                return nil
            }
            name = text
        }
        let texts = values.compactMap { $0.asText }.filter { !$0.isEmpty && $0 != "*" && $0.count <= 200 }
        guard members.isEmpty, texts.count == values.count else { return nil }
        (self.place, self.name, self.values) = (place, name, texts)
    }

    /// Whether a value, or one of a list, is named; a `*` at an end stands for anything.
    func fits(_ value: JSONValue?) -> Bool {
        switch value {
        case .array(let several): several.contains { self.fits($0) }
        case .string(let text): self.values.contains { Self.matches(text, $0) }
        case .number(let number): self.values.contains(number.description)
        case .bool(let flag): self.values.contains(flag ? "true" : "false")
        case .null, .object, nil: false
        }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        switch (pattern.hasPrefix("*"), pattern.hasSuffix("*")) {
        case (true, true): text.contains(pattern.dropFirst().dropLast())
        case (true, false): text.hasSuffix(pattern.dropFirst())
        case (false, true): text.hasPrefix(pattern.dropLast())
        case (false, false): text == pattern
        }
    }
}

/// Who gets what, as the settings say.
package struct AssignmentRules: Sendable, Equatable {
    package var mode = AssignmentMode.pull
    /// Nobody is pushed more than so many tasks of the day, unless their own cap says so.
    package var cap = 5
    /// How many calls an adviser can take from the pool in a day; nil is any number.
    package var claimsPerDay: Int?
    package var skills: [SkillRule] = []

    /// What an inquiry asks for: the first rule that fits.
    func skill(extra: String?, source: String, site: String?) -> String? {
        guard !self.skills.isEmpty else { return nil }
        func read(_ text: String?) -> JSONValue { text.flatMap { try? StrictJSON.read(Array($0.utf8)) } ?? .null }
        let (extra, source) = (read(extra), read(source))
        return self.skills.first { $0.fits(extra: extra, source: source, site: site) }?.skill
    }

    /// - Returns: false for another key, or a value that does not fit.
    mutating func apply(_ key: String, _ value: JSONValue) -> Bool {
        switch (key, value) {
        case ("assignment", .string(let text)):
            guard let mode = AssignmentMode(rawValue: text) else { return false }
            self.mode = mode
        case ("push_cap", _): return Settings.whole(value, 1...500) { self.cap = $0 }
        case ("claims_per_day", _): return Settings.whole(value, 1...1000) { self.claimsPerDay = $0 }
        case ("skill_rules", .array(let values)):
            let rules = values.compactMap { SkillRule($0) }
            guard rules.count == values.count, rules.count <= 100 else { return false }
            self.skills = rules
        default: return false
        }
        return true
    }
}
