import Leads
import NIOCore
import Postgres

extension Transaction {
    func insertRuleVersion(_ rules: PointsRules, text: String, sha256: [UInt8]) async throws {
        try await self.execute(
            """
            INSERT INTO points_rule_versions (version, effective_from, effective_to, sha256, rules)
            VALUES (\(rules.version), \(rules.effectiveFrom)::text::date, \(rules.effectiveTo)::text::date,
                    \(ByteBuffer(bytes: sha256)), \(text)::text::jsonb)
            ON CONFLICT (version) DO NOTHING
            """)
    }
}
