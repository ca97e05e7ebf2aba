import Foundation
import NIOCore
import Postgres

/// A task and the transaction that last changed it.
struct ChangedTask: TableRow {
    static let columns = """
        t.id, t.state, t.closed_reason, t.changed_in::text::bigint, h.username, h.display_name, c.claimed_at, t.claimed_until
        """

    var news: TaskNews
    var changedIn: Int64

    init(row: PostgresRow) throws {
        try self.init(row.makeRandomAccess(), from: 0)
    }

    init(_ cells: PostgresRandomAccessRow, from first: Int) throws {
        let username = try cells[first + 4].decode(String?.self)
        let displayName = try cells[first + 5].decode(String?.self)
        let holder = username.map { Viewer(username: $0, displayName: displayName ?? $0) }
        self.news = TaskNews(
            id: try cells[first].decode(UUID.self), state: try cells[first + 1].decode(String.self),
            closedReason: try cells[first + 2].decode(String?.self), holder: holder,
            claimedAt: try cells[first + 6].decode(Date?.self),
            claimedUntil: holder == nil ? nil : try cells[first + 7].decode(Date?.self))
        self.changedIn = try cells[first + 3].decode(Int64.self)
    }
}

extension PostgresQuery.StringInterpolation {
    /// Who holds `callback_tasks t`, as `h`, and since when, as `c`.
    mutating func appendInterpolation(holderAt now: Date) {
        self.appendLiteral("LEFT JOIN staff h ON h.id = t.claimed_by AND t.claimed_until > ")
        self.appendInterpolation(now)
        self.appendLiteral(
            " LEFT JOIN callback_claims c ON c.task_id = t.id AND c.claim_number = t.claim_number AND h.id IS NOT NULL")
    }
}

/// What changed since a look, and where the next one begins.
struct TaskChanges: Sendable {
    /// Every transaction below is over: what it changed was to be seen.
    var horizon: Int64
    /// No transaction has this number yet.
    var next: Int64
    var tasks: [ChangedTask]
}

extension Transaction {
    /// The tasks that a transaction from `since` on has changed, from the index of changes; none without it.
    func taskChanges(since: Int64?, limit: Int, at now: Date) async throws -> TaskChanges {
        let rows = try await self.rows(
            """
            SELECT s.low::text::bigint, s.high::text::bigint, \(columnsOf: ChangedTask.self)
            FROM (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS low, pg_snapshot_xmax(pg_current_snapshot()) AS high) s
            LEFT JOIN LATERAL (
                SELECT * FROM callback_tasks WHERE changed_in >= \(since.map { String($0) })::text::xid8 AND changed_in < s.high
                ORDER BY changed_in LIMIT \(limit)) t ON true
            \(holderAt: now)
            """)
        guard let first = rows.first?.makeRandomAccess() else { throw MissingRow() }
        return TaskChanges(
            horizon: try first[0].decode(Int64.self), next: try first[1].decode(Int64.self),
            tasks: try rows.compactMap { row in
                let cells = row.makeRandomAccess()
                return try cells[2].decode(UUID?.self) == nil ? nil : try ChangedTask(cells, from: 2)
            })
    }

    /// The tasks that somebody holds.
    func heldTasks(limit: Int, at now: Date) async throws -> [ChangedTask] {
        try await self.all(
            """
            SELECT \(columnsOf: ChangedTask.self) FROM callback_tasks t \(holderAt: now)
            WHERE t.claimed_by IS NOT NULL AND h.id IS NOT NULL ORDER BY t.claimed_until, t.id LIMIT \(limit)
            """)
    }

    func tasks(_ ids: Set<UUID>, at now: Date) async throws -> [ChangedTask] {
        try await self.all(
            """
            SELECT \(columnsOf: ChangedTask.self) FROM callback_tasks t
            \(holderAt: now)
            WHERE t.id = ANY (\(Array(ids))::uuid[])
            """)
    }

    /// The size of each view, in one reading of the open tasks.
    ///
    /// - Parameter moment: nobody's, so that what it could be served is what anybody could.
    func queueCounts(_ moment: QueueMoment) async throws -> QueueCounts {
        let rows = try await self.rows(
            """
            WITH open AS MATERIALIZED (
                SELECT t.owner_id, CASE WHEN t.claimed_until > \(moment.now) THEN t.claimed_by END AS holder_id,
                       \(waiting: moment) AS waits, \(servable: moment) AS anybodys, t.next_attempt_at > \(moment.now) AS scheduled,
                       t.met_at IS NULL AND t.due_at < \(moment.now) AS overdue,
                       t.met_at IS NULL AND t.due_at >= \(moment.now)
                         AND t.due_at <= \(moment.now.addingTimeInterval(QueueCounts.soon)) AS due_soon
                FROM callback_tasks t WHERE t.state = 'open'
            ), people AS (
                SELECT owner_id AS staff_id, waits AND NOT anybodys AS waiting FROM open WHERE owner_id IS NOT NULL
                UNION ALL
                SELECT holder_id, false FROM open WHERE holder_id IS NOT NULL AND holder_id IS DISTINCT FROM owner_id
            )
            SELECT NULL, 0::bigint, count(*) FILTER (WHERE anybodys),
                   count(*) FILTER (WHERE scheduled) + (SELECT count(*) FROM callback_tasks WHERE state = 'paused'), count(*) FILTER (WHERE overdue),
                   count(*) FILTER (WHERE due_soon) FROM open
            UNION ALL
            SELECT * FROM (SELECT s.username, count(*), count(*) FILTER (WHERE p.waiting), 0::bigint, 0::bigint, 0::bigint
                           FROM people p JOIN staff s ON s.id = p.staff_id GROUP BY s.username ORDER BY s.username) named
            """)
        var counts = QueueCounts()
        for row in rows {
            let (username, mine, pool, scheduled, overdue, soon) = try row.decode(
                (String?, Int, Int, Int, Int, Int).self)
            if let username {
                counts.people.append(.init(username: username, mine: mine, waiting: pool))
            } else {
                (counts.pool, counts.scheduled, counts.overdue, counts.dueSoon) = (pool, scheduled, overdue, soon)
            }
        }
        return counts
    }

    /// Which of the sessions go on; one last seen before `seenBefore` is marked as seen now.
    func liveSessions(
        _ hashes: [[UInt8]], at now: Date, idleSince: Date, seenBefore: Date
    ) async throws -> [[UInt8]] {
        let rows = try await self.rows(
            """
            WITH live AS (
                SELECT s.token_hash FROM staff_sessions s JOIN staff p ON p.id = s.staff_id
                WHERE s.token_hash = ANY (\(hashes.map { ByteBuffer(bytes: $0) })::bytea[]) AND \(livingAt: now, idleSince: idleSince)
            ), touched AS (
                UPDATE staff_sessions s SET last_seen_at = \(now) FROM live
                WHERE s.token_hash = live.token_hash AND s.last_seen_at <= \(seenBefore)
            )
            SELECT token_hash FROM live
            """)
        return try rows.map { Array(try $0.decode(ByteBuffer.self).readableBytesView) }
    }
}
