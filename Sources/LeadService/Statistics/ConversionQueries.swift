import Foundation
import Leads
import Postgres

/// What became of a visitor who came by an advertisement, by the id that the advertiser gave their click.
struct Conversion: TableRow {
    static let columns = "c.key, c.value, e.event, e.at, i.id"
    let platform: String
    let click: String
    let event: String
    let at: Date
    let inquiry: UUID

    init(row: PostgresRow) throws {
        (self.platform, self.click, self.event, self.at, self.inquiry) =
            try row.decode((String, String, String, Date, UUID).self)
    }
}

extension Transaction {
    /// Events of a period, the oldest first; an inquiry tells for ninety days after it came.
    ///
    /// Of who withdrew, was erased or asked not to be called nothing is told; what was put aside and thrown away is invalid.
    func conversions(from start: Date, before end: Date, limit: Int) async throws -> [Conversion] {
        try await self.all(
            """
            SELECT \(columnsOf: Conversion.self) FROM inquiries i JOIN leads l ON l.id = i.lead_id
            LEFT JOIN quarantined_inquiries q ON q.inquiry_id = i.id
            CROSS JOIN LATERAL jsonb_each_text(i.source -> 'click_ids') AS c (key, value)
            LEFT JOIN LATERAL (
                SELECT min(a.at) FILTER (WHERE a.counts AND a.disposition IN (\(unescaped: CountedInquiry.list(\.isContact)))) AS contact_at,
                       min(a.at) FILTER (WHERE a.counts AND a.disposition IN (\(unescaped: CountedInquiry.list(\.isQualified)))) AS qualified_at,
                       min(a.at) FILTER (WHERE a.counts AND a.disposition = 'converted') AS converted_at,
                       min(a.at) FILTER (WHERE a.closed_reason IN ('spam', 'bad_number')) AS invalid_at
                FROM callback_tasks t JOIN call_attempts a ON a.task_id = t.id
                WHERE t.lead_id IN (l.id, l.merged_into) AND a.refused IS NULL AND a.at >= i.accepted_at
            ) r ON NOT i.quarantined
            CROSS JOIN LATERAL (VALUES ('lead', CASE WHEN NOT i.quarantined THEN i.accepted_at END), ('contacted', r.contact_at),
                ('qualified', r.qualified_at), ('converted', r.converted_at),
                ('invalid', coalesce(r.invalid_at, CASE WHEN q.state = 'dismissed' THEN q.reviewed_at END))) AS e (event, at)
            WHERE i.accepted_at >= \(start.addingTimeInterval(-90 * 86400)) AND i.accepted_at < \(end)
              AND jsonb_typeof(i.source -> 'click_ids') = 'object' AND i.erased_at IS NULL AND l.erased_at IS NULL
              AND e.at >= \(start) AND e.at < \(end)
              AND NOT EXISTS (SELECT FROM do_not_call d WHERE d.phone_index = l.phone_index)
              AND NOT EXISTS (SELECT FROM consents s WHERE s.inquiry_id = i.id AND s.purpose = 'inquiry' AND s.withdrawn_at IS NOT NULL)
            ORDER BY e.at, i.id, c.key, e.event LIMIT \(limit)
            """)
    }
}
