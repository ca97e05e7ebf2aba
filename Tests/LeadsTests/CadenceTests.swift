import Foundation
import Leads
import Testing

/// What follows a call; 2026-11-25 is a Wednesday, and the first week of October is a holiday with a make-up day after it.
@Suite struct `The cadence` {
    private let calendar: WorkingCalendar

    init() throws { self.calendar = try shippedCalendar() }

    /// One step: what was said, when, after which attempts (newest first, `disposition@time`), and what follows.
    private func step(
        _ said: String, at now: String, after before: String = "", today: Int? = nil, callAgainAt: String? = nil,
        calling: String = "09:00-12:00,13:30-21:00", window: PreferredWindow? = nil, cadence: Cadence = Cadence()
    ) throws -> String {
        func read(_ text: Substring) throws -> (Disposition, PoweredOffReason?) {
            let parts = text.split(separator: "/").map(String.init)
            return (
                try #require(Disposition(rawValue: parts[0])),
                parts.count > 1 ? PoweredOffReason(rawValue: parts[1]) : nil
            )
        }
        let attempts = try before.split(separator: " ").map { text in
            let parts = text.split(separator: "@")
            let (disposition, reason) = try read(parts[0])
            return Cadence.Attempt(at: try instant(String(parts[1])), disposition: disposition, reason: reason)
        }
        let now = try instant(now)
        let (disposition, reason) = try read(said[...])
        let step = cadence.next(
            after: disposition, reason: reason, callAgainAt: try callAgainAt.map { try instant($0) },
            history: .init(
                before: attempts,
                earlierToday: today ?? attempts.count { ShanghaiDate($0.at) == ShanghaiDate(now) }), at: now,
            times: .init(
                calendar: self.calendar, calling: try #require(CallingHours(parsing: calling)), opening: .standard,
                window: window.flatMap(PreferredWindowTimes.standard.span)))
        switch step {
        case .close(let reason): return reason
        case .tryAgain(let time): return "\(ShanghaiDate(time)) \(ShanghaiDate.clockText(time))"
        }
    }

    @Test(arguments: [
        // Two hours, around lunch, closing of the lines, a weekend and a holiday.
        ("2026-11-26T14:00:00", "2026-11-26 16:00"), ("2026-11-26T10:30:00", "2026-11-26 13:30"),
        ("2026-11-26T09:30:00", "2026-11-26 11:30"), ("2026-11-26T19:00:00", "2026-11-27 09:00"),
        ("2026-11-27T20:00:00", "2026-11-30 09:00"), ("2026-11-28T10:00:00", "2026-11-30 09:00"),
        ("2026-09-30T20:30:00", "2026-10-08 09:00"), ("2026-10-09T20:00:00", "2026-10-10 09:00"),
    ])
    func `nobody answers once`(_ now: String, _ next: String) throws {
        #expect(try self.step("no_answer", at: now) == next)
    }

    @Test(arguments: [
        // Second: the other half of the day, else of the next.
        ("2026-11-26T10:00:00", "no_answer@2026-11-25T14:00:00", "2026-11-26 14:00"),
        ("2026-11-26T16:00:00", "no_answer@2026-11-25T14:00:00", "2026-11-27 09:30"),
        ("2026-11-27T16:00:00", "no_answer@2026-11-26T14:00:00", "2026-11-30 09:30"),
        // The day's second attempt has no third after it.
        ("2026-11-26T11:30:00", "no_answer@2026-11-26T09:30:00", "2026-11-27 14:00"),
        // Third and later: the other half of the next day.
        (
            "2026-11-27T09:30:00", "no_answer@2026-11-26T16:00:00 no_answer@2026-11-26T14:00:00", "2026-11-30 14:00"
        ),
        (
            "2026-11-26T14:00:00", "no_answer@2026-11-25T16:00:00 no_answer@2026-11-25T14:00:00", "2026-11-27 09:30"
        ),
    ])
    func `nobody answers again`(_ now: String, _ before: String, _ next: String) throws {
        #expect(try self.step("no_answer", at: now, after: before) == next)
    }

    @Test(arguments: [
        ("2026-11-26T14:00:00", "", "2026-11-26 14:30"), ("2026-11-26T11:45:00", "", "2026-11-26 13:30"),
        // Once: then as when nobody answers, on a day that has an attempt left.
        ("2026-11-26T14:30:00", "busy_or_rejected@2026-11-26T14:00:00", "2026-11-27 09:30"),
        ("2026-11-26T14:30:00", "busy_or_rejected@2026-11-25T14:00:00", "2026-11-26 16:30"),
        (
            "2026-11-26T14:30:00", "no_answer@2026-11-25T16:00:00 busy_or_rejected@2026-11-25T14:00:00",
            "2026-11-27 09:30"
        ),
        // The retry needs an attempt of the day as well.
        ("2026-11-26T14:30:00", "no_answer@2026-11-26T10:00:00", "2026-11-27 09:30"),
    ])
    func `the line is busy`(_ now: String, _ before: String, _ next: String) throws {
        #expect(try self.step("busy_or_rejected", at: now, after: before) == next)
    }

    @Test(arguments: [
        ("powered_off/off", "2026-11-26T14:00:00", "", "2026-11-26 18:00"),
        ("powered_off", "2026-11-26T09:00:00", "", "2026-11-26 13:30"),
        ("powered_off/no_service", "2026-11-26T18:00:00", "", "2026-11-27 09:00"),
        ("powered_off/off", "2026-11-26T14:00:00", "powered_off/off@2026-11-26T09:00:00", "2026-11-27 09:30"),
        ("powered_off/suspended", "2026-11-26T14:00:00", "", "2026-11-26 18:00"),
        ("powered_off/suspended", "2026-11-27T14:00:00", "powered_off/suspended@2026-11-26T14:00:00", "bad_number"),
        (
            "powered_off/suspended", "2026-11-27T14:00:00",
            "no_answer@2026-11-26T18:00:00 powered_off/suspended@2026-11-26T14:00:00", "bad_number"
        ),
        ("powered_off/off", "2026-11-27T14:00:00", "powered_off/suspended@2026-11-26T14:00:00", "2026-11-27 18:00"),
    ])
    func `the phone is off`(_ said: String, _ now: String, _ before: String, _ next: String) throws {
        #expect(try self.step(said, at: now, after: before) == next)
    }

    @Test func `six attempts or five working days without contact make somebody unreachable`() throws {
        let five = (0..<5).map { "no_answer@2026-11-\(26 - $0 / 2)T\($0 % 2 == 0 ? "14" : "10"):00:00" }
        #expect(
            try self.step("no_answer", at: "2026-11-27T10:00:00", after: five[1...].joined(separator: " "))
                == "2026-11-30 14:00")
        #expect(
            try self.step("no_answer", at: "2026-11-27T10:00:00", after: five.joined(separator: " ")) == "unreachable")
        // Wednesday is the first working day, the next Tuesday the fifth.
        let first = "no_answer@2026-11-25T14:00:00"
        #expect(try self.step("no_answer", at: "2026-12-01T10:00:00", after: first) == "2026-12-01 14:00")
        #expect(try self.step("no_answer", at: "2026-12-01T16:00:00", after: first) == "unreachable")
        // A holiday is no working day, a make-up Saturday is one.
        #expect(
            try self.step("no_answer", at: "2026-10-10T16:00:00", after: "no_answer@2026-09-30T14:00:00")
                == "2026-10-12 09:30")
        #expect(
            try self.step("no_answer", at: "2026-10-10T16:00:00", after: "no_answer@2026-09-29T14:00:00")
                == "unreachable")
    }

    @Test func `each way without an answer ends within the limits`() throws {
        for said in ["no_answer", "busy_or_rejected", "powered_off/off"] {
            for hour in 9...20 where hour != 12 {
                var (now, before, days) = ("2026-11-25T\(hour < 10 ? "0" : "")\(hour):45:00", "", [String: Int]())
                var last = ""
                while true {
                    days[String(now.prefix(10)), default: 0] += 1
                    last = try self.step(said, at: now, after: before)
                    if last == "unreachable" { break }
                    before = "\(said)@\(now) " + before
                    now = last.replacingOccurrences(of: " ", with: "T") + ":00"
                }
                #expect((5...6).contains(days.values.reduce(0, +)), "\(said) from \(hour):45")
                #expect(days.values.max() ?? 0 <= 2 && days.keys.max() ?? "" <= "2026-12-01", "\(said) \(days)")
            }
        }
    }

    @Test func `an agreed time is kept to the second, one that was only chosen keeps the limits`() throws {
        let evening = "2026-11-26T19:07:00"
        #expect(
            try self.step("call_back_at", at: "2026-11-26T14:00:00", today: 5, callAgainAt: evening)
                == "2026-11-26 19:07")
        #expect(try self.step("no_answer", at: "2026-11-26T14:00:00", callAgainAt: evening) == "2026-11-26 19:07")
        #expect(try self.step("no_answer", at: "2026-11-26T18:30:00", callAgainAt: evening) == "2026-11-26 20:30")
        #expect(
            try self.step("no_answer", at: "2026-11-26T14:00:00", today: 1, callAgainAt: evening) == "2026-11-27 09:30")
        // Spoken to, somebody is not unreachable, whatever went before.
        let many = Array(repeating: "no_answer@2026-11-16T14:00:00", count: 8).joined(separator: " ")
        #expect(
            try self.step("reached_interested", at: "2026-11-26T14:00:00", after: many, callAgainAt: evening)
                == "2026-11-26 19:07")
    }

    @Test func `materials are asked for two working days later`() throws {
        #expect(try self.step("reached_need_materials", at: "2026-11-26T14:00:00") == "2026-11-30 09:00")
        #expect(try self.step("reached_need_materials", at: "2026-09-30T14:00:00") == "2026-10-09 09:00")
    }

    @Test(arguments: [
        ("2026-11-26T09:30:00", "", "2026-11-26 11:30"), ("2026-11-26T10:00:00", "", "2026-11-27 09:00"),
        ("2026-11-26T11:30:00", "no_answer@2026-11-26T09:30:00", "2026-11-27 09:00"),
        ("2026-11-27T09:00:00", "no_answer@2026-11-26T10:00:00", "2026-11-30 09:00"),
    ])
    func `the visitor's window holds`(_ now: String, _ before: String, _ next: String) throws {
        #expect(try self.step("no_answer", at: now, after: before, window: .morning) == next)
    }

    @Test func `always lifts hours and windows, not the limits`() throws {
        #expect(
            try self.step("no_answer", at: "2026-11-26T23:00:00", calling: "always", window: .morning)
                == "2026-11-27 01:00")
        #expect(
            try self.step(
                "no_answer", at: "2026-11-26T12:10:00", after: "no_answer@2026-11-26T10:00:00", calling: "always")
                == "2026-11-27 09:30")
    }

    @Test func `other numbers are kept to`() throws {
        var cadence = Cadence()
        (cadence.noAnswerMinutes, cadence.busyMinutes, cadence.minutesApart) = (60, 10, 90)
        (cadence.attemptsPerDay, cadence.attempts, cadence.workingDays) = (3, 3, 2)
        let one = "no_answer@2026-11-26T09:00:00"
        #expect(try self.step("no_answer", at: "2026-11-26T09:00:00", cadence: cadence) == "2026-11-26 10:30")
        #expect(try self.step("busy_or_rejected", at: "2026-11-26T09:00:00", cadence: cadence) == "2026-11-26 09:10")
        #expect(
            try self.step("no_answer", at: "2026-11-26T10:30:00", after: one, cadence: cadence) == "2026-11-26 14:00")
        #expect(try self.step("no_answer", at: "2026-11-27T14:00:00", after: one, cadence: cadence) == "unreachable")
        #expect(
            try self.step(
                "no_answer", at: "2026-11-26T14:00:00", after: "no_answer@2026-11-26T10:30:00 " + one, cadence: cadence)
                == "unreachable")
    }

    @Test func `who was tried often enough today rests until the next day that is worked`() throws {
        let times = Cadence.Times(calendar: self.calendar, calling: .standard, opening: .standard, window: nil)
        func rest(_ earlier: Int, _ now: String) throws -> Date? {
            Cadence().restsUntil(earlierToday: earlier, at: try instant(now), times: times)
        }
        #expect(try rest(0, "2026-11-26T14:00:00") == nil)
        #expect(try rest(1, "2026-11-26T14:00:00") == instant("2026-11-27T09:00:00"))
        #expect(try rest(4, "2026-11-27T23:59:59") == instant("2026-11-30T09:00:00"))
    }

    @Test func `closing dispositions close whatever went before`() throws {
        for disposition in Disposition.allCases {
            guard let reason = disposition.closedReason else { continue }
            #expect(try self.step(disposition.rawValue, at: "2026-11-26T14:00:00") == reason)
        }
    }

    @Test func `any next attempt lies ahead, inside hours and window, on a day that is worked and not used up`() throws
    {
        var generator = SeededGenerator("next attempts")
        let tries: [Disposition] = [.noAnswer, .busyOrRejected, .poweredOff, .reachedNeedMaterials]
        let start = try instant("2026-01-01T00:00:00")
        for _ in 0..<2000 {
            let now = start.addingTimeInterval(Double(Int.random(in: 0..<86400 * 360, using: &generator)))
            let before = (0..<Int.random(in: 0...4, using: &generator)).compactMap { _ in
                tries.dropLast().randomElement(using: &generator).map { Cadence.Attempt(at: now, disposition: $0) }
            }
            let window =
                Bool.random(using: &generator) ? PreferredWindow.allCases.randomElement(using: &generator) : nil
            let span = window.flatMap(PreferredWindowTimes.standard.span)
            let today = Int.random(in: 0...2, using: &generator)
            let step = Cadence().next(
                after: tries.randomElement(using: &generator) ?? .noAnswer, reason: .off, callAgainAt: nil,
                history: .init(before: before, earlierToday: today), at: now,
                times: .init(calendar: self.calendar, calling: .standard, opening: .standard, window: span))
            guard case .tryAgain(let next) = step else {
                Issue.record("closed after \(before.count + 1) attempts")
                continue
            }
            #expect(now < next && CallingHours.standard.isOpen(at: next))
            #expect(self.calendar.isWorkingDay(ShanghaiDate(next)))
            #expect(today == 0 || ShanghaiDate(now) < ShanghaiDate(next))
            if let span { #expect((span.from..<span.to).contains(ShanghaiDate.minute(of: next))) }
        }
    }
}
