import Foundation
import Leads
import Testing

struct CalendarFile: Decodable, Sendable {
    struct Example: Decodable, Sendable, CustomTestStringConvertible {
        var id: String
        var submittedAt: Date
        var submittedAtUtc: Date
        var dueAt: Date
        var dueAtUtc: Date
        var provisional: Bool
        var submittedOnWorkingDay: Bool
        var testDescription: String { self.id }
    }

    var counts: [String: Int]
    var examples: [Example]

    static let calendars: CalendarFile? = {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .iso8601
        return try? decoder.decode(CalendarFile.self, from: caseFile("working-days.json"))
    }()
}

/// The calendar as shipped, with the firm's own days on top.
func shippedCalendar(_ companyDays: [String: Bool] = [:]) throws -> WorkingCalendar {
    let file = try JSONDecoder().decode(JSONValue.self, from: ruleFile("working-days.json"))
    var days: [ShanghaiDate: Bool] = [:]
    for (day, isOpen) in companyDays { days[try ShanghaiDate(parsing: day)] = isOpen }
    return WorkingCalendar(years: try WorkingCalendar.years(in: file), companyDays: days)
}

func instant(_ text: String) throws -> Date { try Date(text + "+08:00", strategy: .iso8601) }

@Suite struct `Deadlines` {
    private let calendar: WorkingCalendar

    init() throws { self.calendar = try shippedCalendar() }

    @Test(arguments: CalendarFile.calendars?.examples ?? []) func `a worked example, also as a UTC instant`(
        _ example: CalendarFile.Example
    ) {
        for accepted in [example.submittedAt, example.submittedAtUtc] {
            let (due, provisional) = self.calendar.deadline(acceptedAt: accepted, closing: .standard)
            #expect(due == example.dueAt)
            #expect(due == example.dueAtUtc)
            #expect(provisional == example.provisional)
        }
        #expect(self.calendar.isWorkingDay(ShanghaiDate(example.submittedAt)) == example.submittedOnWorkingDay)
    }

    @Test func `every example was read and every year has its number of working days`() throws {
        let file = try #require(CalendarFile.calendars)
        #expect(file.examples.count == 17)
        #expect(file.counts.count == 4)
        for (year, count) in file.counts {
            let first = try ShanghaiDate(parsing: "\(year)-01-01").dayNumber
            let last = try ShanghaiDate(parsing: "\(year)-12-31").dayNumber
            #expect((first...last).count { self.calendar.isWorkingDay(ShanghaiDate(dayNumber: $0)) } == count)
        }
    }

    @Test func `the closing time is the firm's`() throws {
        let hours = try #require(OpeningHours(parsing: "10:00-20:30"))
        let due = self.calendar.deadline(acceptedAt: try instant("2026-11-25T10:30:00"), closing: hours).dueAt
        #expect(due == (try instant("2026-11-26T20:30:00")))
    }

    @Test func `company days win over the State Council's`() throws {
        let calendar = try shippedCalendar(["2026-11-26": false, "2026-11-28": true, "2026-02-14": false])
        func due(_ text: String) throws -> String {
            ShanghaiDate.timeText(calendar.deadline(acceptedAt: try instant(text), closing: .standard).dueAt)
        }
        #expect(try due("2026-11-25T10:00:00") == "11月27日（周五）18:00")
        #expect(try due("2026-11-27T10:00:00") == "11月28日（周六）18:00")
        #expect(try due("2026-02-13T10:00:00") == "2月24日（周二）18:00")
    }

    @Test func `a year without an official notice is provisional and keeps its fixed holidays`() throws {
        #expect(!self.calendar.covers(year: 2027))
        let (due, provisional) = self.calendar.deadline(
            acceptedAt: try instant("2029-09-30T10:00:00"), closing: .standard)
        #expect(provisional)
        #expect(due == (try instant("2029-10-04T18:00:00")))
        #expect(!self.calendar.isWorkingDay(try ShanghaiDate(parsing: "2027-02-08")))
    }

    @Test func `a deadline is never on the day itself, on a day off or a day too late`() throws {
        var generator = SeededGenerator("deadlines")
        let start = try instant("2023-01-01T00:00:00")
        for _ in 0..<3000 {
            let accepted = start.addingTimeInterval(.random(in: 0..<86400 * 365 * 6, using: &generator))
            let due = ShanghaiDate(self.calendar.deadline(acceptedAt: accepted, closing: .standard).dueAt)
            let day = ShanghaiDate(accepted)
            #expect(day < due && self.calendar.isWorkingDay(due))
            for between in (day.dayNumber + 1)..<due.dayNumber {
                #expect(!self.calendar.isWorkingDay(ShanghaiDate(dayNumber: between)))
            }
        }
    }

    @Test func `a day's inquiries are all due at one instant`() throws {
        let first = try instant("2026-11-30T00:00:00")
        let dues = Set(
            [0, 1, 3600, 64_800, 86_399].map {
                self.calendar.deadline(acceptedAt: first.addingTimeInterval($0), closing: .standard).dueAt
            })
        #expect(dues.count == 1)
    }
}

@Suite struct `Working time` {
    private let calendar: WorkingCalendar

    init() throws { self.calendar = try shippedCalendar() }

    private func hours(_ from: String, _ to: String) throws -> Double {
        self.calendar.workingSeconds(from: try instant(from), to: try instant(to), within: .standard) / 3600
    }

    @Test func `only open hours of working days count`() throws {
        #expect(try self.hours("2026-11-25T10:00:00", "2026-11-25T12:30:00") == 2.5)
        #expect(try self.hours("2026-11-25T17:00:00", "2026-11-26T10:00:00") == 2)
        #expect(try self.hours("2026-11-27T17:00:00", "2026-11-30T10:00:00") == 2)
        #expect(try self.hours("2026-11-28T08:00:00", "2026-11-29T20:00:00") == 0)
        #expect(try self.hours("2026-02-13T17:00:00", "2026-02-24T10:00:00") == 1 + 9 + 1)
        #expect(try self.hours("2026-11-26T10:00:00", "2026-11-25T17:00:00") == -2)
    }

    @Test func `a closed period is worth the next opening`() throws {
        #expect(
            try self.hours("2026-11-27T19:00:00", "2026-11-30T18:00:00")
                == self.hours("2026-11-30T09:00:00", "2026-11-30T18:00:00"))
    }

    @Test func `it adds up, wherever a stretch is cut`() throws {
        var generator = SeededGenerator("working time adds up")
        let start = try instant("2024-12-01T00:00:00")
        for _ in 0..<1000 {
            let instants = (0..<3).map { _ in
                start.addingTimeInterval(Double(Int.random(in: 0..<86400 * 900, using: &generator)))
            }.sorted()
            func seconds(_ from: Int, _ to: Int) -> TimeInterval {
                self.calendar.workingSeconds(from: instants[from], to: instants[to], within: .standard)
            }
            #expect(seconds(0, 1) + seconds(1, 2) == seconds(0, 2))
        }
    }

    @Test func `a distance of seventy years costs microseconds`() throws {
        let (from, to) = (try instant("2026-01-01T12:00:00"), try instant("2096-01-01T12:00:00"))
        let clock = ContinuousClock()
        var total: TimeInterval = 0
        let took = clock.measure {
            for _ in 0..<1000 { total += self.calendar.workingSeconds(from: from, to: to, within: .standard) }
        }
        #expect(total > 0)
        // Walking 25,000 days a thousand times takes far longer in a debug build.
        #expect(took < .seconds(5))
    }
}

@Suite struct `Calendar files` {
    private func failure(_ text: String) throws -> ValidationFailure? {
        let value = try json(text)
        return #expect(throws: ValidationFailure.self) { try WorkingCalendar.years(in: value) }
    }

    /// The statutory days of 2027, each a day off.
    private static let days = [
        "01-01", "02-05", "02-06", "02-07", "02-08", "04-05", "05-01", "05-02", "06-09", "09-15", "10-01", "10-02",
        "10-03",
    ]

    private static func list(_ days: some Sequence<String>) -> String {
        days.map { #"{"date": "2027-\#($0)", "name_zh": "假"}"# }.joined(separator: ", ")
    }

    @Test func `a year is official when its notice says so`() throws {
        let years = try WorkingCalendar.years(
            in: json(
                """
                {"years": {"2027": {"status": "official", "notice": {"doc_no": "号"}, "off_days": [\(Self.list(Self.days))],
                "makeup_workdays": [{"date": "2027-01-03", "for_holiday_zh": "元旦"}]}, "2028": {"status": "NOT_AVAILABLE", "off_days": null,
                "statutory_days_provisional": []}}}
                """))
        #expect(years.map(\.year) == [2027, 2028])
        #expect(years.map(\.isOfficial) == [true, false])
        #expect(years[0].notice == "号")
        let calendar = WorkingCalendar(years: years)
        #expect(calendar.covers(year: 2027) && !calendar.covers(year: 2028))
        #expect(calendar.isWorkingDay(try ShanghaiDate(parsing: "2027-01-03")))
    }

    @Test func `what is wrong is named`() throws {
        #expect(try self.failure("{}")?.pointer == "/years")
        #expect(try self.failure(#"{"years": {}}"#)?.pointer == "/years")
        for year in [
            "{}", #"{"status": "official"}"#, #"{"status": "officiel", "off_days": []}"#, #"{"status": "provisional"}"#,
        ] {
            #expect(try self.failure(#"{"years": {"2026": \#(year)}}"#)?.pointer == "/years/2026", "\(year)")
        }
        #expect(try self.failure(#"{"years": {"next": {}}}"#)?.pointer == "/years/next")
        #expect(
            try self.failure(#"{"years": {"2027": {"status": "official", "off_days": [{"date": "2027-02-30"}]}}}"#)?
                .pointer == "/years/2027/off_days/0")
        #expect(
            try self.failure(#"{"years": {"2027": {"status": "official", "off_days": [{"day": 1}]}}}"#)?.pointer
                == "/years/2027/off_days/0")
        #expect(
            try self.failure(#"{"years": {"2027": {"status": "official", "off_days": [{"date": "2021-01-01"}]}}}"#)?
                .pointer == "/years/2027/off_days/0")
        #expect(try self.failure(#"{"years": {"2027": {"off_days": 1}}}"#)?.pointer == "/years/2027/off_days")
    }

    @Test func `an official year has its statutory holidays`() throws {
        func failure(without left: String...) throws -> ValidationFailure? {
            let days = Self.days.filter { day in !left.contains { day.hasPrefix($0) } }
            return try self.failure(
                #"{"years": {"2027": {"status": "official", "off_days": [\#(Self.list(days))]}}}"#)
        }
        let none = try failure(without: "0", "1")
        #expect(none?.pointer == "/years/2027/off_days" && none?.detail.contains("元旦、春节、清明节、劳动节、端午节、中秋节、国庆节") == true)
        for (left, name) in [
            ("01-01", "元旦"), ("02", "春节"), ("04", "清明节"), ("05-01", "劳动节"), ("06", "端午节"), ("10-02", "国庆节"),
        ] {
            let failure = try failure(without: left)
            #expect(failure?.detail.contains("缺少法定节假日：\(name)；") == true, "\(left): \(failure?.detail ?? "")")
        }
        let shipped = try WorkingCalendar.years(
            in: json(#"{"years": {"2027": {"status": "NOT_AVAILABLE", "off_days": []}}}"#))
        #expect(shipped.first?.isOfficial == false)
    }

    @Test func `no day is both off and worked, in one year's list or in two`() throws {
        let off = Self.list(Self.days)
        let own = try self.failure(
            #"{"years": {"2027": {"status": "official", "off_days": [\#(off)], "makeup_workdays": ["2027-01-30", "2027-05-02"]}}}"#
        )
        #expect(own?.pointer == "/years/2027/makeup_workdays/1" && own?.detail.contains("既放假又上班") == true)
        let two = try self.failure(
            #"{"years": {"2026": {"status": "provisional", "off_days": [], "makeup_workdays": ["2026-12-31"]}, "2027": {"status": "official", "off_days": ["2026-12-31", \#(off)]}}}"#
        )
        #expect(two?.pointer == "/years/2027/off_days/0")
        let later = try self.failure(
            #"{"years": {"2026": {"status": "provisional", "off_days": ["2027-01-30"]}, "2027": {"status": "official", "off_days": [\#(off)], "makeup_workdays": ["2027-01-30"]}}}"#
        )
        #expect(later?.pointer == "/years/2027/makeup_workdays/0")
    }
}
