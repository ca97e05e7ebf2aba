package import Foundation
package import Leads

/// Self-assessments: scored under the rules of the day, stored as they were, reopened by their link.
package struct Assessments: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let rules: RulesStore
    private let budgets: SendBudgets
    /// Whoever only calculates gets two of the pool's sixteen connections, so that a flood leaves the rest to submits.
    private let turns = Turns(width: 2, longestQueue: 256)

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, rules: RulesStore,
        budgetFactor: Double
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.rules = rules
        self.budgets = SendBudgets(keys: dependencies.keys, factor: budgetFactor)
    }

    /// The rules in force today.
    ///
    /// - Throws: 503 when none is.
    package func rulesInForce() throws -> PointsRules {
        try self.rules(on: ShanghaiDate(self.dependencies.now()))
    }

    private func rules(on day: ShanghaiDate) throws -> PointsRules {
        guard let rules = PointsRules.inForce(on: day, of: self.rules.all) else { throw Problems.unavailable }
        return rules
    }

    /// The rules in force today with their last day, as far as that is known.
    func rulesToday() throws -> (rules: PointsRules, lastDay: String?) {
        let today = ShanghaiDate(self.dependencies.now())
        let rules = try self.rules(on: today)
        return (rules, rules.lastDay(from: today, among: self.rules.all))
    }

    /// Scores answers; nothing is stored.
    package func assess(_ answers: Answers) async throws -> AssessedAnswers {
        let today = ShanghaiDate(self.dependencies.now())
        let rules = try self.rules(on: today)
        return AssessedAnswers(
            id: self.dependencies.makeID(), on: today, rules.assess(answers),
            suggestions: rules.suggestions(for: answers))
    }

    /// Scores a stranger's answers and keeps the whole result; what of it is told now, the gate decides.
    ///
    /// - Throws: 429 when the address, its network or everybody has had enough for now.
    package func store(_ answers: Answers, from address: ClientAddress) async throws -> AssessmentResult {
        try await self.turns.run {
            let assessed = try await self.assess(answers)
            let now = self.dependencies.now()
            let windows = self.budgets.assessmentWindows(address: address, at: now)
            let seed = self.dependencies.randomBytes(2).reduce(0) { $0 << 8 | Int($1) }
            let full = try await self.database.statement {
                try await $0.insertAssessment(assessed, within: windows, seed: seed, at: now)
            }
            if let full {
                let wait = windows[full].end.timeIntervalSince(now)
                throw Problems.tooManyRequests(retryAfter: Int(wait.rounded(.up)))
            }
            return AssessmentResult(assessed: assessed, isWhole: !self.settings.current.itemsAfterVerification)
        }
    }

    package func exists(_ id: UUID) async throws -> Bool {
        try await self.database.autocommit { try await $0.assessmentExists(id) }
    }

    /// A stored result, as it was; behind the gate whole only once an inquiry with it was proven.
    package func stored(_ id: UUID) async throws -> AssessmentResult? {
        let isGated = self.settings.current.itemsAfterVerification
        return try await self.database.autocommit { session in
            guard let assessed = try await session.assessment(id) else { return nil }
            guard isGated else { return AssessmentResult(assessed: assessed, isWhole: true) }
            return AssessmentResult(assessed: assessed, isWhole: try await session.isProven(assessment: id))
        }
    }

    /// Deletes a result; an inquiry that had it keeps everything else.
    package func delete(_ id: UUID) async throws -> Bool {
        try await self.database.autocommit { try await $0.deleteAssessment(id) }
    }
}

/// A scored assessment in the form it is stored and answered in.
package struct AssessedAnswers: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        package var key: String
        package var points: Int
        package var text: String
    }

    package var id: UUID
    package var ruleVersion: String
    package var assessedOn: String
    package var answers: String
    package var items: [Item]
    package var sumBeforeDeductions: Int
    package var total: Int
    package var canApply: Bool
    package var blockedBy: [String]
    package var notes: String
    package var gap: Int
    package var suggestions: String

    /// The standard score (Measures, article 12).
    package static let standard = 120

    /// The members of the contract, without id and link.
    package var members: [String: JSONOutput] {
        [
            "rule_version": .string(self.ruleVersion),
            "items": .object(
                Dictionary(self.items.map { ($0.key, .integer($0.points)) }, uniquingKeysWith: { first, _ in first })),
            "item_details": .array(
                self.items.map {
                    .object(["key": .string($0.key), "points": .integer($0.points), "text": .string($0.text)])
                }),
            "sum_before_deductions": .integer(self.sumBeforeDeductions), "total": .integer(self.total),
            "standard": .integer(Self.standard), "reaches_120": .bool(self.total >= Self.standard),
            "can_apply": .bool(self.canApply),
            "blocked_by": .array(self.blockedBy.map { .string($0) }), "notes": .raw(self.notes),
            "gap": .object(["points": .integer(self.gap), "suggestions": .raw(self.suggestions)]),
        ]
    }
}

extension AssessedAnswers {
    package init(id: UUID, on day: ShanghaiDate, _ assessment: Assessment, suggestions: [Assessment.Suggestion]) {
        let answers = assessment.answers
        self.init(
            id: id, ruleVersion: assessment.ruleVersion, assessedOn: day.description, answers: answers.canonicalJSON,
            items: assessment.items.map { Item(key: $0.item.rawValue, points: $0.points, text: $0.text) },
            sumBeforeDeductions: assessment.sumBeforeDeductions, total: assessment.total, canApply: assessment.canApply,
            blockedBy: assessment.blockers.map(\.rawValue),
            notes: JSONOutput.array(
                (assessment.blockers.map { ($0.rawValue, $0.text) } + assessment.notes.map { ($0.code, $0.text) }).map {
                    code, text in
                    .object(["code": .string(code), "text": .string(text)])
                }
            ).text,
            gap: assessment.gap,
            suggestions: JSONOutput.array(
                suggestions.map { suggestion in
                    .object([
                        "answers_changed": .raw(suggestion.answers.changes(from: answers)),
                        "months": .optional(suggestion.months),
                        "text": .string(suggestion.text),
                    ])
                }
            ).text)
    }
}
