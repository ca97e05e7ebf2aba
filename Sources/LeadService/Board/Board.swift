import Foundation
import Leads

/// What a supervisor sees: who is at the desk, who is on which call since when, and what each has done today.
package struct Board: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.audit = Audit(dependencies: dependencies)
    }

    /// Everybody who makes calls, and the calls that are being made.
    func show() async throws -> JSONOutput {
        let now = self.dependencies.now()
        let today = ShanghaiDate(now)
        let calendar = self.calendar.current
        let (roster, claims, promises) = try await self.database.autocommit { session in
            (
                try await session.roster(at: now), try await session.liveClaims(at: now),
                try await session.boardPromises(calendar, at: now)
            )
        }
        let calls = try claims.map { claim in
            var members = try claim.task.json(self.dependencies, at: now)
            members["kind"] = .string(claim.kind)
            members["since"] = .string(RFC3339.text(claim.since))
            members["revealed_at"] = .optional(claim.revealedAt.map { RFC3339.text($0) })
            return JSONOutput.object(members)
        }
        let rules = (
            works: self.calendar.current.isWorkingDay(today), opening: self.settings.current.openingHours
        )
        let advisers = roster.advisers.map { adviser in
            let spans = roster.plan(of: adviser.id)
                .spans(on: today, isWorkingDay: rules.works, opening: rules.opening)
            return adviser.json(
                leaves: roster.leaves(of: adviser.id), isOnLeave: roster.isOnLeave(adviser.id, on: today), spans: spans,
                plan: roster.plan(of: adviser.id), at: now)
        }
        var members = try promises.members(self.dependencies, at: now)
        (members["advisers"], members["calls"]) = (.array(advisers), .array(calls))
        return .object(members)
    }

    /// Gives everything somebody owns or holds back to the pool, or to one colleague.
    ///
    /// - Returns: how many tasks that were.
    /// - Throws: 404; 422 `adviser_unknown`.
    func handOver(from id: UUID, to username: String?, by session: StaffSession) async throws -> Int {
        let now = self.dependencies.now()
        return try await self.database.transaction { tx in
            guard try await tx.isStaff(id) else { throw Problems.notFound }
            var target: UUID?
            if let username {
                let account = try await tx.caller(named: username)
                guard account.id != id else { throw Problems.adviserUnknown }
                target = account.id
            }
            let moved = try await tx.handOver(from: id, to: target, at: now)
            if let target, target != session.staffID {
                try await tx.insertAlerts(
                    moved.map { task in
                        AlertDraft(
                            id: self.dependencies.makeID(), kind: .assigned, taskID: task,
                            parameters: ["by": session.username], person: target)
                    }, at: now)
            }
            try await tx.insert(
                self.audit.event(
                    "callback.hand_over", on: id.uuidString.lowercased(), by: session.username,
                    role: session.role.rawValue,
                    detail: ["to": .optional(username), "tasks": .integer(moved.count)]))
            return moved.count
        }
    }

    func pageContext(for session: StaffSession) async throws -> [String: Any] {
        let people = try await self.database.autocommit { try await $0.colleagues() }
        var context = ConsolePage(session: session, now: self.dependencies.now(), people: people)
            .context("board", title: "看板")
        context["covered_years"] = self.calendar.current.coveredYears
        return context
    }
}

/// Somebody who makes calls, as the board shows them.
struct BoardAdviser: Sendable {
    var id: UUID
    var role: String
    var availability: Availability
    var availabilityAt: Date?
    var seenAt: Date?
    /// What they hold now and did today, counted as the statistics count.
    var load: AdviserLoad
    /// What is given to them.
    var profile: AssignmentProfile

    /// How long somebody counts as present after their last request.
    static let recent: TimeInterval = 30 * 60

    func isPresent(at now: Date) -> Bool { self.seenAt.map { $0 > now.addingTimeInterval(-Self.recent) } ?? false }

    /// Whether calls are their work today: an adviser's always, others' once they made one.
    var makesCalls: Bool { self.role == Role.adviser.rawValue || self.load.attempts > 0 }

    fileprivate func json(
        leaves: [StaffLeave], isOnLeave: Bool, spans: [Span], plan: ShiftPlan, at now: Date
    )
        -> JSONOutput
    {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "username": .string(self.load.username),
            "display_name": .string(self.load.displayName), "role": .string(self.role),
            "availability": .string(self.availability.rawValue),
            "availability_at": .optional(self.availabilityAt.map { RFC3339.text($0) }),
            "present": .bool(self.isPresent(at: now)), "on_leave": .bool(isOnLeave),
            "leaves": .array(leaves.map(\.json)),
            "today": .array(spans.map { .string($0.text) }),
            "shifts": .array(
                plan.shifts.map { shift in
                    .object([
                        "weekday": .integer(shift.weekday), "from": .string(shift.span.fromText),
                        "to": .string(shift.span.toText),
                    ])
                }),
            "skills": .array(self.profile.skills.map { .string($0) }), "weight": .integer(self.profile.weight),
            "cap": .optional(self.profile.cap),
            "owned": .integer(self.load.open), "results": .integer(self.load.attempts),
            "counted": .integer(self.load.countingAttempts), "contacts": .integer(self.load.contacts),
        ])
    }
}

/// Who makes calls, with plans and leaves.
struct Roster: Sendable {
    var advisers: [BoardAdviser]
    private let plans: [UUID: ShiftPlan]
    private let leaves: [UUID: [StaffLeave]]

    init(advisers: [BoardAdviser], shifts: [StaffShift], leaves: [StaffLeave]) {
        self.advisers = advisers
        self.plans = Dictionary(grouping: shifts, by: \.staffID).compactMapValues {
            try? ShiftPlan(shifts: $0.map(\.shift))
        }
        self.leaves = Dictionary(grouping: leaves, by: \.staffID)
    }

    func plan(of adviser: UUID) -> ShiftPlan { self.plans[adviser] ?? ShiftPlan.standard }
    func leaves(of adviser: UUID) -> [StaffLeave] { self.leaves[adviser] ?? [] }

    func isOnLeave(_ adviser: UUID, on day: ShanghaiDate) -> Bool {
        self.leaves(of: adviser).contains { $0.firstDay <= day && day <= $0.lastDay }
    }
}

/// A call that is being made.
struct LiveClaim: Sendable {
    var task: CallbackTask
    var kind: String
    var since: Date
    var revealedAt: Date?
}
