import Foundation
import NIOCore
import Postgres

/// What the last ten minutes did to the breaker.
struct BreakerTrip: TableRow {
    static let columns = "tripped.sends, tripped.verified, tripped.newly_raised, tripped.newly_stopped"
    let sends: Int
    let verified: Int
    let isNewlyRaised: Bool
    let isNewlyStopped: Bool

    init(row: PostgresRow) throws {
        (self.sends, self.verified, self.isNewlyRaised, self.isNewlyStopped) = try row.decode(
            (Int, Int, Bool, Bool).self)
    }
}

/// Codes of a day by the form they were asked for on, and how many of them nobody submitted.
struct AbandonedCodes: TableRow {
    static let columns = "source, count(*), count(*) FILTER (WHERE NOT submitted)"
    let source: String
    let requested: Int
    let abandoned: Int

    init(row: PostgresRow) throws {
        (self.source, self.requested, self.abandoned) = try row.decode((String, Int, Int).self)
    }
}

extension Transaction {
    /// Raises the price of sending while fewer than a tenth of the last ten minutes' codes come back, and stops it for a
    /// quarter of an hour under a fiftieth; nil when there is nothing to change.
    ///
    /// For the stop a network's codes that did not come back count up to a fifth of the least number of sends that says
    /// anything: one network raises the price, five at least are needed to stop everybody. A code that nobody has had two minutes
    /// to type says nothing yet.
    ///
    /// Of several processes that look at once one writes: the others find the row as new as theirs.
    func tripBreaker(minimum: Int, at now: Date) async throws -> BreakerTrip? {
        let (tenMinutesAgo, typed) = (now.addingTimeInterval(-600), now.addingTimeInterval(-120))
        let (soon, refresh) = (now.addingTimeInterval(60), now.addingTimeInterval(30))
        let later = now.addingTimeInterval(900)
        return try await self.first(
            """
            WITH recent AS (
                SELECT coalesce(sum(sends), 0)::bigint AS sends, coalesce(sum(verified), 0)::bigint AS verified,
                       coalesce(sum(verified + least(sends - verified, \(max(1, minimum / 5)))), 0)::bigint AS spread
                FROM (SELECT count(*) AS sends, count(consumed_at) AS verified FROM verification_challenges
                      WHERE issued_at > \(tenMinutesAgo) AND issued_at <= \(now) AND NOT withheld
                        AND (consumed_at IS NOT NULL OR issued_at <= \(typed))
                      GROUP BY network) networks
            ), known AS (
                SELECT max(raised_until) AS raised_until, max(stopped_until) AS stopped_until FROM send_breaker
            ), written AS (
                INSERT INTO send_breaker AS b (id, raised_until, stopped_until)
                SELECT 1, \(soon), CASE WHEN spread >= \(minimum) AND verified * 50 < spread THEN \(later)::timestamptz END FROM recent
                WHERE sends >= \(minimum) AND verified * 10 < sends
                ON CONFLICT (id) DO UPDATE
                SET raised_until = excluded.raised_until,
                    stopped_until = CASE WHEN b.stopped_until > \(now) THEN b.stopped_until
                                         ELSE coalesce(excluded.stopped_until, b.stopped_until) END
                WHERE b.raised_until <= \(refresh)
                   OR (excluded.stopped_until IS NOT NULL AND (b.stopped_until IS NULL OR b.stopped_until <= \(now)))
                RETURNING stopped_until
            ), tripped AS (
                SELECT r.sends, r.verified, k.raised_until IS NULL OR k.raised_until <= \(now) AS newly_raised,
                       w.stopped_until IS NOT NULL AND w.stopped_until > \(now)
                           AND (k.stopped_until IS NULL OR k.stopped_until <= \(now)) AS newly_stopped
                FROM written w, recent r, known k
            )
            SELECT \(columnsOf: BreakerTrip.self) FROM tripped
            """)
    }

    /// Whether the breaker lets no code out.
    func isSendingStopped(at now: Date) async throws -> Bool {
        try await !self.rows("SELECT 1 FROM send_breaker WHERE stopped_until > \(now)").isEmpty
    }

    /// Marks how full the windows are, in steps; returns what nobody has marked before.
    func markAlarms(_ windows: [SendWindow], used: [Int]) async throws -> [(window: Int, percent: Int)] {
        var marks: [(window: Int, percent: Int)] = []
        for (index, window) in windows.enumerated() {
            for percent in SendWindow.alarmPercents where used[index] * 100 >= window.ceiling * percent {
                marks.append((index, percent))
            }
        }
        guard !marks.isEmpty else { return [] }
        let rows = try await self.rows(
            """
            WITH reached AS (
                SELECT k, w, p, i FROM unnest(
                    \(marks.map { ByteBuffer(bytes: windows[$0.window].key) })::bytea[],
                    \(marks.map { windows[$0.window].start })::timestamptz[], \(marks.map(\.percent))::bigint[],
                    \(marks.map(\.window))::bigint[]) AS t (k, w, p, i)
            ), marked AS (
                INSERT INTO send_alarms (bucket, window_start, percent) SELECT k, w, p FROM reached
                ON CONFLICT DO NOTHING RETURNING bucket, window_start, percent
            )
            SELECT r.i, r.p FROM marked m JOIN reached r ON r.k = m.bucket AND r.w = m.window_start AND r.p = m.percent
            ORDER BY r.i, r.p
            """)
        return try rows.map { row in
            let (window, percent) = try row.decode((Int, Int).self)
            return (window, percent)
        }
    }

    /// Numbers that asked for a code within a day, by source: one counts as abandoned when its last code is over and none
    /// was submitted.
    func abandonedCodes(since: Date, at now: Date) async throws -> [AbandonedCodes] {
        try await self.all(
            """
            SELECT \(columnsOf: AbandonedCodes.self)
            FROM (SELECT source, phone_index, count(consumed_at) > 0 AS submitted
                  FROM verification_challenges WHERE issued_at > \(since) AND NOT withheld
                  GROUP BY source, phone_index HAVING count(consumed_at) > 0 OR max(expires_at) <= \(now)) numbers
            GROUP BY source ORDER BY source LIMIT 100
            """)
    }
}
