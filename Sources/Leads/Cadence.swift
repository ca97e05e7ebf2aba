package import Foundation

/// When to try again and how often, as numbers that the setting `cadence` may replace.
package struct Cadence: Sendable, Hashable {
    package var noAnswerMinutes = 120
    package var busyMinutes = 30
    package var poweredOffMinutes = 240
    package var materialsWorkingDays = 2
    /// So many results that say the number is suspended make it a bad one.
    package var suspended = 2
    /// Attempts without contact, and the working days they are spread over; then the person is unreachable.
    package var attempts = 6
    package var workingDays = 5
    package var attemptsPerDay = 2
    /// Between two attempts, but for the one after a busy line.
    package var minutesApart = 120
    /// For so long a task is its owner's alone.
    package var ownerMinutes = 30
    /// When a try in a half of a day is made, in minutes after midnight.
    package var morningAt = 570
    package var afternoonAt = 840

    package init() {}

    /// A counting attempt, as the cadence looks back on it.
    package struct Attempt: Sendable, Hashable {
        package var at: Date
        package var disposition: Disposition
        package var reason: PoweredOffReason?

        package init(at: Date, disposition: Disposition, reason: PoweredOffReason? = nil) {
            self.at = at
            self.disposition = disposition
            self.reason = reason
        }
    }

    /// What happened before this result.
    package struct History: Sendable {
        /// Counting attempts since the newest inquiry and the last contact, newest first.
        package var before: [Attempt]
        /// Counting attempts to reach this person since midnight, for whichever inquiry.
        package var earlierToday: Int

        package init(before: [Attempt], earlierToday: Int) {
            self.before = before
            self.earlierToday = earlierToday
        }
    }

    /// The days and hours a call can be made in.
    package struct Times: Sendable {
        package var calendar: WorkingCalendar
        package var calling: CallingHours
        package var opening: OpeningHours
        /// The visitor's window, until somebody spoke to them.
        package var window: Span?

        package init(calendar: WorkingCalendar, calling: CallingHours, opening: OpeningHours, window: Span?) {
            self.calendar = calendar
            self.calling = calling
            self.opening = opening
            self.window = window
        }

        /// The first instant from another on that people may be dialled at, on a working day, in the visitor's window.
        func open(from instant: Date) -> Date {
            self.calling.next(from: instant, window: self.window) { self.calendar.isWorkingDay($0) }
        }
    }

    /// What follows a result.
    package enum Step: Sendable, Hashable {
        case tryAgain(at: Date)
        case close(reason: String)
    }

    /// The next step after a counting result.
    ///
    /// A time that was agreed with the person is kept to the second. Any other, an adviser's choice too, lies as far from
    /// this attempt as two must, on a day that has an attempt left, inside hours and window; when there is no attempt or no
    /// day left, the person is unreachable.
    package func next(
        after disposition: Disposition, reason: PoweredOffReason?, callAgainAt: Date?, history: History, at now: Date,
        times: Times
    ) -> Step {
        if let reason = disposition.closedReason { return .close(reason: reason) }
        if disposition.isContact {
            return .tryAgain(at: callAgainAt ?? self.afterMaterials(at: now, times))
        }
        let before = history.before
        let suspended = before.count { $0.disposition == .poweredOff && $0.reason == .suspended }
        if disposition == .poweredOff, reason == .suspended, suspended + 1 >= self.suspended {
            return .close(reason: "bad_number")
        }
        guard before.count + 1 < self.attempts else { return .close(reason: "unreachable") }
        let isBusyRetry = disposition == .busyOrRejected && !before.contains { $0.disposition == .busyOrRejected }
        var next =
            callAgainAt
            ?? self.proposal(after: disposition, isBusyRetry: isBusyRetry, before: before, at: now, times)
        if !isBusyRetry || callAgainAt != nil {
            next = max(next, now.addingTimeInterval(60 * Double(self.minutesApart)))
        }
        if history.earlierToday + 1 >= self.attemptsPerDay, ShanghaiDate(next) == ShanghaiDate(now) {
            next = self.otherHalf(of: now, on: times.calendar.nextWorkingDay(after: ShanghaiDate(now)), times)
        }
        var times = times
        if callAgainAt != nil { times.window = nil }
        next = times.open(from: next)
        let first = ShanghaiDate(before.last?.at ?? now)
        let days = times.calendar.workingDays(from: first, until: ShanghaiDate(next).adding(1))
        return days > self.workingDays ? .close(reason: "unreachable") : .tryAgain(at: next)
    }

    /// When the person may be dialled again after an attempt that was the day's last one; nil after any other.
    ///
    /// - Parameter earlierToday: the counting attempts before this one since midnight.
    package func restsUntil(earlierToday: Int, at now: Date, times: Times) -> Date? {
        guard earlierToday + 1 >= self.attemptsPerDay else { return nil }
        var times = times
        times.window = nil
        return times.open(from: ShanghaiDate(now).adding(1).at(minute: 0))
    }

    /// What the disposition asks for, before the limits.
    private func proposal(
        after disposition: Disposition, isBusyRetry: Bool, before: [Attempt], at now: Date, _ times: Times
    ) -> Date {
        if isBusyRetry { return now.addingTimeInterval(60 * Double(self.busyMinutes)) }
        if disposition == .poweredOff { return now.addingTimeInterval(60 * Double(self.poweredOffMinutes)) }
        let busy = before.count { $0.disposition == .busyOrRejected }
        let unanswered = before.count { $0.disposition == .noAnswer } + max(0, busy - 1)
        let today = ShanghaiDate(now)
        switch unanswered {
        case 0: return now.addingTimeInterval(60 * Double(self.noAnswerMinutes))
        case 1 where Self.isMorning(now) && times.calendar.isWorkingDay(today):
            return self.otherHalf(of: now, on: today, times)
        default: return self.otherHalf(of: now, on: times.calendar.nextWorkingDay(after: today), times)
        }
    }

    private func afterMaterials(at now: Date, _ times: Times) -> Date {
        var day = ShanghaiDate(now)
        for _ in 0..<self.materialsWorkingDays { day = times.calendar.nextWorkingDay(after: day) }
        return times.open(from: day.at(minute: times.opening.opens))
    }

    /// The half of a day in which this attempt was not made; who has a window has no halves.
    private func otherHalf(of now: Date, on day: ShanghaiDate, _ times: Times) -> Date {
        if times.window != nil, day > ShanghaiDate(now) { return day.at(minute: 0) }
        return day.at(minute: Self.isMorning(now) ? self.afternoonAt : self.morningAt)
    }

    private static func isMorning(_ instant: Date) -> Bool { ShanghaiDate.minute(of: instant) < 720 }
}
