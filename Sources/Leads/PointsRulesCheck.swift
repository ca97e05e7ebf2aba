package import Foundation

extension PointsRules {
    /// Reads a rule file that people wrote: every name known, every value in its range, the parts fitting each other.
    ///
    /// - Parameter json: the same file, read strictly.
    /// - Throws: the first thing that is wrong, with where it stands.
    package static func read(_ data: Data, as json: JSONValue) throws(ValidationFailure) -> PointsRules {
        try PointsRulesCheck().check(json)
        guard let rules = try? Self.decode(data) else {
            throw ValidationFailure("rules_invalid", "不是积分规则文件", english: "This is not a rule file.")
        }
        return rules
    }

    /// The last day of a version that is in force on a day: its own end, or the day before the next one takes effect.
    ///
    /// - Returns: nil while neither is known.
    package func lastDay(from day: ShanghaiDate, among versions: [PointsRules]) -> String? {
        let next = versions.map(\.effectiveFrom).filter { $0 > day.description }.min()
        let before = next.flatMap { try? ShanghaiDate(parsing: $0) }?.adding(-1).description
        return [self.effectiveTo, before].compactMap { $0 }.min()
    }
}

/// What a rule file must be, member by member; the first failure says where.
private struct PointsRulesCheck {
    typealias Failure = ValidationFailure

    private static let plain = [
        "shortage_major", "startup_talent", "intermediary_talent", "fresh_graduate", "false_material", "detention",
        "minor_crime",
    ]
    private static let members = [
        "version", "effective_from", "standard", "source", "ages", "education", "titles", "titles_needing_contribution",
        "insured_years", "contribution", "investment", "public_service", "suburb", "spouse", "wages",
    ]
    private let points = 0...1000

    func check(_ json: JSONValue) throws(Failure) {
        let root = try self.object(json, "", Self.members + Self.plain, optional: ["effective_to"])
        try self.dates(root)
        let version = try self.text(root, "version", "")
        guard version.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,63}/) != nil else {
            throw self.wrong("/version", "letters, digits, dots and hyphens, at most 64.")
        }
        _ = try self.text(root, "source", "")
        _ = try self.whole(root, "standard", "", 120...120)
        for name in Self.plain { _ = try self.whole(root, name, "", self.points) }
        try self.ages(root)
        try self.table(root, "education", Answers.Education.allCases.map(\.rawValue).filter { $0 != "none" })
        let titles = Answers.Title.allCases.map(\.rawValue).filter { $0 != "none" }
        try self.table(root, "titles", titles)
        for (index, value) in try self.list(root, "titles_needing_contribution", "").enumerated() {
            guard case .string(let name) = value, titles.contains(name) else {
                throw self.wrong("/titles_needing_contribution/\(index)", "one of \(titles.joined(separator: ", ")).")
            }
        }
        for name in ["insured_years", "public_service", "spouse"] { try self.stepped(root, name) }
        let investment = try self.object(root["investment"], "/investment", ["step", "points", "cap"])
        _ = try self.whole(investment, "step", "/investment", 1...100_000)
        for name in ["points", "cap"] { _ = try self.whole(investment, name, "/investment", self.points) }
        try self.suburb(root)
        try self.contribution(root)
        try self.wages(root)
    }

    private func dates(_ root: [String: JSONValue]) throws(Failure) {
        let from = try self.day(try self.text(root, "effective_from", ""), "/effective_from")
        guard let last = root["effective_to"], last != .null else { return }
        guard try self.day(try self.text(root, "effective_to", ""), "/effective_to") >= from else {
            throw self.wrong("/effective_to", "not before effective_from.")
        }
    }

    private func ages(_ root: [String: JSONValue]) throws(Failure) {
        var next = 0
        for (index, value) in try self.list(root, "ages", "").enumerated() {
            let place = "/ages/\(index)"
            let band = try self.object(value, place, ["from", "to", "points"])
            let from = try self.whole(band, "from", place, min(next, 120)...120)
            guard from >= next else { throw self.wrong("\(place)/from", "after the band before it.") }
            next = try self.whole(band, "to", place, from...120) + 1
            _ = try self.whole(band, "points", place, self.points)
        }
    }

    private func table(_ root: [String: JSONValue], _ name: String, _ keys: [String]) throws(Failure) {
        let table = try self.object(root[name], "/\(name)", keys)
        for key in keys { _ = try self.whole(table, key, "/\(name)", self.points) }
    }

    private func stepped(_ root: [String: JSONValue], _ name: String) throws(Failure) {
        let place = "/\(name)"
        let rule = try self.object(root[name], place, ["per_year"], optional: ["from_years", "cap"])
        _ = try self.whole(rule, "per_year", place, self.points)
        if rule["from_years"] != nil { _ = try self.whole(rule, "from_years", place, 0...100) }
        if rule["cap"] != nil { _ = try self.whole(rule, "cap", place, self.points) }
    }

    private func suburb(_ root: [String: JSONValue]) throws(Failure) {
        let rule = try self.object(root["suburb"], "/suburb", ["per_year", "cap", "from_years"])
        for name in ["per_year", "cap"] { _ = try self.whole(rule, name, "/suburb", self.points) }
        let zones = Answers.Zone.allCases.map(\.rawValue)
        let years = try self.object(rule["from_years"], "/suburb/from_years", zones)
        for zone in zones { _ = try self.whole(years, zone, "/suburb/from_years", 0...100) }
    }

    private func contribution(_ root: [String: JSONValue]) throws(Failure) {
        var tiers: Set<String> = []
        for (index, value) in try self.list(root, "contribution", "").enumerated() {
            let place = "/contribution/\(index)"
            let tier = try self.object(value, place, ["times", "months", "window", "points"])
            let times = try self.text(tier, "times", place)
            guard ["0.8", "1", "2", "3"].contains(times), tiers.insert(times).inserted else {
                throw self.wrong("\(place)/times", "\"0.8\", \"1\", \"2\" or \"3\", each once.")
            }
            let window = try self.whole(tier, "window", place, 1...48)
            _ = try self.whole(tier, "months", place, 1...window)
            _ = try self.whole(tier, "points", place, self.points)
        }
    }

    private func wages(_ root: [String: JSONValue]) throws(Failure) {
        var last = ""
        for (index, value) in try self.list(root, "wages", "").enumerated() {
            let place = "/wages/\(index)"
            let wage = try self.object(value, place, ["from", "average"])
            let from = try self.text(wage, "from", place)
            guard from.wholeMatch(of: /20[0-9][0-9]-(0[1-9]|1[0-2])/) != nil, from > last else {
                throw self.wrong("\(place)/from", "a month such as 2026-07, after the one before it.")
            }
            last = from
            _ = try self.whole(wage, "average", place, 1000...1_000_000)
        }
        guard !last.isEmpty else { throw self.wrong("/wages", "at least one.") }
    }

    private func object(
        _ value: JSONValue?, _ place: String, _ required: [String], optional: [String] = []
    ) throws(Failure) -> [String: JSONValue] {
        guard case .object(let members)? = value else { throw self.wrong(place, "an object.") }
        for name in required where members[name] == nil { throw self.wrong("\(place)/\(name)", "it is missing.") }
        for name in members.keys.sorted() where !required.contains(name) && !optional.contains(name) {
            throw self.wrong("\(place)/\(name)", "unknown name.")
        }
        return members
    }

    private func list(
        _ members: [String: JSONValue], _ name: String, _ place: String
    ) throws(Failure) -> [JSONValue] {
        guard case .array(let values)? = members[name], values.count <= 200 else {
            throw self.wrong("\(place)/\(name)", "a list.")
        }
        return values
    }

    private func text(_ members: [String: JSONValue], _ name: String, _ place: String) throws(Failure) -> String {
        guard case .string(let text)? = members[name], !text.isEmpty, text.count <= 500 else {
            throw self.wrong("\(place)/\(name)", "a text.")
        }
        return text
    }

    private func whole(
        _ members: [String: JSONValue], _ name: String, _ place: String, _ range: ClosedRange<Int>
    ) throws(Failure) -> Int {
        guard case .number(let decimal)? = members[name], let number = Int("\(decimal)"), range.contains(number) else {
            let bounds =
                range.count == 1
                ? "\(range.lowerBound)." : "a whole number from \(range.lowerBound) to \(range.upperBound)."
            throw self.wrong("\(place)/\(name)", bounds)
        }
        return number
    }

    private func day(_ text: String, _ place: String) throws(Failure) -> ShanghaiDate {
        do {
            return try ShanghaiDate(parsing: text)
        } catch {
            throw self.wrong(place, "a date such as 2027-01-01.")
        }
    }

    private func wrong(_ place: String, _ expected: String) -> Failure {
        Failure("rules_invalid", at: place, "规则文件此处不合要求", english: expected)
    }
}
