package import Foundation

/// An insurance year, July to June, as far as it lies in the months that count for the contribution base.
package struct InsuranceYear: Sendable, Hashable {
    /// `2025-07`.
    package let from: String
    /// The counted months, oldest first, as `2025-07`.
    package let months: [String]
}

/// How many months reached each tier, for the answers of the same names.
package struct TierMonths: Sendable, Hashable {
    package var at08 = 0
    package var at1 = 0
    package var at2 = 0
    package var at3 = 0
    /// Whether six of the last twelve months reached the average, as the higher titles need.
    package var isTitleOK = false
    /// The months with a base at all.
    package var insured = 0
}

extension InsuranceYear {
    /// The insurance years of the 48 full months before a day, newest first.
    ///
    /// Whether the month of the application counts is not settled, so it is left out.
    package static func counted(before day: ShanghaiDate) -> [InsuranceYear] {
        let (year, month, _) = day.components
        let thisMonth = year * 12 + month - 1
        let months = (thisMonth - 48..<thisMonth).map {
            (text: Self.text($0), from: Self.text($0 - ($0 % 12 + 6) % 12))
        }
        return Dictionary(grouping: months, by: \.from).sorted { $0.key > $1.key }.map {
            InsuranceYear(from: $0.key, months: $0.value.map(\.text))
        }
    }

    private static func text(_ month: Int) -> String {
        let number = month % 12 + 1
        return "\(month / 12)-" + (number < 10 ? "0\(number)" : "\(number)")
    }
}

/// What an employee pays of their own for social insurance each month, as a payslip shows it.
package enum OwnContribution {
    /// The share of the base.
    ///
    /// Pension 8 %, medical care 2 % and unemployment 0.5 % (社会保险法 and Shanghai's notices of each July); the housing fund is
    /// not among them.
    package static let share = Decimal(105) / 1000

    /// The base behind a contribution, in yuan: payslips round to the yuan, so that it may have been half a yuan more.
    package static func base(of contribution: Decimal) -> Decimal {
        contribution > 0 ? (contribution + Decimal(1) / 2) / self.share : 0
    }
}

extension PointsRules {
    /// Turns a monthly base in yuan for each insurance year into months at each tier; every month is measured against the
    /// average of its own year.
    ///
    /// - Parameters:
    ///   - bases: yuan by the first month of the insurance year, `2025-07`; a year without one was not paid.
    ///   - insuredMonths: all months ever paid, where known: no more than these, the newest, count.
    package func tierMonths(
        bases: [String: Decimal], insuredMonths: Int? = nil, before day: ShanghaiDate
    ) -> TierMonths {
        var found = TierMonths()
        var lastTwelve = 0
        let paid = InsuranceYear.counted(before: day).flatMap { year in
            year.months.reversed().map { (month: $0, base: bases[year.from]) }
        }
        for (position, entry) in paid.enumerated() {
            guard let base = entry.base, base > 0, found.insured < insuredMonths ?? .max else { continue }
            found.insured += 1
            guard let tier = self.tier(base: base, month: entry.month) else { continue }
            found.at08 += 1
            if tier != "0.8" { found.at1 += 1 }
            if tier == "2" || tier == "3" { found.at2 += 1 }
            if tier == "3", position < 36 { found.at3 += 1 }
            if tier != "0.8", position < 12 { lastTwelve += 1 }
        }
        found.isTitleOK = lastTwelve >= 6
        return found
    }
}
