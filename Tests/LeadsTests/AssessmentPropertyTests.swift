import Foundation
import Leads
import Testing

@Suite struct `Scoring any answers` {
    private static let rounds = 2000
    private let rules: PointsRules

    init() throws { self.rules = try shippedRules() }

    @Test func `more of what counts never lowers a score`() {
        let more: [(String, (inout Answers) -> Void)] = [
            ("insured months", { $0.insuredMonths += 1 }),
            ("months at 0.8", { $0.monthsAt08 = min(48, $0.monthsAt08 + 1) }),
            ("months at 1", { $0.monthsAt1 = min(48, $0.monthsAt1 + 1) }),
            ("months at 2", { $0.monthsAt2 = min(48, $0.monthsAt2 + 1) }),
            ("months at 3", { $0.monthsAt3 = min(36, $0.monthsAt3 + 1) }), ("marriage", { $0.spouseYears += 1 }),
            ("public service", { $0.publicServiceYears += 1 }), ("suburb", { $0.suburb?.years += 1 }),
            ("tax", { $0.investment?.taxTotal += 1 }), ("jobs", { $0.investment?.localEmployees += 1 }),
        ]
        var generator = SeededGenerator("more never lowers")
        for _ in 0..<Self.rounds {
            let answers = Answers.any(using: &generator)
            let before = self.rules.assess(answers).total
            for (name, change) in more {
                var changed = answers
                change(&changed)
                #expect(self.rules.assess(changed).total >= before, "\(name): \(answers.canonicalJSON)")
            }
        }
    }

    @Test func `more deductions never raise a score`() {
        var generator = SeededGenerator("deductions never raise")
        for _ in 0..<Self.rounds {
            let answers = Answers.any(using: &generator)
            var worse = answers
            worse.detentionRecords += 1
            #expect(self.rules.assess(worse).total <= self.rules.assess(answers).total, "\(answers.canonicalJSON)")
        }
    }

    @Test func `the order of answers never matters`() throws {
        var generator = SeededGenerator("order never matters")
        for _ in 0..<Self.rounds {
            let answers = Answers.any(using: &generator)
            let shuffled = answers.members.shuffled(using: &generator).map { "\"\($0.name)\":\($0.json)" }
            let read = try Answers(json("{" + shuffled.joined(separator: ",") + "}"))
            #expect(read == answers)
            #expect(self.rules.assess(read) == self.rules.assess(answers))
        }
    }

    @Test func `the total is the sum less deductions and never negative`() {
        var generator = SeededGenerator("total")
        for _ in 0..<Self.rounds {
            let answers = Answers.any(using: &generator)
            let assessment = self.rules.assess(answers)
            let counted = assessment.items.reduce(0) { $0 + $1.points }
            #expect(assessment.total == max(0, counted), "\(answers.canonicalJSON)")
            #expect(assessment.sumBeforeDeductions >= assessment.total)
            #expect(assessment.gap == max(0, 120 - assessment.total))
            #expect(assessment.items.allSatisfy { $0.points != 0 })
        }
    }

    @Test func `exclusive pairs are never both counted`() {
        var generator = SeededGenerator("exclusive pairs")
        for _ in 0..<Self.rounds {
            var answers = Answers.any(using: &generator)
            answers.investment = .init(
                sharePercent: 100, taxTotal: .init(Int.random(in: 0...500, using: &generator)), localEmployees: 30)
            let both = self.rules.assess(answers)
            func alone(_ item: AssessmentItem, _ change: (inout Answers) -> Void) -> Int {
                var changed = answers
                change(&changed)
                return self.rules.assess(changed).items.first { $0.item == item }?.points ?? 0
            }
            let counted = Dictionary(uniqueKeysWithValues: both.items.map { ($0.item, $0.points) })
            let education = alone(.educationOrTitle) { $0.title = .none }
            let title = alone(.educationOrTitle) { $0.education = .none }
            #expect(counted[.educationOrTitle] ?? 0 == max(education, title), "\(answers.canonicalJSON)")
            let tax = alone(.investment) { $0.investment?.localEmployees = 0 }
            let jobs = alone(.investment) { $0.investment?.taxTotal = 0 }
            #expect(counted[.investment] ?? 0 == max(tax, jobs), "\(answers.canonicalJSON)")
        }
    }

    @Test func `ages outside 18 to 60 have no age item and are blocked`() {
        var generator = SeededGenerator("ages outside")
        for _ in 0..<Self.rounds {
            var answers = Answers.any(using: &generator)
            answers.age =
                Bool.random(using: &generator)
                ? .random(in: 0...17, using: &generator) : .random(in: 61...120, using: &generator)
            let assessment = self.rules.assess(answers)
            #expect(!assessment.items.contains { $0.item == .age })
            #expect(assessment.blockers.contains(.age) && !assessment.canApply)
        }
    }
}
