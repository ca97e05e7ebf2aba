import Foundation
import Leads
import Postgres

/// A lead that was not eligible under earlier rules, with the answers that are known of it.
struct IneligibleLead: TableRow {
    static let columns = "l.id, a.item, v.version, s.answers::text, s.at > a.at"

    /// Leads whose last task ended as not eligible and who may still be called; `v` are the rules that were in force then.
    static let tables = """
        callback_tasks t JOIN leads l ON l.id = t.lead_id AND l.merged_into IS NULL AND \(LeadConsent.allowsCalls)
        JOIN LATERAL (SELECT c.item, c.at FROM call_attempts c
                      WHERE c.task_id = t.id AND c.disposition = 'not_eligible' AND c.refused IS NULL ORDER BY c.at DESC LIMIT 1) a
            ON t.closed_reason = 'not_eligible'
               AND NOT EXISTS (SELECT FROM callback_tasks o WHERE o.lead_id = t.lead_id AND (o.state <> 'closed' OR o.closed_at > t.closed_at))
        JOIN LATERAL (SELECT r.version FROM points_rule_versions r, LATERAL (SELECT (a.at AT TIME ZONE 'Asia/Shanghai')::date AS day) d
                      WHERE r.effective_from <= d.day AND (r.effective_to IS NULL OR d.day <= r.effective_to)
                      ORDER BY r.effective_from DESC LIMIT 1) v ON true
        """

    let lead: UUID
    let item: String?
    let ruleVersion: String
    let answers: String
    /// Whether they were given after the lead was found not eligible.
    let isLater: Bool

    init(row: PostgresRow) throws {
        (self.lead, self.item, self.ruleVersion, self.answers, self.isLater) =
            try row.decode((UUID, String?, String, String, Bool).self)
    }
}

/// A lead that may be eligible under the rules of now.
struct OfferedLead: TableRow {
    static let columns = "t.id, a.item, v.version, k.total::bigint, count(*) OVER ()"
    let task: UUID
    let item: String?
    let ruleVersion: String
    let total: Int
    let count: Int

    init(row: PostgresRow) throws {
        (self.task, self.item, self.ruleVersion, self.total, self.count) =
            try row.decode((UUID, String?, String, Int, Int).self)
    }
}

extension Transaction {
    /// Leads that were not scored under a set of rules yet: by an adviser's newest answers, else the visitor's own.
    func ineligibleLeads(notCheckedUnder version: String, limit: Int) async throws -> [IneligibleLead] {
        try await self.all(
            """
            SELECT \(columnsOf: IneligibleLead.self) FROM \(unescaped: IneligibleLead.tables)
            JOIN LATERAL (
                SELECT s.answers, known.at FROM (
                    SELECT r.assessment_id, 0 AS place, r.reviewed_at AS at FROM assessment_reviews r WHERE r.lead_id = l.id
                    UNION ALL
                    SELECT i.assessment_id, 1, i.accepted_at FROM inquiries i
                    WHERE i.lead_id = l.id AND i.assessment_id IS NOT NULL AND NOT i.quarantined AND i.erased_at IS NULL) known
                JOIN assessments s ON s.id = known.assessment_id ORDER BY known.place, known.at DESC LIMIT 1) s ON true
            WHERE v.version <> \(version)
              AND NOT EXISTS (SELECT FROM eligibility_checks k WHERE k.lead_id = l.id AND k.rule_version = \(version))
            ORDER BY l.id LIMIT \(limit)
            """)
    }

    /// Remembers what a set of rules says of a lead, once.
    func insertEligibilityCheck(
        of lead: UUID, under version: String, offered: Bool, total: Int, at now: Date
    ) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO eligibility_checks (lead_id, rule_version, offered, total, checked_at)
            SELECT id, \(version), \(offered), \(Int32(clamping: total)), \(now) FROM leads WHERE id = \(lead) AND erased_at IS NULL
            ON CONFLICT DO NOTHING RETURNING 1
            """)
    }

    /// Who may be eligible under a set of rules and was not called since, those with most points first.
    func offeredLeads(under version: String, limit: Int) async throws -> [OfferedLead] {
        try await self.all(
            """
            SELECT \(columnsOf: OfferedLead.self) FROM \(unescaped: IneligibleLead.tables)
            JOIN eligibility_checks k ON k.lead_id = l.id AND k.rule_version = \(version) AND k.offered
            ORDER BY k.total DESC, t.id LIMIT \(limit)
            """)
    }

    func eraseEligibility(of lead: UUID, upTo limit: Date) async throws {
        try await self.execute("DELETE FROM eligibility_checks WHERE lead_id = \(lead) AND checked_at <= \(limit)")
    }
}
