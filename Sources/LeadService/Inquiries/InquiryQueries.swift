import Foundation
import NIOCore
import Postgres

extension Transaction {
    /// Stores an accepted inquiry in one statement: consumes the code, finds or makes the lead, keeps assessment, inquiry
    /// and consents, opens the task or raises the open one, binds the keys, and writes the audit.
    ///
    /// A site with a quota counts the inquiry; one more than its quota breaks `within_the_quota`, and nothing is stored.
    ///
    /// - Returns: the deadline the visitor is told, or nil when the code was consumed by another submit meanwhile,
    ///   or when the promise was made by a calendar that is out of date.
    func insertInquiry(_ intake: Intake) async throws -> Date? {
        let attempt = intake.attempt
        let now = attempt.at
        let phone = ByteBuffer(bytes: attempt.phoneIndex)
        let promise = intake.promise
        let assessed = intake.assessed
        let rows = try await self.rows(
            """
            WITH consumed AS (
                UPDATE verification_challenges SET consumed_at = \(now)
                WHERE id = \(intake.challenge) AND consumed_at IS NULL AND expires_at > \(now)
                  AND \(calendarVersion: ()) = \(promise.calendarVersion)
                RETURNING id
            ), counter AS (
                UPDATE verification_counters SET tries = 0
                WHERE phone_index = \(phone) AND purpose = 'inquiry' AND EXISTS (SELECT FROM consumed)
                RETURNING 1
            ), place AS (
                UPDATE sites SET taken = taken + 1
                WHERE name = \(intake.site) AND quota IS NOT NULL AND \(intake.suspicion == nil) AND EXISTS (SELECT FROM consumed)
            ), unlocked AS (
                DELETE FROM submit_locks WHERE key = ANY (\(attempt.locks.map { ByteBuffer(bytes: $0) })::bytea[])
                  AND holder = \(attempt.check.holder)
            ), lead AS (
                INSERT INTO leads AS l (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                SELECT \(intake.lead), \(phone), \(intake.phoneIndexKey), \(ByteBuffer(bytes: intake.phoneSealed)),
                       \(ByteBuffer(bytes: intake.lastFourIndex)), \(now)
                FROM consumed
                ON CONFLICT (phone_index) DO UPDATE SET phone_index = excluded.phone_index
                RETURNING id, \(unescaped: MergedLead.target) AS task_lead
            ), assessment AS (
                INSERT INTO assessments (id, rule_version, assessed_on, answers, sum_before_deductions, total, can_apply, blocked_by,
                                         notes, gap, suggestions, created_at)
                SELECT \(assessed?.id), \(assessed?.ruleVersion), \(assessed?.assessedOn)::text::date, \(assessed?.answers)::text::jsonb,
                       \(assessed?.sumBeforeDeductions), \(assessed?.total), \(assessed?.canApply), \(assessed?.blockedBy ?? []),
                       \(assessed?.notes)::text::jsonb, \(assessed?.gap), \(assessed?.suggestions)::text::jsonb, \(now)
                FROM lead WHERE \(assessed != nil)
                RETURNING id
            ), items AS (
                INSERT INTO assessment_items (assessment_id, position, key, points, text)
                SELECT a.id, i.position, i.key, i.points, i.text
                FROM assessment a, unnest(\(assessed?.items.map(\.key) ?? [])::text[], \(assessed?.items.map(\.points) ?? [])::bigint[],
                                          \(assessed?.items.map(\.text) ?? [])::text[]) WITH ORDINALITY AS i (key, points, text, position)
            ), task AS (
                INSERT INTO callback_tasks AS t (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at,
                                                 provisional, next_attempt_at, preferred_window)
                SELECT \(intake.task), task_lead, \(attempt.inquiryID), 'open', \(now), \(now), \(promise.dueAt),
                       \(promise.provisional), greatest(\(promise.nextAttemptAt), \(unescaped: TaskJoin.rest(of: "task_lead"))), \(intake.window)
                FROM lead WHERE NOT \(intake.suspicion != nil)
                ON CONFLICT (lead_id) WHERE state <> 'closed' DO UPDATE SET
                    state = 'open', paused_reason = NULL, latest_inquiry_id = excluded.latest_inquiry_id,
                    newest_inquiry_at = excluded.newest_inquiry_at, met_at = NULL, attempts = 0,
                    due_at = \(unescaped: TaskJoin.dueAt), provisional = \(unescaped: TaskJoin.provisional),
                    preferred_window = CASE WHEN \(unescaped: TaskJoin.opensTooLate) THEN t.preferred_window ELSE excluded.preferred_window END,
                    call_again_at = CASE WHEN \(unescaped: TaskJoin.keepsAgreedTime) THEN t.call_again_at END,
                    next_attempt_at = \(joinedNextAttempt: now)
                RETURNING CASE WHEN t.due_at > \(now) THEN t.due_at ELSE \(promise.dueAt) END AS told,
                          CASE WHEN t.due_at > \(now) THEN t.provisional ELSE \(promise.provisional) END AS provisional
            ), inquiry AS (
                INSERT INTO inquiries (id, lead_id, name_sealed, name_index, remark_sealed, extra_sealed, assessment_id, preferred_window,
                                       source, site, accepted_at, due_at, provisional, quarantined)
                SELECT \(attempt.inquiryID), lead.id, \(ByteBuffer(bytes: intake.nameSealed)), \(ByteBuffer(bytes: intake.nameIndex)),
                       \(intake.remarkSealed.map { ByteBuffer(bytes: $0) }), \(intake.extraSealed.map { ByteBuffer(bytes: $0) }),
                       coalesce((SELECT id FROM assessment), \(intake.assessmentID)), \(intake.window), \(intake.source)::text::jsonb,
                       \(intake.site), \(now), coalesce(task.told, \(promise.dueAt)), coalesce(task.provisional, \(promise.provisional)),
                       \(intake.suspicion != nil)
                FROM lead LEFT JOIN task ON true
                RETURNING id, lead_id, due_at
            ), aside AS (
                INSERT INTO quarantined_inquiries (inquiry_id, reason, submitted_at, told_due_at, told_next_attempt_at, state)
                SELECT id, \(intake.suspicion?.rawValue), \(now), due_at, \(promise.nextAttemptAt), 'waiting'
                FROM inquiry WHERE \(intake.suspicion != nil)
            ), agreed AS (
                INSERT INTO consents (id, lead_id, inquiry_id, purpose, notice_version, notice_sha256, given_at, address, user_agent_hash,
                                      text_shown, channel, challenge_id, reminder_valid_until)
                SELECT c.id, i.lead_id, i.id, c.purpose, \(intake.notice.version), \(ByteBuffer(bytes: intake.notice.sha256)), \(now),
                       \(attempt.sender.address.description)::text::inet, sha256(convert_to(\(attempt.sender.userAgent)::text, 'UTF8')),
                       c.shown, \(attempt.sender.channel), \(intake.challenge), nullif(c.reminder, '')::date
                FROM inquiry i, unnest(\(intake.consents.map(\.id))::uuid[], \(intake.consents.map(\.purpose))::text[],
                                       \(intake.consents.map(\.textShown))::text[], \(intake.consents.map { $0.reminderValidUntil ?? "" })::text[])
                     AS c (id, purpose, shown, reminder)
            ), bound AS (
                INSERT INTO submit_keys (inquiry_id, phone_index, idempotency_key, fingerprint, body_sealed, due_at, created_at)
                SELECT id, \(phone), \(attempt.idempotencyKey), \(ByteBuffer(bytes: attempt.fingerprint)),
                       \(ByteBuffer(bytes: intake.bodySealed)), due_at, \(now)
                FROM inquiry
            ), audited AS (
                INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
                SELECT \(intake.event.id), \(intake.event.at), \(intake.event.actor), \(intake.event.role), \(intake.event.action),
                       \(intake.event.object), \(intake.event.detail.text)::text::jsonb, \(ByteBuffer(bytes: intake.event.mac))
                FROM inquiry
            \(confirmation: intake.confirmation, to: phone, at: now)), \(givingBack: attempt.check.wrongBuckets, when: "EXISTS (SELECT FROM consumed)")
            SELECT due_at FROM inquiry
            """)
        return try rows.first?.decode(Date.self)
    }
}
