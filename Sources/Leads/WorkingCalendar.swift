package import Foundation

/// Which days are worked: Monday to Friday, less the days off, plus the make-up days, and the firm's own days on top.
///
/// The day table makes every question an array look-up, however far the day.
package struct WorkingCalendar: Sendable {
    private let first: Int
    private let works: [Bool]
    /// How many of the days before each index are worked, so that a distance costs two look-ups.
    private let workedBefore: [Int32]
    private let official: Set<Int>
    package let years: [CalendarYear]
    /// The firm's own days: true is one it opens, false one it closes.
    let companyDays: [ShanghaiDate: Bool]

    /// Makes the table; in `companyDays`, true is a day the firm opens and false one it closes.
    package init(years: [CalendarYear], companyDays: [ShanghaiDate: Bool] = [:]) {
        self.years = years.sorted { $0.year < $1.year }
        self.companyDays = companyDays
        let known = Set(self.years.map(\.year))
        let from = min(2000, known.min() ?? 2000)
        let to = max(2100, known.max() ?? 2100)
        let first = ShanghaiDate(year: from, month: 1, day: 1)?.dayNumber ?? 0
        let last = ShanghaiDate(year: to, month: 12, day: 31)?.dayNumber ?? 0
        var works = (first...last).map { (1...5).contains(ShanghaiDate(dayNumber: $0).weekday) }
        for year in from...to where !known.contains(year) {
            for day in Self.fixedHolidays(of: year) { works[day.dayNumber - first] = false }
        }
        func set(_ day: ShanghaiDate, _ value: Bool) {
            if works.indices.contains(day.dayNumber - first) { works[day.dayNumber - first] = value }
        }
        for year in self.years {
            for day in year.off.keys { set(day, false) }
            for day in year.makeup.keys { set(day, true) }
        }
        for (day, isOpen) in companyDays { set(day, isOpen) }
        self.first = first
        self.works = works
        var worked: Int32 = 0
        self.workedBefore = works.map { isWorked in
            defer { worked += isWorked ? 1 : 0 }
            return worked
        }
        self.official = Set(self.years.filter(\.isOfficial).map(\.year))
    }

    /// Statutory days that no notice has to move (Holiday Measures as revised in 2024); the lunar ones come with a notice.
    private static func fixedHolidays(of year: Int) -> [ShanghaiDate] {
        [(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)].compactMap {
            ShanghaiDate(year: year, month: $0.0, day: $0.1)
        }
    }

    /// Whether the firm works on a day; outside the table, Monday to Friday.
    package func isWorkingDay(_ day: ShanghaiDate) -> Bool {
        let index = day.dayNumber - self.first
        return self.works.indices.contains(index) ? self.works[index] : (1...5).contains(day.weekday)
    }

    /// The working days from one day up to another, that one excluded.
    package func workingDays(from: ShanghaiDate, until: ShanghaiDate) -> Int {
        guard from < until else { return 0 }
        let (start, end) = (from.dayNumber - self.first, until.dayNumber - self.first)
        if self.works.indices.contains(start), self.works.indices.contains(end) {
            return Int(self.workedBefore[end] - self.workedBefore[start])
        }
        return (from.dayNumber..<until.dayNumber).count { self.isWorkingDay(ShanghaiDate(dayNumber: $0)) }
    }

    /// The first working day after a day.
    package func nextWorkingDay(after day: ShanghaiDate) -> ShanghaiDate {
        var next = day.adding(1)
        while !self.isWorkingDay(next) { next = next.adding(1) }
        return next
    }

    /// Whether a year's notice has been loaded.
    package func covers(year: Int) -> Bool { self.official.contains(year) }

    /// The years whose notice has been loaded, as pages carry them: a deadline in any other is provisional.
    package var coveredYears: String { self.official.sorted().map(String.init).joined(separator: " ") }

    /// The promise for an inquiry (contract §4.1, option B1).
    ///
    /// Closing time of the first working day after the local day it was accepted on; provisional when a day that decides
    /// it lies in a year without an official notice.
    package func deadline(acceptedAt: Date, closing hours: OpeningHours) -> (dueAt: Date, provisional: Bool) {
        let accepted = ShanghaiDate(acceptedAt)
        let due = self.nextWorkingDay(after: accepted)
        let years = accepted.adding(1).components.year...due.components.year
        return (due.at(minute: hours.closes), years.contains { !self.covers(year: $0) })
    }

    /// The open seconds between two instants; negative when `to` is earlier.
    package func workingSeconds(from: Date, to: Date, within hours: OpeningHours) -> TimeInterval {
        guard from <= to else { return -self.workingSeconds(from: to, to: from, within: hours) }
        func open(_ day: ShanghaiDate) -> TimeInterval {
            guard self.isWorkingDay(day) else { return 0 }
            let start = max(from, day.at(minute: hours.opens))
            let end = min(to, day.at(minute: hours.closes))
            return max(0, end.timeIntervalSince(start))
        }
        let (first, last) = (ShanghaiDate(from), ShanghaiDate(to))
        guard first < last else { return open(first) }
        let between = self.workingDays(from: first.adding(1), until: last)
        return open(first) + TimeInterval(between * (hours.closes - hours.opens) * 60) + open(last)
    }
}
