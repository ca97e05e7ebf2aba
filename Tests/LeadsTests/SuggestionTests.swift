import Foundation
import Leads
import Testing

@Suite struct `Suggestions` {
    private let rules: PointsRules

    init() throws { self.rules = try shippedRules() }

    @Test func `six more months close a gap of one point`() throws {
        let answers = try Answers(["age": 44, "education": "bachelor_with_degree", "insured_months": 6])
        #expect(self.rules.assess(answers).gap == 1)
        let first = try #require(self.rules.suggestions(for: answers).first)
        #expect(first.months == 6)
        #expect(first.answers.changes(from: answers) == #"{"insured_months":12}"#)
        #expect(first.text == "社保再缴 6 个月（累计满 1 年）；如期间过生日，年龄分会下降")
    }

    @Test func `months at a tier are months insured`() throws {
        let answers = try Answers([
            "age": 29, "education": "associate", "insured_months": 24, "months_at_0_8x": 24, "months_at_1x": 24,
        ])
        let step = try #require(self.rules.suggestions(for: answers).first)
        #expect(step.months == 12)
        #expect(step.answers.insuredMonths == 36)
        #expect(self.rules.assess(step.answers).total >= 120)
    }

    @Test func `a title waiting for its contribution is a step`() throws {
        let answers = try Answers(["title": "skill_2_or_mid_title", "title_contribution_ok": false])
        let steps = self.rules.suggestions(for: answers)
        #expect(
            steps.contains { $0.answers.titleContributionOK == true && $0.answers.title == .middle && $0.months == 6 })
    }

    @Test func `the smallest degree that suffices is named`() throws {
        let answers = try Answers(["education": "associate", "insured_months": 12])
        let degrees = self.rules.suggestions(for: answers).filter { $0.answers.education != .associate }
        #expect(degrees.map(\.answers.education) == [.bachelorWithDegree])
    }

    @Test func `half a year of marriage to go is half a year`() throws {
        let answers = try Answers(["education": "bachelor", "spouse_shanghai_marriage_years": .number(7.5)])
        let step = try #require(
            self.rules.suggestions(for: answers).first { $0.answers.spouseYears != answers.spouseYears })
        #expect(step.months == 6)
        #expect(step.answers.spouseYears == 8)
    }

    @Test func `somebody whose age points fall meanwhile is told`() throws {
        let answers = try Answers(["age": 50, "education": "bachelor_with_degree", "insured_months": 12])
        let step = try #require(self.rules.suggestions(for: answers).first { $0.answers.insuredMonths > 12 })
        #expect(step.text.contains("年龄分会下降"))
    }

    @Test func `nobody who reaches the standard gets advice`() throws {
        let answers = try Answers(["education": "bachelor_with_degree"])
        #expect(self.rules.assess(answers).gap == 0)
        #expect(self.rules.suggestions(for: answers).isEmpty)
    }

    @Test func `every suggestion reaches the standard and no smaller step of its kind does`() {
        var generator = SeededGenerator("suggestions")
        var listed = 0
        for _ in 0..<1500 {
            let answers = Answers.any(using: &generator)
            for step in self.rules.suggestions(for: answers) {
                listed += 1
                #expect(self.rules.assess(step.answers).reachesStandard, "\(answers.canonicalJSON)")
                #expect(step.answers != answers)
                #expect(!step.text.isEmpty)
                for smaller in Self.smaller(step.answers, than: answers) {
                    #expect(
                        !self.rules.assess(smaller).reachesStandard,
                        "\(answers.canonicalJSON) \(smaller.changes(from: answers))")
                }
            }
        }
        #expect(listed > 500)
    }

    @Test func `suggestions are listed shortest first`() {
        var generator = SeededGenerator("shortest first")
        for _ in 0..<1000 {
            let months = self.rules.suggestions(for: .any(using: &generator)).map { $0.months ?? .max }
            #expect(months == months.sorted())
        }
    }

    /// The same step, one month (level, year) less of it.
    private static func smaller(_ step: Answers, than answers: Answers) -> [Answers] {
        var smaller: [Answers] = []
        if step.insuredMonths > answers.insuredMonths + 1 {
            let months = step.insuredMonths - answers.insuredMonths - 1
            var less = answers
            less.insuredMonths += months
            if step.monthsAt08 > answers.monthsAt08 { less.monthsAt08 = min(48, answers.monthsAt08 + months) }
            if step.monthsAt1 > answers.monthsAt1 { less.monthsAt1 = min(48, answers.monthsAt1 + months) }
            if step.monthsAt2 > answers.monthsAt2 { less.monthsAt2 = min(48, answers.monthsAt2 + months) }
            if step.monthsAt3 > answers.monthsAt3 { less.monthsAt3 = min(36, answers.monthsAt3 + months) }
            smaller.append(less)
        }
        if step.spouseYears > answers.spouseYears {
            var less = step
            less.spouseYears -= 0.1
            smaller.append(less)
        }
        let levels = Answers.Education.allCases
        if step.education != answers.education, let index = levels.firstIndex(of: step.education) {
            var less = step
            less.education = levels[index - 1]
            smaller.append(less)
        }
        let titles = Answers.Title.allCases
        if step.title != answers.title, let index = titles.firstIndex(of: step.title),
            titles[index - 1] != answers.title
        {
            var less = step
            less.title = titles[index - 1]
            smaller.append(less)
        }
        return smaller
    }
}
