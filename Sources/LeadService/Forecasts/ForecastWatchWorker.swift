import Foundation
import Leads

/// Tells supervisors, and the team's robots, of each promise that will be broken at the pace of now, while it can still be kept;
/// and the owner and supervisors of each visitor whom nobody has spoken to when the target for that is near.
///
/// It tells what the board's forecast names, while the firm is open, of a task once for each deadline: a forecast looks no
/// further than today, so that is once a day.
package struct ForecastWatchWorker: BackgroundWorker {
    package static let job = JobName.forecast
    /// Playing the day costs processor time.
    package let interval = Duration.seconds(300)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let forecasts: Forecasts

    init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore,
        forecasts: Forecasts
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.forecasts = forecasts
    }

    /// One look; returns how many alerts were told.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let time = WorkingTime(calendar: self.calendar.current, hours: self.settings.current.openingHours)
        guard time.isOpen(at: now) else { return 0 }
        let drafts = try await self.latePromises(at: now) + self.missingContacts(time, at: now)
        return try await self.database.statement { try await $0.insertAlerts(drafts, at: now) }
    }

    private func latePromises(at now: Date) async throws -> [AlertDraft] {
        let late = try await self.forecasts.thisMinute().forecast.late
        guard !late.isEmpty else { return [] }
        let owners = try await self.database.autocommit { try await $0.owners(of: late.map(\.id), at: now) }
        return late.map { risk in
            AlertDraft(
                id: self.dependencies.makeID(), kind: .forecastLate, taskID: risk.id, dueAt: risk.dueAt,
                parameters: owners[risk.id].map { ["owner": $0] } ?? [:], roles: [.supervisor])
        }
    }

    /// Each once, when four fifths of the time are over.
    private func missingContacts(_ time: WorkingTime, at now: Date) async throws -> [AlertDraft] {
        let hours = self.settings.current.contactTargetHours
        let missing = try await self.database.autocommit {
            try await $0.missingContacts(acceptedBy: ContactTarget.earliest(hours, at: now), limit: Self.batch)
        }
        return missing.filter { ContactTarget.isNear($0.acceptedAt, hours, time, at: now) }.map { contact in
            let by = ShanghaiDate.timeText(ContactTarget.instant(of: contact.acceptedAt, hours, time))
            return AlertDraft(
                id: self.dependencies.makeID(), kind: .contactLate, taskID: contact.task,
                about: contact.task.uuidString.lowercased(), parameters: ["by": by], person: contact.owner,
                roles: [.supervisor])
        }
    }

    private static let batch = 500

    package func work() async throws { try await self.runOnce() }
}
