import Foundation
import Leads
import Testing

@Suite struct `Hours` {
    @Test(arguments: [
        "", "9", "09:00", "18:00-09:00", "09:00-09:00", "09:60-10:00", "25:00-26:00", "09:00-24:01", "９:00-10:00",
    ])
    func `opening hours that cannot be are refused`(_ text: String) {
        #expect(OpeningHours(parsing: text) == nil)
        #expect(CallingHours(parsing: text) == nil)
    }

    @Test func `hours print as they are set`() throws {
        #expect(try #require(OpeningHours(parsing: "9:00-18:00")) == .standard)
        #expect(OpeningHours.standard.description == "09:00–18:00")
        #expect(CallingHours.standard.description == "09:00-12:00,13:30-21:00")
        #expect(CallingHours(parsing: "13:30-21:00,09:00-12:00") == .standard)
        #expect(CallingHours(parsing: "09:00-12:00,x") == nil)
        #expect(CallingHours(parsing: "always")?.description == "always")
    }

    @Test(arguments: [
        ("08:59:59", false), ("09:00:00", true), ("11:59:59", true), ("12:00:00", false), ("13:29:59", false),
        ("13:30:00", true),
        ("20:59:59", true), ("21:00:00", false), ("00:00:00", false),
    ])
    func `calling is allowed within the hours, their end excluded`(_ time: String, _ isOpen: Bool) throws {
        #expect(CallingHours.standard.isOpen(at: try instant("2026-11-28T\(time)")) == isOpen)
    }

    @Test(arguments: [
        ("2026-11-28T08:00:00", "2026-11-28T09:00:00"), ("2026-11-28T12:00:00", "2026-11-28T13:30:00"),
        ("2026-11-28T10:15:00", "2026-11-28T10:15:00"), ("2026-11-28T21:00:00", "2026-11-29T09:00:00"),
    ])
    func `the next allowed instant`(_ from: String, _ next: String) throws {
        #expect(CallingHours.standard.next(from: try instant(from)) == (try instant(next)))
    }

    @Test func `the next allowed instant on a day the firm works, inside the visitor's window`() throws {
        let calendar = try shippedCalendar()
        let friday = try instant("2026-11-27T21:30:00")
        #expect(
            CallingHours.standard.next(from: friday) { calendar.isWorkingDay($0) }
                == (try instant("2026-11-30T09:00:00")))
        let afternoon = PreferredWindowTimes.standard.span(.afternoon)
        #expect(CallingHours.standard.next(from: friday, window: afternoon) == (try instant("2026-11-28T13:30:00")))
        let always = try #require(CallingHours(parsing: "always"))
        #expect(always.next(from: friday, window: afternoon) { _ in false } == friday)
    }

    @Test func `any next instant is allowed and none before it is`() throws {
        var generator = SeededGenerator("next allowed")
        let start = try instant("2026-11-01T00:00:00")
        for _ in 0..<1000 {
            let from = start.addingTimeInterval(Double(60 * Int.random(in: 0..<1440 * 60, using: &generator)))
            let next = CallingHours.standard.next(from: from)
            #expect(from <= next && CallingHours.standard.isOpen(at: next))
            for minute in 0..<Int(next.timeIntervalSince(from) / 60) {
                #expect(!CallingHours.standard.isOpen(at: from.addingTimeInterval(Double(minute * 60))))
            }
        }
    }
}

@Suite struct `Preferred windows` {
    @Test func `only windows inside the opening hours are offered`() throws {
        let times = PreferredWindowTimes.standard
        func offered(_ hours: OpeningHours) -> [PreferredWindow] {
            PreferredWindow.allCases.filter { times.offered($0, within: hours) != nil }
        }
        #expect(offered(.standard) == [.morning, .afternoon])
        #expect(offered(try #require(OpeningHours(parsing: "09:00-20:00"))) == [.morning, .afternoon, .evening])
        #expect(offered(try #require(OpeningHours(parsing: "10:00-18:00"))) == [.afternoon])
    }

    @Test func `a window has an end on the due day and a next start`() throws {
        let afternoon = try #require(PreferredWindowTimes.standard.offered(.afternoon, within: .standard))
        #expect(afternoon.end(on: try instant("2026-11-26T00:00:00")) == (try instant("2026-11-26T18:00:00")))
        #expect(afternoon.nextStart(from: try instant("2026-11-26T10:00:00")) == (try instant("2026-11-26T13:30:00")))
        #expect(afternoon.nextStart(from: try instant("2026-11-26T14:00:00")) == (try instant("2026-11-26T14:00:00")))
        #expect(afternoon.nextStart(from: try instant("2026-11-26T18:00:00")) == (try instant("2026-11-27T13:30:00")))
    }

    @Test func `the windows open at an instant`() throws {
        let times = PreferredWindowTimes.standard
        #expect(times.open(at: try instant("2026-11-26T09:00:00")) == [.morning])
        #expect(times.open(at: try instant("2026-11-26T12:30:00")) == [])
        #expect(times.open(at: try instant("2026-11-26T18:00:00")) == [.evening])
    }
}
