import Foundation
import Leads
import Testing

@Suite struct `Scoring` {
    private let rules: PointsRules
    private let boundaries: PointsFile.Boundaries

    init() throws {
        self.rules = try shippedRules()
        self.boundaries = try #require(PointsFile.points).boundaries
    }

    private func points(_ item: AssessmentItem, _ change: (inout Answers) -> Void) -> Int {
        var answers = Answers()
        change(&answers)
        return self.rules.assess(answers).items.first { $0.item == item }?.points ?? 0
    }

    @Test(arguments: PointsFile.points?.cases ?? []) func `a worked case`(_ worked: PointsFile.Case) throws {
        let assessment = self.rules.assess(try Answers(worked.inputs))
        let items = Dictionary(uniqueKeysWithValues: assessment.items.map { ($0.item.rawValue, $0.points) })
        #expect(items == worked.expected.items)
        #expect(assessment.sumBeforeDeductions == worked.expected.sumBeforeDeductions)
        #expect(assessment.total == worked.expected.total)
        #expect(assessment.reachesStandard == worked.expected.reaches120)
        #expect(assessment.canApply == worked.expected.canApply)
        #expect(assessment.blockers.map(\.rawValue) == worked.expected.blockedBy)
        #expect(assessment.items.allSatisfy { !$0.text.isEmpty })
    }

    @Test func `all sixteen cases were read`() throws {
        #expect(try #require(PointsFile.points).cases.count == 16)
    }

    @Test func `names and defaults are the published ones`() throws {
        let file = try #require(PointsFile.points)
        #expect(try Answers(file.inputDefaults) == Answers())
        #expect(Answers.Education.allCases.map(\.rawValue) == file.enums["education"])
        #expect(Answers.Title.allCases.map(\.rawValue) == file.enums["title"])
        #expect(Answers.Zone.allCases.map(\.rawValue) == file.enums["suburb_area.zone"])
        #expect(AssessmentItem.allCases.map(\.rawValue) == file.enums["item_keys"])
        #expect(Blocker.allCases.map(\.rawValue) == file.enums["blocked_by"])
    }

    @Test func `age at its boundaries`() {
        #expect(self.boundaries.age.count == 18)
        for row in self.boundaries.age {
            var answers = Answers()
            answers.age = row.age
            let assessment = self.rules.assess(answers)
            #expect(assessment.items.first { $0.item == .age }?.points == row.points, "age \(row.age)")
            #expect(assessment.blockers.contains(.age) == (row.points == nil), "age \(row.age)")
        }
    }

    @Test func `insured months at their boundaries`() {
        for row in self.boundaries.insuredYears {
            #expect(
                self.points(.insuredYears) { $0.insuredMonths = row.validMonths } == row.points,
                "\(row.validMonths) months")
        }
    }

    @Test func `contribution tiers at their boundaries`() {
        for row in self.boundaries.contributionBase {
            let points = self.points(.contributionBase) {
                ($0.monthsAt08, $0.monthsAt1, $0.monthsAt2, $0.monthsAt3) = (row.at08, row.at1, row.at2, row.at3)
            }
            #expect(points == row.points, "\(row)")
        }
    }

    @Test func `suburb, public service and marriage years at their boundaries`() throws {
        for row in self.boundaries.suburbArea {
            let zone = try #require(Answers.Zone(rawValue: row.zone ?? ""))
            #expect(
                self.points(.suburbArea) { $0.suburb = .init(zone: zone, years: Decimal(row.fullYears)) } == row.points,
                "\(row)")
        }
        for row in self.boundaries.publicService {
            #expect(
                self.points(.publicService) { $0.publicServiceYears = Decimal(row.fullYears) } == row.points, "\(row)")
        }
        for row in self.boundaries.spouseShanghai {
            #expect(self.points(.spouseShanghai) { $0.spouseYears = Decimal(row.fullYears) } == row.points, "\(row)")
        }
    }

    @Test func `investment at its boundaries`() {
        for row in self.boundaries.investTax + self.boundaries.investJobs {
            let investment = Answers.Investment(
                sharePercent: row.sharePct, taxTotal: row.taxTotal3YWan ?? 0, localEmployees: row.avgLocalEmployees ?? 0
            )
            #expect(self.points(.investment) { $0.investment = investment } == row.points, "\(row)")
        }
    }

    @Test func `a title whose contribution is missing is worth nothing and education counts`() {
        var answers = Answers()
        answers.education = .associate
        answers.title = .middle
        let assessment = self.rules.assess(answers)
        #expect(assessment.items.first { $0.item == .educationOrTitle }?.points == 50)
        #expect(assessment.notes.map(\.code).contains("title_contribution_missing"))
    }

    @Test func `the higher of education and title counts and a note says so`() {
        var answers = Answers()
        (answers.education, answers.title, answers.titleContributionOK) = (.bachelorWithDegree, .middle, true)
        let assessment = self.rules.assess(answers)
        #expect(assessment.items.first { $0.item == .educationOrTitle }?.points == 100)
        #expect(assessment.notes.map(\.code).contains("education_or_title"))
    }

    @Test func `tax and jobs are one route`() {
        var answers = Answers()
        answers.investment = .init(sharePercent: 100, taxTotal: 90, localEmployees: 50)
        let assessment = self.rules.assess(answers)
        #expect(assessment.items.first { $0.item == .investment }?.points == 50)
        #expect(assessment.notes.map(\.code).contains("one_investment_route"))
    }

    @Test func `every blocker blocks by itself`() {
        let changes: [(Blocker, (inout Answers) -> Void)] = [
            (.age, { $0.age = 17 }), (.crime, { $0.seriousCrime = true }), (.permit, { $0.permitValid = false }),
            (.notInsured, { $0.insuredThisMonth = false }), (.tooFewMonths, { $0.insuredMonthsInLast12 = 5 }),
            (.employer, { $0.employerEligible = false }),
        ]
        for (blocker, change) in changes {
            var answers = Answers()
            answers.startupTalent = true
            change(&answers)
            let assessment = self.rules.assess(answers)
            #expect(assessment.reachesStandard && !assessment.canApply)
            #expect(assessment.blockers == [blocker])
        }
    }
}
