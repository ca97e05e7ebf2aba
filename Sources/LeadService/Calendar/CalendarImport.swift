package import Foundation
package import Leads

/// Loads years of the working calendar and moves the deadlines that were provisional (contract §4.1).
package struct CalendarImport: Sendable {
    /// What an import did.
    package struct Outcome: Sendable, Equatable {
        package var years: [Int]
        /// Years that the file has as provisional only, and that were known from their notice already.
        package var kept: [Int] = []
        /// Provisional promises that were moved, always to a later instant.
        package var moved = 0
        /// Provisional promises that turned out to stand.
        package var confirmed = 0
        /// Open tasks that keep what the visitor was told although their day is now closed.
        package var onClosedDays: [UUID] = []
    }

    private let database: Database
    private let settings: SettingsStore
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, settings: SettingsStore, dependencies: Dependencies) {
        self.database = database
        self.settings = settings
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Replaces the years of the file, in one transaction with everything that follows from them.
    ///
    /// - Throws: `calendar_invalid` for a file that is not a calendar.
    package func load(_ json: JSONValue, by actor: String) async throws -> Outcome {
        let years = try WorkingCalendar.years(in: json)
        try await self.settings.reload()
        let settings = self.settings.current
        let now = self.dependencies.now()
        let loaded = self.audit.event(
            "calendar.import", on: years.map { String($0.year) }.joined(separator: " "), by: actor, role: "command")
        let audit = self.audit
        return try await self.database.transaction { tx in
            try await tx.lockCalendar()
            // What a notice settled does not become provisional again.
            let official = Set(try await tx.calendarYears().filter(\.isOfficial).map(\.year))
            let fresh = years.filter { $0.isOfficial || !official.contains($0.year) }
            for year in fresh { try await tx.insertCalendarYear(year, replaces: true, at: now) }
            let calendar = WorkingCalendar(years: try await tx.calendarYears(), companyDays: try await tx.companyDays())
            var outcome = Outcome(
                years: fresh.map(\.year), kept: Set(years.map(\.year)).subtracting(fresh.map(\.year)).sorted())
            for promise in try await tx.provisionalPromises() {
                let new = Self.deadline(of: promise, calendar, settings)
                let dueAt = max(new.dueAt, promise.dueAt)
                guard dueAt > promise.dueAt || !new.provisional else { continue }
                try await tx.movePromise(promise.inquiry, to: dueAt, provisional: new.provisional)
                if dueAt > promise.dueAt {
                    outcome.moved += 1
                    try await tx.insertDeadlineMove(of: promise.inquiry, from: promise.dueAt, to: dueAt, at: now)
                    let detail: [String: JSONOutput] = [
                        "from": .string(RFC3339.text(promise.dueAt)), "to": .string(RFC3339.text(dueAt)),
                    ]
                    try await tx.insert(
                        audit.event(
                            "deadline.move", on: promise.inquiry.uuidString.lowercased(), by: actor, role: "command",
                            detail: detail))
                } else {
                    outcome.confirmed += 1
                }
            }
            try await tx.carryPromisesToTasks()
            outcome.onClosedDays = try await tx.openPromises(after: now).filter {
                !calendar.isWorkingDay(ShanghaiDate($0.dueAt))
            }.map(\.task)
            try await tx.insert(loaded)
            return outcome
        }
    }

    private static func deadline(
        of promise: ProvisionalPromise, _ calendar: WorkingCalendar, _ settings: Settings
    ) -> (dueAt: Date, provisional: Bool) {
        let deadline = calendar.deadline(acceptedAt: promise.acceptedAt, closing: settings.openingHours)
        guard let window = promise.window.flatMap({ PreferredWindow(rawValue: $0) }),
            let hours = settings.windows.offered(window, within: settings.openingHours)
        else { return deadline }
        return (hours.end(on: deadline.dueAt), deadline.provisional)
    }
}

/// A promise made while a year was not known.
struct ProvisionalPromise: Sendable {
    var inquiry: UUID
    var acceptedAt: Date
    var dueAt: Date
    var window: String?
}
