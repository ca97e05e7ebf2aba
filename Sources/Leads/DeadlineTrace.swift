package import Foundation

/// One day between an inquiry and its deadline, and why it counted or was skipped.
package struct TracedDay: Sendable, Equatable {
    package enum Reason: String, Sendable, CaseIterable {
        case weekday, weekend, holiday
        case makeupDay = "makeup_day"
        case companyOpen = "company_open"
        case companyClosed = "company_closed"
    }

    package var date: ShanghaiDate
    /// Whether it is a working day.
    package var counts: Bool
    package var reason: Reason
    /// The holiday's name, for a holiday or a make-up day that has one.
    package var name: String?
    /// Whether its year's notice has not been loaded, so that it may still change.
    package var isProvisional: Bool
}

extension WorkingCalendar {
    /// A deadline further away than this is not explained day by day.
    private static let longestTrace = 60

    /// The days after the one an inquiry was accepted on, up to its deadline's.
    ///
    /// They are told as the calendar has them now: a promise that was made before somebody closed its day is kept all the
    /// same, and its last day does not count.
    package func trace(acceptedAt: Date, dueAt: Date) -> [TracedDay] {
        let (first, last) = (ShanghaiDate(acceptedAt).adding(1), ShanghaiDate(dueAt))
        guard first <= last, last.dayNumber - first.dayNumber < Self.longestTrace else { return [self.traced(last)] }
        return (first.dayNumber...last.dayNumber).map { self.traced(ShanghaiDate(dayNumber: $0)) }
    }

    private func traced(_ day: ShanghaiDate) -> TracedDay {
        let counts = self.isWorkingDay(day)
        let isWeekday = (1...5).contains(day.weekday)
        let off = self.years.lazy.compactMap { $0.off[day] }.first
        let makeup = self.years.lazy.compactMap { $0.makeup[day] }.first
        let reason: TracedDay.Reason =
            if let isOpen = self.companyDays[day] {
                isOpen ? .companyOpen : .companyClosed
            } else if counts {
                isWeekday ? .weekday : .makeupDay
            } else {
                off != nil || isWeekday ? .holiday : .weekend
            }
        let name =
            switch reason {
            case .holiday: off
            case .makeupDay: makeup
            default: String?.none
            }
        return TracedDay(
            date: day, counts: counts, reason: reason, name: name?.isEmpty == true ? nil : name,
            isProvisional: self.companyDays[day] == nil && !self.covers(year: day.components.year))
    }
}
