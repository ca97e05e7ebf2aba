package import Foundation
import Leads
import Logging

/// Tells visitors before their promise breaks, with a new time: once for each promise, in calling hours, while the setting
/// `breach_sms` is on.
///
/// Half an hour before the deadline a promise that nobody is calling for is taken as broken; two hours before, one whose task
/// cannot be called before it any more. A call that comes all the same keeps the promise, and what was not sent yet is not sent.
package struct LateNoticeWorker: BackgroundWorker {
    package static let job = JobName.lateNotices
    package let interval = Duration.seconds(60)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let notices: NoticeWriter

    private static let batch = 100
    private static let soon: TimeInterval = 30 * 60
    private static let later: TimeInterval = 2 * 3600

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore,
        budgetFactor: Double, publicURL: URL
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.notices = NoticeWriter(
            dependencies: dependencies, settings: settings,
            budgets: SendBudgets(keys: dependencies.keys, factor: budgetFactor), publicURL: publicURL)
    }

    /// One look: leaves messages in the outbox until all are there or the budgets say no; returns how many.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let settings = self.settings.current
        guard settings.breachSMS, settings.callingHours.isOpen(at: now), self.notices.canSend(.lateNotice) else {
            return 0
        }
        let calendar = self.calendar.current
        var (sent, last) = (0, UUID?.none)
        while true {
            let after = last
            let promises = try await self.database.autocommit {
                try await $0.breakingPromises(
                    at: now, soon: now.addingTimeInterval(Self.soon), later: now.addingTimeInterval(Self.later),
                    after: after, limit: Self.batch)
            }
            for promise in promises {
                let newTime = calendar.deadline(
                    acceptedAt: max(now, promise.restsUntil ?? now), closing: settings.openingHours
                ).dueAt
                guard let notice = try self.draft(promise, newTime: newTime, at: now) else { continue }
                let isLeft = try await self.database.statement {
                    try await $0.insertLateNotice(promise, notice, to: newTime, at: now)
                }
                if isLeft == false { return sent }
                if isLeft == true { sent += 1 }
            }
            guard promises.count == Self.batch else { return sent }
            last = promises.last?.lead
        }
    }

    private func draft(_ promise: BreakingPromise, newTime: Date, at now: Date) throws -> NoticeDraft? {
        let place = SealedPlace("leads", "phone_sealed", promise.lead)
        do {
            let phone = try PhoneNumber(parsing: try self.dependencies.keys.open(promise.phoneSealed, at: place))
            return try self.notices.draft(.lateNotice, to: phone, about: (promise.inquiry, newTime), at: now)
        } catch let broken as SealBroken {
            self.dependencies.logger.error("a late notice is left out", metadata: broken.logMetadata)
            return nil
        }
    }

    package func work() async throws { try await self.runOnce() }
}
