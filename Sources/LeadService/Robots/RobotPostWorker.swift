package import Foundation
import Leads
import Logging
import Metrics

/// Posts to the robots of group chats: alerts of a short while in one post, the plan before opening, the rescue list an hour
/// before closing.
///
/// A post is marked `sending` in its own commit before the vendor is called; unlike a code it is sent again when nobody knows
/// what became of it, because a notice may come twice. All but the plan wait until the firm is open.
package struct RobotPostWorker: BackgroundWorker {
    package static let job = JobName.robots
    package let interval = Duration.seconds(5)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let forecasts: Forecasts
    private let words: RobotText
    private let client = VendorClient()

    /// How long an alert waits for others to join it.
    package static let company: TimeInterval = 30
    /// Between two posts of a robot: fifteen a minute, where vendors take twenty.
    package static let rest: TimeInterval = 4
    /// Longer than a call may take.
    private static let lease: TimeInterval = 20
    /// Before the next try; when there is none left the post is a dead letter.
    private static let pauses: [TimeInterval] = [10, 60, 300, 900, 1800]
    private static let planMinutes = (before: 15, after: 60)
    private static let rescueMinutes = 60

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore,
        forecasts: Forecasts, publicURL: URL
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.forecasts = forecasts
        self.words = RobotText(desk: publicURL.absoluteString.trimmingSuffix("/") + "/staff/desk")
    }

    /// One round: joins what waits, then sends at most one post of each robot; returns how many were taken.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let robots = try await self.database.autocommit { tx in
            try await tx.settlePosts(at: now)
            return try await tx.robots()
        }
        guard !robots.isEmpty else { return 0 }
        let hours = self.settings.current.openingHours
        let isOpen = WorkingTime(calendar: self.calendar.current, hours: hours).isOpen(at: now)
        for robot in robots where robot.audience == .team { try await self.writeDaily(of: robot, hours, at: now) }
        if isOpen { for robot in robots { try await self.joinAlerts(of: robot, at: now) } }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for robot in robots { group.addTask { try await self.sendNext(of: robot, onlyPlans: !isOpen) } }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private func joinAlerts(of robot: Robot, at now: Date) async throws {
        let id = self.dependencies.makeID()
        try await self.database.transaction { tx in
            let alerts = try await tx.takeAlerts(of: robot.id, waitingSince: now.addingTimeInterval(-Self.company))
            guard !alerts.isEmpty else { return }
            try await tx.insertPost(
                id, of: robot.id, kind: "alerts", on: ShanghaiDate(now), self.words.alerts(alerts), at: now,
                expiresAt: now.addingTimeInterval(86400))
        }
    }

    /// The plan from a quarter of an hour before opening, the rescue list in the last hour; each once a working day.
    private func writeDaily(of robot: Robot, _ hours: OpeningHours, at now: Date) async throws {
        let today = ShanghaiDate(now)
        let minute = ShanghaiDate.minute(of: now)
        guard self.calendar.current.isWorkingDay(today) else { return }
        let (start, end) = (today.at(minute: 0), today.adding(1).at(minute: 0))
        let id = self.dependencies.makeID()
        if (hours.opens - Self.planMinutes.before..<hours.opens + Self.planMinutes.after).contains(minute) {
            let found = try await self.database.autocommit { tx -> DayFigures? in
                guard try await !tx.hasPost(of: robot.id, kind: "plan", on: today) else { return nil }
                return try await tx.dayFigures(from: start, until: end, at: now)
            }
            if let figures = found {
                let text = self.words.plan(today, figures, try await self.forecasts.today())
                try await self.database.autocommit { tx in
                    try await tx.insertPost(
                        id, of: robot.id, kind: "plan", on: today, text, at: now,
                        expiresAt: today.at(minute: hours.opens + Self.planMinutes.after))
                }
            }
        }
        if (hours.closes - Self.rescueMinutes..<hours.closes).contains(minute) {
            let found = try await self.database.autocommit { tx -> ([OwnerLoad], PausedPromises)? in
                guard try await !tx.hasPost(of: robot.id, kind: "rescue", on: today),
                    let figures = try await tx.dayFigures(from: start, until: end, at: now)
                else { return nil }
                let loads = try await tx.ownerLoads(from: now, until: end)
                return loads.isEmpty && figures.paused.count == 0 ? nil : (loads, figures.paused)
            }
            guard let (loads, paused) = found else { return }
            let text = self.words.rescue(today, loads, paused, try await self.forecasts.today())
            try await self.database.autocommit { tx in
                try await tx.insertPost(
                    id, of: robot.id, kind: "rescue", on: today, text, at: now,
                    expiresAt: today.at(minute: hours.closes))
            }
        }
    }

    /// Sends a robot's next post, if it has rested; returns whether it was taken.
    private func sendNext(of robot: Robot, onlyPlans: Bool) async throws -> Bool {
        let now = self.dependencies.now()
        let leased = try await self.database.autocommit {
            try await $0.leasePost(
                of: robot.id, restedSince: now.addingTimeInterval(-Self.rest), onlyPlans: onlyPlans, at: now,
                until: now.addingTimeInterval(Self.lease))
        }
        guard let post = leased else { return false }
        let outcome = await robot.post(post.text, self.dependencies.keys, self.client, at: now)
        var retryAt: Date?
        if case .later(_, let after) = outcome, post.attempt <= Self.pauses.count {
            retryAt = now.addingTimeInterval(max(after, Self.pauses[post.attempt - 1]))
        }
        let again = retryAt
        let result = outcome == .taken ? "sent" : again == nil ? "failed" : "retried"
        Counter(label: "huifang_robot_posts_total", dimensions: [("kind", robot.kind.rawValue), ("result", result)])
            .increment()
        if let failure = outcome.failure {
            self.dependencies.logger.warning(
                "robot did not take a post", metadata: ["robot": "\(robot.name)", "failure": "\(failure)"])
        }
        try await self.database.transaction { tx in
            let done = self.dependencies.now()
            let isOurs = try await tx.finishPost(post, failure: outcome.failure, retryAt: again, at: done)
            guard isOurs, again == nil, let failure = outcome.failure else { return }
            let alert = AlertDraft(
                id: self.dependencies.makeID(), kind: .robotFailing, about: "\(robot.name)@\(ShanghaiDate(done))",
                parameters: ["robot": robot.name, "failure": failure], roles: [.administrator])
            try await tx.insertAlerts([alert], at: done)
        }
        return outcome == .taken
    }

    package func work() async throws { try await self.runOnce() }
}
