import Foundation
import Leads
import NIOCore
import Postgres

/// What is known of a number before its row comes in.
struct ImportStanding: TableRow {
    static let columns = "lead, listed, erased, line"
    let lead: UUID?
    let isListed: Bool
    let isErased: Bool
    /// The line of the same file that brought the number in already.
    let line: Int?

    init(row: PostgresRow) throws {
        let (lead, listed, erased, line) = try row.decode((UUID?, Bool, Bool, Int32?).self)
        (self.lead, self.isListed, self.isErased, self.line) = (lead, listed, erased, line.map { Int($0) })
    }
}

/// A row about to come in.
struct ImportIntake: Sendable {
    var row: ImportedRow
    var intake: Intake
}

/// What a row made of a lead that was there before.
struct JoinedRow: Sendable {
    var line: Int
    var inquiry: UUID
    var task: UUID
    var isNew: Bool
    /// Whether the row opened the task.
    var opened: Bool
    /// The task as it was before.
    var before: String?
}

extension Transaction {
    /// The standing of each number, in their order.
    ///
    /// - Parameter batch: the batch whose earlier rows are looked for too.
    func importStanding(
        phones: [[UInt8]], pseudonyms: [[UInt8]], in batch: UUID?
    ) async throws -> [ImportStanding] {
        try await self.all(
            """
            SELECT l.id AS lead, EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = g.phone) AS listed,
                   g.pseudonym IN (SELECT t.pseudonym FROM erasure_tombstones t) AS erased,
                   (SELECT min(x.line) FROM inquiries i JOIN lead_import_inquiries x ON x.inquiry_id = i.id
                    WHERE i.lead_id = l.id AND x.import_id = \(batch)) AS line
            FROM unnest(\(phones.map { ByteBuffer(bytes: $0) })::bytea[], \(pseudonyms.map { ByteBuffer(bytes: $0) })::bytea[])
                 WITH ORDINALITY AS g (phone, pseudonym, place)
            LEFT JOIN leads l ON l.phone_index = g.phone
            ORDER BY g.place
            """, as: ImportStanding.self)
    }

    /// Locks leads that rows join, then their open tasks, and returns each task as it is, by its lead.
    func lockForImport(_ leads: [UUID]) async throws -> [UUID: String] {
        guard !leads.isEmpty else { return [:] }
        let answers = try await self.pipeline([
            "SELECT count(*) FROM (SELECT 1 FROM leads WHERE id = ANY (\(leads)::uuid[]) ORDER BY id FOR NO KEY UPDATE) l",
            """
            SELECT l.id, to_jsonb(t)::text FROM leads l JOIN callback_tasks t ON t.lead_id = \(unescaped: MergedLead.target)
            WHERE l.id = ANY (\(leads)::uuid[]) AND t.state <> 'closed' ORDER BY t.id FOR UPDATE OF t
            """,
        ])
        return Dictionary(
            try answers[1].map { try $0.decode((UUID, String).self) }, uniquingKeysWith: { first, _ in first })
    }

    /// Stores rows with numbers that nobody had, each as `insertInquiry` does it, all in one statement.
    ///
    /// - Returns: the leads that were made; the others' numbers came in meanwhile, are on the do-not-call list, or the promise
    ///   was made by a calendar that is out of date.
    func insertImported(_ rows: [ImportIntake], in batch: UUID) async throws -> Set<UUID> {
        guard let first = rows.first?.intake else { return [] }
        func bytes(_ value: (Intake) -> [UInt8]) -> [ByteBuffer] { rows.map { ByteBuffer(bytes: value($0.intake)) } }
        func optional(_ value: (Intake) -> [UInt8]?) -> [ByteBuffer?] {
            rows.map { value($0.intake).map { ByteBuffer(bytes: $0) } }
        }
        let (intakes, now, promise) = (rows.map(\.intake), first.at, first.promise)
        let skills: [String?] = intakes.map(\.skill)
        return Set(
            try await self.rows(
                """
                WITH given AS MATERIALIZED (
                    SELECT g.* FROM unnest(
                        \(rows.map { Int32($0.row.line) })::integer[], \(intakes.map(\.lead))::uuid[], \(intakes.map(\.task))::uuid[],
                        \(intakes.map(\.inquiryID))::uuid[], \(bytes(\.phoneIndex))::bytea[], \(bytes(\.phoneSealed))::bytea[],
                        \(bytes(\.lastFourIndex))::bytea[], \(bytes(\.nameSealed))::bytea[], \(bytes(\.nameIndex))::bytea[],
                        \(optional(\.remarkSealed))::bytea[], \(optional(\.extraSealed))::bytea[], \(intakes.map(\.source))::text[],
                        \(skills)::text[], \(intakes.map { $0.consents[0].id })::uuid[], \(bytes { $0.consents[0].evidenceSealed })::bytea[],
                        \(bytes(\.fingerprint))::bytea[], \(bytes(\.bodySealed))::bytea[], \(intakes.map(\.event.id))::uuid[],
                        \(intakes.map(\.event.at))::timestamptz[], \(bytes(\.event.mac))::bytea[])
                      AS g (line, lead, task, inquiry, phone, phone_sealed, last_four, name, name_index, remark, extra, source, skill,
                            consent, evidence, fingerprint, body, event, happened, mac)
                    WHERE \(calendarVersion: ()) = \(promise.calendarVersion)
                      AND NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = g.phone)
                ), lead AS (
                    INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                    SELECT lead, phone, \(first.phoneIndexKey), phone_sealed, last_four, \(now) FROM given ORDER BY phone
                    ON CONFLICT (phone_index) DO NOTHING RETURNING id
                ), made AS (
                    SELECT g.* FROM given g JOIN lead l ON l.id = g.lead
                ), task AS (
                    INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional,
                                                next_attempt_at, skill)
                    SELECT task, lead, inquiry, 'open', \(now), \(now), \(promise.dueAt), \(promise.provisional), \(promise.nextAttemptAt), skill
                    FROM made
                ), inquiry AS (
                    INSERT INTO inquiries (id, lead_id, name_sealed, name_index, remark_sealed, extra_sealed, source, accepted_at, due_at,
                                           provisional, skill)
                    SELECT inquiry, lead, name, name_index, remark, extra, source::jsonb, \(now), \(promise.dueAt), \(promise.provisional), skill
                    FROM made
                ), agreed AS (
                    INSERT INTO consents (id, lead_id, inquiry_id, purpose, notice_version, notice_sha256, given_at, address, user_agent_hash,
                                          text_shown, channel, basis, evidence_sealed, recorded_by)
                    SELECT consent, lead, inquiry, \(first.consents[0].purpose), \(first.notice.version), \(ByteBuffer(bytes: first.notice.sha256)),
                           \(now), \(first.address.description)::text::inet, sha256(convert_to(\(first.userAgent)::text, 'UTF8')),
                           \(first.consents[0].textShown), \(first.channel), \(first.proof.witness?.basis.rawValue), evidence,
                           \(first.proof.witness?.staff)
                    FROM made
                ), bound AS (
                    INSERT INTO submit_keys (inquiry_id, phone_index, fingerprint, body_sealed, due_at, created_at)
                    SELECT inquiry, phone, fingerprint, body, \(promise.dueAt), \(now) FROM made
                ), audited AS (
                    INSERT INTO audit_events (id, at, actor, role, action, object, detail, mac)
                    SELECT event, happened, \(first.event.actor), \(first.event.role), \(first.event.action), inquiry::text,
                           \(first.event.detail.text)::text::jsonb, mac
                    FROM made
                ), traced AS (
                    INSERT INTO lead_import_inquiries (inquiry_id, import_id, line, task_id, is_new, opened, changed_in)
                    SELECT inquiry, \(batch), line, task, true, true, pg_current_xact_id() FROM made
                )
                SELECT lead FROM made
                """
            ).map { try $0.decode(UUID.self) })
    }

    /// Notes what rows made of leads that were there before.
    func insertJoined(_ rows: [JoinedRow], in batch: UUID) async throws {
        guard !rows.isEmpty else { return }
        try await self.execute(
            """
            INSERT INTO lead_import_inquiries (inquiry_id, import_id, line, task_id, is_new, opened, before, changed_in)
            SELECT g.inquiry, \(batch), g.line, g.task, g.is_new, g.opened, g.before::jsonb, pg_current_xact_id()
            FROM unnest(\(rows.map(\.inquiry))::uuid[], \(rows.map { Int32($0.line) })::integer[], \(rows.map(\.task))::uuid[],
                        \(rows.map(\.isNew))::boolean[], \(rows.map(\.opened))::boolean[], \(rows.map(\.before))::text[])
                 AS g (inquiry, line, task, is_new, opened, before)
            """)
    }
}
