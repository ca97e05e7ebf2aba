import Foundation
import Leads
import Testing

@Suite struct `Opening hours as time` {
    private let time: WorkingTime

    init() throws { self.time = WorkingTime(calendar: try shippedCalendar(), hours: .standard) }

    @Test(arguments: [
        ("2026-11-25T10:30:00", 0.0, "2026-11-25T10:30:00"),
        ("2026-11-25T10:30:00", 90.0, "2026-11-25T12:00:00"),
        // What would end at closing begins the next day.
        ("2026-11-25T10:30:00", 450.0, "2026-11-26T09:00:00"),
        ("2026-11-25T17:30:00", 60.0, "2026-11-26T09:30:00"),
        ("2026-11-25T18:00:00", 240.0, "2026-11-26T13:00:00"),
        ("2026-11-27T17:00:00", 61.0, "2026-11-30T09:01:00"),
        ("2026-11-28T03:00:00", 0.0, "2026-11-30T09:00:00"),
        // A make-up Saturday before the Spring Festival, and nine days off after it.
        ("2026-02-13T17:00:00", 61.0, "2026-02-14T09:01:00"),
        ("2026-02-14T17:59:00", 1.0, "2026-02-24T09:00:00"),
        // A make-up Sunday.
        ("2026-09-19T11:00:00", 10.0, "2026-09-20T09:10:00"),
        ("2026-09-30T17:00:00", 1140.0, "2026-10-10T09:00:00"),
        ("2026-11-25T10:30:00", -5.0, "2026-11-25T10:30:00"),
    ]) func `so many open minutes later is an open instant`(from: String, minutes: Double, expected: String) throws {
        #expect(self.time.instant(after: minutes, from: try instant(from)) == (try instant(expected)))
    }

    @Test func `it is open from opening to before closing, on working days`() throws {
        for (text, isOpen) in [
            ("2026-11-25T08:59:59", false), ("2026-11-25T09:00:00", true), ("2026-11-25T17:59:59", true),
            ("2026-11-25T18:00:00", false), ("2026-11-28T10:00:00", false), ("2026-02-14T10:00:00", true),
            ("2026-02-16T10:00:00", false),
        ] { #expect(self.time.isOpen(at: try instant(text)) == isOpen, "\(text)") }
    }

    @Test func `both directions agree, and every instant is open`() throws {
        var generator = SeededGenerator("working time both ways")
        let start = try instant("2025-01-01T00:00:00")
        for _ in 0..<2000 {
            let from = start.addingTimeInterval(Double(Int.random(in: 0..<86400 * 720, using: &generator)))
            let minutes = Int.random(in: 0..<6000, using: &generator)
            let then = self.time.instant(after: Double(minutes), from: from)
            #expect(self.time.isOpen(at: then) && then >= from)
            #expect(self.time.minutes(from: from, to: then) == minutes)
            #expect(self.time.minutes(from: then, to: from) == -minutes)
        }
    }
}

@Suite struct `Stages of a promise` {
    private let calendar: WorkingCalendar
    private let time: WorkingTime

    init() throws {
        self.calendar = try shippedCalendar()
        self.time = WorkingTime(calendar: self.calendar, hours: .standard)
    }

    @Test(arguments: [
        // Wednesday 10:30 to Thursday 18:00: 16.5 hours.
        (
            "2026-11-25T10:30:00", "2026-11-26T18:00:00",
            ["2026-11-26T09:45:00", "2026-11-26T14:42:00", "2026-11-27T09:00:00", "2026-11-27T13:00:00"]
        ),
        // Friday evening to Monday: nothing is said at night or at the weekend.
        (
            "2026-11-27T19:00:00", "2026-11-30T18:00:00",
            ["2026-11-30T13:30:00", "2026-11-30T16:12:00", "2026-12-01T09:00:00", "2026-12-01T13:00:00"]
        ),
        // A make-up Saturday is the deadline's day, and the Spring Festival lies behind it.
        (
            "2026-02-13T16:00:00", "2026-02-14T18:00:00",
            ["2026-02-14T12:30:00", "2026-02-14T15:48:00", "2026-02-24T09:00:00", "2026-02-24T13:00:00"]
        ),
        // A window that ends at noon is broken at noon.
        (
            "2026-11-25T17:00:00", "2026-11-26T12:00:00",
            ["2026-11-26T10:00:00", "2026-11-26T11:12:00", "2026-11-26T12:00:00", "2026-11-26T16:00:00"]
        ),
        // Everything has come when nothing is left.
        (
            "2026-11-27T19:00:00", "2026-11-28T18:00:00",
            ["2026-11-30T09:00:00", "2026-11-30T09:00:00", "2026-11-30T09:00:00", "2026-11-30T13:00:00"]
        ),
    ]) func `they come after half and four fifths of the working time, at the break and four hours on`(
        accepted: String, due: String, expected: [String]
    ) throws {
        let (accepted, due) = (try instant(accepted), try instant(due))
        let begins = PromiseStage.allCases.map { $0.begins(acceptedAt: accepted, dueAt: due, self.time) }
        #expect(begins == (try expected.map { try instant($0) }))
    }

    @Test func `a promise is not broken at the very instant it falls due`() throws {
        let (accepted, due) = (try instant("2026-11-25T17:00:00"), try instant("2026-11-26T12:00:00"))
        func begun(_ now: Date) -> [PromiseStage] {
            PromiseStage.begun(acceptedAt: accepted, dueAt: due, at: now, self.time)
        }
        #expect(begun(due) == [.half, .most])
        #expect(begun(due.addingTimeInterval(1)) == [.half, .most, .broken])
        #expect(begun(accepted) == [])
    }

    @Test func `they follow each other and are told while the firm is open, whatever the day`() throws {
        var generator = SeededGenerator("stages")
        let start = try instant("2025-01-01T00:00:00")
        for _ in 0..<2000 {
            let accepted = start.addingTimeInterval(Double(Int.random(in: 0..<86400 * 720, using: &generator)))
            let due = self.calendar.deadline(acceptedAt: accepted, closing: .standard).dueAt
            let begins = PromiseStage.allCases.map { $0.begins(acceptedAt: accepted, dueAt: due, self.time) }
            #expect(begins == begins.sorted())
            #expect(begins.allSatisfy { self.time.isOpen(at: $0) })
            #expect(begins[0] >= accepted && begins[1] < due && begins[2] > due)
            #expect(self.time.minutes(from: due, to: begins[3]) == 240)
        }
    }
}

@Suite struct `A deadline's trace` {
    /// Each day as `11-26 weekday +`, a plus for one that counts.
    private func trace(
        _ accepted: String, _ due: String, _ companyDays: [String: Bool] = [:]
    ) throws -> [String] {
        try shippedCalendar(companyDays).trace(acceptedAt: try instant(accepted), dueAt: try instant(due)).map {
            "\($0.date.description.dropFirst(5)) \($0.reason.rawValue) \($0.counts ? "+" : "-")"
                + ($0.isProvisional ? " ?" : "") + ($0.name.map { " \($0)" } ?? "")
        }
    }

    @Test func `every day is said with why it counted or not`() throws {
        #expect(try self.trace("2026-11-25T10:30:00", "2026-11-26T18:00:00") == ["11-26 weekday +"])
        #expect(
            try self.trace("2026-11-27T23:59:59", "2026-11-30T18:00:00") == [
                "11-28 weekend -", "11-29 weekend -", "11-30 weekday +",
            ])
        let makeup = try self.trace("2026-09-19T11:00:00", "2026-09-20T18:00:00")
        #expect(makeup.count == 1 && makeup[0].hasPrefix("09-20 makeup_day +"))
        let festival = try self.trace("2026-02-14T10:00:00", "2026-02-24T18:00:00")
        #expect(festival.count == 10 && festival.dropLast().allSatisfy { $0.contains(" holiday - 春节") })
        #expect(festival.last == "02-24 weekday +")
        #expect(
            try self.trace("2026-12-31T15:00:00", "2027-01-04T18:00:00").filter { $0.contains("?") }.count == 4)
    }

    @Test func `the firm's own days win, and a day closed later does not count`() throws {
        #expect(
            try self.trace("2026-11-25T10:00:00", "2026-11-27T18:00:00", ["2026-11-26": false]) == [
                "11-26 company_closed -", "11-27 weekday +",
            ])
        #expect(
            try self.trace("2026-11-27T10:00:00", "2026-11-28T18:00:00", ["2026-11-28": true]) == [
                "11-28 company_open +"
            ])
        #expect(
            try self.trace("2026-11-25T10:00:00", "2026-11-26T18:00:00", ["2026-11-26": false]) == [
                "11-26 company_closed -"
            ])
    }

    @Test func `a deadline that is not after its inquiry, or years away, is its own day`() throws {
        #expect(try self.trace("2026-11-25T10:00:00", "2026-11-25T18:00:00") == ["11-25 weekday +"])
        #expect(try self.trace("2026-01-05T10:00:00", "2026-11-25T18:00:00") == ["11-25 weekday +"])
    }

    @Test func `only the last day of an honest promise counts`() throws {
        let calendar = try shippedCalendar()
        var generator = SeededGenerator("traces")
        let start = try instant("2025-01-01T00:00:00")
        for _ in 0..<1000 {
            let accepted = start.addingTimeInterval(.random(in: 0..<86400 * 1000, using: &generator))
            let (due, provisional) = calendar.deadline(acceptedAt: accepted, closing: .standard)
            let trace = calendar.trace(acceptedAt: accepted, dueAt: due)
            #expect(trace.last?.counts == true && trace.dropLast().allSatisfy { !$0.counts })
            #expect(trace.contains(where: \.isProvisional) == provisional)
        }
    }
}
