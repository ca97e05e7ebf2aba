import Foundation
import Leads
package import Postgres

extension WaitingCall: TableRow {
    static let columns = """
        id, accepted_at, newest_inquiry_at, due_at, met_at, next_attempt_at, call_again_at IS NOT NULL, attempts
        """

    package init(row: PostgresRow) throws {
        let (id, accepted, newest, due, met, next, appointment, attempts) =
            try row.decode((UUID, Date, Date, Date, Date?, Date, Bool, Int32).self)
        self.init(
            id: id, acceptedAt: accepted, newestInquiryAt: newest, dueAt: due, metAt: met, nextAttemptAt: next,
            isAppointment: appointment, attempts: Int(attempts))
    }
}

extension Transaction {
    /// The open tasks, the earliest promises first; one that is being called counts as met when the call is over.
    func waitingCalls(at now: Date) async throws -> [WaitingCall] {
        try await self.all(
            """
            SELECT id, accepted_at, newest_inquiry_at, due_at, CASE WHEN claimed_until > \(now) THEN coalesce(met_at, \(now)) ELSE met_at END,
                   next_attempt_at, call_again_at IS NOT NULL, attempts
            FROM callback_tasks WHERE state = 'open' ORDER BY due_at LIMIT 20000
            """)
    }

    /// What calls were like between two instants.
    func pastCalls(since: Date, until now: Date, isWorkingDay: (ShanghaiDate) -> Bool) async throws -> PastCalls {
        let arrivals = try await self.rows(
            """
            SELECT (accepted_at AT TIME ZONE 'Asia/Shanghai')::date::text, extract(hour FROM accepted_at AT TIME ZONE 'Asia/Shanghai')::integer, count(*)
            FROM inquiries WHERE accepted_at > \(since) AND accepted_at <= \(now) AND NOT quarantined GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 2000
            """
        ).map { row in
            let (day, hour, count) = try row.decode((String, Int32, Int64).self)
            return (day: try ShanghaiDate(parsing: day), hour: Int(hour), count: Int(count))
        }
        // From the claim to the result; who forgot an open card, or wrote it down later, says nothing about calls.
        let lengths = try await self.rows(
            """
            SELECT extract(epoch FROM a.at - c.claimed_at)::float8
            FROM call_attempts a JOIN callback_claims c ON c.task_id = a.task_id AND c.claim_number = a.claim_number
            WHERE a.counts AND a.at > \(since) AND a.at - c.claimed_at BETWEEN interval '10 seconds' AND interval '30 minutes'
            ORDER BY a.at DESC LIMIT 2000
            """
        ).map { try $0.decode(Double.self) }
        let endings = try await self.rows(
            "SELECT disposition, count(*) FROM call_attempts WHERE counts AND at > \(since) GROUP BY 1 ORDER BY 1 LIMIT 20"
        ).compactMap { row in
            let (disposition, count) = try row.decode((String, Int64).self)
            return Disposition(rawValue: disposition).map { ($0, Int(count)) }
        }
        let claims = try await self.rows(
            """
            SELECT c.adviser_id, c.claimed_at FROM callback_claims c
            JOIN callback_tasks t ON t.id = c.task_id AND t.claim_number = c.claim_number
            WHERE t.claimed_by IS NOT NULL AND t.claimed_until > \(now) LIMIT 1000
            """
        ).map { row in
            let (adviser, since) = try row.decode((UUID, Date).self)
            return (adviser: adviser, since: since)
        }
        let first = max(ShanghaiDate(since), arrivals.first?.day ?? ShanghaiDate(now))
        return PastCalls(
            arrivals: arrivals, isWorkingDay: isWorkingDay, days: min(first, ShanghaiDate(now))...ShanghaiDate(now),
            lengths: lengths, endings: endings, claims: claims, now: now)
    }
}
