import Crypto
import Foundation
package import Leads

/// What a change of the calendar would do: the days that differ, and the promises that move.
package struct CalendarPlan: Sendable {
    /// A promise that was provisional, and when it would be due.
    package struct Move: Sendable {
        var promise: ProvisionalPromise
        var dueAt: Date
        var provisional: Bool

        var isLater: Bool { self.dueAt > self.promise.dueAt }
    }

    package let before: CalendarState
    package let after: CalendarState
    /// The years that are stored.
    package var years: [CalendarYear] = []
    /// Years that the file has as provisional only, and that were known from their notice already.
    package var kept: [Int] = []
    package var moves: [Move] = []
    /// How many promises that stand fall due on a day that would be closed and was not.
    package var onClosedDays = 0

    /// Finds what a change does, without doing it.
    ///
    /// - Throws: `calendar_invalid` for a notice that contradicts another; `company_day_invalid` for a day that is not there.
    init(
        _ change: CalendarChange, of before: CalendarState, promises: [ProvisionalPromise], open: [OpenPromise],
        _ settings: Settings
    ) throws(ValidationFailure) {
        var after = before
        switch change {
        case .years(let read):
            // What a notice settled does not become provisional again.
            let official = Set(before.years.filter(\.isOfficial).map(\.year))
            self.years = read.filter { $0.isOfficial || !official.contains($0.year) }
            self.kept = Set(read.map(\.year)).subtracting(self.years.map(\.year)).sorted()
            try after.replace(with: self.years)
        case .companyDay(let day, let own):
            if own == nil, before.companyDays[day] == nil {
                throw ValidationFailure(
                    "company_day_invalid", at: "/day", "\(day.fullText)没有单独设置，不用取消",
                    english: "\(day) is no day of the firm's own.")
            }
            after.companyDays[day] = own
        }
        self.before = before
        self.after = after
        let (was, calendar) = (before.calendar, after.calendar)
        var isNotice = false
        if case .years = change { isNotice = true }
        // What the visitor was told moves for the State Council's arrangement only, never for the firm's own convenience.
        if isNotice {
            for promise in promises {
                let new = Self.deadline(of: promise, calendar, settings)
                let dueAt = max(new.dueAt, promise.dueAt)
                guard dueAt > promise.dueAt || !new.provisional else { continue }
                self.moves.append(Move(promise: promise, dueAt: dueAt, provisional: new.provisional))
            }
        }
        self.onClosedDays = open.count { task in
            let day = ShanghaiDate(task.dueAt)
            return was.isWorkingDay(day) && !calendar.isWorkingDay(day) && !(isNotice && task.provisional)
        }
    }

    package var moved: Int { self.moves.count(where: \.isLater) }
    package var confirmed: Int { self.moves.count - self.moved }

    /// What ties an application to the preview: the days before and after it.
    package var fingerprint: String {
        Hex.text(SHA256.hash(data: Data((self.before.text + "\n" + self.after.text).utf8)))
    }

    private static func deadline(
        of promise: ProvisionalPromise, _ calendar: WorkingCalendar, _ settings: Settings
    ) -> (dueAt: Date, provisional: Bool) {
        let deadline = calendar.deadline(acceptedAt: promise.acceptedAt, closing: settings.openingHours)
        guard let window = promise.window.flatMap({ PreferredWindow(rawValue: $0) }),
            let hours = settings.windows.offered(window, within: settings.openingHours)
        else { return deadline }
        return (hours.end(on: deadline.dueAt), deadline.provisional)
    }
}

/// A day that a change adds to a list or takes out of it.
package struct CalendarDayChange: Sendable, Equatable {
    package enum Kind: String, Sendable { case off, makeup }
    package var day: ShanghaiDate
    package var kind: Kind
    package var isAdded: Bool
    package var name: String
}

extension CalendarPlan {
    /// The days that differ, in order.
    package var dayChanges: [CalendarDayChange] {
        func changes(
            _ kind: CalendarDayChange.Kind, _ list: (CalendarYear) -> [ShanghaiDate: String]
        ) -> [CalendarDayChange] {
            let (old, new) = (self.before.days(list), self.after.days(list))
            let added = new.filter { old[$0.key] == nil }.map {
                CalendarDayChange(day: $0.key, kind: kind, isAdded: true, name: $0.value)
            }
            return added
                + old.filter { new[$0.key] == nil }.map {
                    CalendarDayChange(day: $0.key, kind: kind, isAdded: false, name: $0.value)
                }
        }
        return (changes(.off, \.off) + changes(.makeup, \.makeup)).sorted {
            ($0.day, $0.isAdded ? 1 : 0) < ($1.day, $1.isAdded ? 1 : 0)
        }
    }

    private var changedCompanyDays: [ShanghaiDate] {
        Set(self.before.companyDays.keys).union(self.after.companyDays.keys).filter {
            self.before.companyDays[$0] != self.after.companyDays[$0]
        }.sorted()
    }

    /// What a page shows before it counts.
    var json: JSONOutput {
        let old = Dictionary(uniqueKeysWithValues: self.before.years.map { ($0.year, $0) })
        let years = self.years.sorted { $0.year < $1.year }.map { year -> JSONOutput in
            .object([
                "year": .integer(year.year), "status": .string(year.status), "notice": .string(year.notice),
                "status_before": .optional(old[year.year]?.status), "notice_before": .optional(old[year.year]?.notice),
            ])
        }
        let days = self.dayChanges.map { change -> JSONOutput in
            .object([
                "day": .string(change.day.description), "kind": .string(change.kind.rawValue),
                "added": .bool(change.isAdded), "name": .string(change.name),
            ])
        }
        let company = self.changedCompanyDays.map { day -> JSONOutput in
            .object([
                "day": .string(day.description), "before": self.before.companyDays[day]?.json ?? .null,
                "after": self.after.companyDays[day]?.json ?? .null,
            ])
        }
        let latest = self.moves.filter(\.isLater).map(\.dueAt).max()
        return .object([
            "fingerprint": .string(self.fingerprint), "years": .array(years),
            "kept": .array(self.kept.map { .integer($0) }), "days": .array(days), "company_days": .array(company),
            "promises": .object([
                "moved": .integer(self.moved), "confirmed": .integer(self.confirmed),
                "latest_due_at": .optional(latest.map { RFC3339.text($0) }),
                "on_closed_days": .integer(self.onClosedDays),
            ]),
        ])
    }

    /// Years or a day with what was there before, for the audit.
    var audited: [String: JSONOutput] {
        let changed = Set(self.years.map(\.year))
        func years(_ state: CalendarState) -> JSONOutput {
            .array(state.years.filter { changed.contains($0.year) }.map(\.json))
        }
        return ["before": years(self.before), "after": years(self.after)]
    }
}
