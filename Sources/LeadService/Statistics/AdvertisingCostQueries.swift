import Foundation
import Leads
import NIOCore
import Postgres

private struct SetCounts: TableRow {
    static let columns = "added, replaced"
    let added: Int
    let replaced: Int
    init(row: PostgresRow) throws { (self.added, self.replaced) = try row.decode((Int, Int).self) }
}

private struct SourceCost: TableRow {
    static let columns = "source, sum(fen)::bigint"
    let source: String
    let fen: Int
    init(row: PostgresRow) throws { (self.source, self.fen) = try row.decode((String, Int).self) }
}

extension Transaction {
    /// Adds or replaces each, and tells how many were new and how many cost something else before.
    func set(_ costs: [AdvertisingCost], at now: Date) async throws -> (added: Int, replaced: Int) {
        let counts = try await self.first(
            """
            WITH done AS (
                INSERT INTO advertising_costs AS a (day, source, campaign, fen, set_at)
                SELECT g.day::date, g.source, g.campaign, g.fen, \(now) FROM \(given: costs) ORDER BY 1, 2, 3
                ON CONFLICT (day, source, campaign) DO UPDATE SET fen = excluded.fen, set_at = excluded.set_at
                WHERE a.fen <> excluded.fen
                RETURNING xmax = 0 AS is_new
            ) SELECT count(*) FILTER (WHERE is_new) AS added, count(*) FILTER (WHERE NOT is_new) AS replaced FROM done
            """, as: SetCounts.self)
        return (counts?.added ?? 0, counts?.replaced ?? 0)
    }

    /// What `set` would tell.
    func wouldSet(_ costs: [AdvertisingCost]) async throws -> (added: Int, replaced: Int) {
        let counts = try await self.first(
            """
            SELECT count(*) FILTER (WHERE a.day IS NULL) AS added, count(*) FILTER (WHERE a.fen <> g.fen) AS replaced
            FROM \(given: costs) LEFT JOIN advertising_costs a ON a.day = g.day::date AND a.source = g.source AND a.campaign = g.campaign
            """, as: SetCounts.self)
        return (counts?.added ?? 0, counts?.replaced ?? 0)
    }

    /// What each source cost in a period, in fen.
    func advertisingCosts(in period: Statistics.Period) async throws -> [String: Int] {
        let rows = try await self.all(
            """
            SELECT source, sum(fen)::bigint FROM advertising_costs
            WHERE day >= \(period.from.description)::text::date AND day <= \(period.to.description)::text::date
            GROUP BY source ORDER BY sum(fen) DESC, source LIMIT 1000
            """, as: SourceCost.self)
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.source, $0.fen) })
    }
}

extension PostgresQuery.StringInterpolation {
    /// Costs as the rows of `g`.
    fileprivate mutating func appendInterpolation(given costs: [AdvertisingCost]) {
        self.appendLiteral("unnest(")
        self.appendInterpolation(costs.map(\.day.description))
        self.appendLiteral("::text[], ")
        self.appendInterpolation(costs.map(\.source))
        self.appendLiteral("::text[], ")
        self.appendInterpolation(costs.map(\.campaign))
        self.appendLiteral("::text[], ")
        self.appendInterpolation(costs.map(\.fen))
        self.appendLiteral("::bigint[]) AS g (day, source, campaign, fen)")
    }
}
