import Foundation
import NIOCore
import Postgres

extension DueLead: TableRow {
    static let columns = "l.id, l.phone_index, l.phone_sealed"

    init(row: PostgresRow) throws {
        let (id, index, sealed) = try row.decode((UUID, ByteBuffer, ByteBuffer).self)
        self.init(id: id, phoneIndex: index.bytes, phoneSealed: sealed.bytes)
    }
}

extension PostgresQuery.StringInterpolation {
    /// Leads, as `l`, that nobody has spoken with and that have asked nothing since an instant, and for whom nothing is open:
    /// no task, no message, no code that may still be used, no reminder to come.
    ///
    /// What was done for a lead that this one was merged into, or that was merged into this one, was done for both.
    mutating func appendInterpolation(leadsDue term: RetentionTerm, before: Date, at now: Date) {
        self.appendLiteral("l.erased_at IS NULL AND l.created_at < ")
        self.appendInterpolation(before)
        self.appendLiteral(" AND NOT EXISTS (SELECT FROM inquiries i WHERE i.lead_id = l.id AND i.accepted_at >= ")
        self.appendInterpolation(before)
        self.appendLiteral(
            """
            ) AND NOT EXISTS (SELECT FROM callback_tasks t WHERE t.lead_id IN (l.id, l.merged_into)
                AND (t.state <> 'closed' OR greatest(t.newest_inquiry_at, t.last_attempt_at) >= 
            """)
        self.appendInterpolation(before)
        self.appendLiteral(
            ")) AND NOT EXISTS (SELECT FROM consents c WHERE c.lead_id = l.id AND c.withdrawn_at IS NULL AND c.reminder_valid_until >= "
        )
        self.appendInterpolation(now)
        self.appendLiteral(
            """
            ::date) AND NOT EXISTS (SELECT FROM lead_permits p WHERE p.lead_id = l.id AND p.valid_until >= 
            """)
        self.appendInterpolation(now)
        self.appendLiteral(
            """
            ::date) AND NOT EXISTS (SELECT FROM messages m WHERE m.phone_index = l.phone_index AND m.state IN ('queued', 'sending'))
            AND NOT EXISTS (SELECT FROM verification_challenges v WHERE v.phone_index = l.phone_index AND v.consumed_at IS NULL AND v.expires_at > 
            """)
        self.appendInterpolation(now)
        self.appendLiteral(term == .customers ? ") AND EXISTS (" : ") AND NOT EXISTS (")
        self.appendLiteral(
            """
            SELECT FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id
            WHERE t.lead_id IN (l.id, l.merged_into) AND a.disposition = 'converted' AND a.refused IS NULL)
            """)
    }

    /// The rows of a term that are due, by what identifies them.
    mutating func appendInterpolation(due term: RetentionTerm, before: Date, at now: Date) {
        switch term {
        case .leads, .customers:
            self.appendLiteral("SELECT l.id FROM leads l WHERE ")
            self.appendInterpolation(leadsDue: term, before: before, at: now)
        case .codes:
            // A code expires minutes after it was issued.
            self.appendLiteral("SELECT id FROM verification_challenges WHERE issued_at < ")
            self.appendInterpolation(before.addingTimeInterval(Self.margin))
        case .assessments:
            self.appendLiteral("SELECT a.id FROM assessments a WHERE a.created_at < ")
            self.appendInterpolation(before)
            self.appendLiteral(
                """
                 AND NOT EXISTS (SELECT FROM inquiries i WHERE i.assessment_id = a.id)
                AND NOT EXISTS (SELECT FROM assessment_reviews r WHERE r.assessment_id = a.id)
                """)
        case .messages:
            self.appendLiteral("SELECT id FROM messages WHERE finished_at < ")
            self.appendInterpolation(before)
        case .corrections:
            self.appendLiteral(
                "SELECT d.event_id FROM audit_details d JOIN audit_events e ON e.id = d.event_id WHERE e.action = 'privacy.corrected' AND e.at < "
            )
            self.appendInterpolation(before)
        case .evidence:
            self.appendLiteral("SELECT lead_id FROM erasure_tombstones WHERE erased_at < ")
            self.appendInterpolation(before)
        case .requests:
            self.appendLiteral("SELECT id FROM privacy_requests WHERE requested_at < ")
            self.appendInterpolation(before)
        case .exports:
            self.appendLiteral("SELECT id FROM export_records WHERE state <> 'running' AND at < ")
            self.appendInterpolation(before)
        case .audit:
            self.appendLiteral(
                """
                SELECT l.position FROM audit_links l JOIN audit_events e ON e.id = l.event_id
                WHERE l.position < least((SELECT max(position) FROM audit_links), (SELECT min(k.position) FROM audit_links k
                    JOIN audit_events o ON o.id = k.event_id WHERE o.at >= 
                """)
            self.appendInterpolation(before)
            self.appendLiteral("))")
        }
    }

    /// A code's last day is over a day early, so that the round that takes it need not be at the very minute.
    private static var margin: TimeInterval { 86400 }
}

extension Transaction {
    func countDue(_ term: RetentionTerm, before: Date, at now: Date) async throws -> Int {
        let rows = try await self.rows("SELECT count(*) FROM (\(due: term, before: before, at: now)) d")
        return try rows.first?.decode(Int.self) ?? 0
    }

    /// Deletes a batch of a term whose rows are one table's and nothing else.
    func deleteDue(_ term: RetentionTerm, before: Date, at now: Date, limit: Int) async throws -> Int {
        let table =
            switch term {
            case .codes: "verification_challenges"
            case .assessments: "assessments"
            case .messages: "messages"
            default: ""
            }
        return try await self.rows(
            "DELETE FROM \(unescaped: table) WHERE id IN (\(due: term, before: before, at: now) LIMIT \(limit)) RETURNING 1"
        ).count
    }

    func dueLeads(_ term: RetentionTerm, before: Date, at now: Date, limit: Int) async throws -> [DueLead] {
        try await self.all(
            """
            SELECT \(columnsOf: DueLead.self) FROM leads l WHERE \(leadsDue: term, before: before, at: now)
            ORDER BY l.created_at, l.id LIMIT \(limit)
            """)
    }

    func isDue(_ lead: UUID, _ term: RetentionTerm, before: Date, at now: Date) async throws -> Bool {
        try await self.execute(
            "SELECT 1 FROM leads l WHERE l.id = \(lead) AND \(leadsDue: term, before: before, at: now)")
    }

    /// A batch of the ids of a term's rows.
    func dueIDs(_ term: RetentionTerm, before: Date, at now: Date, limit: Int) async throws -> [UUID] {
        try await self.rows("\(due: term, before: before, at: now) LIMIT \(limit)").map { try $0.decode(UUID.self) }
    }

    /// Deletes what proves requests and erasures; `event` has told the audit in this transaction.
    func deletePrivacyRecords(requests: [UUID], tombstones: [UUID], told event: UUID) async throws {
        try await self.execute(
            "SELECT delete_privacy_records(\(requests)::uuid[], \(tombstones)::uuid[], \(event))")
    }

    /// Forgets erased leads: their consents go, and the pseudonym gives way to a value nobody can compute.
    func forgetErased(_ leads: [UUID], salt: [UInt8]) async throws {
        try await self.execute("DELETE FROM consents WHERE lead_id = ANY (\(leads)::uuid[])")
        try await self.execute(
            """
            UPDATE leads SET pseudonym = sha256(\(ByteBuffer(bytes: salt))::bytea || uuid_send(id))
            WHERE id = ANY (\(leads)::uuid[]) AND erased_at IS NOT NULL
            """)
    }

    /// Deletes a batch of what old exports held, and those records of which nothing is left.
    func deleteExports(before: Date, limit: Int) async throws -> Int {
        let leads = try await self.rows(
            """
            DELETE FROM export_leads WHERE (lead_id, export_id) IN
                (SELECT lead_id, export_id FROM export_leads WHERE export_id IN (\(due: .exports, before: before, at: before)) LIMIT \(limit))
            RETURNING 1
            """
        ).count
        let records = try await self.rows(
            """
            DELETE FROM export_records WHERE id IN
                (SELECT d.id FROM (\(due: .exports, before: before, at: before)) d
                 WHERE NOT EXISTS (SELECT FROM export_leads e WHERE e.export_id = d.id) LIMIT \(limit))
            RETURNING 1
            """
        ).count
        return leads + records
    }
}
