import Foundation
import Leads

extension Answers {
    /// Any valid answers, tilted towards people near the standard.
    static func any(using generator: inout some RandomNumberGenerator) -> Answers {
        var answers = Answers()
        func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
        func months(_ most: Int) -> Int { chance(40) ? 0 : Int.random(in: 0...most, using: &generator) }
        func years(_ most: Int) -> Decimal {
            chance(60) ? 0 : Decimal(Int.random(in: 0...most * 2, using: &generator)) / 2
        }
        answers.age = chance(80) ? .random(in: 18...60, using: &generator) : .random(in: 0...120, using: &generator)
        answers.education = Education.allCases.randomElement(using: &generator) ?? .none
        answers.title = chance(60) ? .none : Title.allCases.randomElement(using: &generator) ?? .none
        answers.titleContributionOK = chance(30) ? nil : chance(50)
        answers.insuredMonths = months(240)
        answers.monthsAt08 = months(48)
        answers.monthsAt1 = months(48)
        answers.monthsAt2 = months(48)
        answers.monthsAt3 = months(36)
        answers.shortageMajor = chance(10)
        answers.startupTalent = chance(3)
        answers.intermediaryTalent = chance(3)
        if chance(20) {
            answers.investment = Investment(
                sharePercent: Decimal(Int.random(in: 0...100, using: &generator)),
                taxTotal: Decimal(Int.random(in: 0...6000, using: &generator)) / 10,
                localEmployees: Decimal(Int.random(in: 0...60, using: &generator)))
        }
        answers.publicServiceYears = years(20)
        if chance(20) {
            answers.suburb = Suburb(zone: Zone.allCases.randomElement(using: &generator) ?? .lingang, years: years(15))
        }
        answers.freshGraduate = chance(10)
        answers.awards = [30, 60, 110].filter { _ in chance(5) }
        answers.spouseYears = years(15)
        answers.falseMaterialRecords = chance(5) ? 1 : 0
        answers.detentionRecords = chance(8) ? 1 : 0
        answers.minorCrimeRecords = chance(3) ? 1 : 0
        answers.seriousCrime = chance(3)
        answers.permitValid = !chance(5)
        answers.insuredThisMonth = !chance(5)
        answers.insuredMonthsInLast12 = .random(in: 0...12, using: &generator)
        answers.employerEligible = !chance(5)
        return answers
    }
}

/// The rules as shipped.
func shippedRules() throws -> PointsRules { try PointsRules.decode(ruleFile("points-2022.json")) }
