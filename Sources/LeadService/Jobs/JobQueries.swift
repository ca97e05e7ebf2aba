import Foundation
import Postgres

/// How one kind of background work stands.
struct JobState: Sendable {
    var name: String
    /// How much waits, and since when; nil where nothing queues up.
    var depth: Int?
    var oldest: Date?
    /// What failed for good: of messages within a day, of others as long as it is kept.
    var dead: Int?
    var ranAt: Date?
    var failedAt: Date?
    var failure: String?
    var failures: Int
    var heldAt: Date?
    var heldBy: String?
}

extension JobState: TableRow {
    static let columns =
        "n.name, q.depth, q.oldest, q.dead, r.ran_at, r.failed_at, r.failure, coalesce(r.failures, 0)::bigint, h.held_at, s.username"

    init(row: PostgresRow) throws {
        let (name, depth, oldest, dead, ran, failedAt, failure, failures, held, by) = try row.decode(
            (String, Int?, Date?, Int?, Date?, Date?, String?, Int, Date?, String?).self)
        self.init(
            name: name, depth: depth, oldest: oldest, dead: dead, ranAt: ran, failedAt: failedAt, failure: failure,
            failures: failures, heldAt: held, heldBy: by)
    }
}

extension Transaction {
    func isHeld(_ name: String) async throws -> Bool {
        try await self.execute("SELECT 1 FROM job_holds WHERE name = \(name)")
    }

    /// Notes how a round went; failures are counted until one succeeds.
    func noteRound(of name: String, failure: String?, at now: Date) async throws {
        try await self.execute(
            """
            INSERT INTO job_runs AS r (name, ran_at, failed_at, failure, failures)
            VALUES (\(name), \(now), \(failure == nil ? nil : now), \(failure), \(Int32(failure == nil ? 0 : 1)))
            ON CONFLICT (name) DO UPDATE SET ran_at = greatest(r.ran_at, excluded.ran_at),
                failed_at = coalesce(excluded.failed_at, r.failed_at), failure = coalesce(excluded.failure, r.failure),
                failures = CASE WHEN excluded.failure IS NULL THEN 0 ELSE r.failures + 1 END
            """)
    }

    func lastRound(of name: String) async throws -> Date? {
        try await self.rows("SELECT ran_at FROM job_runs WHERE name = \(name)").first?.decode(Date.self)
    }

    /// How each of these stands.
    func jobStates(_ names: [String], at now: Date) async throws -> [JobState] {
        try await self.all(
            """
            WITH queues (name, depth, oldest, dead) AS (
                SELECT 'outbox', count(*) FILTER (WHERE state IN ('queued', 'sending')),
                       min(created_at) FILTER (WHERE state IN ('queued', 'sending')),
                       count(*) FILTER (WHERE state IN ('failed', 'unknown'))
                FROM messages WHERE state = 'queued' OR state = 'sending' OR state IN ('failed', 'unknown') AND finished_at > \(now.addingTimeInterval(-86400))
                UNION ALL SELECT 'deliveries', count(*), min(received_at), NULL FROM pending_reports
                UNION ALL SELECT 'calls', count(*), min(requested_at), NULL FROM calls WHERE state = 'requested'
                UNION ALL SELECT 'webhooks', count(*) FILTER (WHERE state = 'queued'), min(created_at) FILTER (WHERE state = 'queued'),
                                 count(*) FILTER (WHERE state = 'dead')
                          FROM webhook_deliveries WHERE state IN ('queued', 'dead')
                UNION ALL SELECT 'pauses', count(*), min(paused_until), NULL FROM callback_tasks
                          WHERE state = 'paused' AND paused_until <= \(now)
                UNION ALL SELECT 'robots', count(*) FILTER (WHERE state IN ('queued', 'sending')),
                                 min(created_at) FILTER (WHERE state IN ('queued', 'sending')), count(*) FILTER (WHERE state = 'failed')
                          FROM robot_posts WHERE state IN ('queued', 'sending', 'failed')
                UNION ALL SELECT 'exports', count(*) FILTER (WHERE state <> 'failed'),
                                 min(requested_at) FILTER (WHERE state <> 'failed'), count(*) FILTER (WHERE state = 'failed')
                          FROM export_jobs WHERE state IN ('queued', 'running') OR state = 'failed' AND filter_sealed IS NOT NULL
                UNION ALL SELECT 'imports', count(*) FILTER (WHERE state <> 'failed'), min(made_at) FILTER (WHERE state <> 'failed'),
                                 count(*) FILTER (WHERE state = 'failed')
                          FROM lead_imports WHERE state IN ('queued', 'running') OR state = 'failed' AND request_sealed IS NOT NULL
            )
            SELECT \(columnsOf: JobState.self) FROM unnest(\(names)::text[]) WITH ORDINALITY AS n (name, place)
            LEFT JOIN queues q ON q.name = n.name LEFT JOIN job_runs r ON r.name = n.name
            LEFT JOIN job_holds h ON h.name = n.name LEFT JOIN staff s ON s.id = h.held_by
            ORDER BY n.place
            """)
    }

    /// - Returns: false when it is held already.
    func hold(_ name: String, by staff: UUID, at now: Date, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH held AS (
                INSERT INTO job_holds (name, held_at, held_by) VALUES (\(name), \(now), \(staff)) ON CONFLICT (name) DO NOTHING RETURNING name
            ), \(auditing: event, when: "held")
            SELECT 1 FROM held
            """)
    }

    /// - Returns: false when it is not held.
    func release(_ name: String, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH released AS (
                DELETE FROM job_holds WHERE name = \(name) RETURNING name
            ), \(auditing: event, when: "released")
            SELECT 1 FROM released
            """)
    }

    /// Queues posts again that no robot took, of alerts at once and of a day's plan or list only on its day.
    func retryPosts(on day: String, at now: Date, expiresAt: Date) async throws -> Int {
        try await self.rows(
            """
            UPDATE robot_posts SET state = 'queued', attempt = 0, failure = NULL, finished_at = NULL, send_at = \(now),
                   expires_at = CASE kind WHEN 'alerts' THEN \(expiresAt) ELSE greatest(expires_at, \(now.addingTimeInterval(3600))) END
            WHERE state = 'failed' AND (kind = 'alerts' OR day = \(day)::text::date) RETURNING 1
            """
        ).count
    }
}
