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
    static let columns = "version, sha256"
    let version: String
    let sha256: [UInt8]

    init(row: PostgresRow) throws {
        let (version, sha256) = try row.decode((String, ByteBuffer).self)
        (self.version, self.sha256) = (version, sha256.bytes)
    }
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
