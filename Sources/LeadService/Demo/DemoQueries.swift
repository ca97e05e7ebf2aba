import Foundation
import Leads
import NIOCore
import Postgres

extension Transaction {
    /// The leads of these numbers, erased ones too, locked.
    func demoLeads(_ indexes: [[UInt8]], _ pseudonyms: [[UInt8]]) async throws -> [UUID] {
        let indexes = indexes.map { ByteBuffer(bytes: $0) }
        return try await self.rows(
            """
            SELECT id FROM leads WHERE phone_index = ANY (\(indexes)::bytea[]) OR phone_index_next = ANY (\(indexes)::bytea[])
                OR pseudonym = ANY (\(pseudonyms.map { ByteBuffer(bytes: $0) })::bytea[])
            ORDER BY id FOR UPDATE
            """
        ).map { try $0.decode(UUID.self) }
    }

    /// Whether one of these leads and another one are linked.
    func isMixed(_ leads: [UUID]) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM leads WHERE merged_into IS NOT NULL AND (id = ANY (\(leads)::uuid[])) <> (merged_into = ANY (\(leads)::uuid[]))
            UNION ALL
            SELECT 1 FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id
            WHERE a.merge_into = ANY (\(leads)::uuid[]) AND t.lead_id <> ALL (\(leads)::uuid[])
            LIMIT 1
            """)
    }

    /// What was asked about these leads and numbers.
    func demoRequests(_ leads: [UUID], _ pseudonyms: [[UInt8]]) async throws -> [UUID] {
        let pseudonyms = pseudonyms.map { ByteBuffer(bytes: $0) }
        return try await self.rows(
            "SELECT id FROM privacy_requests WHERE lead_id = ANY (\(leads)::uuid[]) OR pseudonym = ANY (\(pseudonyms)::bytea[])"
        ).map { try $0.decode(UUID.self) }
    }

    /// Deletes leads and everything there is of them and their numbers; what proves requests and erasures is gone already.
    func deleteDemoLeads(_ leads: [UUID], _ indexes: [[UInt8]], _ pseudonyms: [[UInt8]]) async throws {
        let indexes = indexes.map { ByteBuffer(bytes: $0) }
        let pseudonyms = pseudonyms.map { ByteBuffer(bytes: $0) }
        let assessments = try await self.rows(
            """
            SELECT assessment_id FROM inquiries WHERE lead_id = ANY (\(leads)::uuid[]) AND assessment_id IS NOT NULL
            UNION SELECT assessment_id FROM assessment_reviews WHERE lead_id = ANY (\(leads)::uuid[])
            """
        ).map { try $0.decode(UUID.self) }
        _ = try await self.pipeline([
            "DELETE FROM export_leads WHERE lead_id = ANY (\(leads)::uuid[])",
            "DELETE FROM consents WHERE lead_id = ANY (\(leads)::uuid[])",
            "DELETE FROM wechat_contacts WHERE lead_id = ANY (\(leads)::uuid[])",
            """
            DELETE FROM call_attempts a USING callback_tasks t WHERE t.id = a.task_id AND t.lead_id = ANY (\(leads)::uuid[])
            """,
            """
            DELETE FROM callback_claims c USING callback_tasks t WHERE t.id = c.task_id AND t.lead_id = ANY (\(leads)::uuid[])
            """,
            "DELETE FROM callback_tasks WHERE lead_id = ANY (\(leads)::uuid[])",
            "DELETE FROM permit_reminders WHERE lead_id = ANY (\(leads)::uuid[])",
            "DELETE FROM messages WHERE phone_index = ANY (\(indexes)::bytea[]) OR pseudonym = ANY (\(pseudonyms)::bytea[])",
            "DELETE FROM inquiries WHERE lead_id = ANY (\(leads)::uuid[])",
            """
            DELETE FROM assessments a WHERE a.id = ANY (\(assessments)::uuid[])
              AND NOT EXISTS (SELECT FROM inquiries i WHERE i.assessment_id = a.id)
            """,
            "DELETE FROM leads WHERE id = ANY (\(leads)::uuid[])",
            "DELETE FROM verification_challenges WHERE phone_index = ANY (\(indexes)::bytea[])",
            "DELETE FROM verification_counters WHERE phone_index = ANY (\(indexes)::bytea[])",
            "DELETE FROM phone_budgets WHERE phone_index = ANY (\(indexes)::bytea[])",
            "DELETE FROM do_not_call WHERE phone_index = ANY (\(indexes)::bytea[])",
        ])
    }

    func countDemoStaff() async throws -> Int {
        try await self.rows("SELECT count(*) FROM staff WHERE demo").first?.decode(Int.self) ?? 0
    }

    /// Adds a made-up account, or opens the one that was closed and kept.
    ///
    /// - Returns: nil when somebody real has the name.
    func upsertDemoStaff(_ account: StaffAccount, at now: Date) async throws -> UUID? {
        try await self.rows(
            """
            INSERT INTO staff AS s (id, username, display_name, role, password_hash, must_change_password, active, created_at, demo)
            VALUES (\(account.id), \(account.username), \(account.displayName), \(account.role.rawValue), \(account.passwordHash),
                    false, true, \(now), true)
            ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash, must_change_password = false,
                password_expires_at = NULL, active = true
            WHERE s.demo
            RETURNING id
            """
        ).first?.decode(UUID.self)
    }

    /// Deletes the made-up accounts; one that worked on something real is closed instead.
    ///
    /// - Returns: how many were deleted.
    func deleteDemoStaff() async throws -> Int {
        try await self.execute("DELETE FROM staff_sessions t USING staff s WHERE s.id = t.staff_id AND s.demo")
        // Their days are marked, and are counted without them.
        try await self.execute("DELETE FROM statistics_advisers t USING staff s WHERE s.id = t.adviser_id AND s.demo")
        let deleted = try await self.rows(
            """
            DELETE FROM staff s WHERE s.demo
              AND NOT EXISTS (SELECT FROM callback_tasks WHERE owner_id = s.id OR claimed_by = s.id)
              AND NOT EXISTS (SELECT FROM callback_claims WHERE adviser_id = s.id)
              AND NOT EXISTS (SELECT FROM call_attempts WHERE adviser_id = s.id)
              AND NOT EXISTS (SELECT FROM quarantined_inquiries WHERE reviewed_by = s.id)
              AND NOT EXISTS (SELECT FROM export_records WHERE staff_id = s.id)
              AND NOT EXISTS (SELECT FROM export_jobs WHERE requested_by = s.id OR approved_by = s.id)
              AND NOT EXISTS (SELECT FROM job_holds WHERE held_by = s.id)
              AND NOT EXISTS (SELECT FROM assessment_reviews WHERE reviewed_by = s.id)
              AND NOT EXISTS (SELECT FROM api_keys WHERE created_by = s.id)
              AND NOT EXISTS (SELECT FROM privacy_cases WHERE opened_by = s.id OR closed_by = s.id)
              AND NOT EXISTS (SELECT FROM webhooks WHERE created_by = s.id)
              AND NOT EXISTS (SELECT FROM trial_messages WHERE sent_by = s.id)
              AND NOT EXISTS (SELECT FROM consents WHERE recorded_by = s.id)
              AND NOT EXISTS (SELECT FROM closure_reviews WHERE reviewed_by = s.id)
              AND NOT EXISTS (SELECT FROM callback_pauses WHERE paused_by = s.id OR resumed_by = s.id)
              AND NOT EXISTS (SELECT FROM wechat_contacts WHERE added_by = s.id)
            RETURNING 1
            """)
        try await self.execute("UPDATE staff SET active = false WHERE demo")
        return deleted.count
    }
}
