import Foundation
import NIOCore
import Postgres

extension Transaction {
    /// Stores an accepted inquiry in one statement: consumes the code, finds or makes the lead, keeps assessment, inquiry
    /// and consents, opens the task or raises the open one, binds the keys, and writes the audit.
    ///
    /// A site with a quota counts the inquiry; one more than its quota breaks `within_the_quota`, and nothing is stored.
    ///
    /// - Returns: what the visitor is told, or nil when the code was consumed by another submit meanwhile, when the promise
    ///   was made by a calendar that is out of date, or when the staff took it down for a number on the do-not-call list.
    func insertInquiry(_ intake: Intake) async throws -> AcceptedInquiry? {
        let now = intake.at
        let phone = ByteBuffer(bytes: intake.phoneIndex)
        let attempt = intake.proof.attempt
        let promise = intake.promise
        let assessed = intake.assessed
        let rows = try await self.rows(
            """
            WITH consumed AS (
                \(proving: intake)
            ), counter AS (
                UPDATE verification_counters SET tries = 0
                WHERE phone_index = \(phone) AND purpose = 'inquiry' AND EXISTS (SELECT FROM consumed) AND \(attempt != nil)
                RETURNING 1
            ), place AS (
                UPDATE sites SET taken = taken + 1
                WHERE name = \(intake.site) AND quota IS NOT NULL AND \(intake.suspicion == nil) AND EXISTS (SELECT FROM consumed)
            ), unlocked AS (
                DELETE FROM submit_locks WHERE key = ANY (\((attempt?.locks ?? []).map { ByteBuffer(bytes: $0) })::bytea[])
                  AND holder = \(attempt?.holder)
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
                                                 provisional, next_attempt_at, preferred_window, skill)
                SELECT \(intake.task), task_lead, \(intake.inquiryID), 'open', \(now), \(now), \(promise.dueAt),
                       \(promise.provisional), greatest(\(promise.nextAttemptAt), \(unescaped: TaskJoin.rest(of: "task_lead"))), \(intake.window), \(intake.skill)
                FROM lead WHERE NOT \(intake.suspicion != nil)
                ON CONFLICT (lead_id) WHERE state <> 'closed' DO UPDATE SET
                    state = 'open', paused_reason = NULL, paused_until = NULL, latest_inquiry_id = excluded.latest_inquiry_id,
                    skill = excluded.skill,
                    newest_inquiry_at = excluded.newest_inquiry_at, met_at = NULL, attempts = 0,
                    due_at = \(unescaped: TaskJoin.dueAt), provisional = \(unescaped: TaskJoin.provisional),
                    preferred_window = CASE WHEN \(unescaped: TaskJoin.opensTooLate) THEN t.preferred_window ELSE excluded.preferred_window END,
                    call_again_at = CASE WHEN \(unescaped: TaskJoin.keepsAgreedTime) THEN t.call_again_at END,
                    next_attempt_at = \(joinedNextAttempt: now)
                RETURNING t.id, CASE WHEN t.due_at > \(now) THEN t.due_at ELSE \(promise.dueAt) END AS told,
                          CASE WHEN t.due_at > \(now) THEN t.provisional ELSE \(promise.provisional) END AS provisional
            ), inquiry AS (
                INSERT INTO inquiries (id, lead_id, name_sealed, name_index, remark_sealed, extra_sealed, assessment_id, preferred_window,
                                       source, site, accepted_at, due_at, provisional, quarantined, skill)
                SELECT \(intake.inquiryID), lead.id, \(ByteBuffer(bytes: intake.nameSealed)), \(ByteBuffer(bytes: intake.nameIndex)),
                       \(intake.remarkSealed.map { ByteBuffer(bytes: $0) }), \(intake.extraSealed.map { ByteBuffer(bytes: $0) }),
                       coalesce((SELECT id FROM assessment), \(intake.assessmentID)), \(intake.window), \(intake.source)::text::jsonb,
                       \(intake.site), \(now), coalesce(task.told, \(promise.dueAt)), coalesce(task.provisional, \(promise.provisional)),
                       \(intake.suspicion != nil), \(intake.skill)
                FROM lead LEFT JOIN task ON true
                RETURNING id, lead_id, due_at
            ), aside AS (
                INSERT INTO quarantined_inquiries (inquiry_id, reason, submitted_at, told_due_at, told_next_attempt_at, state)
                SELECT id, \(intake.suspicion?.rawValue), \(now), due_at, \(promise.nextAttemptAt), 'waiting'
                FROM inquiry WHERE \(intake.suspicion != nil)
            ), agreed AS (
                INSERT INTO consents (id, lead_id, inquiry_id, purpose, notice_version, notice_sha256, given_at, address, user_agent_hash,
                                      text_shown, channel, challenge_id, reminder_valid_until, basis, evidence_sealed, recorded_by)
                SELECT c.id, i.lead_id, i.id, c.purpose, \(intake.notice.version), \(ByteBuffer(bytes: intake.notice.sha256)), \(now),
                       \(intake.address.description)::text::inet, sha256(convert_to(\(intake.userAgent)::text, 'UTF8')),
                       c.shown, \(intake.channel), \(intake.proof.challenge), nullif(c.reminder, '')::date,
                       \(intake.proof.witness?.basis.rawValue), nullif(c.evidence, ''), \(intake.proof.witness?.staff)
                FROM inquiry i, unnest(\(intake.consents.map(\.id))::uuid[], \(intake.consents.map(\.purpose))::text[],
                                       \(intake.consents.map(\.textShown))::text[], \(intake.consents.map { $0.reminderValidUntil ?? "" })::text[],
                                       \(intake.consents.map { ByteBuffer(bytes: $0.evidenceSealed) })::bytea[])
                     AS c (id, purpose, shown, reminder, evidence)
            ), bound AS (
                INSERT INTO submit_keys (inquiry_id, phone_index, idempotency_key, fingerprint, body_sealed, due_at, created_at)
                SELECT id, \(phone), \(intake.idempotencyKey), \(ByteBuffer(bytes: intake.fingerprint)),
                       \(ByteBuffer(bytes: intake.bodySealed)), due_at, \(now)
                FROM inquiry
            ), audited AS (
                INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
                SELECT \(intake.event.id), \(intake.event.at), \(intake.event.actor), \(intake.event.role), \(intake.event.action),
                       \(intake.event.object), \(intake.event.detail.text)::text::jsonb, \(ByteBuffer(bytes: intake.event.mac))
                FROM inquiry
            \(confirmation: intake.confirmation, to: phone, at: now)), \(givingBack: attempt?.wrongBuckets ?? [], when: "EXISTS (SELECT FROM consumed)")
            SELECT due_at, lead_id, (SELECT id FROM task) FROM inquiry
            """)
        guard let (dueAt, lead, task) = try rows.first?.decode((Date, UUID, UUID?).self) else { return nil }
        return AcceptedInquiry(dueAt: dueAt, lead: lead, task: task)
    }
}

extension PostgresQuery.StringInterpolation {
    /// One row when the inquiry may be stored, none otherwise: the code is used up by it, or nobody said not to call.
    fileprivate mutating func appendInterpolation(proving intake: Intake) {
        switch intake.proof {
        case .code(let challenge, _):
            self.appendLiteral("UPDATE verification_challenges SET consumed_at = ")
            self.appendInterpolation(intake.at)
            self.appendLiteral(" WHERE id = ")
            self.appendInterpolation(challenge)
            self.appendLiteral(" AND consumed_at IS NULL AND expires_at > ")
            self.appendInterpolation(intake.at)
            self.appendLiteral(" AND ")
        case .witness:
            self.appendLiteral("SELECT 1 AS id WHERE NOT EXISTS (SELECT FROM do_not_call WHERE phone_index = ")
            self.appendInterpolation(ByteBuffer(bytes: intake.phoneIndex))
            self.appendLiteral(") AND ")
        }
        self.appendInterpolation(calendarVersion: ())
        self.appendLiteral(" = ")
        self.appendInterpolation(intake.promise.calendarVersion)
        if case .code = intake.proof { self.appendLiteral(" RETURNING id") }
    }
}
