import Foundation
import NIOCore
import Postgres

/// A lead that a restored backup brought back.
struct Revenant: TableRow {
    static let columns = "t.lead_id, t.pseudonym, t.request_id, t.erased_at, l.phone_index"
    let lead: UUID
    let pseudonym: [UInt8]
    let request: UUID
    let erasedAt: Date
    let phoneIndex: [UInt8]

    init(row: PostgresRow) throws {
        let (lead, pseudonym, request, erasedAt, phone) =
            try row.decode((UUID, ByteBuffer, UUID, Date, ByteBuffer).self)
        self.lead = lead
        self.pseudonym = pseudonym.bytes
        self.request = request
        self.erasedAt = erasedAt
        self.phoneIndex = phone.bytes
    }
}

extension Transaction {
    /// Strips what a lead's inquiries said, up to an instant; the rows stay for counts.
    func eraseInquiries(of lead: UUID, acceptedUpTo limit: Date, at now: Date) async throws {
        try await self.execute(
            """
            DELETE FROM submit_keys k USING inquiries i WHERE i.id = k.inquiry_id AND i.lead_id = \(lead) AND i.accepted_at <= \(limit)
            """)
        try await self.execute(
            """
            DELETE FROM assessments a USING inquiries i
            WHERE a.id = i.assessment_id AND i.lead_id = \(lead) AND i.accepted_at <= \(limit)
              AND NOT EXISTS (SELECT FROM inquiries o WHERE o.assessment_id = a.id AND (o.lead_id <> \(lead) OR o.accepted_at > \(limit)))
            """)
        try await self.execute(
            """
            UPDATE inquiries SET name_sealed = NULL, name_index = NULL, remark_sealed = NULL, extra_sealed = NULL, assessment_id = NULL,
                   source = '{}', skill = NULL, erased_at = \(now)
            WHERE lead_id = \(lead) AND accepted_at <= \(limit) AND erased_at IS NULL
            """)
        // That they agreed, how and whom they told stays; the words about it may name them.
        try await self.execute(
            "UPDATE consents SET evidence_sealed = NULL WHERE lead_id = \(lead) AND given_at <= \(limit) AND evidence_sealed IS NOT NULL"
        )
    }

    /// Strips what advisers wrote about a lead's calls; when they were and how they ended stays for counts.
    ///
    /// After a merge a call belongs to the number that was rung, whosever task it was on.
    func eraseCallTexts(of lead: UUID, upTo limit: Date) async throws {
        try await self.execute(
            """
            UPDATE call_attempts a SET note_sealed = NULL, reason = NULL, item = NULL, reference = NULL
            FROM callback_claims c JOIN callback_tasks t ON t.id = c.task_id
            WHERE c.task_id = a.task_id AND c.claim_number = a.claim_number AND \(callsOf: lead) AND a.at <= \(limit)
            """)
        try await self.execute(
            """
            UPDATE callback_events e SET note_sealed = NULL
            FROM callback_tasks t WHERE t.id = e.task_id AND t.lead_id = \(lead) AND e.at <= \(limit)
            """)
        try await self.execute(
            """
            UPDATE callback_claims c SET release_note_sealed = NULL
            FROM callback_tasks t WHERE t.id = c.task_id AND \(callsOf: lead) AND c.claimed_at <= \(limit)
            """)
        try await self.execute(
            """
            UPDATE callback_pauses p SET note_sealed = NULL
            FROM callback_tasks t WHERE t.id = p.task_id AND t.lead_id = \(lead) AND p.paused_at <= \(limit)
            """)
    }

    /// Takes number and text from a number's messages; time, status and vendor id stay under the pseudonym.
    ///
    /// One that is on its way is nobody's any more: what becomes of it is not written.
    func eraseMessages(phone index: [UInt8], pseudonym: [UInt8], upTo limit: Date, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE messages SET phone_index = NULL, phone_sealed = NULL, parameters_sealed = NULL, challenge_id = NULL, inquiry_id = NULL,
                   pseudonym = \(ByteBuffer(bytes: pseudonym)), lease_until = NULL, finished_at = coalesce(finished_at, \(now)),
                   failure = CASE WHEN finished_at IS NULL THEN 'erased' ELSE failure END,
                   state = CASE state WHEN 'queued' THEN 'expired' WHEN 'sending' THEN 'unknown' ELSE state END
            WHERE phone_index = \(ByteBuffer(bytes: index)) AND created_at <= \(limit)
            """)
    }

    func deleteCodes(phone index: [UInt8], upTo limit: Date) async throws {
        let phone = ByteBuffer(bytes: index)
        try await self.execute(
            "DELETE FROM verification_challenges WHERE phone_index = \(phone) AND issued_at <= \(limit)")
        try await self.execute(
            """
            DELETE FROM verification_counters c WHERE phone_index = \(phone)
              AND NOT EXISTS (SELECT FROM verification_challenges v WHERE v.phone_index = \(phone))
            """)
    }

    /// Makes a lead a shell for counts, unless something it sent later is still there.
    func eraseLead(_ lead: UUID, pseudonym: [UInt8], at now: Date) async throws {
        try await self.execute(
            """
            UPDATE leads SET phone_index = NULL, phone_index_next = NULL, phone_sealed = NULL, last_four_index = NULL,
                   pseudonym = \(ByteBuffer(bytes: pseudonym)), erased_at = \(now)
            WHERE id = \(lead) AND erased_at IS NULL
              AND NOT EXISTS (SELECT FROM inquiries i WHERE i.lead_id = \(lead) AND i.erased_at IS NULL)
            """)
    }

    func insertTombstone(lead: UUID, pseudonym: [UInt8], request: UUID, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO erasure_tombstones (lead_id, pseudonym, request_id, erased_at)
            SELECT id, \(ByteBuffer(bytes: pseudonym)), \(request), \(now) FROM leads WHERE id = \(lead)
            ON CONFLICT (lead_id) DO NOTHING
            """)
    }

    /// The ids that audit events about a lead may carry.
    func auditObjects(of lead: UUID) async throws -> [String] {
        try await self.rows(
            """
            SELECT id::text FROM leads WHERE id = \(lead) UNION ALL SELECT id::text FROM inquiries WHERE lead_id = \(lead)
            UNION ALL SELECT id::text FROM callback_tasks WHERE lead_id = \(lead)
            UNION ALL SELECT id::text FROM privacy_requests WHERE lead_id = \(lead)
            """
        ).map { try $0.decode(String.self) }
    }

    /// Leads that were erased and are back with something accepted before.
    func revenants(limit: Int) async throws -> [Revenant] {
        try await self.all(
            """
            SELECT \(columnsOf: Revenant.self) FROM erasure_tombstones t JOIN leads l ON l.id = t.lead_id
            WHERE l.erased_at IS NULL
              AND (EXISTS (SELECT FROM inquiries i WHERE i.lead_id = l.id AND i.erased_at IS NULL AND i.accepted_at <= t.erased_at)
                   OR NOT EXISTS (SELECT FROM inquiries i WHERE i.lead_id = l.id AND i.erased_at IS NULL))
            ORDER BY t.lead_id LIMIT \(limit)
            """)
    }

    /// Whether a lead sent something after an instant.
    func hasInquiries(of lead: UUID, acceptedAfter limit: Date) async throws -> Bool {
        try await self.execute(
            "SELECT 1 FROM inquiries WHERE lead_id = \(lead) AND accepted_at > \(limit) AND erased_at IS NULL LIMIT 1")
    }

    /// Gives a task whose newest inquiry was erased the newest that is left; one that has none asks nothing of whoever calls.
    func repointTasks(of lead: UUID) async throws {
        try await self.execute(
            """
            UPDATE callback_tasks t SET latest_inquiry_id = n.inquiry, skill = (SELECT skill FROM inquiries WHERE id = n.inquiry)
            FROM (SELECT o.id, (SELECT i.id FROM inquiries i JOIN leads m ON m.id = i.lead_id
                                WHERE (m.id = o.lead_id OR m.merged_into = o.lead_id) AND i.erased_at IS NULL AND NOT i.quarantined
                                ORDER BY i.accepted_at DESC, i.id DESC LIMIT 1) AS inquiry
                  FROM callback_tasks o JOIN inquiries old ON old.id = o.latest_inquiry_id AND old.erased_at IS NOT NULL
                  WHERE (o.state <> 'closed' OR o.lead_id <> \(lead))
                    AND o.lead_id IN (SELECT coalesce(merged_into, id) FROM leads WHERE id = \(lead))) n
            WHERE n.id = t.id AND n.inquiry IS NOT NULL
            """)
        try await self.execute(
            """
            UPDATE callback_tasks t SET skill = NULL FROM inquiries i
            WHERE t.lead_id = \(lead) AND i.id = t.latest_inquiry_id AND i.erased_at IS NOT NULL AND t.skill IS NOT NULL
            """)
    }
}

extension PostgresQuery.StringInterpolation {
    /// Whether claim `c` of task `t` was of this lead's number; a claim that showed none was of the task's lead.
    mutating func appendInterpolation(callsOf lead: UUID) {
        self.appendLiteral("(c.phone_lead_id = ")
        self.appendInterpolation(lead)
        self.appendLiteral(" OR c.phone_lead_id IS NULL AND t.lead_id = ")
        self.appendInterpolation(lead)
        self.appendLiteral(")")
    }
}
