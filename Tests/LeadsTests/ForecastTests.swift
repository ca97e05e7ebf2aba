import Foundation
import Leads
import Testing

/// Office days made up from a seed: two advisers or more, quiet and busy weeks.
private struct Office: Sendable {
    static let calendar = WorkingCalendar(years: [])
    let monday: ShanghaiDate
    let days: Int
    /// Inquiries an hour between eight and eleven at night; half as many on weekends.
    let rate: Double
    let lengths: [TimeInterval]

    init(days: Int, rate: Double) throws {
        self.monday = try ShanghaiDate(parsing: "2026-11-23")
        self.days = days
        self.rate = rate
        var generator = SeededGenerator(seed: 3)
        self.lengths = (0..<500).map { _ in 90 + generator.exponential(mean: 330) }
    }

    var end: Date { self.monday.adding(self.days).at(minute: 0) }

    var habits: CallHabits {
        let arrivals = (0..<24).map { (8..<23).contains($0) ? self.rate : 0 }
        let shares: [(Disposition, Double)] = [
            (.noAnswer, 0.35), (.busyOrRejected, 0.08), (.callBackAt, 0.08), (.reachedInterested, 0.12),
            (.reachedNotInterested, 0.25), (.converted, 0.12),
        ]
        return CallHabits(
            arrivals: arrivals, arrivalsOnFreeDays: arrivals.map { $0 / 2 }, lengths: .observed(self.lengths),
            endings: shares.map { CallEnding($0.0, share: $0.1) })
    }

    func rules(_ order: CallOrder) -> CallRules {
        CallRules(
            order: order, cadence: Cadence(),
            times: Cadence.Times(calendar: Self.calendar, calling: .standard, opening: .standard, window: nil))
    }

    func shifts(_ advisers: Int) throws -> [[DateInterval]] {
        let plan = ShiftPlan.standard
        let spans = (0..<self.days).flatMap { offset in
            let day = self.monday.adding(offset)
            return plan.dialling(
                on: day, isWorkingDay: Self.calendar.isWorkingDay(day), opening: .standard, calling: .standard)
        }
        return Array(repeating: spans, count: advisers)
    }

    func simulation(advisers: Int, _ order: CallOrder = .contract(fresh: 900), seed: UInt64) throws -> CallSimulation {
        CallSimulation(
            calls: [], shifts: try self.shifts(advisers), habits: self.habits, rules: self.rules(order),
            at: self.monday.at(minute: 0), arrivalsUntil: self.end, seed: seed)
    }
}

@Suite struct `A forecast` {
    /// Erlang's C: the mean wait of a caller at `servers` desks with Poisson arrivals and exponential lengths.
    private func wait(servers: Int, load: Double, mean: Double) -> Double {
        var (term, sum) = (1.0, 1.0)
        for k in 1..<max(servers, 2) where k < servers {
            term *= load / Double(k)
            sum += term
        }
        let all = term * load / Double(servers) * Double(servers) / (Double(servers) - load)
        return all / (sum + all) * mean / (Double(servers) - load)
    }

    @Test(arguments: [(1, 4.0), (3, 16.0), (8, 56.0)])
    func `a desk without lunch and nights waits as queueing theory says`(_ servers: Int, _ rate: Double) throws {
        let start = try ShanghaiDate(parsing: "2026-11-23").at(minute: 0)
        let mean: TimeInterval = 420
        let end = start.addingTimeInterval(60_000 / rate * 3600)
        let always = DateInterval(start: start, end: .distantFuture)
        let rules = CallRules(
            order: .arrival, isWorkingDay: { _ in true }, promise: { $0 }, again: { _, _, _ in nil })
        let rates = Array(repeating: rate, count: 24)
        let habits = CallHabits(
            arrivals: rates, arrivalsOnFreeDays: rates, lengths: .exponential(mean: mean),
            endings: [CallEnding(.converted, share: 1)])
        var desk = CallSimulation(
            calls: [], shifts: Array(repeating: [always], count: servers), habits: habits, rules: rules, at: start,
            arrivalsUntil: end, seed: 7)
        desk.run(until: end)
        let waits = desk.calls.compactMap { call in call.firstRungAt?.timeIntervalSince(call.acceptedAt) }
        let measured = waits.reduce(0, +) / Double(waits.count)
        let expected = self.wait(servers: servers, load: rate / 3600 * mean, mean: mean)
        #expect(abs(measured / expected - 1) < 0.1, "\(measured) s where theory says \(expected) s")
    }

    @Test func `the same seed plays the same days, another seed other ones`() throws {
        let office = try Office(days: 4, rate: 5)
        func played(_ seed: UInt64) throws -> [WaitingCall] {
            var desk = try office.simulation(advisers: 2, seed: seed)
            desk.run(until: office.end)
            return desk.calls
        }
        #expect(try played(1) == played(1))
        #expect(try played(1) != played(2))
    }

    @Test func `nobody is rung outside the shifts`() throws {
        let office = try Office(days: 12, rate: 6)
        var desk = try office.simulation(advisers: 3, seed: 5)
        desk.run(until: office.end)
        let shifts = try office.shifts(1)[0]
        #expect(desk.calls.count > 500)
        for rung in desk.calls.compactMap(\.firstRungAt) {
            #expect(shifts.contains { $0.start <= rung && rung < $0.end })
        }
    }

    @Test func `tasks that come late are named two hours before, and most that are named come late`() throws {
        var (late, named, hits) = (0, 0, 0)
        for seed in UInt64(0)..<12 {
            let office = try Office(days: 5, rate: 7 + Double(seed % 6) * 0.5)
            var real = try office.simulation(advisers: 2, seed: 1000 + seed)
            for day in 1...4 {
                let due = office.monday.adding(day).at(minute: 1080)
                let now = due.addingTimeInterval(-7200)
                real.run(until: now)
                let calls = real.calls
                let shifts = try office.shifts(2)
                let forecast = Forecast(from: now, dueUpTo: due, seed: seed &* 100, runs: 12) { seed in
                    CallSimulation(
                        calls: calls, shifts: shifts, habits: office.habits, rules: office.rules(.contract(fresh: 900)),
                        at: now, arrivalsUntil: due, seed: seed)
                }
                let unmet = Set(calls.filter { $0.isUnmet && $0.dueAt == due }.map(\.id))
                real.run(until: due)
                let broken = Set(real.calls.filter { unmet.contains($0.id) && $0.isLate }.map(\.id))
                let ahead = Set(forecast.late.filter { $0.dueAt == due }.map(\.id))
                late += broken.count
                named += ahead.count
                hits += ahead.intersection(broken).count
            }
        }
        #expect(late > 100, "the days must have late calls: \(late)")
        #expect(Double(hits) / Double(late) >= 0.95, "\(hits) of \(late) late ones were named")
        #expect(Double(hits) / Double(named) >= 0.7, "\(hits) of \(named) named ones came late")
    }

    @Test func `with an adviser free, half of new inquiries are rung within ten minutes and no promise is lost for it`()
        throws
    {
        let office = try Office(days: 12, rate: 4)
        func played(_ order: CallOrder) throws -> (quick: Double, kept: Double) {
            var desk = try office.simulation(advisers: 4, order, seed: 11)
            desk.run(until: office.end)
            let due = desk.calls.filter { $0.dueAt < office.end }
            let shifts = try office.shifts(1)[0]
            let inShift = desk.calls.filter { call in shifts.contains { $0.contains(call.acceptedAt) } }
            let quick = inShift.filter { call in
                call.firstRungAt.map { $0.timeIntervalSince(call.acceptedAt) <= 600 } ?? false
            }
            return (
                Double(quick.count) / Double(inShift.count),
                Double(due.count { !$0.isLate }) / Double(due.count)
            )
        }
        let (contract, deadline) = (try played(.contract(fresh: 900)), try played(.deadline))
        #expect(contract.quick >= 0.5, "rung within ten minutes: \(contract.quick), by deadline \(deadline.quick)")
        #expect(contract.kept >= deadline.kept, "kept: \(contract.kept), by deadline \(deadline.kept)")
    }

    @Test func `more inquiries need more advisers, and the number found is the smallest`() throws {
        func needed(_ rate: Double) throws -> (Int, Staffing) {
            let office = try Office(days: 5, rate: rate)
            var desks: [[[DateInterval]]] = []
            for advisers in 0...12 { desks.append(try office.shifts(advisers)) }
            let shifts = desks
            let days = [DateInterval(start: office.monday.adding(1).at(minute: 0), duration: 86400)]
            var staffing = Staffing(days: days, runs: 2, seed: 1) { advisers, seed in
                CallSimulation(
                    calls: [], shifts: shifts[advisers], habits: office.habits,
                    rules: office.rules(.contract(fresh: 900)),
                    at: office.monday.at(minute: 0), arrivalsUntil: office.end, seed: seed)
            }
            let found = staffing.advisersNeeded(for: 0.95, most: 12)
            return (try #require(found[0]), staffing)
        }
        let (few, _) = try needed(3)
        var (many, staffing) = try needed(15)
        #expect(few < many)
        #expect(staffing.kept(by: many)[0] >= 0.95 && staffing.kept(by: many - 1)[0] < 0.95)
        #expect(staffing.advisersNeeded(for: 0.95, most: 1)[0] == nil)
    }

    @Test func `an empty desk is finished, and one without advisers never is`() throws {
        let office = try Office(days: 1, rate: 0)
        let due = office.monday.at(minute: 1080)
        let now = office.monday.at(minute: 600)
        let call = WaitingCall(
            id: UUID(), acceptedAt: now, newestInquiryAt: now, dueAt: due, nextAttemptAt: now)
        func forecast(_ calls: [WaitingCall], _ shifts: [[DateInterval]]) -> Forecast {
            Forecast(from: now, dueUpTo: due, seed: 1, runs: 3) { seed in
                CallSimulation(
                    calls: calls, shifts: shifts, habits: office.habits, rules: office.rules(.contract(fresh: 900)),
                    at: now, arrivalsUntil: due, seed: seed)
            }
        }
        let empty = forecast([], try office.shifts(1))
        #expect(empty.unmet == 0 && empty.late.isEmpty && empty.finishedAt == nil)
        let alone = forecast([call], [])
        #expect(alone.unmet == 1 && alone.late.map(\.share) == [1] && alone.finishedAt == nil)
        let manned = forecast([call], try office.shifts(1))
        #expect(manned.late.isEmpty && manned.finishedAt.map { $0 > now && $0 < due } == true)
    }
}
