package import Foundation

/// Time that the firm is open: opening hours of working days.
package struct WorkingTime: Sendable {
    private let calendar: WorkingCalendar
    private let hours: OpeningHours

    package init(calendar: WorkingCalendar, hours: OpeningHours) {
        self.calendar = calendar
        self.hours = hours
    }

    /// Whether the firm is open; the closing minute is not.
    package func isOpen(at instant: Date) -> Bool { self.opening(from: instant) == instant }

    /// The first open instant from one on.
    package func opening(from instant: Date) -> Date {
        let day = ShanghaiDate(instant)
        if self.calendar.isWorkingDay(day), instant < day.at(minute: self.hours.closes) {
            return max(instant, day.at(minute: self.hours.opens))
        }
        return self.calendar.nextWorkingDay(after: day).at(minute: self.hours.opens)
    }

    /// The whole open minutes between two instants; negative when `to` is earlier.
    package func minutes(from: Date, to: Date) -> Int {
        Int(self.calendar.workingSeconds(from: from, to: to, within: self.hours) / 60)
    }

    /// The open instant before which so many open minutes have passed since another.
    package func instant(after minutes: Double, from: Date) -> Date {
        var (start, left) = (self.opening(from: from), max(0, minutes) * 60)
        while true {
            let day = ShanghaiDate(start)
            let closing = day.at(minute: self.hours.closes)
            let end = start.addingTimeInterval(left)
            if end < closing { return end }
            left -= closing.timeIntervalSince(start)
            start = self.calendar.nextWorkingDay(after: day).at(minute: self.hours.opens)
        }
    }
}

/// How far a promise has come that nobody has kept, from the first warning on.
package enum PromiseStage: String, Sendable, CaseIterable {
    /// Half of the working time is over.
    case half = "sla_half"
    /// Four fifths of it are.
    case most = "sla_most"
    /// The deadline has passed.
    case broken = "sla_broken"
    /// Four working hours more have.
    case late = "sla_late"

    /// Working minutes after the deadline.
    private static let lateness: Double = 240

    /// When a stage begins, always while the firm is open: what would fall outside waits for the next opening.
    package func begins(acceptedAt: Date, dueAt: Date, _ time: WorkingTime) -> Date {
        let broken = time.opening(from: dueAt)
        let whole = Double(time.minutes(from: acceptedAt, to: dueAt))
        return switch self {
        case .half: min(broken, time.instant(after: whole * 0.5, from: acceptedAt))
        case .most: min(broken, time.instant(after: whole * 0.8, from: acceptedAt))
        case .broken: broken
        case .late: time.instant(after: Self.lateness, from: dueAt)
        }
    }

    /// The stages that have begun, in their order; a promise may still be kept at the very instant of its deadline.
    package static func begun(acceptedAt: Date, dueAt: Date, at now: Date, _ time: WorkingTime) -> [PromiseStage] {
        Self.allCases.filter { stage in
            let begins = stage.begins(acceptedAt: acceptedAt, dueAt: dueAt, time)
            return stage == .half || stage == .most ? begins <= now : begins <= now && dueAt < now
        }
    }
}
