import Foundation
import Postgres

/// What a gateway did for one operator's numbers since an instant.
struct GatewayStatistics: TableRow {
    static let columns =
        "gateway, operator, delivered, failed, unreported, segments, median, refusals"
    let gateway: String
    let networkOperator: String
    let delivered: Int
    let failed: Int
    let unreported: Int
    let segments: Int
    let median: Double?
    let refusals: Int

    init(row: PostgresRow) throws {
        (
            self.gateway, self.networkOperator, self.delivered, self.failed, self.unreported, self.segments,
            self.median,
            self.refusals
        ) = try row.decode((String, String, Int, Int, Int, Int, Double?, Int).self)
    }
}

extension Transaction {
    /// Statistics per gateway and operator; a message counts when it was handed over after `since`.
    func gatewayStatistics(since: Date, at now: Date) async throws -> [GatewayStatistics] {
        try await self.all(
            """
            WITH sent AS (
                SELECT gateway, operator, count(*) FILTER (WHERE delivery = 'delivered') AS delivered,
                       count(*) FILTER (WHERE delivery = 'failed') AS failed,
                       count(*) FILTER (WHERE delivery IS NULL AND finished_at < \(now.addingTimeInterval(-600))) AS unreported,
                       coalesce(sum(segments), 0) AS segments,
                       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM delivery_at - created_at)::float8)
                           FILTER (WHERE delivery = 'delivered') AS median
                FROM messages WHERE finished_at > \(since) AND state = 'sent' AND operator IS NOT NULL
                GROUP BY gateway, operator
            ), refused AS (
                SELECT gateway, operator, count(*) AS refusals FROM gateway_attempts
                WHERE at > \(since) AND outcome NOT IN ('accepted', 'unknown') GROUP BY gateway, operator
            )
            SELECT gateway, operator, coalesce(delivered, 0) AS delivered, coalesce(failed, 0) AS failed, coalesce(unreported, 0) AS unreported,
                   coalesce(segments, 0) AS segments, median, coalesce(refusals, 0) AS refusals
            FROM sent FULL JOIN refused USING (gateway, operator) LIMIT 100
            """)
    }
}
