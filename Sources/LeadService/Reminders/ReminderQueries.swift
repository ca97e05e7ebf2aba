import Foundation
import Leads
import NIOCore
import Postgres

/// Somebody to be reminded today, the number still sealed.
struct DueReminder: TableRow {
    static let columns = "l.id, l.phone_sealed, d.valid_until::text, d.remind_on::text"
    let lead: UUID
    let phoneSealed: [UInt8]
    let validUntil: ShanghaiDate
    let remindOn: ShanghaiDate

    init(row: PostgresRow) throws {
        let (lead, phone, validUntil, remindOn) = try row.decode((UUID, ByteBuffer, String, String).self)
        self.lead = lead
        self.phoneSealed = phone.bytes
        self.validUntil = try ShanghaiDate(parsing: validUntil)
        self.remindOn = try ShanghaiDate(parsing: remindOn)
    }
}

extension Transaction {
    /// Who is to be reminded on a day and was not yet, in the order of their ids.
    ///
    /// The newest date somebody gave counts. The first reminder may come late until the second one's day, the second one
    /// until the day before the end; a day that had come when the reminder was asked for is left out.
    func dueReminders(on today: ShanghaiDate, after lead: UUID?, limit: Int) async throws -> [DueReminder] {
        let (first, last) = (today.adding(1).description, today.adding(30).description)
        return try await self.all(
            """
            WITH newest AS (
                SELECT DISTINCT ON (c.lead_id) c.lead_id, c.given_at, c.reminder_valid_until AS valid_until
                FROM consents c LEFT JOIN inquiries i ON i.id = c.inquiry_id
                WHERE c.purpose = 'reminder' AND c.withdrawn_at IS NULL AND i.quarantined IS NOT TRUE
                  AND c.lead_id IN (SELECT lead_id FROM consents WHERE purpose = 'reminder' AND withdrawn_at IS NULL
                                      AND reminder_valid_until BETWEEN \(first)::text::date AND \(last)::text::date)
                ORDER BY c.lead_id, c.given_at DESC, c.id DESC
            ), due AS (
                SELECT lead_id, given_at, valid_until,
                       valid_until - CASE WHEN valid_until - \(today.description)::text::date <= 7 THEN 7 ELSE 30 END AS remind_on
                FROM newest WHERE valid_until BETWEEN \(first)::text::date AND \(last)::text::date
            )
            SELECT \(columnsOf: DueReminder.self) FROM due d JOIN leads l ON l.id = d.lead_id
            WHERE l.erased_at IS NULL AND (\(lead)::uuid IS NULL OR l.id > \(lead)::uuid)
              AND d.remind_on > (d.given_at AT TIME ZONE 'Asia/Shanghai')::date
              AND NOT EXISTS (SELECT FROM do_not_call n WHERE n.phone_index = l.phone_index)
              AND NOT EXISTS (SELECT FROM permit_reminders r LEFT JOIN messages m ON m.id = r.message_id
                              WHERE r.lead_id = l.id AND r.remind_on = d.remind_on AND m.state IS DISTINCT FROM 'expired')
            ORDER BY l.id LIMIT \(limit)
            """)
    }

    /// Leaves a reminder in the outbox, once for its day, unless its lead wants none any more or another worker is at it.
    ///
    /// - Returns: false when the windows that all sends share are used up; nil when nothing was to be done.
    func insertReminder(
        _ due: DueReminder, _ notice: NoticeDraft, at now: Date, expiresAt: Date
    ) async throws -> Bool? {
        try await self.rows(
            """
            WITH held AS (
                SELECT l.id, l.phone_index FROM leads l
                WHERE l.id = \(due.lead) AND l.erased_at IS NULL
                  AND NOT EXISTS (SELECT FROM do_not_call n WHERE n.phone_index = l.phone_index)
                  AND EXISTS (SELECT FROM consents c WHERE c.lead_id = l.id AND c.purpose = 'reminder' AND c.withdrawn_at IS NULL
                                AND c.reminder_valid_until = \(due.validUntil.description)::text::date)
                  AND NOT EXISTS (SELECT FROM permit_reminders r LEFT JOIN messages m ON m.id = r.message_id
                                  WHERE r.lead_id = l.id AND r.remind_on = \(due.remindOn.description)::text::date
                                    AND m.state IS DISTINCT FROM 'expired')
                FOR NO KEY UPDATE OF l SKIP LOCKED
            ), admitted AS MATERIALIZED (
                SELECT id, phone_index, \(admitting: notice, at: now) AS yes FROM held
            ), reminder AS (
                INSERT INTO permit_reminders AS r (lead_id, remind_on, valid_until, message_id, created_at)
                SELECT id, \(due.remindOn.description)::text::date, \(due.validUntil.description)::text::date, \(notice.message), \(now)
                FROM admitted WHERE yes
                ON CONFLICT (lead_id, remind_on) DO UPDATE
                SET message_id = excluded.message_id, valid_until = excluded.valid_until, created_at = excluded.created_at
                WHERE EXISTS (SELECT FROM messages m WHERE m.id = r.message_id AND m.state = 'expired')
                RETURNING lead_id
            ), message AS (
                INSERT INTO messages (id, template, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
                SELECT \(notice.message), 'permit_reminder', a.phone_index, \(ByteBuffer(bytes: notice.phoneSealed)),
                       \(ByteBuffer(bytes: notice.parametersSealed)), 'queued', \(now), \(now), \(expiresAt)
                FROM reminder r JOIN admitted a ON a.id = r.lead_id
            )
            SELECT a.yes FROM admitted a LEFT JOIN reminder r ON r.lead_id = a.id WHERE NOT a.yes OR r.lead_id IS NOT NULL
            """
        ).first?.decode(Bool.self)
    }

    /// Forgets when somebody was reminded.
    func eraseReminders(of lead: UUID, upTo limit: Date) async throws {
        try await self.execute("DELETE FROM permit_reminders WHERE lead_id = \(lead) AND created_at <= \(limit)")
    }
}
