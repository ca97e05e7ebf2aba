package import Foundation
import Leads
import Logging

/// Reminds those who asked for it of their permit's end, thirty and seven days before: once for each day, in calling hours.
package struct ReminderWorker: BackgroundWorker {
    package static let job = JobName.reminders
    package let interval = Duration.seconds(60)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let notices: NoticeWriter

    private static let batch = 100
    /// How long a reminder may wait for a gateway when there are no calling hours.
    private static let patience: TimeInterval = 3 * 3600

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, budgetFactor: Double, publicURL: URL
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.notices = NoticeWriter(
            dependencies: dependencies, settings: settings,
            budgets: SendBudgets(keys: dependencies.keys, factor: budgetFactor), publicURL: publicURL)
    }

    /// One round: leaves today's reminders in the outbox until all are there or the budgets say no; returns how many.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let hours = self.settings.current.callingHours
        guard hours.isOpen(at: now), self.notices.canSend(.permitReminder) else { return 0 }
        // A reminder that meets no gateway within these hours waits for the next, not for the night.
        let expires = hours.end(of: now) ?? now.addingTimeInterval(Self.patience)
        let today = ShanghaiDate(now)
        var (sent, last) = (0, UUID?.none)
        while true {
            let after = last
            let due = try await self.database.autocommit {
                try await $0.dueReminders(on: today, after: after, limit: Self.batch)
            }
            for reminder in due {
                guard let notice = try self.draft(reminder, on: today, at: now) else { continue }
                let isLeft = try await self.database.statement {
                    try await $0.insertReminder(reminder, notice, at: now, expiresAt: expires)
                }
                if isLeft == false { return sent }
                if isLeft == true { sent += 1 }
            }
            guard due.count == Self.batch else { return sent }
            last = due.last?.lead
        }
    }

    private func draft(_ due: DueReminder, on today: ShanghaiDate, at now: Date) throws -> NoticeDraft? {
        let place = SealedPlace("leads", "phone_sealed", due.lead)
        let phone: PhoneNumber
        do {
            phone = try PhoneNumber(parsing: try self.dependencies.keys.open(due.phoneSealed, at: place))
        } catch let broken as SealBroken {
            self.dependencies.logger.error("a reminder is left out", metadata: broken.logMetadata)
            return nil
        }
        let days = due.validUntil.dayNumber - today.dayNumber
        return try self.notices.draft(
            .permitReminder, to: phone, ["valid_until": due.validUntil.fullText, "days": String(days)], at: now)
    }

    package func work() async throws { try await self.runOnce() }
}
