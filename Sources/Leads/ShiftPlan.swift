package import Foundation

/// When an adviser works, weekday by weekday; without any shift, while the firm is open.
package struct ShiftPlan: Sendable, Equatable {
    /// One stretch on one weekday.
    package struct Shift: Sendable, Equatable {
        /// 1 is Monday, 7 Sunday.
        package var weekday: Int
        package var span: Span

        package init(weekday: Int, span: Span) {
            self.weekday = weekday
            self.span = span
        }
    }

    /// In the order of the week.
    package let shifts: [Shift]

    /// The firm's opening hours.
    package static let standard = ShiftPlan()

    private init() {
        self.shifts = []
    }

    /// - Throws: `weekday_invalid`, `shifts_overlap`.
    package init(shifts: [Shift]) throws(ValidationFailure) {
        let sorted = shifts.sorted { ($0.weekday, $0.span.from) < ($1.weekday, $1.span.from) }
        guard sorted.allSatisfy({ (1...7).contains($0.weekday) }) else {
            throw ValidationFailure("weekday_invalid", "星期为 1（周一）到 7（周日）", english: "1 (Monday) to 7 (Sunday).")
        }
        for (shift, next) in zip(sorted, sorted.dropFirst())
        where shift.weekday == next.weekday && next.span.from < shift.span.to {
            throw ValidationFailure("shifts_overlap", "同一天的班次不能重叠", english: "Shifts of a day must not overlap.")
        }
        self.shifts = sorted
    }

    /// The stretches of a day.
    ///
    /// A make-up day on a weekend without shifts of its own has the firm's hours; a free weekday has none, while shifts of a
    /// weekend hold on free days too.
    package func spans(on day: ShanghaiDate, isWorkingDay: Bool, opening: OpeningHours) -> [Span] {
        let weekday = (day.weekday + 6) % 7 + 1
        let own = self.shifts.filter { $0.weekday == weekday }.map(\.span)
        let isWeekend = weekday > 5
        guard isWorkingDay else { return isWeekend ? own : [] }
        let usesOpeningHours = self.shifts.isEmpty || (isWeekend && own.isEmpty)
        return usesOpeningHours ? Span(from: opening.opens, to: opening.closes).map { [$0] } ?? [] : own
    }

    /// When this adviser may dial on a day.
    package func dialling(
        on day: ShanghaiDate, isWorkingDay: Bool, opening: OpeningHours, calling: CallingHours
    ) -> [DateInterval] {
        self.spans(on: day, isWorkingDay: isWorkingDay, opening: opening)
            .flatMap { calling.open(within: $0) }
            .map { DateInterval(start: day.at(minute: $0.from), end: day.at(minute: $0.to)) }
    }
}

/// What somebody says of being at the desk.
package enum Availability: String, Sendable, CaseIterable {
    case onShift = "on_shift"
    case onBreak = "break"
    case off

    package var title: String {
        switch self {
        case .onShift: "在岗"
        case .onBreak: "休息"
        case .off: "下班"
        }
    }
}
