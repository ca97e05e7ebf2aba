import Foundation
import Leads
import Postgres

/// Somebody whose role makes calls, as the staff table has them.
private struct Caller: TableRow {
    static let columns =
        "p.id, p.role, p.availability, p.availability_at, seen.at, p.username, p.skills, p.push_weight, p.push_cap"
    let id: UUID
    let role: String
    let availability: Availability
    let availabilityAt: Date?
    let seenAt: Date?
    let username: String
    let profile: AssignmentProfile

    init(row: PostgresRow) throws {
        let (id, role, availability, availabilityAt, seenAt, username, skills, weight, cap) =
            try row.decode((UUID, String, String, Date?, Date?, String, [String], Int16, Int16?).self)
        guard let availability = Availability(rawValue: availability) else { throw MissingRow() }
        self.id = id
        self.role = role
        self.availability = availability
        self.availabilityAt = availabilityAt
        self.seenAt = seenAt
        self.username = username
        self.profile = AssignmentProfile(skills: skills, weight: Int(weight), cap: cap.map { Int($0) })
    }
}

/// When a live claim was made, by task.
private struct ClaimTimes: TableRow {
    static let columns = "c.task_id, c.kind, c.claimed_at, \(CallbackClaim.lookedAt)"
    let task: UUID
    let kind: String
    let claimedAt: Date
    let revealedAt: Date?

    init(row: PostgresRow) throws {
        (self.task, self.kind, self.claimedAt, self.revealedAt) = try row.decode((UUID, String, Date, Date?).self)
    }
}

extension Transaction {
    /// Everybody whose role makes calls, what they did today, their plans and the leaves that are not over.
    func roster(at now: Date) async throws -> Roster {
        let today = ShanghaiDate(now)
        let roles = Role.allCases.filter { $0.may(.workCallbacks) }.map(\.rawValue)
        let callers = try await self.all(
            """
            SELECT \(columnsOf: Caller.self) FROM staff p
            CROSS JOIN LATERAL (SELECT max(s.last_seen_at) AS at FROM staff_sessions s WHERE s.staff_id = p.id AND s.expires_at > \(now)) seen
            WHERE p.active AND p.role = ANY (\(roles)) ORDER BY p.display_name, p.username LIMIT 500
            """, as: Caller.self)
        let loads = try await self.adviserLoads(in: today.at(minute: 0)..<today.adding(1).at(minute: 0), at: now)
        let byUsername = Dictionary(loads.map { ($0.username, $0) }) { first, _ in first }
        let advisers = callers.compactMap { caller in
            byUsername[caller.username].map { load in
                BoardAdviser(
                    id: caller.id, role: caller.role, availability: caller.availability,
                    availabilityAt: caller.availabilityAt, seenAt: caller.seenAt, load: load, profile: caller.profile)
            }
        }
        return Roster(
            advisers: advisers, shifts: try await self.staffShifts(), leaves: try await self.staffLeaves(from: today))
    }

    /// The claims that have not run out, the longest first.
    func liveClaims(at now: Date) async throws -> [LiveClaim] {
        let tasks: [CallbackTask] = try await self.all(
            """
            SELECT \(columnsOf: CallbackTask.self) FROM \(unescaped: CallbackTask.tables)
            WHERE t.claimed_by IS NOT NULL AND t.claimed_until > \(now) LIMIT 1000
            """)
        let times = try await self.all(
            """
            SELECT \(columnsOf: ClaimTimes.self) FROM callback_claims c JOIN callback_tasks t ON t.id = c.task_id AND t.claim_number = c.claim_number
            WHERE t.claimed_by IS NOT NULL AND t.claimed_until > \(now) LIMIT 1000
            """, as: ClaimTimes.self)
        let byTask = Dictionary(times.map { ($0.task, $0) }) { first, _ in first }
        return tasks.compactMap { task in
            byTask[task.id].map {
                LiveClaim(task: task, kind: $0.kind, since: $0.claimedAt, revealedAt: $0.revealedAt)
            }
        }.sorted { $0.since < $1.since }
    }

    func isStaff(_ id: UUID) async throws -> Bool {
        try await self.execute("SELECT 1 FROM staff WHERE id = \(id)")
    }

    /// Takes every open task that somebody owns or holds from them, and ends their claims; one that a third person owns stays
    /// theirs.
    ///
    /// - Returns: which they were.
    func handOver(from adviser: UUID, to target: UUID?, at now: Date) async throws -> [UUID] {
        let rows = try await self.rows(
            """
            WITH theirs AS (
                SELECT id, claim_number, claimed_by, claimed_until FROM callback_tasks
                WHERE state <> 'closed' AND (owner_id = \(adviser) OR claimed_by = \(adviser)) ORDER BY id FOR UPDATE
            ), ended AS (
                UPDATE callback_claims c SET ended_at = least(\(now), h.claimed_until),
                       end_reason = CASE WHEN h.claimed_until <= \(now) THEN 'expired' ELSE 'assigned' END
                FROM theirs h
                WHERE h.claimed_by = \(adviser) AND c.task_id = h.id AND c.claim_number = h.claim_number AND c.ended_at IS NULL
            ), moved AS (
                UPDATE callback_tasks t SET
                    owner_id = CASE WHEN t.owner_id IS NULL OR t.owner_id = \(adviser) THEN \(target)::uuid ELSE t.owner_id END,
                    owner_reason = CASE WHEN t.owner_id <> \(adviser) THEN t.owner_reason
                                        WHEN \(target)::uuid IS NULL THEN NULL
                                        WHEN t.owner_reason = 'appointment' THEN 'appointment' ELSE 'assigned' END,
                    next_attempt_at = CASE WHEN (t.owner_id IS NULL OR t.owner_id = \(adviser)) AND \(target)::uuid IS NOT NULL
                                           THEN greatest(t.next_attempt_at, \(now)) ELSE t.next_attempt_at END,
                    claimed_by = CASE WHEN t.claimed_by <> \(adviser) THEN t.claimed_by END,
                    claim_kind = CASE WHEN t.claimed_by <> \(adviser) THEN t.claim_kind END,
                    claimed_until = CASE WHEN t.claimed_by <> \(adviser) THEN t.claimed_until END
                FROM theirs h WHERE t.id = h.id
                RETURNING t.id
            )
            SELECT id FROM moved
            """)
        return try rows.map { try $0.decode(UUID.self) }
    }
}
