package import Foundation
import Leads

/// What an inquiry accepted now would be promised, and the windows that day offers.
package struct PromiseTimes: Sendable {
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let now: @Sendable () -> Date

    package init(settings: SettingsStore, calendar: CalendarStore, now: @escaping @Sendable () -> Date) {
        self.settings = settings
        self.calendar = calendar
        self.now = now
    }

    /// The promises of one moment.
    func at(_ moment: Date) -> PromiseTimes {
        PromiseTimes(settings: self.settings, calendar: self.calendar, now: { moment })
    }

    /// The windows inside the due day's opening hours, with their times.
    var offered: [(window: PreferredWindow, hours: WindowHours)] {
        let settings = self.settings.current
        return PreferredWindow.allCases.compactMap { window in
            settings.windows.offered(window, within: settings.openingHours).map { (window, $0) }
        }
    }

    /// The promise without a window: closing time of the day the calendar says.
    var standard: Promise {
        let now = self.now()
        let (calendar, version) = self.calendar.versioned
        let deadline = calendar.deadline(acceptedAt: now, closing: self.settings.current.openingHours)
        return Promise(
            dueAt: deadline.dueAt, provisional: deadline.provisional, nextAttemptAt: now, calendarVersion: version)
    }

    /// The moment of the promise: the calendar's, or the end of the chosen window on that day.
    ///
    /// - Returns: nil for a window that is not offered.
    func promise(for window: PreferredWindow?) -> Promise? {
        var promise = self.standard
        guard let window else { return promise }
        let settings = self.settings.current
        guard let hours = settings.windows.offered(window, within: settings.openingHours) else { return nil }
        promise.nextAttemptAt = hours.nextStart(from: promise.nextAttemptAt)
        promise.dueAt = hours.end(on: promise.dueAt)
        return promise
    }

    /// Reads the calendar again.
    func reload() async throws { try await self.calendar.reload() }
}
