import Foundation
import Leads
import Postgres

/// A post this process may send.
struct LeasedPost: TableRow {
    static let columns = "p.id, p.attempt, p.text"
    let id: UUID
    let attempt: Int
    let text: String

    init(row: PostgresRow) throws {
        let (id, attempt, text) = try row.decode((UUID, Int32, String).self)
        self.id = id
        self.attempt = Int(attempt)
        self.text = text
    }
}

extension DayFigures: TableRow {
    static let columns = "due_today, overdue, appointments, paused, first_paused"

    init(row: PostgresRow) throws {
        let (dueToday, overdue, appointments, paused, firstPaused) = try row.decode((Int, Int, Int, Int, Date?).self)
        self.init(
            dueToday: dueToday, overdue: overdue, appointments: appointments,
            paused: PausedPromises(count: paused, firstDue: firstPaused))
    }
}

extension OwnerLoad: TableRow {
    static let columns = "o.username, count(*), min(t.due_at)"

    init(row: PostgresRow) throws {
        let (owner, count, firstDue) = try row.decode((String?, Int, Date).self)
        self.init(owner: owner, count: count, firstDue: firstDue)
    }
}

extension Transaction {
    /// Takes the alerts that wait for a robot, once the first of them has waited for company until an instant.
    func takeAlerts(of robot: UUID, waitingSince instant: Date) async throws -> [Alert] {
        try await self.all(
            """
            DELETE FROM robot_alerts w USING staff_alerts a
            WHERE w.robot_id = \(robot) AND a.id = w.alert_id
              AND EXISTS (SELECT FROM robot_alerts f JOIN staff_alerts b ON b.id = f.alert_id
                          WHERE f.robot_id = \(robot) AND b.created_at <= \(instant))
            RETURNING \(columnsOf: Alert.self)
            """)
    }

    /// Queues a post; a daily one only if its robot has none of its kind for the day.
    func insertPost(
        _ id: UUID, of robot: UUID, kind: String, on day: ShanghaiDate, _ text: String, at now: Date, expiresAt: Date
    ) async throws {
        try await self.execute(
            """
            INSERT INTO robot_posts (id, robot_id, kind, day, text, state, created_at, send_at, expires_at)
            VALUES (\(id), \(robot), \(kind), \(day.description)::text::date, \(text), 'queued', \(now), \(now), \(expiresAt))
            ON CONFLICT (robot_id, kind, day) WHERE kind <> 'alerts' DO NOTHING
            """)
    }

    func hasPost(of robot: UUID, kind: String, on day: ShanghaiDate) async throws -> Bool {
        try await self.execute(
            "SELECT 1 FROM robot_posts WHERE robot_id = \(robot) AND kind = \(kind) AND day = \(day.description)::text::date"
        )
    }

    func dayFigures(from start: Date, until end: Date, at now: Date) async throws -> DayFigures? {
        try await self.first(
            """
            SELECT \(columnsOf: DayFigures.self) FROM
                (SELECT count(*) FILTER (WHERE due_at >= \(now)) AS due_today, count(*) FILTER (WHERE due_at < \(now)) AS overdue
                 FROM callback_tasks WHERE state = 'open' AND met_at IS NULL AND due_at < \(end)) d,
                (SELECT count(*) AS appointments FROM callback_tasks
                 WHERE state = 'open' AND next_attempt_at >= \(start) AND next_attempt_at < \(end) AND call_again_at IS NOT NULL) c,
                (SELECT count(*) AS paused, min(due_at) AS first_paused FROM callback_tasks
                 WHERE state = 'paused' AND met_at IS NULL AND due_at < \(end)) p
            """)
    }

    /// Unmet promises that fall due from an instant until the end of its day, by whose they are.
    func ownerLoads(from now: Date, until end: Date) async throws -> [OwnerLoad] {
        try await self.all(
            """
            SELECT \(columnsOf: OwnerLoad.self) FROM callback_tasks t
            LEFT JOIN staff o ON o.active AND o.id = coalesce(t.owner_id, CASE WHEN t.claimed_until > \(now) THEN t.claimed_by END)
            WHERE t.state = 'open' AND t.met_at IS NULL AND t.due_at >= \(now) AND t.due_at < \(end)
            GROUP BY o.username ORDER BY count(*) DESC, o.username LIMIT 500
            """)
    }

    /// Leases the next post of a robot that has rested since an instant; of several processes one gets it.
    func leasePost(
        of robot: UUID, restedSince: Date, onlyPlans: Bool, at now: Date, until: Date
    ) async throws -> LeasedPost? {
        try await self.first(
            """
            WITH next AS (
                SELECT id FROM robot_posts WHERE robot_id = \(robot) AND state = 'queued' AND send_at <= \(now) AND expires_at > \(now)
                  AND (NOT \(onlyPlans) OR kind = 'plan')
                ORDER BY send_at, id LIMIT 1
            ), admitted AS (
                UPDATE robots SET posted_at = \(now)
                WHERE id = \(robot) AND EXISTS (SELECT FROM next) AND (posted_at IS NULL OR posted_at <= \(restedSince))
                RETURNING id
            )
            UPDATE robot_posts p SET state = 'sending', attempt = attempt + 1, lease_until = \(until)
            FROM admitted a WHERE p.robot_id = a.id AND p.id = (SELECT id FROM next) AND p.state = 'queued'
            RETURNING \(columnsOf: LeasedPost.self)
            """)
    }

    /// Writes the outcome of a post under its attempt's number.
    ///
    /// - Parameter retryAt: when it is sent again; nil when it is done.
    /// - Returns: whether the number still was the newest.
    func finishPost(_ post: LeasedPost, failure: String?, retryAt: Date?, at now: Date) async throws -> Bool {
        let state = retryAt != nil ? "queued" : failure == nil ? "sent" : "failed"
        return try await self.execute(
            """
            UPDATE robot_posts SET state = \(state), failure = \(failure), lease_until = NULL, send_at = coalesce(\(retryAt), send_at),
                   finished_at = \(retryAt == nil ? now : nil)
            WHERE id = \(post.id) AND attempt = \(Int32(post.attempt)) AND state = 'sending' RETURNING 1
            """)
    }

    /// Puts posts back whose sender died, and gives up those that waited too long.
    func settlePosts(at now: Date) async throws {
        try await self.execute(
            """
            UPDATE robot_posts SET state = 'queued', failure = 'abandoned', lease_until = NULL, send_at = \(now)
            WHERE state = 'sending' AND lease_until < \(now)
            """)
        try await self.execute(
            "UPDATE robot_posts SET state = 'expired', finished_at = \(now) WHERE state = 'queued' AND expires_at <= \(now)"
        )
    }

    /// Deletes a batch of old posts.
    func deletePastPosts(before: Date) async throws -> Int {
        try await self.rows(
            """
            DELETE FROM robot_posts WHERE id IN
                (SELECT id FROM robot_posts WHERE created_at < \(before) AND state NOT IN ('queued', 'sending') LIMIT 1000) RETURNING 1
            """
        ).count
    }
}
