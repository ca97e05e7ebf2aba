import Foundation
import Leads
import Logging

/// Watches for what somebody should look at: claims that lapsed, a year nobody has loaded, promises on days that
/// were closed since, and advisers whose day looks odd.
///
/// None of it holds up a call. Claims and odd days are told when they are seen, because the list is looked at when one
/// wants to; what an administrator has to do is told in working hours.
package struct WatchWorker: BackgroundWorker {
    package static let job = JobName.watch
    package let interval = Duration.seconds(30)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore

    /// More different people than this in a day are told.
    package static let mostReveals = 80
    /// As many results in a day without a look at the number are told.
    package static let unrevealedResults = 40
    /// So many days before its last one a privacy case is told of.
    private static let casesAhead = 3
    /// More exports than this in a day are told.
    package static let mostExports = 3
    /// The day of the year from which the next one must be loaded.
    private static let coverage = (month: 12, day: 1)

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
    }

    /// One look; returns how many alerts were new.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let today = ShanghaiDate(now)
        let start = today.at(minute: 0)
        let (lapsed, reveals, results, exports) = try await self.database.autocommit { tx in
            (
                try await tx.lapsedClaims(at: now),
                try await tx.manyReveals(since: start, atLeast: Self.mostReveals + 1),
                try await tx.unrevealedResults(since: start, atLeast: Self.unrevealedResults),
                try await tx.manyExports(since: start, atLeast: Self.mostExports + 1)
            )
        }
        var drafts = lapsed.map { claim in
            AlertDraft(
                id: self.dependencies.makeID(), kind: .claimLapsed, taskID: claim.task,
                about: "\(claim.task.uuidString.lowercased())/\(claim.number)", person: claim.adviser)
        }
        drafts +=
            reveals.map { self.odd(.manyReveals, $0, today) } + results.map { self.odd(.unrevealedResults, $0, today) }
        drafts += exports.map { self.odd(.manyExports, $0, today, tells: .administrator) }
        drafts += self.missingYears(today, at: now)
        drafts += try await self.closedDays(at: now)
        drafts += try await self.privacyCases(today)
        let all = drafts
        return try await self.database.statement { try await $0.insertAlerts(all, at: now) }
    }

    /// Once a day for each person.
    private func odd(
        _ kind: AlertKind, _ count: DailyCount, _ today: ShanghaiDate, tells role: Role = .supervisor
    ) -> AlertDraft {
        AlertDraft(
            id: self.dependencies.makeID(), kind: kind, about: "\(count.username)@\(today)",
            parameters: ["who": count.username, "count": String(count.count)], roles: [role])
    }

    /// This year, and from December on the next one, where no official notice of it was loaded; once a working day.
    private func missingYears(_ today: ShanghaiDate, at now: Date) -> [AlertDraft] {
        let calendar = self.calendar.current
        guard WorkingTime(calendar: calendar, hours: self.settings.current.openingHours).isOpen(at: now) else {
            return []
        }
        let (year, month, day) = today.components
        let isLate = (month, day) >= Self.coverage
        return (isLate ? [year, year + 1] : [year]).filter { !calendar.covers(year: $0) }.map {
            AlertDraft(
                id: self.dependencies.makeID(), kind: .calendarMissing, about: "\($0)@\(today)",
                parameters: ["year": String($0)], roles: [.administrator])
        }
    }

    /// Days that were closed after promises for them were made, each once.
    private func closedDays(at now: Date) async throws -> [AlertDraft] {
        let calendar = self.calendar.current
        let days = try await self.database.autocommit { try await $0.promisedDays(after: now) }
        return days.filter { !calendar.isWorkingDay($0.day) }.map { closed in
            AlertDraft(
                id: self.dependencies.makeID(), kind: .closedDay, about: closed.day.description,
                parameters: ["day": closed.day.text, "count": String(closed.count)], roles: [.supervisor])
        }
    }

    /// Cases whose day is near, each once, and once more when it is past.
    private func privacyCases(_ today: ShanghaiDate) async throws -> [AlertDraft] {
        let cases = try await self.database.autocommit { try await $0.casesDue(by: today.adding(Self.casesAhead)) }
        return cases.map { found in
            let isLate = today > found.dueOn
            var parameters = ["day": found.dueOn.text]
            if isLate { parameters["late"] = "yes" }
            return AlertDraft(
                id: self.dependencies.makeID(), kind: .privacyDue,
                about: found.id.uuidString.lowercased() + (isLate ? "/late" : ""), parameters: parameters,
                roles: [.administrator])
        }
    }

    package func work() async throws { try await self.runOnce() }
}
