import Foundation
package import Leads
package import Postgres

/// An adviser with skills.
struct SkilledAdviser: TableRow {
    static let columns = "id, availability, skills"
    let id: UUID
    let availability: Availability
    let skills: [String]

    init(row: PostgresRow) throws {
        let (id, availability, skills) = try row.decode((UUID, String, [String]).self)
        guard let availability = Availability(rawValue: availability) else { throw MissingRow() }
        (self.id, self.availability, self.skills) = (id, availability, skills)
    }
}

/// An adviser to whom tasks could be given, with what they have to do today.
struct Assignee: TableRow {
    static let columns =
        "s.id, s.username, s.availability, s.skills, s.push_weight, s.push_cap, s.pushed_at, s.push_start, d.load, d.lapsed, d.present"
    let id: UUID
    let username: String
    let availability: Availability
    let skills: [String]
    let weight: Int
    let cap: Int?
    let pushedAt: Date?
    let pushStart: Double
    let load: Int
    /// Something pushed to them lies untouched.
    let hasLapsed: Bool
    /// They were seen a short while ago, as the board says it.
    let isPresent: Bool

    init(row: PostgresRow) throws {
        let (id, username, availability, skills, weight, cap, pushedAt, pushStart, load, lapsed, present) =
            try row.decode((UUID, String, String, [String], Int16, Int16?, Date?, Double, Int, Bool, Bool).self)
        guard let availability = Availability(rawValue: availability) else { throw MissingRow() }
        (self.id, self.username, self.availability, self.isPresent) = (id, username, availability, present)
        (self.skills, self.weight, self.cap) = (skills, Int(weight), cap.map { Int($0) })
        (self.pushedAt, self.pushStart, self.load, self.hasLapsed) = (pushedAt, pushStart, load, lapsed)
    }

    func taker(cap: Int) -> TaskTaker {
        TaskTaker(
            id: self.id, skills: Set(self.skills), weight: self.weight, load: self.load,
            room: self.hasLapsed ? 0 : max(0, (self.cap ?? cap) - self.load), lastGivenAt: self.pushedAt,
            turn: self.pushStart)
    }
}

extension SharedTask: TableRow {
    package static let columns = "id, skill, owner_id"

    package init(row: PostgresRow) throws {
        let (id, skill, owner) = try row.decode((UUID, String?, UUID?).self)
        self.init(id: id, skill: skill, owner: owner)
    }
}

extension Transaction {
    /// How many ordinary claims somebody made since an instant.
    func claimCount(of adviser: UUID, since start: Date) async throws -> Int {
        let rows = try await self.rows(
            """
            SELECT count(*) FROM callback_claims WHERE adviser_id = \(adviser) AND claimed_at >= \(start) AND kind = 'ordinary'
            """)
        return try rows.first?.decode(Int.self) ?? 0
    }

    func skills(of adviser: UUID) async throws -> [String] {
        try await self.rows("SELECT skills FROM staff WHERE id = \(adviser)").first?.decode([String].self) ?? []
    }

    func skilledAdvisers() async throws -> [SkilledAdviser] {
        try await self.all(
            """
            SELECT \(columnsOf: SkilledAdviser.self) FROM staff WHERE active AND role = \(Role.adviser.rawValue) AND skills <> '{}' LIMIT 500
            """)
    }

    /// One sharing out at a time, over all processes, until the transaction ends.
    ///
    /// - Returns: false when another is at it.
    func beginSharing() async throws -> Bool {
        let rows = try await self.rows("SELECT pg_try_advisory_xact_lock(7203185244)")
        return try rows.first?.decode(Bool.self) ?? false
    }

    /// Every active adviser.
    func assignees(_ moment: QueueMoment) async throws -> [Assignee] {
        try await self.all(
            """
            SELECT \(columnsOf: Assignee.self) FROM staff s CROSS JOIN LATERAL (
                SELECT (SELECT count(*) FROM callback_tasks t WHERE t.state = 'open'
                          AND (t.owner_id = s.id AND t.next_attempt_at < \(moment.endOfToday)
                               OR t.claimed_by = s.id AND t.claimed_until > \(moment.now))) AS load,
                       EXISTS (SELECT FROM callback_tasks t WHERE \(waiting: moment) AND t.owner_id = s.id AND t.owner_reason = 'pushed'
                                 AND t.next_attempt_at <= \(moment.late) AND t.pushed_at <= \(moment.late)) AS lapsed,
                       EXISTS (SELECT FROM staff_sessions e WHERE e.staff_id = s.id AND e.expires_at > \(moment.now)
                                 AND e.last_seen_at > \(moment.now.addingTimeInterval(-BoardAdviser.recent))) AS present) d
            WHERE s.active AND s.role = \(Role.adviser.rawValue) LIMIT 500
            """)
    }

    /// The most urgent tasks that are nobody's and could be served now, but for those that ask for a skill that is not free; none
    /// that was pushed to somebody a short while ago.
    func tasksToShare(_ moment: QueueMoment, blocked: Set<String>, limit: Int) async throws -> [SharedTask] {
        func tasks(_ promise: String, _ order: String) -> PostgresQuery {
            """
            SELECT t.id, t.skill, t.owner_id FROM callback_tasks t
            WHERE \(waiting: moment) AND t.met_at \(unescaped: promise) AND t.owner_id IS NULL
              AND (t.pushed_at IS NULL OR t.pushed_at <= \(moment.late)) AND (t.skill IS NULL OR t.skill <> ALL (\(blocked.sorted())))
            ORDER BY \(unescaped: order) LIMIT \(limit)
            """
        }
        let unmet: [SharedTask] = try await self.all(tasks("IS NULL", "t.due_at, t.accepted_at, t.id"))
        guard unmet.count < limit else { return unmet }
        let met: [SharedTask] = try await self.all(
            tasks("IS NOT NULL", "t.next_attempt_at, t.due_at, t.accepted_at, t.id"))
        return Array((unmet + met).prefix(limit))
    }

    /// Makes tasks that are still nobody's somebody's.
    ///
    /// - Returns: which they were.
    func push(_ gifts: [TaskSharing.Gift], _ moment: QueueMoment) async throws -> Set<UUID> {
        let rows = try await self.rows(
            """
            WITH given AS (
                SELECT * FROM unnest(\(gifts.map(\.task))::uuid[], \(gifts.map(\.taker))::uuid[], \(gifts.map(\.at))::timestamptz[],
                                     \(gifts.map(\.turn))::float8[]) AS g (task, taker, at, turn)
            ), free AS (
                SELECT t.id FROM callback_tasks t JOIN given g ON g.task = t.id
                WHERE \(waiting: moment) AND t.owner_id IS NULL ORDER BY t.id FOR UPDATE OF t SKIP LOCKED
            ), pushed AS (
                UPDATE callback_tasks t SET owner_id = g.taker, owner_reason = 'pushed', pushed_at = g.at
                FROM free f JOIN given g ON g.task = f.id WHERE t.id = f.id
                RETURNING t.id, t.owner_id
            ), told AS (
                UPDATE staff s SET pushed_at = g.at, push_start = g.turn
                FROM (SELECT taker, max(at) AS at, max(turn) AS turn FROM given GROUP BY taker) g WHERE s.id = g.taker
            )
            SELECT id FROM pushed
            """)
        return Set(try rows.map { try $0.decode(UUID.self) })
    }

    /// What people were given for today, no call was made of, and nobody works on.
    func untouchedTasks(_ moment: QueueMoment) async throws -> [SharedTask] {
        try await self.all(
            """
            SELECT t.id, t.skill, t.owner_id FROM callback_tasks t
            WHERE t.state = 'open' AND t.owner_reason IN ('assigned', 'pushed') AND t.next_attempt_at < \(moment.endOfToday)
              AND (t.claimed_until IS NULL OR t.claimed_until <= \(moment.now)) AND t.call_again_at IS NULL
              AND NOT EXISTS (SELECT FROM callback_claims c WHERE c.task_id = t.id AND c.adviser_id = t.owner_id)
            ORDER BY t.due_at, t.accepted_at, t.id LIMIT 5000
            """)
    }

    /// Makes what somebody was given somebody else's, whose time for it begins now; what moved meanwhile stays.
    ///
    /// - Returns: which they were.
    func move(_ gifts: [TaskSharing.Gift], from owners: [UUID?], at now: Date) async throws -> Set<UUID> {
        let rows = try await self.rows(
            """
            WITH given AS (
                SELECT * FROM unnest(\(gifts.map(\.task))::uuid[], \(gifts.map(\.taker))::uuid[], \(owners.compactMap { $0 })::uuid[])
                    AS g (task, taker, owner)
            ), theirs AS (
                SELECT t.id FROM callback_tasks t JOIN given g ON g.task = t.id AND g.owner = t.owner_id
                WHERE t.state = 'open' AND t.owner_reason IN ('assigned', 'pushed') AND (t.claimed_until IS NULL OR t.claimed_until <= \(now))
                ORDER BY t.id FOR UPDATE OF t SKIP LOCKED
            )
            UPDATE callback_tasks t SET owner_id = g.taker, owner_reason = 'assigned', next_attempt_at = greatest(t.next_attempt_at, \(now))
            FROM theirs h JOIN given g ON g.task = h.id WHERE t.id = h.id
            RETURNING t.id
            """)
        return Set(try rows.map { try $0.decode(UUID.self) })
    }

    /// Gives a task back to the pool, whoever has it.
    func takeTaskBack(_ task: UUID) async throws {
        try await self.execute(
            "UPDATE callback_tasks SET owner_id = NULL, owner_reason = NULL WHERE id = \(task) AND state <> 'closed'")
    }

    /// - Returns: false when there is nobody of that id.
    func setAssignment(of id: UUID, skills: [String], weight: Int, cap: Int?) async throws -> Bool {
        try await self.execute(
            """
            UPDATE staff SET skills = \(skills), push_weight = \(Int16(weight)), push_cap = \(cap.map { Int16($0) })
            WHERE id = \(id) AND active RETURNING 1
            """)
    }
}
