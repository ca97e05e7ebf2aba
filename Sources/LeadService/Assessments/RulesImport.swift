import Crypto
package import Foundation
package import Leads

/// Adds a set of points rules that takes effect on a coming day; what is stored is never altered.
package struct RulesImport: Sendable {
    /// Why a set is not added.
    package enum Refusal: Error, Equatable {
        /// Its day has come, or is today: what was scored today stays as it was told.
        case notAhead(effectiveFrom: String, today: ShanghaiDate)
        /// Another set has this name.
        case versionTaken
        /// This set takes effect on the same day.
        case dayTaken(by: String)
    }

    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Reads a rule file.
    ///
    /// - Throws: `StrictJSON.Malformed`, or a `ValidationFailure` that says where it is wrong.
    package static func read(_ data: Data) throws -> PointsRules {
        try PointsRules.read(data, as: try StrictJSON.read(Array(data)))
    }

    /// Stores a checked set; the same file again changes nothing.
    ///
    /// - Returns: whether it was added now.
    /// - Throws: `Refusal`.
    package func add(_ rules: PointsRules, file: Data, by actor: String) async throws -> Bool {
        try await self.database.transaction { try await self.add(rules, file: file, by: .command(actor), $0) }
    }

    /// The same within a transaction.
    ///
    /// - Parameter more: what else the audit is told.
    func add(
        _ rules: PointsRules, file: Data, by actor: AuditActor, more: [String: JSONOutput] = [:], _ tx: Transaction
    ) async throws -> Bool {
        let sha256 = Array(SHA256.hash(data: file))
        let today = ShanghaiDate(self.dependencies.now())
        let added = self.audit.event(
            "points.import", on: rules.version, by: actor.name, role: actor.role,
            detail: more.merging([
                "effective_from": .string(rules.effectiveFrom), "effective_to": .optional(rules.effectiveTo),
                "sha256": .string(Hex.text(sha256)),
            ]) { own, _ in own })
        try await tx.lockRuleSets()
        if let known = try await tx.ruleSet(rules.version) {
            guard known.sha256 == sha256 else { throw Refusal.versionTaken }
            return false
        }
        guard rules.effectiveFrom > today.description else {
            throw Refusal.notAhead(effectiveFrom: rules.effectiveFrom, today: today)
        }
        let text = String(decoding: file, as: UTF8.self)
        guard try await tx.insertRuleVersion(rules, text: text, sha256: sha256) else {
            // Somebody added one meanwhile, or long before.
            guard let other = try await tx.ruleSet(effectiveFrom: rules.effectiveFrom) else {
                throw Refusal.versionTaken
            }
            throw Refusal.dayTaken(by: other.version)
        }
        try await tx.insert(added)
        return true
    }
}
