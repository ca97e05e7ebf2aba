import Foundation
import Leads
import Logging

/// Opens a task thirty days before the end of a permit that an adviser wrote down: once for each end.
package struct PermitWorker: BackgroundWorker {
    package static let job = JobName.permits
    package let interval = Duration.seconds(60)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let audit: Audit

    private static let batch = 100

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.audit = Audit(dependencies: dependencies)
    }

    /// One round over everybody who is due; returns how many tasks were opened or told of an end.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let calendar = self.calendar.current
        let deadline = calendar.deadline(acceptedAt: now, closing: settings.openingHours)
        // At midnight nobody is there: the owner's time begins when people may be rung.
        let promise = Promise(
            dueAt: deadline.dueAt, provisional: deadline.provisional,
            nextAttemptAt: settings.callingHours.next(from: now) { calendar.isWorkingDay($0) })
        var (opened, last) = (0, UUID?.none)
        while true {
            let after = last
            let due = try await self.database.autocommit {
                try await $0.duePermits(on: ShanghaiDate(now), after: after, limit: Self.batch)
            }
            for permit in due {
                let (task, event) = (self.dependencies.makeID(), self.dependencies.makeID())
                let told = self.audit.event(
                    "callback.permit_due", on: permit.lead.uuidString.lowercased(), by: "permits", role: "system")
                let isOpened = try await self.database.transaction { tx in
                    try await tx.lockLead(permit.lead)
                    return try await tx.openPermitTask(permit, as: task, promise, event: event, at: now, told)
                }
                if isOpened { opened += 1 }
            }
            guard due.count == Self.batch else { return opened }
            last = due.last?.lead
        }
    }

    package func work() async throws { try await self.runOnce() }
}
