import Foundation
import Leads
import Synchronization

/// When today's calls will be done, which will be late, and how many advisers the next days need.
///
/// The days are played through from the queue as it is, the people on shift and what calls were like in the last weeks.
package final class Forecasts: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    /// The answer of one minute, since playing costs processor time.
    private let latest = Mutex<(minute: Int, answer: JSONOutput)?>(nil)
    /// Today's end, played once for all desks that ask within some minutes.
    private let ending = Mutex<(span: Int, task: Task<DayForecast, any Error>)?>(nil)

    /// How far back calls are looked at.
    private static let history: TimeInterval = 28 * 86400
    /// How many of the tasks that may be late are named.
    private static let mostNamed = 20

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
    }

    /// How long desks are told the same end of the day, in minutes.
    private static let endingMinutes = 5

    /// The rest of today, at most some minutes old.
    func today() async throws -> DayForecast {
        let now = self.dependencies.now()
        let span = Int(now.timeIntervalSince1970 / 60) / Self.endingMinutes
        let task = self.ending.withLock { ending in
            if let ending, ending.span == span { return ending.task }
            let task = Task { try await self.desk(at: now).today(seed: UInt64(span)) }
            ending = (span, task)
            return task
        }
        do {
            return try await task.value
        } catch {
            // Whoever asks next tries again.
            self.ending.withLock { if $0?.task == task { $0 = nil } }
            throw error
        }
    }

    /// The rest of today as the board shows it this minute.
    func thisMinute() async throws -> DayForecast {
        let now = self.dependencies.now()
        return try await self.desk(at: now).today(seed: UInt64(now.timeIntervalSince1970 / 60))
    }

    /// Today and the next working days within a week, as of this minute.
    func show() async throws -> JSONOutput {
        let now = self.dependencies.now()
        let minute = Int(now.timeIntervalSince1970 / 60)
        if let latest = self.latest.withLock({ $0 }), latest.minute == minute { return latest.answer }
        let desk = try await self.desk(at: now)
        let (today, staffing) = (desk.today(seed: UInt64(minute)), desk.staffing(seed: UInt64(minute)))
        let named = Dictionary(today.forecast.late.map { ($0.id, $0.share) }) { first, _ in first }
        let contact = try await self.contact(at: now)
        let late = try await self.database.autocommit {
            try await $0.tasks(today.forecast.late.prefix(Self.mostNamed).map(\.id))
        }
        let answer = JSONOutput.object([
            "at": .string(RFC3339.text(now)), "assumed": .bool(desk.past.isAssumed),
            "today": .object([
                "working_day": .bool(today.isWorkingDay), "advisers": .integer(today.advisers),
                "unmet": .integer(today.forecast.unmet),
                "overdue": .integer(today.forecast.overdue),
                "finished_at": .optional(today.forecast.finishedAt.map { RFC3339.text($0) }),
                "late_count": .integer(today.forecast.late.count),
                "late": .array(
                    try late.map { task in
                        var members = try task.json(self.dependencies, at: now)
                        members["percent"] = .integer(Int(((named[task.id] ?? 0) * 100).rounded()))
                        return .object(members)
                    }),
            ]),
            "contact": contact.json,
            "days": .array(
                staffing.map { day, advisers in
                    .object(["date": .string(day.description), "advisers_needed": .optional(advisers)])
                }),
        ])
        self.latest.withLock { $0 = (minute, answer) }
        return answer
    }

    /// How the target on contact was kept lately.
    private func contact(at now: Date) async throws -> ContactTarget {
        let times = try await self.database.autocommit {
            try await $0.contactTimes(since: now.addingTimeInterval(-Self.history), until: now)
        }
        let settings = self.settings.current
        return ContactTarget(
            hours: settings.contactTargetHours, times: times,
            WorkingTime(calendar: self.calendar.current, hours: settings.openingHours), at: now)
    }

    private func desk(at now: Date) async throws -> ForecastDesk {
        let calendar = self.calendar.current
        let (calls, roster, past) = try await self.database.autocommit { session in
            (
                try await session.waitingCalls(at: now), try await session.roster(at: now),
                try await session.pastCalls(
                    since: now.addingTimeInterval(-Self.history), until: now, calendar: calendar)
            )
        }
        return ForecastDesk(
            calls: calls, roster: roster, past: past, settings: self.settings.current, calendar: calendar, now: now)
    }
}

/// The rest of a day, and how many are counted on to make its calls.
struct DayForecast: Sendable {
    var forecast: Forecast
    var advisers: Int
    var isWorkingDay: Bool
}

/// The desk as a forecast starts from it.
private struct ForecastDesk: Sendable {
    let calls: [WaitingCall]
    let roster: Roster
    let past: PastCalls
    let settings: Settings
    let calendar: WorkingCalendar
    let now: Date

    /// The share of promises that the advisers asked for shall keep.
    private static let kept = 0.95
    private static let mostAdvisers = 60
    private static let daysAhead = 7

    /// The rest of today with the people who are there.
    func today(seed: UInt64) -> DayForecast {
        let midnight = ShanghaiDate(self.now).adding(1).at(minute: 0)
        let (shifts, free) = self.onShift
        let forecast = Forecast(from: self.now, dueUpTo: midnight, seed: seed) { seed in
            self.simulation(shifts: shifts, busyUntil: free, until: midnight, seed: seed)
        }
        return DayForecast(
            forecast: forecast, advisers: shifts.count,
            isWorkingDay: self.calendar.isWorkingDay(ShanghaiDate(self.now)))
    }

    /// The working days of the next week, with the advisers each needs; nil where too many.
    func staffing(seed: UInt64) -> [(ShanghaiDate, Int?)] {
        let today = ShanghaiDate(self.now)
        let days = (1...Self.daysAhead).map { today.adding($0) }.filter { self.calendar.isWorkingDay($0) }
        let end = (days.last ?? today).adding(1).at(minute: 0)
        let spans = self.standardShifts(until: end)
        var staffing = Staffing(
            days: days.map { DateInterval(start: $0.at(minute: 0), duration: 86400) }, seed: seed
        ) { advisers, seed in
            self.simulation(
                shifts: Array(repeating: spans, count: advisers), busyUntil: nil, until: end, seed: seed)
        }
        return Array(zip(days, staffing.advisersNeeded(for: Self.kept, most: Self.mostAdvisers)))
    }

    private func dialling(_ plan: ShiftPlan, on day: ShanghaiDate) -> [DateInterval] {
        plan.dialling(
            on: day, isWorkingDay: self.calendar.isWorkingDay(day), opening: self.settings.openingHours,
            calling: self.settings.callingHours)
    }

    /// Today's hours of everybody who makes calls and is there or comes later, and when each is done with the call they are in.
    var onShift: (shifts: [[DateInterval]], free: [Date]) {
        let today = ShanghaiDate(self.now)
        var (shifts, free): ([[DateInterval]], [Date]) = ([], [])
        for adviser in self.roster.advisers where adviser.makesCalls {
            // Who went home yesterday is at the desk again with today's login.
            let isOff = adviser.availability == .off && adviser.availabilityAt.map { ShanghaiDate($0) == today } ?? true
            guard !isOff, !self.roster.isOnLeave(adviser.id, on: today) else { continue }
            let spans = self.dialling(self.roster.plan(of: adviser.id), on: today)
            guard !spans.isEmpty else { continue }
            // Who is not there in the middle of a shift is not counted on; at its beginning people are given a while to come.
            let isAwaited = spans.first.map { $0.start > self.now.addingTimeInterval(-BoardAdviser.recent) } ?? false
            guard adviser.isPresent(at: self.now) || isAwaited else { continue }
            shifts.append(spans)
            free.append(self.past.busyUntil[adviser.id] ?? self.now)
        }
        return (shifts, free)
    }

    /// The firm's hours from now on.
    func standardShifts(until end: Date) -> [DateInterval] {
        var day = ShanghaiDate(self.now)
        var spans: [DateInterval] = []
        while day.at(minute: 0) < end {
            spans += self.dialling(.standard, on: day)
            day = day.adding(1)
        }
        return spans
    }

    func simulation(shifts: [[DateInterval]], busyUntil: [Date]?, until end: Date, seed: UInt64) -> CallSimulation {
        let times = Cadence.Times(
            calendar: self.calendar, calling: self.settings.callingHours, opening: self.settings.openingHours,
            window: nil)
        let rules = CallRules(
            order: .contract(fresh: self.settings.freshLength), cadence: self.settings.cadence, times: times)
        return CallSimulation(
            calls: self.calls, shifts: shifts, busyUntil: busyUntil, habits: self.past.habits, rules: rules,
            at: self.now, arrivalsUntil: end, seed: seed)
    }
}

/// What calls were like lately.
struct PastCalls: Sendable {
    var habits: CallHabits
    /// When those who are in a call now are likely done.
    var busyUntil: [UUID: Date]
    /// Whether too little was seen to go by it.
    var isAssumed: Bool

    /// So many results are enough to go by.
    private static let enough = 30
    private static let assumedLengths: [TimeInterval] = [180, 240, 300, 360, 420, 600]
    private static let assumedEndings: [(Disposition, Double)] = [
        (.noAnswer, 0.35), (.busyOrRejected, 0.08), (.poweredOff, 0.05), (.callBackAt, 0.08),
        (.reachedInterested, 0.12), (.reachedNotInterested, 0.22), (.converted, 0.1),
    ]

    /// - Parameter since: the first day that was looked at; days before the first inquiry do not count.
    init(
        arrivals: [PastArrivals], since: ShanghaiDate, calendar: WorkingCalendar, lengths: [TimeInterval],
        endings: [PastEnding], claims: [ClaimStart], now: Date
    ) {
        var (working, free) = (Array(repeating: 0.0, count: 24), Array(repeating: 0.0, count: 24))
        for arrival in arrivals where (0..<24).contains(arrival.hour) {
            if calendar.isWorkingDay(arrival.day) {
                working[arrival.hour] += Double(arrival.count)
            } else {
                free[arrival.hour] += Double(arrival.count)
            }
        }
        let today = ShanghaiDate(now)
        let first = min(today, max(since, arrivals.first?.day ?? today))
        let numbers = first.dayNumber...today.dayNumber
        let worked = numbers.count { calendar.isWorkingDay(ShanghaiDate(dayNumber: $0)) }
        let results = endings.reduce(0) { $0 + $1.count }
        self.isAssumed = results < Self.enough || lengths.isEmpty
        let known = self.isAssumed ? Self.assumedLengths : lengths
        let shares =
            self.isAssumed
            ? Self.assumedEndings : endings.map { ($0.disposition, Double($0.count) / Double(results)) }
        self.habits = CallHabits(
            arrivals: working.map { $0 / Double(max(1, worked)) },
            arrivalsOnFreeDays: free.map { $0 / Double(max(1, numbers.count - worked)) },
            lengths: .observed(known), endings: shares.map { CallEnding($0.0, share: $0.1) })
        let mean = known.reduce(0, +) / Double(known.count)
        self.busyUntil = Dictionary(claims.map { ($0.adviser, max(now, $0.since.addingTimeInterval(mean))) }) {
            max($0, $1)
        }
    }
}
