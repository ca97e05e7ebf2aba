import Foundation
import Leads
import NIOCore
import Postgres

/// When codes were sent to a number, and wrong ones given for it, within a day.
struct PhoneBudget: TableRow {
    static let columns = "sends, wrongs"
    let sends: [Date]
    let wrongs: [Date]

    init(row: PostgresRow) throws {
        (self.sends, self.wrongs) = try row.decode(([Date], [Date]).self)
    }
}

extension Transaction {
    /// Issues a code in one statement: the number's own budget first, then the shared ones, and only when all of them
    /// allow it the challenge, its counter and the message.
    ///
    /// While a shared budget is used up, nothing is counted in the others: one address cannot use up everybody's. What is
    /// counted when two requests meet at the last use stays counted.
    func issueCode(_ draft: CodeDraft, buckets: [BudgetBucket], at now: Date) async throws -> Bool {
        let hourAgo = now.addingTimeInterval(-3600)
        let dayAgo = now.addingTimeInterval(-86400)
        let expires = now.addingTimeInterval(PhoneVerification.lifetime)
        let phone = ByteBuffer(bytes: draft.phoneIndex)
        return try await self.execute(
            """
            WITH wanted AS (
                SELECT * FROM unnest(\(buckets.map { ByteBuffer(bytes: $0.key) })::bytea[], \(buckets.map(\.start))::timestamptz[],
                                     \(buckets.map(\.ceiling))::bigint[]) AS t (k, w, c)
            ), number AS (
                INSERT INTO phone_budgets AS p (phone_index, sends, seen_at)
                SELECT \(phone), ARRAY[\(now)::timestamptz], \(now)
                WHERE NOT EXISTS (SELECT FROM wanted JOIN budgets f ON f.bucket = k AND f.window_start = w WHERE f.used >= c)
                ON CONFLICT (phone_index) DO UPDATE
                SET sends = array_append(ARRAY(SELECT s FROM unnest(p.sends) s WHERE s > \(dayAgo)), \(now)::timestamptz),
                    wrongs = ARRAY(SELECT w FROM unnest(p.wrongs) w WHERE w > \(dayAgo)), seen_at = \(now)
                WHERE NOT EXISTS (SELECT FROM unnest(p.sends) s WHERE s > \(now.addingTimeInterval(-draft.cooldown)))
                  AND (SELECT count(*) FROM unnest(p.sends) s WHERE s > \(hourAgo)) < \(draft.hourly)
                  AND (SELECT count(*) FROM unnest(p.sends) s WHERE s > \(dayAgo)) < \(draft.daily)
                  AND (SELECT count(*) FROM unnest(p.wrongs) w WHERE w > \(hourAgo)) < \(draft.wrongHourly)
                  AND (SELECT count(*) FROM unnest(p.wrongs) w WHERE w > \(dayAgo)) < \(draft.wrongDaily)
                RETURNING phone_index
            ), shared AS (
                INSERT INTO budgets AS b (bucket, window_start, used, ceiling)
                SELECT k, w, 1, c FROM number, wanted ORDER BY k
                ON CONFLICT (bucket, window_start) DO UPDATE SET used = b.used + 1, ceiling = excluded.ceiling
                WHERE b.used < excluded.ceiling
                RETURNING 1
            ), counter AS (
                INSERT INTO verification_counters AS c (phone_index, purpose, tries, live_until)
                SELECT \(phone), \(draft.purpose.rawValue), 0, \(expires)
                WHERE (SELECT count(*) FROM shared) = \(buckets.count)
                ON CONFLICT (phone_index, purpose) DO UPDATE
                SET tries = CASE WHEN c.live_until > \(now) AND c.tries < 5 THEN c.tries ELSE 0 END,
                    dead_through = CASE WHEN c.tries >= 5 THEN \(now)::timestamptz - interval '1 microsecond' ELSE c.dead_through END,
                    live_until = excluded.live_until
                RETURNING 1
            ), challenge AS (
                INSERT INTO verification_challenges (id, phone_index, purpose, code_mac, issued_at, expires_at)
                SELECT \(draft.challenge), \(phone), \(draft.purpose.rawValue), \(ByteBuffer(bytes: draft.mac)), \(now), \(expires)
                FROM counter
                RETURNING id
            )
            INSERT INTO messages (id, template, challenge_id, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
            SELECT \(draft.message), \(draft.template), id, \(phone), \(ByteBuffer(bytes: draft.phoneSealed)),
                   \(ByteBuffer(bytes: draft.parametersSealed)), 'queued', \(now), \(now), \(expires)
            FROM challenge
            RETURNING 1
            """)
    }

    func phoneBudget(_ index: [UInt8]) async throws -> PhoneBudget? {
        try await self.first(
            "SELECT \(columnsOf: PhoneBudget.self) FROM phone_budgets WHERE phone_index = \(ByteBuffer(bytes: index))")
    }

    /// Those of the buckets that are used up.
    func fullBuckets(_ buckets: [BudgetBucket]) async throws -> [BudgetBucket] {
        let rows = try await self.rows(
            """
            SELECT t.n FROM unnest(\(buckets.map { ByteBuffer(bytes: $0.key) })::bytea[], \(buckets.map(\.start))::timestamptz[])
                WITH ORDINALITY AS t (k, w, n)
            JOIN budgets b ON b.bucket = t.k AND b.window_start = t.w
            WHERE b.used >= b.ceiling
            """)
        return try rows.map { buckets[try $0.decode(Int.self) - 1] }
    }

}

extension PostgresQuery.StringInterpolation {
    /// Common table expressions that take one use back from each bucket, locked in the order of their keys.
    ///
    /// What is left is read from the row as it is under the lock: others give back at the same instant.
    mutating func appendInterpolation(givingBack buckets: [BudgetBucket], when condition: String) {
        self.appendLiteral(
            "held AS (SELECT b.bucket, b.window_start FROM budgets b WHERE (b.bucket, b.window_start) IN (SELECT * FROM unnest("
        )
        self.appendInterpolation(buckets.map { ByteBuffer(bytes: $0.key) })
        self.appendLiteral("::bytea[], ")
        self.appendInterpolation(buckets.map(\.start))
        self.appendLiteral(
            """
            ::timestamptz[])) AND \(condition) ORDER BY b.bucket FOR UPDATE
            ), lowered AS (
                UPDATE budgets b SET used = b.used - 1 FROM held h
                WHERE b.bucket = h.bucket AND b.window_start = h.window_start AND b.used > 0
            )
            """)
    }
}
