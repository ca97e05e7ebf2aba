import Foundation
import Leads
import NIOCore
import Postgres

private struct StoredRules: TableRow {
    static let columns = "rules::text"
    let rules: PointsRules

    init(row: PostgresRow) throws {
        self.rules = try PointsRules.decode(Data(try row.decode(String.self).utf8))
    }
}

/// What names a stored set.
struct StoredRuleSet: TableRow {
    static let columns = "version, sha256, effective_from::text, effective_to::text, rules::text"
    let version: String
    let sha256: [UInt8]
    let effectiveFrom: String
    let effectiveTo: String?
    let text: String

    init(row: PostgresRow) throws {
        let (version, sha256, from, to, text) = try row.decode((String, ByteBuffer, String, String?, String).self)
        (self.version, self.sha256) = (version, sha256.bytes)
        (self.effectiveFrom, self.effectiveTo, self.text) = (from, to, text)
    }

    /// Nil for a file that this version of the program cannot read.
    var rules: PointsRules? { try? PointsRules.decode(Data(self.text.utf8)) }
}

extension Transaction {
    /// Every stored version but those that are known.
    func ruleVersions(without known: [String]) async throws -> [PointsRules] {
        try await self.all(
            """
            SELECT \(columnsOf: StoredRules.self) FROM points_rule_versions WHERE version <> ALL (\(known)::text[])
            ORDER BY effective_from LIMIT 1000
            """, as: StoredRules.self
        ).map(\.rules)
    }

    /// Every set, the newest first.
    func ruleSets() async throws -> [StoredRuleSet] {
        try await self.all(
            "SELECT \(columnsOf: StoredRuleSet.self) FROM points_rule_versions ORDER BY effective_from DESC LIMIT 1000")
    }

    /// Lets one addition after a look follow the other; sets are never altered, so that the table itself cannot be locked.
    func lockRuleSets() async throws {
        try await self.execute("SELECT pg_advisory_xact_lock(7203185252)")
    }

    func ruleSet(_ version: String) async throws -> StoredRuleSet? {
        try await self.first(
            "SELECT \(columnsOf: StoredRuleSet.self) FROM points_rule_versions WHERE version = \(version)")
    }

    func ruleSet(effectiveFrom day: String) async throws -> StoredRuleSet? {
        try await self.first(
            "SELECT \(columnsOf: StoredRuleSet.self) FROM points_rule_versions WHERE effective_from = \(day)::text::date"
        )
    }

    /// Adds a version; one whose name or day is taken is left out.
    ///
    /// - Returns: whether it was added.
    @discardableResult
    func insertRuleVersion(_ rules: PointsRules, text: String, sha256: [UInt8]) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO points_rule_versions (version, effective_from, effective_to, sha256, rules)
            VALUES (\(rules.version), \(rules.effectiveFrom)::text::date, \(rules.effectiveTo)::text::date,
                    \(ByteBuffer(bytes: sha256)), \(text)::text::jsonb)
            ON CONFLICT DO NOTHING RETURNING 1
            """)
    }
}
