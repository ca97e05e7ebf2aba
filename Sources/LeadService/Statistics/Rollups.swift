import Foundation
import Leads

/// What lengths of open time were measured by: the hours, and the days on which the firm worked or not against their weekday.
struct RollupClock: Sendable, Equatable {
    var hours: String
    /// The day of the last instant that was measured.
    var until: ShanghaiDate
    var shifted: [ShanghaiDate]
}

/// Keeps the numbers of days that are over, and counts a day anew when something of it changed.
///
/// A day is kept a quarter of an hour after it ended, when every transaction that was at work in it has ended too. Changes
/// of a kept day leave a mark in their own transaction; a day without one is as its rows are.
package struct StatisticsRollups: Sendable {
    let database: Database
    let dependencies: Dependencies
    let settings: SettingsStore
    let calendar: CalendarStore

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
    }

    /// The last day that is over for good.
    static func lastClosed(_ now: Date) -> ShanghaiDate { ShanghaiDate(now.addingTimeInterval(-900)).adding(-1) }

    /// Counts so many days that are missing, marked or measured by another calendar; returns how many there were.
    @discardableResult
    package func runOnce(limit: Int = 20) async throws -> Int {
        let last = Self.lastClosed(self.dependencies.now())
        var days = try await self.database.autocommit { session in
            try await session.dropIdleMarks(after: last)
            return try await session.daysToRoll(through: last)
        }
        if days.count < limit {
            let known = Set(days)
            let reader = self.counter
            days += try await self.database.autocommit { session in
                let everything = Statistics.Period(from: ShanghaiDate(dayNumber: 0), to: last)
                return try await session.rolledDays(in: everything).filter { !reader.measures($0) }.map(\.day)
            }.filter { !known.contains($0) }
        }
        for day in days.prefix(limit) { try await self.keep(day) }
        return min(days.count, limit)
    }

    /// Forgets every kept number and counts all days from their rows; returns how many.
    ///
    /// - Parameter onDay: told how many days are done.
    package func rebuild(onDay: @Sendable (Int) -> Void = { _ in }) async throws -> Int {
        try await self.database.transaction { tx in
            try await tx.lockRollups()
            try await tx.deleteRollups()
        }
        var done = 0
        while true {
            let count = try await self.runOnce(limit: 50)
            guard count > 0 else { return done }
            done += count
            onDay(done)
        }
    }

    private var counter: InquiryCounter {
        InquiryCounter(calendar: self.calendar.current, hours: self.settings.current.openingHours)
    }

    private func keep(_ day: ShanghaiDate) async throws {
        let now = self.dependencies.now()
        let counter = self.counter
        try await self.database.transaction { tx in
            try await tx.lockRollups()
            // First the marks: whatever is committed after this statement leaves one that stays.
            try await tx.takeMarks(of: day)
            let counts = try await counter.days(Statistics.Period(from: day, to: day), in: tx)[day] ?? InquiryCounts()
            try await tx.keep(counts, of: day, by: counter.clock(from: day, until: counts.until), at: now)
        }
    }
}

/// Counts inquiries one by one, from their rows.
struct InquiryCounter: Sendable {
    let calendar: WorkingCalendar
    let hours: OpeningHours

    private static let batch = 2000

    /// What the inquiries of each day come to.
    func days(_ period: Statistics.Period, in tx: Transaction) async throws -> [ShanghaiDate: InquiryCounts] {
        var days: [ShanghaiDate: InquiryCounts] = [:]
        var last: CountedInquiry?
        repeat {
            let rows = try await tx.countedInquiries(accepted: period.time, after: last, limit: Self.batch)
            for row in rows {
                days[ShanghaiDate(row.acceptedAt), default: InquiryCounts()].count(row) {
                    self.calendar.workingSeconds(from: $0, to: $1, within: self.hours)
                }
            }
            last = rows.count == Self.batch ? rows.last : nil
        } while last != nil
        return days
    }

    /// What decides lengths of open time between a day and an instant.
    func clock(from day: ShanghaiDate, until: Date?) -> RollupClock {
        let last = max(day, until.map { ShanghaiDate($0) } ?? day)
        return RollupClock(
            hours: self.hours.description, until: last,
            shifted: (day.dayNumber...last.dayNumber).map { ShanghaiDate(dayNumber: $0) }
                .filter { self.calendar.isWorkingDay($0) != (1...5).contains($0.weekday) })
    }

    /// Whether a kept day's lengths are what this calendar and these hours give.
    func measures(_ rolled: RolledDay) -> Bool {
        self.clock(from: rolled.day, until: rolled.clock.until.at(minute: 0)) == rolled.clock
    }
}
