import Foundation
import Leads
import Testing

@Suite struct `A rule file that people wrote` {
    private static func shipped() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: ruleFile("points-2022.json")) as? [String: Any])
    }

    private static func read(_ object: [String: Any]) throws -> PointsRules {
        let data = try JSONSerialization.data(withJSONObject: object)
        return try PointsRules.read(data, as: try JSONDecoder().decode(JSONValue.self, from: data))
    }

    /// The shipped file with one value changed, or taken away.
    private static func changed(_ path: [String], _ value: Any?, in whole: Any) -> Any {
        guard let name = path.first else { return value ?? NSNull() }
        let rest = Array(path.dropFirst())
        if var object = whole as? [String: Any] {
            object[name] = rest.isEmpty ? value : Self.changed(rest, value, in: object[name] ?? [String: Any]())
            return object
        }
        if var list = whole as? [Any], let index = Int(name) {
            list[index] = Self.changed(rest, value, in: list[index])
            return list
        }
        return whole
    }

    @Test func `the shipped file is right`() throws {
        #expect(try Self.read(Self.shipped()).version == "cn-sh-points-2022")
    }

    @Test(arguments: [
        ("version", #""""#), ("version", #""a b""#), ("version", "5"), ("effective_from", #""2027-02-30""#),
        ("effective_from", "null"), ("effective_to", #""2022-12-31""#), ("effective_to", #""soon""#),
        ("standard", "110"),
        ("source", "null"), ("ages", "{}"), ("ages/0/from", #""18""#), ("ages/1/from", "43"), ("ages/0/to", "17"),
        ("ages/3/points", "-1"), ("ages/3/points", "1.5"), ("ages/13/to", "121"), ("education/master", "1001"),
        ("education/kindergarten", "5"), ("titles/skill_5", "null"), ("titles_needing_contribution/0", #""none""#),
        ("insured_years/per_year", "true"), ("insured_years/per_month", "1"), ("contribution/0/times", #""1.5""#),
        ("contribution/1/times", #""0.8""#), ("contribution/0/months", "49"), ("contribution/0/window", "49"),
        ("investment/step", "0"), ("suburb/from_years/lingang", "null"), ("suburb/from_years/moon", "1"),
        ("minor_crime", "99999999999999999999"), ("wages", "[]"), ("wages/0/from", #""2020-13""#),
        ("wages/1/from", #""2020-07""#), ("wages/0/average", "12"), ("colour", #""red""#), ("spouse/cap", "[]"),
    ])
    func `one wrong value is refused where it stands`(place: String, json: String) throws {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        let path = place.split(separator: "/").map(String.init)
        let object = try #require(
            Self.changed(path, json == "null" ? nil : value, in: try Self.shipped()) as? [String: Any])
        let failure = #expect(throws: ValidationFailure.self) { try Self.read(object) }
        #expect(failure?.pointer == "/" + place)
    }

    @Test func `rules are known to end the day before the next ones begin`() throws {
        let shipped = try shippedRules()
        var next = shipped
        (next.version, next.effectiveFrom, next.effectiveTo) = ("next", "2027-01-01", "2027-12-31")
        var later = next
        (later.version, later.effectiveFrom, later.effectiveTo) = ("later", "2027-07-01", nil)
        func lastDay(_ rules: PointsRules, _ day: String, _ versions: [PointsRules]) throws -> String? {
            rules.lastDay(from: try ShanghaiDate(parsing: day), among: versions)
        }
        #expect(try lastDay(shipped, "2026-11-25", [shipped]) == nil)
        #expect(try lastDay(shipped, "2026-11-25", [later, shipped, next]) == "2026-12-31")
        #expect(try lastDay(next, "2027-01-01", [shipped, next]) == "2027-12-31")
        #expect(try lastDay(next, "2027-06-30", [shipped, next, later]) == "2027-06-30")
        #expect(try lastDay(later, "2027-07-01", [shipped, next, later]) == nil)
        // Rules without an end are in force again after those that had one.
        #expect(
            PointsRules.inForce(on: try ShanghaiDate(parsing: "2028-01-01"), of: [shipped, next])?.version
                == shipped.version)
        #expect(try lastDay(shipped, "2028-01-01", [shipped, next]) == nil)
    }
}
