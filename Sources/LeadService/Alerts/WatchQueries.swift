import Foundation
import Postgres

/// A claim that ran out without a result.
struct LapsedClaim: TableRow {
    static let columns = "c.task_id, c.claim_number, c.adviser_id"
    let task: UUID
    let number: Int
    let adviser: UUID

    init(row: PostgresRow) throws {
        let (task, number, adviser) = try row.decode((UUID, Int32, UUID).self)
        self.task = task
        self.number = Int(number)
        self.adviser = adviser
    }
}

/// How often somebody did something in a day.
struct DailyCount: TableRow {
    static let columns = "s.username, c.count"
    let username: String
    let count: Int

    init(row: PostgresRow) throws {
        (self.username, self.count) = try row.decode((String, Int).self)
    }
}

extension Transaction {
    /// Claims that ran out and were not told yet: those still on their task, and those of the last hour that somebody else
    /// has ended meanwhile.
    func lapsedClaims(at now: Date) async throws -> [LapsedClaim] {
        try await self.all(
            """
            SELECT \(columnsOf: LapsedClaim.self) FROM staff s CROSS JOIN LATERAL (
                SELECT t.id AS task_id, t.claim_number, t.claimed_by AS adviser_id FROM callback_tasks t
                WHERE t.claimed_by = s.id AND t.claimed_until <= \(now)
                UNION
                SELECT e.task_id, e.claim_number, e.adviser_id FROM callback_claims e
                WHERE e.adviser_id = s.id AND e.claimed_at > \(now.addingTimeInterval(-86400))
                  AND e.end_reason = 'expired' AND e.ended_at > \(now.addingTimeInterval(-3600))) c
            WHERE s.active AND NOT EXISTS (SELECT FROM staff_alerts a
                                           WHERE a.kind = 'claim_lapsed' AND a.about = c.task_id || '/' || c.claim_number)
            LIMIT 500
            """)
    }

    /// Who looked at the numbers of at least so many people since an instant; a claim is a day old at most when it shows one.
    func manyReveals(since start: Date, atLeast count: Int) async throws -> [DailyCount] {
        try await self.all(
            """
            SELECT \(columnsOf: DailyCount.self) FROM staff s CROSS JOIN LATERAL (
                SELECT count(DISTINCT e.phone_lead_id) AS count FROM callback_claims e
                WHERE e.adviser_id = s.id AND e.claimed_at >= \(start.addingTimeInterval(-86400)) AND e.revealed_at >= \(start)) c
            WHERE c.count >= \(count) ORDER BY s.username LIMIT 500
            """)
    }

    /// Who recorded at least so many results since an instant without a look at the number: those that would have counted
    /// with one, and of incoming calls, which count without (contract §4.9), those that say nobody was reached.
    func unrevealedResults(since start: Date, atLeast count: Int) async throws -> [DailyCount] {
        try await self.all(
            """
            SELECT \(columnsOf: DailyCount.self) FROM staff s CROSS JOIN LATERAL (
                SELECT count(*) AS count FROM call_attempts e
                WHERE e.adviser_id = s.id AND e.at >= \(start) AND e.refused IS NULL AND e.disposition NOT IN ('spam', 'duplicate')
                  AND (NOT e.counts OR e.disposition IN ('no_answer', 'busy_or_rejected', 'powered_off')
                       AND EXISTS (SELECT FROM callback_claims c
                                   WHERE c.task_id = e.task_id AND c.claim_number = e.claim_number AND c.kind = 'incoming'
                                     AND \(unescaped: CallbackClaim.lookedAt) IS NULL))) c
            WHERE c.count >= \(count) ORDER BY s.username LIMIT 500
            """)
    }

    /// Who asked for at least so many exports since an instant, in the background or not.
    func manyExports(since start: Date, atLeast count: Int) async throws -> [DailyCount] {
        try await self.all(
            """
            SELECT \(columnsOf: DailyCount.self) FROM (
                SELECT e.staff_id, count(*) AS count FROM (
                    SELECT id, staff_id FROM export_records WHERE at >= \(start)
                    UNION SELECT id, requested_by FROM export_jobs WHERE requested_at >= \(start)) e
                GROUP BY e.staff_id HAVING count(*) >= \(count)) c
            JOIN staff s ON s.id = c.staff_id ORDER BY s.username LIMIT 500
            """)
    }
}
