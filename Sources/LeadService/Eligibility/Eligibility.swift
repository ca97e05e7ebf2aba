import Foundation
import Leads

/// Leads that were not eligible, offered again when later rules may let them in.
///
/// Nobody is called by this: a supervisor sees the list and opens a lead again, or not.
package struct Eligibility: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let rules: RulesStore

    private static let batch = 100
    private static let longestList = 200

    package init(database: Database, dependencies: Dependencies, rules: RulesStore) {
        self.database = database
        self.dependencies = dependencies
        self.rules = rules
    }

    var today: ShanghaiDate { ShanghaiDate(self.dependencies.now()) }

    /// The rules in force today.
    var rulesInForce: PointsRules? { PointsRules.inForce(on: self.today, of: self.rules.all) }

    /// Scores everybody who was not yet scored under these rules; returns how many are offered now.
    func check(under rules: PointsRules) async throws -> Int {
        var offered = 0
        while true {
            let leads = try await self.database.autocommit {
                try await $0.ineligibleLeads(notCheckedUnder: rules.version, limit: Self.batch)
            }
            for lead in leads {
                let (isOffered, total) = self.judge(lead, under: rules)
                let now = self.dependencies.now()
                let isNew = try await self.database.autocommit {
                    try await $0.insertEligibilityCheck(
                        of: lead.lead, under: rules.version, offered: isOffered, total: total, at: now)
                }
                if isNew, isOffered { offered += 1 }
            }
            guard leads.count == Self.batch else { return offered }
        }
    }

    /// Whether what stood in the way is gone: the block that was recorded, or the points that were missing.
    ///
    /// A block that answers from before never told of, neither the rules nor they can take away; later answers can.
    private func judge(_ lead: IneligibleLead, under rules: PointsRules) -> (isOffered: Bool, total: Int) {
        guard let value = try? StrictJSON.read(Array(lead.answers.utf8)), let answers = try? Answers(value),
            let earlier = self.rules.all.first(where: { $0.version == lead.ruleVersion })
        else { return (false, 0) }
        let (before, after) = (earlier.assess(answers), rules.assess(answers))
        let block = Blocker.allCases.first { $0.rawValue == lead.item }
        let isBlockGone =
            block.map { (lead.isLater || before.blockers.contains($0)) && !after.blockers.contains($0) } ?? false
        let isReached = after.reachesStandard && !before.reachesStandard
        return (after.blockers.isEmpty && (isBlockGone || isReached), after.total)
    }

    /// Who may be eligible under the rules of today, as the supervisor's list shows them.
    func list() async throws -> JSONOutput {
        guard let rules = self.rulesInForce else { throw Problems.unavailable }
        let now = self.dependencies.now()
        let (offered, tasks) = try await self.database.autocommit { tx in
            let offered = try await tx.offeredLeads(under: rules.version, limit: Self.longestList)
            return (offered, try await tx.tasks(offered.map(\.task)))
        }
        let shapes = try Dictionary(
            tasks.map { ($0.id, JSONOutput.object(try $0.json(self.dependencies, at: now))) },
            uniquingKeysWith: { first, _ in first })
        return .object([
            "rule_version": .string(rules.version), "count": .integer(offered.first?.count ?? 0),
            "items": .array(
                offered.compactMap { one in
                    shapes[one.task].map { shape in
                        .object([
                            "callback": shape, "item": .optional(one.item), "rule_version": .string(one.ruleVersion),
                            "total": .integer(one.total),
                        ])
                    }
                }), "next_cursor": .null,
        ])
    }
}
