import Foundation
import Leads
import Testing

@Suite struct `Rule versions` {
    @Test func `the version in force is the newest that has begun and not ended`() throws {
        let shipped = try shippedRules()
        var old = shipped
        (old.version, old.effectiveFrom, old.effectiveTo) = ("old", "2018-01-01", "2022-12-31")
        var next = shipped
        (next.version, next.effectiveFrom) = ("next", "2028-01-01")
        func version(_ day: String) throws -> String? {
            try PointsRules.inForce(on: ShanghaiDate(parsing: day), of: [next, old, shipped])?.version
        }
        #expect(try version("2017-12-31") == nil)
        #expect(try version("2022-12-31") == "old")
        #expect(try version("2023-01-01") == shipped.version)
        #expect(try version("2027-12-31") == shipped.version)
        #expect(try version("2028-01-01") == "next")
    }

    @Test func `a stored assessment says which version scored it`() throws {
        let rules = try shippedRules()
        #expect(rules.assess(Answers()).ruleVersion == rules.version)
        #expect(rules.standard == 120)
    }

    @Test(arguments: [
        ("2026-07", 12577, "1"), ("2026-07", 12576, "0.8"), ("2026-07", 10062, "0.8"), ("2026-07", 10061, nil),
        ("2026-07", 25154, "2"), ("2026-07", 25153, "1"), ("2026-07", 37731, "3"), ("2026-07", 37730, "2"),
        ("2026-06", 12434, "1"), ("2026-06", 12433, "0.8"), ("2025-07", 37302, "3"), ("2024-07", 9846, "0.8"),
        ("2024-07", 9845, nil), ("2026-07", 10061.6, "0.8"), ("2026-07", 10061.5, nil), ("2023-06", 11396, "1"),
        ("2021-07", 8271, "0.8"), ("2020-07", 28017, "3"),
        ("2020-06", 99999, nil),
    ])
    func `a month's base belongs to a tier of its own insurance year`(
        _ month: String, _ base: Decimal, _ tier: String?
    ) throws {
        #expect(try shippedRules().tier(base: base, month: month) == tier)
    }

    @Test func `the multiples of the wage table are those published`() throws {
        let published = [
            "2020-07": 28017, "2021-07": 31014, "2022-07": 34188, "2023-07": 36549, "2024-07": 36921, "2025-07": 37302,
            "2026-07": 37731,
        ]
        let ceilings = Dictionary(uniqueKeysWithValues: try shippedRules().wages.map { ($0.from, $0.average * 3) })
        #expect(ceilings == published)
    }
}
