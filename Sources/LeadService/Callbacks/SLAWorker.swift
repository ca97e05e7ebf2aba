import Foundation
import Leads
import Logging

/// Tells of promises nobody has kept: at half and four fifths of their working time, when they are broken, and four working
/// hours later.
///
/// It speaks only while the firm is open, of each stage of a promise once however many processes look, and of the last stage
/// only when several have come at once.
package struct SLAWorker: BackgroundWorker {
    package static let job = JobName.promises
    package let interval = Duration.seconds(30)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore

    private static let batch = 500

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
    }

    /// One look at every unmet promise; returns how many alerts were told.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let time = WorkingTime(calendar: self.calendar.current, hours: self.settings.current.openingHours)
        guard time.isOpen(at: now) else { return 0 }
        var (told, last) = (0, UnmetPromise?.none)
        while true {
            let after = last
            let promises = try await self.database.autocommit {
                try await $0.unmetPromises(after: after, at: now, limit: Self.batch)
            }
            let drafts = promises.flatMap { self.drafts($0, time, at: now) }
            told += try await self.database.statement { try await $0.insertAlerts(drafts, at: now) }
            guard promises.count == Self.batch else { return told }
            last = promises.last
        }
    }

    /// The stages that were not told yet; those before the last one silently.
    private func drafts(_ promise: UnmetPromise, _ time: WorkingTime, at now: Date) -> [AlertDraft] {
        let begun = PromiseStage.begun(acceptedAt: promise.acceptedAt, dueAt: promise.dueAt, at: now, time)
        return begun.filter { !promise.told.contains($0) }.map { stage in
            let (kind, person, roles) = Self.audience(of: stage, owner: promise.owner)
            return AlertDraft(
                id: self.dependencies.makeID(), kind: kind, taskID: promise.task, dueAt: promise.dueAt, person: person,
                roles: roles, isSilent: stage != begun.last)
        }
    }

    /// The owner first, then everybody who could call, then who can still help.
    private static func audience(
        of stage: PromiseStage, owner: UUID?
    ) -> (kind: AlertKind, person: UUID?, roles: [Role]) {
        switch stage {
        case .half: (.slaHalf, owner, owner == nil ? [.adviser] : [])
        case .most: (.slaMost, owner, [.adviser])
        case .broken: (.slaBroken, owner, [.supervisor])
        case .late: (.slaLate, nil, [.supervisor])
        }
    }

    package func work() async throws { try await self.runOnce() }
}
