import Foundation
import NIOCore
import Postgres

/// A report on its way into the database.
struct PendingReport: Sendable {
    var gateway: String
    var vendorID: String
    var messageID: UUID?
    var phoneIndex: [UInt8]?
    var isDelivered: Bool
    var code: String?
    var segments: Int?
    var reportedAt: Date?
    var receivedAt: Date
}

/// Which reports are looked at: those that came just now, or those that messages settled since may have had before.
///
/// Neither grows with what others' messages at the same vendor's account have reported.
enum ReportCandidates: Sendable {
    case received([PendingReport])
    case settled(after: Date)
}

extension PostgresQuery.StringInterpolation {
    /// The reports, each with the message that it may be about as `found`.
    mutating func appendInterpolation(_ candidates: ReportCandidates) {
        switch candidates {
        case .received(let reports):
            self.appendLiteral("SELECT r.*, m.id AS found FROM unnest(")
            self.appendInterpolation(reports.map(\.gateway))
            self.appendLiteral("::text[], ")
            self.appendInterpolation(reports.map(\.vendorID))
            self.appendLiteral(
                """
                ::text[]) AS came (gateway, vendor_id) JOIN pending_reports r USING (gateway, vendor_id)
                CROSS JOIN LATERAL (
                    SELECT id FROM messages WHERE id = r.message_id
                    UNION ALL SELECT id FROM messages WHERE vendor_id = r.vendor_id AND gateway = r.gateway
                ) m
                """)
        case .settled(let after):
            self.appendLiteral("SELECT r.*, m.id AS found FROM messages m CROSS JOIN LATERAL (")
            self.appendLiteral(
                """
                SELECT * FROM pending_reports WHERE gateway = m.gateway AND vendor_id = m.vendor_id
                    UNION ALL SELECT * FROM pending_reports WHERE message_id = m.id
                ) r
                WHERE m.state IN ('sent', 'unknown') AND m.delivery IS NULL AND m.finished_at >
                """)
            self.appendLiteral(" ")
            self.appendInterpolation(after)
        }
    }
}

/// A report that found its message.
struct JoinedReport: TableRow {
    static let columns = "gateway, coalesce(operator, 'other'), delivery"
    let gateway: String
    let networkOperator: String
    let delivery: String

    init(row: PostgresRow) throws {
        (self.gateway, self.networkOperator, self.delivery) = try row.decode((String, String, String).self)
    }
}

/// A message whose gateway is to be asked about it, still sealed.
struct AskableMessage: TableRow {
    static let columns = "id, gateway, phone_sealed, finished_at"
    let id: UUID
    let gateway: String
    let phoneSealed: [UInt8]
    let finishedAt: Date

    init(row: PostgresRow) throws {
        let (id, gateway, phone, finishedAt) = try row.decode((UUID, String, ByteBuffer, Date).self)
        self.id = id
        self.gateway = gateway
        self.phoneSealed = phone.bytes
        self.finishedAt = finishedAt
    }
}

extension Transaction {
    /// Keeps reports until they are joined; a second one about the same message changes nothing.
    func insertReports(_ reports: [PendingReport]) async throws {
        for report in reports {
            try await self.execute(
                """
                INSERT INTO pending_reports (gateway, vendor_id, message_id, phone_index, delivered, code, segments, reported_at, received_at)
                VALUES (\(report.gateway), \(report.vendorID), \(report.messageID), \(report.phoneIndex.map { ByteBuffer(bytes: $0) }),
                        \(report.isDelivered), \(report.code), \(report.segments.map { Int16($0) }), \(report.reportedAt), \(report.receivedAt))
                ON CONFLICT (gateway, vendor_id) DO NOTHING
                """)
        }
    }

    /// Joins pending reports to messages by our id or the vendor's, and by number; the first report counts.
    ///
    /// A report about a message whose outcome was unknown says that the gateway took it.
    func joinReports(_ candidates: ReportCandidates) async throws -> [JoinedReport] {
        try await self.all(
            """
            WITH candidates AS (\(candidates)), matched AS (
                SELECT DISTINCT ON (m.id) r.*
                FROM candidates r JOIN messages m ON m.id = r.found
                WHERE coalesce(m.gateway, r.gateway) = r.gateway AND m.state IN ('sent', 'unknown') AND m.delivery IS NULL
                  AND (r.phone_index IS NULL OR r.phone_index = coalesce(
                        m.phone_index, (SELECT c.phone_index FROM verification_challenges c WHERE c.id = m.challenge_id)))
                ORDER BY m.id, r.received_at
            ), joined AS (
                UPDATE messages m
                SET state = 'sent', gateway = r.gateway, vendor_id = coalesce(m.vendor_id, r.vendor_id), query_at = NULL,
                    segments = coalesce(r.segments, m.segments, 1), delivery = CASE WHEN r.delivered THEN 'delivered' ELSE 'failed' END,
                    delivery_code = r.code,
                    delivery_at = greatest(m.created_at, least(coalesce(r.reported_at, r.received_at), r.received_at))
                FROM matched r WHERE m.id = r.found AND m.delivery IS NULL
                RETURNING m.gateway, m.operator, m.delivery, r.vendor_id AS reported_as
            ), done AS (
                DELETE FROM pending_reports p USING joined j WHERE p.gateway = j.gateway AND p.vendor_id = j.reported_as
            )
            SELECT \(columnsOf: JoinedReport.self) FROM joined
            """)
    }

    func deletePendingReports(before: Date) async throws {
        try await self.execute(
            """
            DELETE FROM pending_reports WHERE (gateway, vendor_id) IN
                (SELECT gateway, vendor_id FROM pending_reports WHERE received_at < \(before) LIMIT 1000)
            """)
    }

    /// Takes messages to ask about, each at most three times: 30 s, 2 min and 10 min after it was handed over.
    func takeAskableMessages(of gateways: [String], limit: Int, at now: Date) async throws -> [AskableMessage] {
        try await self.all(
            """
            UPDATE messages
            SET queries = queries + 1,
                query_at = CASE queries WHEN 0 THEN finished_at + interval '2 minutes' WHEN 1 THEN finished_at + interval '10 minutes' END
            WHERE id IN (SELECT id FROM messages WHERE query_at <= \(now) AND gateway = ANY (\(gateways)::text[])
                           AND phone_sealed IS NOT NULL AND queries < 3
                         ORDER BY query_at LIMIT \(limit) FOR UPDATE SKIP LOCKED)
            RETURNING \(columnsOf: AskableMessage.self)
            """)
    }

    /// The vendor says that it took a message whose outcome was unknown.
    func markTaken(_ id: UUID, vendorID: String?) async throws {
        try await self.execute(
            """
            UPDATE messages SET state = 'sent', vendor_id = coalesce(vendor_id, \(vendorID)), segments = coalesce(segments, 1), query_at = NULL
            WHERE id = \(id) AND state = 'unknown'
            """)
    }

    /// `delivered` or `refused`, for a code that lives; nil when nothing can be said.
    func deliveryState(of challenge: UUID, at now: Date) async throws -> String? {
        try await self.rows(
            """
            SELECT CASE WHEN m.delivery = 'delivered' THEN 'delivered' WHEN m.delivery = 'failed' OR m.state = 'failed' THEN 'refused' ELSE 'unknown' END
            FROM verification_challenges c JOIN messages m ON m.challenge_id = c.id
            WHERE c.id = \(challenge) AND c.consumed_at IS NULL AND c.expires_at > \(now)
            """
        ).first?.decode(String.self)
    }
}
