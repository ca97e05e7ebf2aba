import Foundation
import Leads
import NIOCore
import Postgres

/// What was done with what a batch made, by kind: as many rows as each stands in the way of.
struct ImportUses: TableRow {
    static let columns = "untraced, worked, submitted, changed, messages, requests, known"
    /// Brought in before there was an undo.
    var untraced: Int
    /// The task was taken, called, passed on, put off, ended, or changed otherwise.
    var worked: Int
    /// The person submitted another inquiry.
    var submitted: Int
    /// They changed or called off the call on their receipt, or withdrew.
    var changed: Int
    /// A message went to them.
    var messages: Int
    /// They asked for something under the privacy notice.
    var requests: Int
    /// Something else is known of them since: a contact, a permit, an export they are in, a merge.
    var known: Int

    init(row: PostgresRow) throws {
        (self.untraced, self.worked, self.submitted, self.changed, self.messages, self.requests, self.known) =
            try row.decode((Int, Int, Int, Int, Int, Int, Int).self)
    }

    /// Kinds that stand in the way, with how it is said.
    var standing: [(kind: String, count: Int, text: String)] {
        [
            ("untraced", self.untraced, "条在升级之前导入，没有撤销所需的记录"), ("worked", self.worked, "条已被领取、拨打、分配或改动"),
            ("submitted", self.submitted, "位客户又提交了咨询"), ("changed", self.changed, "位客户改过时间、取消了回访或撤回了同意"),
            ("messages", self.messages, "位客户已收到短信"), ("requests", self.requests, "位客户提交过隐私请求"),
            ("known", self.known, "位客户另有登记：微信、居住证、合并或导出"),
        ].filter { $0.1 > 0 }
    }

    mutating func add(_ other: ImportUses) {
        self.untraced += other.untraced
        self.worked += other.worked
        self.submitted += other.submitted
        self.changed += other.changed
        self.messages += other.messages
        self.requests += other.requests
        self.known += other.known
    }
}

extension Transaction {
    /// Locks a batch, then every lead and every task that it made or joined, so that nothing begins with them meanwhile.
    func lockImport(_ id: UUID) async throws -> ImportBatch? {
        guard
            let batch: ImportBatch = try await self.first(
                "SELECT \(columnsOf: ImportBatch.self) FROM lead_imports b WHERE b.id = \(id) FOR UPDATE")
        else { return nil }
        try await self.execute(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM leads l WHERE l.id IN (SELECT i.lead_id FROM lead_import_inquiries x JOIN inquiries i ON i.id = x.inquiry_id
                                                     WHERE x.import_id = \(id))
                ORDER BY l.id FOR UPDATE) locked
            """)
        try await self.execute(
            """
            SELECT count(*) FROM (
                SELECT 1 FROM callback_tasks t WHERE t.id IN (SELECT task_id FROM lead_import_inquiries WHERE import_id = \(id))
                ORDER BY t.id FOR UPDATE) locked
            """)
        return batch
    }

    /// The next inquiries of a batch, in their order.
    func importedInquiries(of id: UUID, after last: UUID?, limit: Int) async throws -> [UUID] {
        try await self.rows(
            """
            SELECT inquiry_id FROM lead_import_inquiries WHERE import_id = \(id) AND (\(last)::uuid IS NULL OR inquiry_id > \(last)::uuid)
            ORDER BY inquiry_id LIMIT \(limit)
            """
        ).map { try $0.decode(UUID.self) }
    }

    /// What was done with what these inquiries of a locked batch made.
    ///
    /// A task that the batch opened may have been pushed to somebody, which nobody did; one that it joined has to be just as the
    /// batch left it, because it is given back as it was.
    func importUses(_ inquiries: [UUID], of id: UUID) async throws -> ImportUses {
        guard
            let uses: ImportUses = try await self.first(
                """
                SELECT count(*) FILTER (WHERE changed_in IS NULL) AS untraced,
                       count(*) FILTER (WHERE changed_in IS NOT NULL AND (CASE WHEN opened THEN
                           t_id IS NULL OR t_state <> 'open' OR t_claims > 0 OR t_attempts > 0 OR t_owner_reason IN ('assigned', 'appointment', 'contacted')
                           OR EXISTS (SELECT FROM callback_claims c WHERE c.task_id = t_id)
                           OR EXISTS (SELECT FROM callback_pauses p WHERE p.task_id = t_id)
                           OR EXISTS (SELECT FROM callback_events e WHERE e.task_id = t_id)
                       ELSE before IS NULL OR t_changed IS DISTINCT FROM last_change END)) AS worked,
                       count(*) FILTER (WHERE EXISTS (
                           SELECT FROM inquiries o WHERE o.lead_id = lead AND o.accepted_at >= accepted AND o.id <> inquiry
                             AND NOT EXISTS (SELECT FROM lead_import_inquiries y WHERE y.inquiry_id = o.id AND y.import_id = \(id)))) AS submitted,
                       count(*) FILTER (WHERE is_touched OR EXISTS (
                           SELECT FROM consents c WHERE c.inquiry_id = inquiry AND c.withdrawn_at IS NOT NULL)) AS changed,
                       count(*) FILTER (WHERE EXISTS (
                           SELECT FROM messages m WHERE m.phone_index = phone AND m.created_at >= accepted AND m.challenge_id IS NULL
                             AND m.template <> 'permit_reminder')
                         OR EXISTS (SELECT FROM messages m WHERE m.inquiry_id = inquiry)) AS messages,
                       count(*) FILTER (WHERE EXISTS (
                           SELECT FROM privacy_requests p WHERE p.lead_id = lead AND p.requested_at >= accepted)) AS requests,
                       count(*) FILTER (WHERE is_new AND (merged IS NOT NULL
                         OR EXISTS (SELECT FROM leads m WHERE m.merged_into = lead)
                         OR EXISTS (SELECT FROM call_attempts a WHERE a.merge_into = lead)
                         OR EXISTS (SELECT FROM callback_claims c WHERE c.phone_lead_id = lead AND c.task_id <> task)
                         OR EXISTS (SELECT FROM callback_tasks k WHERE k.lead_id = lead AND k.id <> task)
                         OR EXISTS (SELECT FROM consents c WHERE c.lead_id = lead AND c.inquiry_id IS DISTINCT FROM inquiry)
                         OR EXISTS (SELECT FROM wechat_contacts w WHERE w.lead_id = lead)
                         OR EXISTS (SELECT FROM second_numbers n WHERE n.lead_id = lead)
                         OR EXISTS (SELECT FROM lead_permits p WHERE p.lead_id = lead)
                         OR EXISTS (SELECT FROM permit_reminders p WHERE p.lead_id = lead)
                         OR EXISTS (SELECT FROM permit_calls p WHERE p.lead_id = lead)
                         OR EXISTS (SELECT FROM export_leads e WHERE e.lead_id = lead)
                         OR EXISTS (SELECT FROM benefit_requests b WHERE b.lead_id = lead)
                         OR EXISTS (SELECT FROM missed_call_messages m WHERE m.lead_id = lead)
                         OR EXISTS (SELECT FROM assessment_reviews r WHERE r.lead_id = lead))) AS known
                FROM (
                    SELECT x.inquiry_id AS inquiry, x.task_id AS task, x.is_new, x.opened, x.before, x.changed_in, i.lead_id AS lead,
                           i.accepted_at AS accepted, l.phone_index AS phone, l.merged_into AS merged, t.id AS t_id, t.state AS t_state,
                           t.claim_number AS t_claims, t.attempts AS t_attempts, t.owner_reason AS t_owner_reason, t.changed_in AS t_changed,
                           num_nonnulls(i.cancelled_at, i.window_changed_at, i.met_at, i.postponed_at, i.erased_at) > 0 AS is_touched,
                           (SELECT y.changed_in FROM lead_import_inquiries y WHERE y.import_id = x.import_id AND y.task_id = x.task_id AND NOT y.opened
                            ORDER BY y.changed_in DESC LIMIT 1) AS last_change
                    FROM lead_import_inquiries x JOIN inquiries i ON i.id = x.inquiry_id JOIN leads l ON l.id = i.lead_id
                    LEFT JOIN callback_tasks t ON t.id = x.task_id
                    WHERE x.inquiry_id = ANY (\(inquiries)::uuid[]) AND x.import_id = \(id)) made
                """)
        else { throw MissingRow() }
        return uses
    }

    /// Gives the tasks that a locked batch joined back what they were, as the first of its rows found them.
    func restoreTasks(of id: UUID) async throws {
        try await self.execute(
            """
            UPDATE callback_tasks t SET
                state = b.state, paused_reason = b.paused_reason, paused_until = b.paused_until, latest_inquiry_id = b.latest_inquiry_id,
                newest_inquiry_at = b.newest_inquiry_at, due_at = b.due_at, provisional = b.provisional, met_at = b.met_at,
                next_attempt_at = b.next_attempt_at, call_again_at = b.call_again_at, preferred_window = b.preferred_window,
                attempts = b.attempts, skill = b.skill
            FROM (SELECT DISTINCT ON (task_id) task_id, before FROM lead_import_inquiries
                  WHERE import_id = \(id) AND NOT opened
                    AND NOT EXISTS (SELECT FROM lead_import_inquiries o WHERE o.import_id = \(id) AND o.task_id = lead_import_inquiries.task_id AND o.opened)
                  ORDER BY task_id, changed_in, line) x,
                 jsonb_populate_record(NULL::callback_tasks, x.before) b
            WHERE t.id = x.task_id
            """)
    }

    /// Deletes what these inquiries of a locked batch made; receivers of events are told that the leads are gone.
    func deleteImported(_ inquiries: [UUID], of id: UUID, at now: Date) async throws {
        try await self.execute(
            """
            WITH made AS MATERIALIZED (
                SELECT x.inquiry_id, x.task_id, x.is_new, x.opened, i.lead_id
                FROM lead_import_inquiries x JOIN inquiries i ON i.id = x.inquiry_id
                WHERE x.inquiry_id = ANY (\(inquiries)::uuid[]) AND x.import_id = \(id)
            ), agreed AS (
                DELETE FROM consents c USING made m WHERE c.inquiry_id = m.inquiry_id
            ), tasks AS (
                DELETE FROM callback_tasks t USING made m WHERE m.opened AND t.id = m.task_id
            ), gone AS (
                DELETE FROM inquiries i USING made m WHERE i.id = m.inquiry_id
            ), unmade AS (
                DELETE FROM leads l USING made m WHERE m.is_new AND l.id = m.lead_id RETURNING l.id
            )
            SELECT queue_webhooks('lead.erased', id, \(now), jsonb_build_object('lead_id', id, 'erased_at', webhook_time(\(now)))) FROM unmade
            """)
    }

    /// Ends a locked batch whose rows are gone, and its file with it.
    func finishUndo(_ id: UUID, by username: String, at now: Date, _ event: AuditEvent) async throws {
        try await self.execute("DELETE FROM lead_import_parts WHERE import_id = \(id)")
        try await self.execute(
            """
            WITH undone AS (
                UPDATE lead_imports SET state = 'undone', undone_at = \(now), undone_by = \(username), heading_sealed = NULL, request_sealed = NULL
                WHERE id = \(id) RETURNING id
            ), \(auditing: event, when: "undone")
            SELECT 1 FROM undone
            """)
    }
}
