package import Foundation

/// What calls are like: how many inquiries come, how long a call takes and how it ends.
package struct CallHabits: Sendable, Equatable {
    /// Inquiries an hour, for each hour of a working day.
    package var arrivals: [Double]
    /// The same for a day on which the firm is closed.
    package var arrivalsOnFreeDays: [Double]
    package var lengths: CallLengths
    /// How calls end, with the share of each.
    package var endings: [CallEnding]

    package init(
        arrivals: [Double], arrivalsOnFreeDays: [Double], lengths: CallLengths, endings: [CallEnding]
    ) {
        self.arrivals = arrivals
        self.arrivalsOnFreeDays = arrivalsOnFreeDays
        self.lengths = lengths
        self.endings = endings
    }
}

/// How long an adviser is busy with a call, wrap-up included, in seconds.
package enum CallLengths: Sendable, Equatable {
    case exponential(mean: TimeInterval)
    /// What was measured, each as likely as the others; never empty.
    case observed([TimeInterval])

    func draw(_ generator: inout SeededGenerator) -> TimeInterval {
        switch self {
        case .exponential(let mean): generator.exponential(mean: mean)
        case .observed(let lengths): lengths[Int(generator.fraction() * Double(lengths.count))]
        }
    }
}

/// One way for a call to end.
package struct CallEnding: Sendable, Equatable {
    package var disposition: Disposition
    package var share: Double

    package init(_ disposition: Disposition, share: Double) {
        self.disposition = disposition
        self.share = share
    }
}

/// A callback task as far as its turn depends on it.
package struct WaitingCall: Sendable, Equatable {
    package var id: UUID
    package var acceptedAt: Date
    package var newestInquiryAt: Date
    package var dueAt: Date
    package var metAt: Date?
    package var nextAttemptAt: Date
    package var isAppointment: Bool
    package var attempts: Int
    package var isClosed = false
    /// When it was first rung.
    package var firstRungAt: Date?

    package init(
        id: UUID, acceptedAt: Date, newestInquiryAt: Date, dueAt: Date, metAt: Date? = nil, nextAttemptAt: Date,
        isAppointment: Bool = false, attempts: Int = 0
    ) {
        self.id = id
        self.acceptedAt = acceptedAt
        self.newestInquiryAt = newestInquiryAt
        self.dueAt = dueAt
        self.metAt = metAt
        self.nextAttemptAt = nextAttemptAt
        self.isAppointment = isAppointment
        self.attempts = attempts
    }

    /// Whether the promise waits for its first attempt.
    package var isUnmet: Bool { self.metAt == nil && !self.isClosed }
    /// Whether the promise was broken, once its deadline has passed.
    package var isLate: Bool { self.metAt.map { $0 > self.dueAt } ?? true }
}

/// Which call is next.
package enum CallOrder: Sendable, Equatable {
    /// Contract §4.8, with the length for which an inquiry is fresh.
    case contract(fresh: TimeInterval)
    /// Unmet promises by their deadline, then whoever is to be rung again.
    case deadline
    /// Always what came first.
    case arrival
}

/// The rules that a simulated desk works by.
package struct CallRules: Sendable {
    package var order: CallOrder
    package var isWorkingDay: @Sendable (ShanghaiDate) -> Bool
    /// The promise for an inquiry accepted at an instant.
    package var promise: @Sendable (Date) -> Date
    /// When to try again after a call that ended so, at an instant, with so many attempts; nil when it is the last one.
    package var again: @Sendable (Disposition, Int, Date) -> Date?

    package init(
        order: CallOrder, isWorkingDay: @escaping @Sendable (ShanghaiDate) -> Bool,
        promise: @escaping @Sendable (Date) -> Date,
        again: @escaping @Sendable (Disposition, Int, Date) -> Date?
    ) {
        self.order = order
        self.isWorkingDay = isWorkingDay
        self.promise = promise
        self.again = again
    }
}

extension CallRules {
    /// The rules of a firm with a cadence and hours.
    ///
    /// Of earlier attempts only their number is known: they count as unanswered, as many a day as the cadence allows. An
    /// agreed time is the opening of the next working day.
    package init(order: CallOrder, cadence: Cadence, times: Cadence.Times) {
        self.init(
            order: order, isWorkingDay: { times.calendar.isWorkingDay($0) },
            promise: { times.calendar.deadline(acceptedAt: $0, closing: times.opening).dueAt },
            again: { disposition, attempts, now in
                let day = times.calendar.nextWorkingDay(after: ShanghaiDate(now))
                let perDay = max(1, cadence.attemptsPerDay)
                let before = (1..<max(1, attempts)).map { earlier in
                    Cadence.Attempt(
                        at: now.addingTimeInterval(-86400 * Double(earlier / perDay)), disposition: .noAnswer)
                }
                let step = cadence.next(
                    after: disposition, reason: nil,
                    callAgainAt: disposition.needsCallAgainAt ? day.at(minute: times.opening.opens) : nil,
                    history: Cadence.History(before: before, earlierToday: before.count % perDay), at: now, times: times
                )
                return if case .tryAgain(let time) = step { time } else { nil }
            })
    }
}

/// A desk played forward call by call: who is free takes what is next, until a given instant.
///
/// A copy goes on by itself, so one state can be played to its end many times.
package struct CallSimulation: Sendable {
    package private(set) var calls: [WaitingCall]
    private let habits: CallHabits
    private let rules: CallRules
    private var generator: SeededGenerator
    private var queue: CallTurns
    /// When each adviser may dial, in order.
    private let shifts: [[DateInterval]]
    private var advisers: BinaryHeap<Turn>
    private var nextArrival: TimeInterval
    private let arrivalsEnd: TimeInterval

    /// An adviser who will look for a call at an instant.
    private struct Turn: Comparable, Sendable {
        var at: TimeInterval
        var adviser: Int
        static func < (left: Turn, right: Turn) -> Bool { (left.at, left.adviser) < (right.at, right.adviser) }
    }

    /// Starts at an instant with the calls that wait; inquiries come until `arrivalsUntil`.
    ///
    /// - Parameters:
    ///   - shifts: for each adviser the stretches in which they dial, in order and without overlap.
    ///   - busyUntil: when each adviser is done with the call they are in; nil for all free.
    package init(
        calls: [WaitingCall], shifts: [[DateInterval]], busyUntil: [Date]? = nil, habits: CallHabits, rules: CallRules,
        at start: Date, arrivalsUntil: Date, seed: UInt64
    ) {
        self.calls = calls
        self.habits = habits
        self.rules = rules
        self.shifts = shifts
        self.generator = SeededGenerator(seed: seed)
        self.queue = CallTurns(order: rules.order)
        self.arrivalsEnd = arrivalsUntil.timeIntervalSince1970
        self.nextArrival = start.timeIntervalSince1970
        self.advisers = BinaryHeap()
        for adviser in shifts.indices {
            let free = max(start, busyUntil?[adviser] ?? start)
            self.advisers.push(Turn(at: free.timeIntervalSince1970, adviser: adviser))
        }
        for index in calls.indices where !calls[index].isClosed {
            self.queue.wait(index, self.calls[index])
        }
        self.drawArrival()
    }

    /// Plays up to an instant.
    package mutating func run(until end: Date) {
        let end = end.timeIntervalSince1970
        while let turn = self.advisers.min, turn.at <= end {
            _ = self.advisers.pop()
            guard let at = self.dialling(turn) else { continue }
            guard at == turn.at else {
                self.advisers.push(Turn(at: at, adviser: turn.adviser))
                continue
            }
            self.arrive(until: at)
            if let index = self.queue.take(at: at, from: self.calls) {
                let length = self.habits.lengths.draw(&self.generator)
                self.call(index, at: at, length: length)
                self.advisers.push(Turn(at: at + length, adviser: turn.adviser))
            } else {
                let next = min(self.queue.nextAt ?? .infinity, self.nextArrival)
                // Nobody left to call: this adviser is done.
                guard next < .infinity else { continue }
                self.advisers.push(Turn(at: max(next, at.nextUp), adviser: turn.adviser))
            }
        }
        self.arrive(until: end)
    }

    /// When this adviser dials next, at the turn or later; nil after the last shift.
    private func dialling(_ turn: Turn) -> TimeInterval? {
        for span in self.shifts[turn.adviser] where turn.at < span.end.timeIntervalSince1970 {
            return max(turn.at, span.start.timeIntervalSince1970)
        }
        return nil
    }

    private mutating func call(_ index: Int, at start: TimeInterval, length: TimeInterval) {
        let ended = Date(timeIntervalSince1970: start + length)
        self.calls[index].firstRungAt = self.calls[index].firstRungAt ?? Date(timeIntervalSince1970: start)
        self.calls[index].metAt = self.calls[index].metAt ?? ended
        self.calls[index].attempts += 1
        let ending = self.drawEnding()
        if let again = self.rules.again(ending, self.calls[index].attempts, ended) {
            self.calls[index].nextAttemptAt = again
            self.calls[index].isAppointment = ending == .callBackAt
            self.queue.wait(index, self.calls[index])
        } else {
            self.calls[index].isClosed = true
        }
    }

    private mutating func drawEnding() -> Disposition {
        var left = self.generator.fraction()
        for ending in self.habits.endings {
            left -= ending.share
            if left < 0 { return ending.disposition }
        }
        return self.habits.endings.last?.disposition ?? .converted
    }

    /// Lets the inquiries in that come by an instant.
    private mutating func arrive(until at: TimeInterval) {
        while self.nextArrival <= at {
            let now = Date(timeIntervalSince1970: self.nextArrival)
            let call = WaitingCall(
                id: UUID(from: &self.generator), acceptedAt: now, newestInquiryAt: now, dueAt: self.rules.promise(now),
                nextAttemptAt: now)
            self.calls.append(call)
            self.queue.wait(self.calls.count - 1, call)
            self.drawArrival()
        }
    }

    /// The next inquiry: hour after hour with that hour's rate, which a Poisson process without memory allows.
    private mutating func drawArrival() {
        var at = self.nextArrival
        while at < self.arrivalsEnd {
            let local = at + 28800
            let hourEnd = ((local / 3600).rounded(.down) + 1) * 3600 - 28800
            let hour = Int((local / 3600).rounded(.down)) % 24
            let day = ShanghaiDate(dayNumber: Int((local / 86400).rounded(.down)))
            let rate = (self.rules.isWorkingDay(day) ? self.habits.arrivals : self.habits.arrivalsOnFreeDays)[hour]
            if rate > 0 {
                let wait = self.generator.exponential(mean: 3600 / rate)
                if at + wait < hourEnd {
                    self.nextArrival = at + wait < self.arrivalsEnd ? at + wait : .infinity
                    return
                }
            }
            at = hourEnd
        }
        self.nextArrival = .infinity
    }
}

extension UUID {
    init(from generator: inout SeededGenerator) {
        let (high, low) = (generator.next(), generator.next())
        func byte(_ value: UInt64, _ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3), byte(high, 4), byte(high, 5), byte(high, 6),
                byte(high, 7), byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3), byte(low, 4), byte(low, 5),
                byte(low, 6), byte(low, 7)
            ))
    }
}
