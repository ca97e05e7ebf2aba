import Foundation
import Leads
import Postgres

extension UncalledClosure: TableRow {
    static let columns = "a.id, a.task_id, a.at, s.username, a.disposition, a.reason, v.verdict, r.username"

    init(row: PostgresRow) throws {
        let (attempt, task, at, by, disposition, reason, verdict, reviewedBy) =
            try row.decode((UUID, UUID, Date, String, String, String?, String?, String?).self)
        self.init(
            attempt: attempt, task: task, at: at, by: by, disposition: disposition, reason: reason, verdict: verdict,
            reviewedBy: reviewedBy)
    }
}

extension ClosureCount: TableRow {
    static let columns = """
        s.username, count(*), count(v.verdict), count(*) FILTER (WHERE v.verdict = 'wrong')
        """

    init(row: PostgresRow) throws {
        let (username, closures, reviewed, wrong) = try row.decode((String, Int, Int, Int).self)
        self.init(username: username, closures: closures, reviewed: reviewed, wrong: wrong)
    }
}

/// Whether `call_attempts a` closed its task while nobody had been called for its promise.
private let isUncalled = "a.closed_reason IS NOT NULL AND NOT a.counts AND a.refused IS NULL"

extension Transaction {
    /// Some of a day's results that ended a promise uncalled: the same for everybody, and no one can tell beforehand which.
    ///
    /// What was judged already stays in it.
    func sampledClosures(on day: ShanghaiDate, limit: Int) async throws -> [UncalledClosure] {
        try await self.all(
            """
            SELECT \(columnsOf: UncalledClosure.self) FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id
            JOIN staff s ON s.id = a.adviser_id
            LEFT JOIN closure_reviews v ON v.attempt_id = a.id LEFT JOIN staff r ON r.id = v.reviewed_by
            WHERE \(unescaped: isUncalled) AND t.met_at IS NULL
              AND a.at >= \(day.at(minute: 0)) AND a.at < \(day.adding(1).at(minute: 0))
            ORDER BY v.attempt_id IS NULL, md5(a.id::text || \(day.description)), a.id LIMIT \(limit)
            """)
    }

    /// Each closure's task in their order; nil where the person is erased.
    func tasks(of closures: [UncalledClosure]) async throws -> [CallbackTask?] {
        let tasks = try await self.tasks(closures.map(\.task))
        let byID = Dictionary(tasks.map { ($0.id, $0) }) { first, _ in first }
        return closures.map { byID[$0.task] }
    }

    /// Everybody who ended promises uncalled in a time, the most first.
    func closureCounts(from: Date, until: Date) async throws -> [ClosureCount] {
        try await self.all(
            """
            SELECT \(columnsOf: ClosureCount.self) FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id
            JOIN staff s ON s.id = a.adviser_id LEFT JOIN closure_reviews v ON v.attempt_id = a.id
            WHERE \(unescaped: isUncalled) AND t.met_at IS NULL AND a.at >= \(from) AND a.at < \(until)
            GROUP BY s.username ORDER BY count(*) DESC, s.username LIMIT 500
            """)
    }

    /// Whose result ended a promise uncalled; nobody's for any other result.
    func authorOfClosure(_ attempt: UUID) async throws -> UUID? {
        try await self.rows(
            """
            SELECT a.adviser_id FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id
            WHERE a.id = \(attempt) AND \(unescaped: isUncalled) AND t.met_at IS NULL
            """
        ).first?.decode(UUID.self)
    }

    func upsertClosureReview(_ attempt: UUID, _ verdict: ClosureVerdict, by staff: UUID, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO closure_reviews (attempt_id, verdict, reviewed_by, reviewed_at)
            VALUES (\(attempt), \(verdict.rawValue), \(staff), \(now))
            ON CONFLICT (attempt_id) DO UPDATE SET verdict = excluded.verdict, reviewed_by = excluded.reviewed_by,
                reviewed_at = excluded.reviewed_at
            """)
    }
}
