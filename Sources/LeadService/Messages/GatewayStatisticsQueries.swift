package import Foundation
package import Postgres

/// What a gateway did for one operator's numbers in a time.
struct GatewayStatistics: TableRow, Sendable {
    static let columns =
        "gateway, operator, handed_over, unknown, delivered, failed, unreported, segments, seconds, times, classes, counts"
    let gateway: String
    let networkOperator: String
    /// Messages that the gateway said it took.
    private(set) var handedOver: Int
    /// Messages of which nobody knows whether it took them.
    private(set) var unknown: Int
    private(set) var delivered: Int
    private(set) var failed: Int
    private(set) var unreported: Int
    private(set) var segments: Int
    /// Begun seconds from the wish to send to the report that it was delivered.
    private(set) var delays = Delays()
    /// How often the gateway did not take a message, by outcome class.
    private(set) var refusals: [String: Int]

    init(row: PostgresRow) throws {
        let (seconds, times): ([Int32], [Int32])
        let (classes, counts): ([String], [Int])
        (
            self.gateway, self.networkOperator, self.handedOver, self.unknown, self.delivered, self.failed,
            self.unreported, self.segments, seconds, times, classes, counts
        ) = try row.decode((String, String, Int, Int, Int, Int, Int, Int, [Int32], [Int32], [String], [Int]).self)
        self.refusals = Dictionary(zip(classes, counts)) { $0 + $1 }
        for (length, count) in zip(seconds, times) { self.delays.add(Int(length), times: Int(count)) }
    }

    /// Adds what the same gateway did for the same operator in another time.
    static func += (left: inout Self, right: Self) {
        left.handedOver += right.handedOver
        left.unknown += right.unknown
        left.delivered += right.delivered
        left.failed += right.failed
        left.unreported += right.unreported
        left.segments += right.segments
        left.delays += right.delays
        left.refusals.merge(right.refusals) { $0 + $1 }
    }

    /// One for each gateway and operator, the busiest operator of each gateway first.
    static func summed(_ rows: [GatewayStatistics]) -> [GatewayStatistics] {
        var sums: [[String]: GatewayStatistics] = [:]
        for row in rows {
            let key = [row.gateway, row.networkOperator]
            if sums[key] == nil { sums[key] = row } else { sums[key]? += row }
        }
        return sums.values.sorted {
            ($0.gateway, $1.handedOver, $0.networkOperator) < ($1.gateway, $0.handedOver, $1.networkOperator)
        }
    }

    /// The seconds that half of the delivered messages did not exceed.
    var median: Int? { self.delays.length(percent: 50) }

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
                   coalesce(s.segments, 0) AS segments, coalesce(d.seconds, '{}') AS seconds, coalesce(d.times, '{}') AS times,
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
                         sum(coalesce(segments, 1)) FILTER (WHERE state = 'sent') AS segments
                  FROM messages WHERE state IN ('sent', 'unknown') AND operator IS NOT NULL AND finished_at >= 
            """)
        self.appendInterpolation(time.lowerBound)
        self.appendLiteral(" AND finished_at < ")
        self.appendInterpolation(time.upperBound)
        self.appendLiteral(
            """
             GROUP BY gateway, operator) s
            LEFT JOIN (SELECT gateway, operator, array_agg(length ORDER BY length) AS seconds, array_agg(count ORDER BY length) AS times
                       FROM (SELECT gateway, operator, greatest(0, ceil(extract(epoch FROM delivery_at - created_at)))::int AS length,
                                    count(*)::int AS count
                             FROM messages WHERE delivery = 'delivered' AND operator IS NOT NULL AND finished_at >= 
            """)
        self.appendInterpolation(time.lowerBound)
        self.appendLiteral(" AND finished_at < ")
        self.appendInterpolation(time.upperBound)
        self.appendLiteral(
            """
             GROUP BY gateway, operator, length) l
                       GROUP BY gateway, operator) d USING (gateway, operator)
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
        GatewayStatistics.summed(
            try await self.all(
                """
                SELECT \(columnsOf: GatewayStatistics.self) FROM (\(gatewayStatistics: time, at: now)) g
                ORDER BY gateway, handed_over DESC, operator LIMIT 100
                """))
    }
}
