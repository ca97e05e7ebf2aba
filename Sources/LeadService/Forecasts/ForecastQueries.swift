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

/// How many inquiries came in one hour.
struct PastArrivals: TableRow {
    static let columns = """
        (accepted_at AT TIME ZONE 'Asia/Shanghai')::date::text, extract(hour FROM accepted_at AT TIME ZONE 'Asia/Shanghai')::integer, count(*)
        """
    let day: ShanghaiDate
    let hour: Int
    let count: Int

    init(row: PostgresRow) throws {
        let (day, hour, count) = try row.decode((String, Int32, Int64).self)
        self.day = try ShanghaiDate(parsing: day)
        self.hour = Int(hour)
        self.count = Int(count)
    }
}

/// How often calls ended in one way.
struct PastEnding: TableRow {
    static let columns = "disposition, count(*)"
    let disposition: Disposition
    let count: Int

    init(row: PostgresRow) throws {
        let (disposition, count) = try row.decode((String, Int64).self)
        guard let disposition = Disposition(rawValue: disposition) else { throw MissingRow() }
        self.disposition = disposition
        self.count = Int(count)
    }
}

/// How long one call took, from the claim to the result.
private struct PastLength: TableRow {
    static let columns = "extract(epoch FROM a.at - coalesce(c.began_at, c.claimed_at))::float8"
    let seconds: TimeInterval

    init(row: PostgresRow) throws {
        self.seconds = try row.decode(Double.self)
    }
}

/// Since when somebody is in a call.
struct ClaimStart: TableRow {
    static let columns = "c.adviser_id, c.claimed_at"
    let adviser: UUID
    let since: Date

    init(row: PostgresRow) throws {
        (self.adviser, self.since) = try row.decode((UUID, Date).self)
    }
}

/// Whose a task is, or who holds it now.
private struct TaskOwner: TableRow {
    static let columns = "t.id, o.username"
    let task: UUID
    let username: String

    init(row: PostgresRow) throws {
        (self.task, self.username) = try row.decode((UUID, String).self)
    }
}

extension Transaction {
    /// The usernames of those whose some tasks are; what is nobody's is left out.
    func owners(of tasks: [UUID], at now: Date) async throws -> [UUID: String] {
        let owners = try await self.all(
            """
            SELECT \(columnsOf: TaskOwner.self) FROM callback_tasks t
            JOIN staff o ON o.active AND o.id = coalesce(t.owner_id, CASE WHEN t.claimed_until > \(now) THEN t.claimed_by END)
            WHERE t.id = ANY (\(tasks)::uuid[])
            """, as: TaskOwner.self)
        return Dictionary(owners.map { ($0.task, $0.username) }) { first, _ in first }
    }

    /// The open tasks and the paused promises, the earliest first; one that is being called counts as met when the call is over.
    func waitingCalls(at now: Date) async throws -> [WaitingCall] {
        try await self.all(
            """
            SELECT id, accepted_at, newest_inquiry_at, due_at, CASE WHEN claimed_until > \(now) THEN coalesce(met_at, \(now)) ELSE met_at END,
                   greatest(next_attempt_at, paused_until), call_again_at IS NOT NULL, attempts
            FROM callback_tasks WHERE state = 'open' OR state = 'paused' AND met_at IS NULL ORDER BY due_at LIMIT 20000
            """)
    }

    /// What calls were like between two instants.
    func pastCalls(since: Date, until now: Date, calendar: WorkingCalendar) async throws -> PastCalls {
        let arrivals = try await self.all(
            """
            SELECT \(columnsOf: PastArrivals.self) FROM inquiries
            WHERE accepted_at > \(since) AND accepted_at <= \(now) AND NOT quarantined GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 2000
            """, as: PastArrivals.self)
        // Who forgot an open card, or wrote the result down later, says nothing about calls.
        let lengths = try await self.all(
            """
            SELECT \(columnsOf: PastLength.self)
            FROM call_attempts a JOIN callback_claims c ON c.task_id = a.task_id AND c.claim_number = a.claim_number
            WHERE a.counts AND a.at > \(since) AND a.at - coalesce(c.began_at, c.claimed_at) BETWEEN interval '10 seconds' AND interval '30 minutes'
            ORDER BY a.at DESC LIMIT 2000
            """, as: PastLength.self)
        let endings = try await self.all(
            """
            SELECT \(columnsOf: PastEnding.self) FROM call_attempts WHERE counts AND at > \(since) GROUP BY 1 ORDER BY 1 LIMIT 20
            """, as: PastEnding.self)
        let claims = try await self.all(
            """
            SELECT \(columnsOf: ClaimStart.self) FROM callback_claims c
            JOIN callback_tasks t ON t.id = c.task_id AND t.claim_number = c.claim_number
            WHERE t.claimed_by IS NOT NULL AND t.claimed_until > \(now) LIMIT 1000
            """, as: ClaimStart.self)
        return PastCalls(
            arrivals: arrivals, since: ShanghaiDate(since), calendar: calendar, lengths: lengths.map(\.seconds),
            endings: endings, claims: claims, now: now)
    }
}
