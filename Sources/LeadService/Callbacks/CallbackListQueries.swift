package import Foundation
import Leads
package import Postgres

extension PostgresQuery.StringInterpolation {
    /// The tasks of one class of the pool, read in the order of a column, that lie behind a cursor.
    mutating func appendInterpolation(after cursor: CallbackCursor?, _ urgency: PoolUrgency, _ column: String) {
        guard let cursor, cursor.urgency <= urgency else {
            self.appendLiteral(cursor == nil ? "true" : "false")
            return
        }
        guard cursor.urgency == urgency else {
            self.appendLiteral("true")
            return
        }
        self.appendLiteral("(\(column), t.id) > (")
        self.appendInterpolation(cursor.at)
        self.appendLiteral(", ")
        self.appendInterpolation(cursor.id)
        self.appendLiteral(")")
    }

    /// What a filter adds to the condition of a view over `CallbackTask.tables`.
    mutating func appendInterpolation(filter: CallbackFilter, at now: Date) {
        if let source = filter.source {
            self.appendLiteral(" AND short_source(i.source) = ")
            self.appendInterpolation(source)
        }
        switch filter.score {
        case .reached: self.appendLiteral(" AND a.total >= \(AssessedAnswers.standard)")
        case .near: self.appendLiteral(" AND a.total >= 100 AND a.total < \(AssessedAnswers.standard)")
        case .far: self.appendLiteral(" AND a.total < 100")
        case .unassessed: self.appendLiteral(" AND a.total IS NULL")
        case nil: break
        }
        guard let age = filter.age else { return }
        let today = ShanghaiDate(now)
        let (from, to): (Date?, Date?) =
            switch age {
            case .today: (today.at(minute: 0), nil)
            case .yesterday: (today.adding(-1).at(minute: 0), today.at(minute: 0))
            case .earlier: (nil, today.adding(-1).at(minute: 0))
            }
        if let from {
            self.appendLiteral(" AND t.newest_inquiry_at >= ")
            self.appendInterpolation(from)
        }
        if let to {
            self.appendLiteral(" AND t.newest_inquiry_at < ")
            self.appendInterpolation(to)
        }
    }
}

/// What became of a task so far: what a row shows beside the task's shape.
struct TaskDetails: TableRow, Sendable {
    static let columns = "t.id, t.met_at, t.last_disposition, t.last_attempt_at, t.closed_reason, t.skill, o.username"
    let id: UUID
    let metAt: Date?
    let lastDisposition: String?
    let lastAttemptAt: Date?
    let closedReason: String?
    /// What the call asks of whoever makes it.
    let skill: String?
    let owner: String?

    init(row: PostgresRow) throws {
        (self.id, self.metAt, self.lastDisposition, self.lastAttemptAt, self.closedReason, self.skill, self.owner) =
            try row.decode((UUID, Date?, String?, Date?, String?, String?, String?).self)
    }

    var json: JSONOutput {
        .object([
            "id": .string(self.id.text), "met_at": .optional(self.metAt.map { RFC3339.text($0) }),
            "last_disposition": .optional(self.lastDisposition),
            "last_attempt_at": .optional(self.lastAttemptAt.map { RFC3339.text($0) }),
            "closed_reason": .optional(self.closedReason), "skill": .optional(self.skill),
            "owner": .optional(self.owner),
        ])
    }
}

extension Transaction {
    func taskDetails(_ ids: [UUID]) async throws -> [TaskDetails] {
        try await self.all(
            """
            SELECT \(columnsOf: TaskDetails.self) FROM callback_tasks t LEFT JOIN staff o ON o.id = t.owner_id
            WHERE t.id = ANY (\(ids)) LIMIT 1000
            """)
    }

    /// The commonest sources of open tasks.
    func openSources(limit: Int) async throws -> [String] {
        try await self.rows(
            """
            SELECT short_source(i.source) FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id AND i.erased_at IS NULL
            WHERE t.state = 'open' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT \(limit)
            """
        ).map { try $0.decode(String.self) }
    }
}

extension Transaction {
    func tasks(
        _ view: CallbackView, _ filter: CallbackFilter, _ moment: QueueMoment, after cursor: CallbackCursor?, limit: Int
    ) async throws -> [CallbackTask] {
        try await self.all(.tasks(view, filter, moment, after: cursor, limit: limit))
    }
}

extension CallbackQueue {
    /// What is asked of the database for the first page of a view: whoever wants to know how it is answered explains it.
    package func query(_ view: CallbackView, _ filter: CallbackFilter, for adviser: UUID, limit: Int) -> PostgresQuery {
        .tasks(view, filter, self.moment(for: adviser), after: nil, limit: limit)
    }
}

extension PostgresQuery {
    /// A page of a view; the order is that of its cursor.
    ///
    /// The pool's is, as far as one adviser's is everybody's, that of
    /// `claim` (contract §4.8): what is overdue or due today, then kept promises whose time has come, then the rest.
    static func tasks(
        _ view: CallbackView, _ filter: CallbackFilter, _ moment: QueueMoment, after cursor: CallbackCursor?, limit: Int
    ) -> PostgresQuery {
        let at = cursor?.at
        let id = cursor?.id
        switch view {
        case .mine:
            return """
                SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                WHERE t.state = 'open' AND (t.owner_id = \(moment.adviser) OR (t.claimed_by = \(moment.adviser) AND t.claimed_until > \(moment.now)))
                  AND (\(at)::timestamptz IS NULL OR (t.next_attempt_at, t.id) > (\(at)::timestamptz, \(id)::uuid)) \(filter: filter, at: moment.now)
                ORDER BY t.next_attempt_at, t.id LIMIT \(limit)
                """
        case .pool:
            // Each class is read in its order from an index, and only when those before it do not fill the page.
            return """
                (SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                 WHERE \(servable: moment) AND t.met_at IS NULL AND t.due_at < \(moment.endOfToday)
                   AND \(after: cursor, .due, "t.due_at") \(filter: filter, at: moment.now)
                 ORDER BY t.due_at, t.id LIMIT \(limit))
                UNION ALL
                (SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                 WHERE \(servable: moment) AND t.met_at IS NOT NULL
                   AND \(after: cursor, .met, "t.next_attempt_at") \(filter: filter, at: moment.now)
                 ORDER BY t.next_attempt_at, t.id LIMIT \(limit))
                UNION ALL
                (SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                 WHERE \(servable: moment) AND t.met_at IS NULL AND t.due_at >= \(moment.endOfToday)
                   AND \(after: cursor, .later, "t.due_at") \(filter: filter, at: moment.now)
                 ORDER BY t.due_at, t.id LIMIT \(limit))
                LIMIT \(limit)
                """
        case .scheduled:
            return """
                WITH later AS MATERIALIZED (
                    (SELECT t.id FROM \(unescaped: CallbackTask.tables)
                     WHERE t.state = 'open' AND t.next_attempt_at > \(moment.now)
                       AND (\(at)::timestamptz IS NULL OR (t.next_attempt_at, t.id) > (\(at)::timestamptz, \(id)::uuid)) \(filter: filter, at: moment.now)
                     ORDER BY t.next_attempt_at, t.id LIMIT \(limit))
                    UNION ALL
                    (SELECT t.id FROM \(unescaped: CallbackTask.tables)
                     WHERE t.state = 'paused'
                       AND (\(at)::timestamptz IS NULL OR (t.next_attempt_at, t.id) > (\(at)::timestamptz, \(id)::uuid)) \(filter: filter, at: moment.now)
                     ORDER BY t.next_attempt_at, t.id LIMIT \(limit)))
                SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                WHERE t.id IN (SELECT id FROM later) ORDER BY t.next_attempt_at, t.id LIMIT \(limit)
                """
        case .overdue:
            return """
                SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                WHERE t.state = 'open' AND t.met_at IS NULL AND t.due_at < \(moment.now)
                  AND (\(at)::timestamptz IS NULL OR (t.due_at, t.id) > (\(at)::timestamptz, \(id)::uuid)) \(filter: filter, at: moment.now)
                ORDER BY t.due_at, t.id LIMIT \(limit)
                """
        case .closed:
            return """
                SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
                WHERE t.state = 'closed' AND (\(at)::timestamptz IS NULL OR (t.closed_at, t.id) < (\(at)::timestamptz, \(id)::uuid))
                ORDER BY t.closed_at DESC, t.id DESC LIMIT \(limit)
                """
        }
    }
}
