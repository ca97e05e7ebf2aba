import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle

/// Watches what codes cost: trips the breaker when they do not come back, and says once per window when a budget is half
/// used, nearly used and used up.
package struct SendWatchWorker: BackgroundWorker {
    package static let job = JobName.sendWatch
    package let interval = Duration.seconds(1)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let budgets: SendBudgets

    /// Fewer sends than this in ten minutes say nothing.
    private static let minimumSends = 50

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, budgetFactor: Double) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.budgets = SendBudgets(keys: dependencies.keys, factor: budgetFactor)
    }

    /// One look at the breaker and at the windows that everybody shares.
    package func runOnce() async throws {
        for state in ["raised", "stopped"] { Self.trips(to: state).increment(by: 0) }
        let now = self.dependencies.now()
        let minimum = self.budgets.scaled(Self.minimumSends)
        let settings = self.settings.current
        let (trip, watched, used, alarms) = try await self.database.autocommit { session in
            let trip = try await session.tripBreaker(minimum: minimum, at: now)
            let sites = settings.sends.boundsSites ? try await session.sites().map(\.name) : []
            let watched = self.watched(sites, settings: settings, at: now)
            let windows = watched.map(\.window)
            let used = try await session.usage(of: windows)
            // Told before it is marked as told: a process that dies in between tells it at its next look.
            let told = self.news(of: watched, used: used, stopped: try await session.isSendingStopped(at: now), at: now)
            if !told.isEmpty { _ = try await session.insertAlerts(told, at: now) }
            return (trip, watched, used, try await session.markAlarms(windows, used: used))
        }
        if let trip { self.report(trip) }
        for (budget, used) in zip(watched, used) {
            // An alarm looks for an increase: what appears with its first one has none.
            for percent in SendWindow.alarmPercents { budget.alarms(at: percent).increment(by: 0) }
            Gauge(label: "huifang_send_budget_used_ratio", dimensions: budget.labels)
                .record(Double(used) / Double(budget.window.ceiling))
        }
        for alarm in alarms {
            let labels = watched[alarm.window].labels(at: alarm.percent)
            watched[alarm.window].alarms(at: alarm.percent).increment()
            self.dependencies.logger.warning(
                "send budget filling up",
                metadata: Dictionary(uniqueKeysWithValues: labels.map { ($0.0, "\($0.1)") }))
        }
    }

    /// What administrators are told, once a day each: the day's budgets of everybody nearly used and used up, and the stop.
    private func news(of watched: [Watched], used: [Int], stopped: Bool, at now: Date) -> [AlertDraft] {
        var news = zip(watched, used).flatMap { budget, used -> [AlertDraft] in
            let window = budget.window
            guard [.allDay, .moneyDay].contains(window.kind), let name = window.kind.alarmName else { return [] }
            return SendWindow.toldPercents.filter { used * 100 >= window.ceiling * $0 }.map { percent in
                AlertDraft(
                    id: self.dependencies.makeID(), kind: .budgetFull,
                    about: "\(name)@\(RFC3339.text(window.start))/\(percent)",
                    parameters: ["budget": name, "percent": String(percent), "count": String(window.ceiling)],
                    roles: [.administrator])
            }
        }
        if stopped {
            news.append(
                AlertDraft(
                    id: self.dependencies.makeID(), kind: .sendingStopped, about: ShanghaiDate(now).text,
                    roles: [.administrator]))
        }
        return news
    }

    private struct Watched: Sendable {
        var window: SendWindow
        var site: String?

        var labels: [(String, String)] {
            [("budget", self.window.kind.alarmName ?? "")] + (self.site.map { [("site", $0)] } ?? [])
        }

        func labels(at percent: Int) -> [(String, String)] { self.labels + [("percent", String(percent))] }

        func alarms(at percent: Int) -> Counter {
            Counter(label: "huifang_send_budget_alarms_total", dimensions: self.labels(at: percent))
        }
    }

    private static func trips(to state: String) -> Counter {
        Counter(label: "huifang_send_breaker_trips_total", dimensions: [("to", state)])
    }

    /// The windows that are worth an alarm: those of each site's form, and those that everybody shares.
    private func watched(_ sites: [String], settings: Settings, at now: Date) -> [Watched] {
        ([Site.defaultName] + sites).flatMap { site in
            self.budgets.siteWindows(site, settings: settings, at: now).map { Watched(window: $0, site: site) }
        }
            + self.budgets.sharedWindows(settings: settings, at: now).filter { $0.kind.alarmName != nil }
            .map { Watched(window: $0) }
    }

    /// Counts the codes of the last day that nobody submitted, for `/metrics`.
    package func measureAbandonment() async throws {
        let now = self.dependencies.now()
        let counts = try await self.database.autocommit {
            try await $0.abandonedCodes(since: now.addingTimeInterval(-86400), at: now)
        }
        for count in counts {
            Gauge(label: "huifang_code_numbers_requested", dimensions: [("source", count.source)])
                .record(count.requested)
            Gauge(label: "huifang_code_numbers_abandoned", dimensions: [("source", count.source)])
                .record(count.abandoned)
        }
    }

    private func report(_ trip: BreakerTrip) {
        let metadata: Logger.Metadata = ["sends": "\(trip.sends)", "verified": "\(trip.verified)"]
        if trip.isNewlyRaised {
            Self.trips(to: "raised").increment()
            self.dependencies.logger.warning("codes do not come back: every send costs work", metadata: metadata)
        }
        if trip.isNewlyStopped {
            Self.trips(to: "stopped").increment()
            self.dependencies.logger.error("codes do not come back: sending is stopped", metadata: metadata)
        }
    }

    package func work() async throws { try await self.runOnce() }

    package func run(_ rounds: JobRounds) async {
        await withTaskGroup { group in
            group.addTask {
                for await _ in AsyncTimerSequence(every: self.interval).cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { try await self.work() }
                }
            }
            group.addTask {
                for await _ in AsyncTimerSequence(every: .seconds(60)).cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { try await self.measureAbandonment() }
                }
            }
            await group.waitForAll()
        }
    }
}
