import Foundation
import Leads
import Testing

@Suite struct `Contribution bases` {
    // swift-format-ignore: NeverForceUnwrap
    private let day = ShanghaiDate(year: 2026, month: 11, day: 26)!

    @Test func `the 48 full months before a day cross five insurance years`() {
        let years = InsuranceYear.counted(before: self.day)
        #expect(years.map(\.from) == ["2026-07", "2025-07", "2024-07", "2023-07", "2022-07"])
        #expect(years.map(\.months.count) == [4, 12, 12, 12, 8])
        #expect(years.first?.months == ["2026-07", "2026-08", "2026-09", "2026-10"])
        #expect(years.last?.months.first == "2022-11")
        #expect(years.last?.months.last == "2023-06")
    }

    @Test(arguments: ["2026-07-01", "2026-08-31", "2027-01-01", "2027-12-31", "2028-02-29", "2028-06-30"])
    func `every day has 48 months, each once, none ahead`(_ text: String) throws {
        let day = try ShanghaiDate(parsing: text)
        let months = InsuranceYear.counted(before: day).flatMap(\.months)
        #expect(months.count == 48)
        #expect(Set(months).count == 48)
        #expect(try #require(months.max()) < String(text.prefix(7)))
        for year in InsuranceYear.counted(before: day) {
            #expect(year.from.hasSuffix("-07"))
            #expect(try #require(year.months.first) >= year.from)
        }
    }

    @Test func `a month is measured against the average of its own insurance year`() throws {
        // 12,400 is 1× of 2024 (12,307) and of the years before, but not of 2025 (12,434) or 2026 (12,577).
        let bases = Dictionary(uniqueKeysWithValues: (2022...2026).map { ("\($0)-07", Decimal(12400)) })
        let found = try shippedRules().tierMonths(bases: bases, before: self.day)
        #expect(found.insured == 48)
        #expect(found.at08 == 48)
        #expect(found.at1 == 8 + 12 + 12)
        #expect(found.at2 == 0)
        #expect(!found.isTitleOK)
    }

    @Test func `only the last 36 months count at three times the average`() throws {
        let bases = Dictionary(uniqueKeysWithValues: (2022...2026).map { ("\($0)-07", Decimal(60000)) })
        let found = try shippedRules().tierMonths(bases: bases, before: self.day)
        #expect((found.at08, found.at1, found.at2, found.at3) == (48, 48, 48, 36))
        #expect(found.isTitleOK)
    }

    @Test func `a year without a base, and months beyond those ever paid, count for nothing`() throws {
        let rules = try shippedRules()
        let some = rules.tierMonths(bases: ["2026-07": 26000, "2024-07": 26000], before: self.day)
        #expect((some.insured, some.at2) == (16, 16))
        let few = rules.tierMonths(
            bases: ["2026-07": 26000, "2025-07": 26000, "2024-07": 26000], insuredMonths: 10, before: self.day)
        #expect((few.insured, few.at2) == (10, 10))
        #expect(few.isTitleOK)
        #expect(rules.tierMonths(bases: ["2026-07": 0], before: self.day).insured == 0)
        #expect(rules.tierMonths(bases: [:], before: self.day).insured == 0)
    }

    @Test func `a contribution rounded to the yuan never loses the tier it is paid at`() throws {
        for average in [Decimal(10338), 11396, 12183, 12307, 12434, 12577] {
            for factor in [Decimal(8) / 10, 1, 2, 3] {
                let base = average * factor
                var (exact, paid) = (base * OwnContribution.share, Decimal())
                unsafe NSDecimalRound(&paid, &exact, 0, .plain)
                #expect(OwnContribution.base(of: paid) >= base && OwnContribution.base(of: paid) < base + 10)
            }
        }
        #expect(OwnContribution.base(of: 0) == 0)
    }

    @Test func `six months at the average within the last twelve satisfy the higher titles`() throws {
        let rules = try shippedRules()
        #expect(!rules.tierMonths(bases: ["2026-07": 13000], before: self.day).isTitleOK)
        #expect(rules.tierMonths(bases: ["2025-07": 13000], before: self.day).isTitleOK)
        #expect(!rules.tierMonths(bases: ["2024-07": 13000, "2023-07": 13000], before: self.day).isTitleOK)
    }

    @Test func `a higher base never loses a month`() throws {
        var generator = SeededGenerator("a higher base never loses a month")
        let rules = try shippedRules()
        for _ in 0..<1000 {
            let bases = Dictionary(
                uniqueKeysWithValues: (2022...2026).map {
                    ("\($0)-07", Decimal(Int.random(in: 0...45000, using: &generator)))
                })
            let lower = rules.tierMonths(bases: bases, before: self.day)
            let higher = rules.tierMonths(
                bases: bases.mapValues { $0 + Decimal(Int.random(in: 1...9000, using: &generator)) }, before: self.day)
            #expect(lower.at08 <= higher.at08)
            #expect(lower.at1 <= higher.at1)
            #expect(lower.at2 <= higher.at2)
            #expect(lower.at3 <= higher.at3)
            #expect(
                [lower.insured, lower.at08, lower.at1, lower.at2, lower.at3]
                    == [lower.insured, lower.at08, lower.at1, lower.at2, lower.at3].sorted(by: >))
        }
    }
}

@Suite struct `The month of birth` {
    // swift-format-ignore: NeverForceUnwrap
    private let day = ShanghaiDate(year: 2026, month: 11, day: 26)!

    @Test(arguments: [
        ("1992", "5", 34), ("1992", "11", 34), ("1992", "12", 33), ("１９９２", " ０５ ", 34), ("2026", "11", 0),
        ("1906", "1", 120),
    ])
    func `gives full years, the month of the birthday counted as passed`(
        _ year: String, _ month: String, _ age: Int
    ) throws {
        #expect(try BirthMonth(year: year, month: month, on: self.day).age(on: self.day) == age)
    }

    @Test(arguments: [
        ("", "5", "/birth_year"), ("92", "5", "/birth_year"), ("1905", "5", "/birth_year"),
        ("2027", "1", "/birth_year"),
        ("一九九二", "5", "/birth_year"), ("1992", "", "/birth_month"), ("1992", "13", "/birth_month"),
        ("1992", "0", "/birth_month"), ("2026", "12", "/birth_month"), ("1992", "-5", "/birth_month"),
    ])
    func `is refused at its own field`(_ year: String, _ month: String, _ pointer: String) {
        #expect {
            _ = try BirthMonth(year: year, month: month, on: self.day)
        } throws: {
            ($0 as? ValidationFailure)?.pointer == pointer && ($0 as? ValidationFailure)?.code == "birth_invalid"
        }
    }
}
