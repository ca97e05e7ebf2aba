package import Foundation
package import Postgres

/// What a gateway did for one operator's numbers in a time.
struct GatewayStatistics: TableRow, Sendable {
    static let columns =
        "gateway, operator, handed_over, unknown, delivered, failed, unreported, segments, median, classes, counts"
    let gateway: String
    let networkOperator: String
    /// Messages that the gateway said it took.
    let handedOver: Int
    /// Messages of which nobody knows whether it took them.
    let unknown: Int
    let delivered: Int
    let failed: Int
    let unreported: Int
    let segments: Int
    /// Seconds from the wish to send to the report that it was delivered.
    let median: Double?
    /// How often the gateway did not take a message, by outcome class.
    let refusals: [String: Int]

    init(row: PostgresRow) throws {
        let classes: [String]
        let counts: [Int]
        (
            self.gateway, self.networkOperator, self.handedOver, self.unknown, self.delivered, self.failed,
            self.unreported, self.segments, self.median, classes, counts
        ) = try row.decode((String, String, Int, Int, Int, Int, Int, Int, Double?, [String], [Int]).self)
        self.refusals = Dictionary(zip(classes, counts)) { $0 + $1 }
    }

    /// The share of the reported messages that were delivered; nil without a report.
    var deliveredShare: Double? {
        let reported = self.delivered + self.failed
        return reported == 0 ? nil : Double(self.delivered) / Double(reported)
    }

    /// In yuan, at a price a segment.
    func cost(at price: Double?) -> Double? { price.map { Double(self.segments) * $0 } }
}

extension PostgresQuery.StringInterpolation {
    /// The columns of `GatewayStatistics` for each gateway and operator that has something.
    ///
    /// A message counts when its gateway was done with it in that time, a refusal when it was answered; a message that was taken
    /// costs one segment until its report says more.
    package mutating func appendInterpolation(gatewayStatistics time: Range<Date>, at now: Date) {
        self.appendLiteral(
            """
            SELECT gateway, operator, coalesce(s.handed_over, 0) AS handed_over, coalesce(s.unknown, 0) AS unknown,
                   coalesce(s.delivered, 0) AS delivered, coalesce(s.failed, 0) AS failed, coalesce(s.unreported, 0) AS unreported,
                   coalesce(s.segments, 0) AS segments, s.median,
                   coalesce(r.classes, '{}') AS classes, coalesce(r.counts, '{}') AS counts
            FROM (SELECT gateway, operator, count(*) FILTER (WHERE state = 'sent') AS handed_over,
                         count(*) FILTER (WHERE state = 'unknown') AS unknown,
                         count(*) FILTER (WHERE delivery = 'delivered') AS delivered,
                         count(*) FILTER (WHERE delivery = 'failed') AS failed,
                         count(*) FILTER (WHERE state = 'sent' AND delivery IS NULL AND finished_at < 
            """)
        self.appendInterpolation(now.addingTimeInterval(-600))
        self.appendLiteral(
            """
            ) AS unreported,
                         sum(coalesce(segments, 1)) FILTER (WHERE state = 'sent') AS segments,
                         percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM delivery_at - created_at)::float8)
                             FILTER (WHERE delivery = 'delivered') AS median
                  FROM messages WHERE state IN ('sent', 'unknown') AND operator IS NOT NULL AND finished_at >= 
            """)
        self.appendInterpolation(time.lowerBound)
        self.appendLiteral(" AND finished_at < ")
        self.appendInterpolation(time.upperBound)
        self.appendLiteral(
            """
             GROUP BY gateway, operator) s
            FULL JOIN (SELECT gateway, operator, array_agg(outcome ORDER BY outcome) AS classes, array_agg(count ORDER BY outcome) AS counts
                       FROM (SELECT gateway, operator, outcome, count(*) AS count FROM gateway_attempts
                             WHERE outcome NOT IN ('accepted', 'unknown') AND at >= 
            """)
        self.appendInterpolation(time.lowerBound)
        self.appendLiteral(" AND at < ")
        self.appendInterpolation(time.upperBound)
        self.appendLiteral(
            """
             GROUP BY gateway, operator, outcome) a
                       GROUP BY gateway, operator) r USING (gateway, operator)
            """)
    }
}

extension Transaction {
    /// What gateways did in a time, the busiest operator of each first.
    func gatewayStatistics(in time: Range<Date>, at now: Date) async throws -> [GatewayStatistics] {
        try await self.all(
            """
            SELECT \(columnsOf: GatewayStatistics.self) FROM (\(gatewayStatistics: time, at: now)) g
            ORDER BY gateway, handed_over DESC, operator LIMIT 100
            """)
    }
}
