import Foundation
import Leads
import Testing

@Suite struct `Dispositions` {
    @Test func `names, keys and titles`() {
        #expect(
            Disposition.allCases.map(\.rawValue) == [
                "reached_interested", "reached_need_materials", "call_back_at", "no_answer", "busy_or_rejected",
                "powered_off", "wrong_person",
                "reached_not_interested", "do_not_call", "not_eligible", "converted", "duplicate", "spam",
            ])
        #expect(Disposition.allCases.map(\.key) == [1, 2, 3, 4, 5, 6, 7, 8, 9, nil, nil, nil, nil])
        #expect(Set(Disposition.allCases.map(\.title)).count == 13)
    }

    @Test func `flags of the table`() {
        let closing: [Disposition: String] = [
            .wrongPerson: "bad_number", .reachedNotInterested: "not_interested", .doNotCall: "do_not_call",
            .notEligible: "not_eligible",
            .converted: "converted", .duplicate: "duplicate", .spam: "spam",
        ]
        let contact: Set<Disposition> = [
            .reachedInterested, .reachedNeedMaterials, .callBackAt, .reachedNotInterested, .doNotCall, .notEligible,
            .converted,
        ]
        for disposition in Disposition.allCases {
            #expect(disposition.closedReason == closing[disposition])
            #expect(disposition.isContact == contact.contains(disposition))
            #expect(disposition.canCount == ![.spam, .duplicate].contains(disposition))
            #expect(disposition.needsCallAgainAt == [.reachedInterested, .callBackAt].contains(disposition))
            #expect(disposition.needsReason == (disposition == .reachedNotInterested))
            #expect(disposition.needsMergeTarget == (disposition == .duplicate))
        }
    }
}

@Suite struct `The next step` {
    private let calendar: WorkingCalendar

    init() throws { self.calendar = try shippedCalendar() }

    private func step(
        _ disposition: Disposition, _ reason: PoweredOffReason? = nil, at now: String, attempts: Int = 1,
        before: [Disposition] = [],
        suspended: Int = 0, callAgainAt: Date? = nil, calling: CallingHours = .standard, window: PreferredWindow? = nil
    ) throws -> Cadence.Step {
        Cadence().next(
            after: disposition, reason: reason, callAgainAt: callAgainAt,
            history: .init(attempts: attempts, before: before, suspended: suspended), at: try instant(now),
            calendar: self.calendar,
            calling: calling, opening: .standard, window: window.flatMap(PreferredWindowTimes.standard.span))
    }

    private func again(_ text: String) throws -> Cadence.Step { .tryAgain(at: try instant(text)) }

    @Test func `no answer is tried in two hours, then in the other half of a day`() throws {
        #expect(try self.step(.noAnswer, at: "2026-11-26T14:00:00") == self.again("2026-11-26T16:00:00"))
        #expect(try self.step(.noAnswer, at: "2026-11-26T10:30:00") == self.again("2026-11-26T13:30:00"))
        #expect(
            try self.step(.noAnswer, at: "2026-11-26T16:00:00", attempts: 2, before: [.noAnswer])
                == self.again("2026-11-27T09:30:00"))
        #expect(
            try self.step(.noAnswer, at: "2026-11-26T09:30:00", attempts: 3, before: [.noAnswer])
                == self.again("2026-11-26T14:00:00"))
        #expect(
            try self.step(.noAnswer, at: "2026-11-27T16:00:00", attempts: 2, before: [.noAnswer])
                == self.again("2026-11-30T09:30:00"))
    }

    @Test func `busy is tried in half an hour once, then as no answer`() throws {
        #expect(try self.step(.busyOrRejected, at: "2026-11-26T14:00:00") == self.again("2026-11-26T14:30:00"))
        #expect(
            try self.step(.busyOrRejected, at: "2026-11-26T14:30:00", before: [.busyOrRejected])
                == self.again("2026-11-26T16:30:00"))
    }

    @Test func `a phone that is off is tried in four hours`() throws {
        #expect(try self.step(.poweredOff, .off, at: "2026-11-26T14:00:00") == self.again("2026-11-26T18:00:00"))
        #expect(try self.step(.poweredOff, .noService, at: "2026-11-26T18:00:00") == self.again("2026-11-27T09:00:00"))
    }

    @Test func `a number suspended twice is a bad number`() throws {
        #expect(try self.step(.poweredOff, .suspended, at: "2026-11-26T14:00:00") == self.again("2026-11-26T18:00:00"))
        #expect(
            try self.step(.poweredOff, .suspended, at: "2026-11-26T14:00:00", suspended: 1)
                == .close(reason: "bad_number"))
        #expect(
            try self.step(.poweredOff, .off, at: "2026-11-26T14:00:00", suspended: 1)
                == self.again("2026-11-26T18:00:00"))
    }

    @Test func `the sixth attempt without contact ends it`() throws {
        #expect(
            try self.step(.noAnswer, at: "2026-11-26T14:00:00", attempts: 5, before: [.noAnswer])
                != .close(reason: "unreachable"))
        #expect(
            try self.step(.noAnswer, at: "2026-11-26T14:00:00", attempts: 6, before: [.noAnswer])
                == .close(reason: "unreachable"))
        let later = try instant("2026-12-01T10:00:00")
        #expect(
            try self.step(.callBackAt, at: "2026-11-26T14:00:00", attempts: 6, callAgainAt: later)
                == .tryAgain(at: later))
    }

    @Test func `materials are asked for two working days later`() throws {
        #expect(try self.step(.reachedNeedMaterials, at: "2026-11-26T14:00:00") == self.again("2026-11-30T09:00:00"))
    }

    @Test func `an agreed time is kept to the second`() throws {
        let agreed = try instant("2026-11-27T19:07:00")
        #expect(
            try self.step(.reachedInterested, at: "2026-11-26T14:00:00", callAgainAt: agreed) == .tryAgain(at: agreed))
    }

    @Test func `the visitor's window holds and always lifts it`() throws {
        #expect(
            try self.step(.noAnswer, at: "2026-11-26T10:00:00", window: .morning) == self.again("2026-11-27T09:00:00"))
        let always = try #require(CallingHours(parsing: "always"))
        #expect(
            try self.step(.noAnswer, at: "2026-11-26T23:00:00", calling: always, window: .morning)
                == self.again("2026-11-27T01:00:00"))
    }

    @Test func `closing dispositions close whatever went before`() throws {
        for disposition in Disposition.allCases {
            guard let reason = disposition.closedReason else { continue }
            #expect(try self.step(disposition, at: "2026-11-26T14:00:00") == .close(reason: reason))
        }
    }

    @Test func `any next attempt lies ahead and inside calling hours`() throws {
        var generator = SeededGenerator("next attempts")
        let tries: [Disposition] = [.noAnswer, .busyOrRejected, .poweredOff, .reachedNeedMaterials]
        let start = try instant("2026-01-01T00:00:00")
        for _ in 0..<2000 {
            let now = start.addingTimeInterval(Double(Int.random(in: 0..<86400 * 360, using: &generator)))
            let before = (0..<Int.random(in: 0...4, using: &generator)).compactMap { _ in
                tries.randomElement(using: &generator)
            }
            let window =
                Bool.random(using: &generator) ? PreferredWindow.allCases.randomElement(using: &generator) : nil
            let span = window.flatMap(PreferredWindowTimes.standard.span)
            let step = Cadence().next(
                after: tries.randomElement(using: &generator) ?? .noAnswer, reason: .off, callAgainAt: nil,
                history: .init(attempts: before.count + 1, before: before, suspended: 0), at: now,
                calendar: self.calendar,
                calling: .standard, opening: .standard, window: span)
            guard case .tryAgain(let next) = step else {
                Issue.record("closed after \(before.count + 1) attempts")
                continue
            }
            #expect(now < next && CallingHours.standard.isOpen(at: next))
            if let span { #expect((span.from..<span.to).contains(ShanghaiDate.minute(of: next))) }
        }
    }
}
