import Foundation
import Leads
import Testing

/// Deadlines and warnings once more, by walking a table of minutes: nothing here is shared with the code under test but the
/// rules' words and the file of days.
private struct MinuteTable {
    /// A day of the file: its year, month and day as one number, `20261125`.
    private struct Day {
        var works: Bool
        var isOfficial: Bool
    }

    private let days: [Day]
    private let open: [Bool]
    private let closes: Int
    /// Midnight in Shanghai of the first day, in seconds since 1970.
    private let origin: Int

    /// From the first day of one year to the last of another.
    init(_ file: Data, years: ClosedRange<Int>, opens: Int, closes: Int) throws {
        let root = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
        let table = try #require(root["years"] as? [String: [String: Any]])
        func dates(_ value: Any?) -> [String] {
            (value as? [[String: Any]] ?? []).compactMap { $0["date"] as? String }
        }
        var (off, makeup, official) = (Set<String>(), Set<String>(), Set<Int>())
        // Until a year's notice comes only these are known to be off.
        for year in years where table[String(year)] == nil {
            for day in ["01-01", "05-01", "05-02", "10-01", "10-02", "10-03"] { off.insert("\(year)-\(day)") }
        }
        for (year, entry) in table {
            off.formUnion(dates(entry["off_days"]))
            makeup.formUnion(dates(entry["makeup_workdays"]))
            if entry["status"] as? String == "official", let year = Int(year) { official.insert(year) }
        }
        try #require(!off.isEmpty && !makeup.isEmpty && years.contains { official.contains($0) })
        var days: [Day] = []
        // 2025-01-01 was a Wednesday; nothing but counting from there.
        try #require(years.lowerBound == 2025)
        var weekday = 3
        for year in years {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in lengths.enumerated() {
                for day in 1...length {
                    let name = String(format: "%04d-%02d-%02d", year, month + 1, day)
                    let works = makeup.contains(name) || (!off.contains(name) && weekday <= 5)
                    days.append(Day(works: works, isOfficial: official.contains(year)))
                    weekday = weekday % 7 + 1
                }
            }
        }
        self.days = days
        self.open = days.flatMap { day in (0..<1440).map { day.works && opens <= $0 && $0 < closes } }
        self.closes = closes
        self.origin = Int(try Date("2025-01-01T00:00:00+08:00", strategy: .iso8601).timeIntervalSince1970)
    }

    func date(tenths: Int) -> Date { Date(timeIntervalSince1970: Double(self.origin) + Double(tenths) / 10) }
    func date(_ second: Int) -> Date { self.date(tenths: second * 10) }

    func deadline(_ accepted: Int) -> (second: Int, provisional: Bool) {
        var day = accepted / 86400 + 1
        var provisional = !self.days[day].isOfficial
        while !self.days[day].works {
            day += 1
            provisional = provisional || !self.days[day].isOfficial
        }
        return (day * 86400 + self.closes * 60, provisional)
    }

    /// The open seconds between two, counted minute by minute.
    private func openSeconds(_ from: Int, _ to: Int) -> Int {
        var (at, sum) = (from, 0)
        while at < to {
            let next = min(to, (at / 60 + 1) * 60)
            if self.open[at / 60] { sum += next - at }
            at = next
        }
        return sum
    }

    /// The open tenth of a second before which so many open tenths have passed since a second.
    private func after(_ tenths: Int, _ from: Int) -> Int {
        var (at, left) = (from * 10, tenths)
        while true {
            let next = (at / 600 + 1) * 600
            if self.open[at / 600] {
                if left < next - at { return at + left }
                left -= next - at
            }
            at = next
        }
    }

    /// When each warning comes: half, four fifths, broken, four hours late.
    func warnings(accepted: Int, due: Int) -> [Int] {
        let broken = self.after(0, due)
        let whole = self.openSeconds(accepted, due) / 60
        return [
            min(broken, self.after(whole * 300, accepted)), min(broken, self.after(whole * 480, accepted)), broken,
            self.after(4 * 36000, due),
        ]
    }
}

@Suite struct `Deadlines by a table of minutes` {
    @Test(arguments: [("09:00-18:00", 540, 1080), ("10:00-20:30", 600, 1230), ("08:30-12:00", 510, 720)])
    func `two years of random acceptances have the deadlines and warnings that walking the minutes finds`(
        _ text: String, _ opens: Int, _ closes: Int
    ) throws {
        let hours = try #require(OpeningHours(parsing: text))
        let table = try MinuteTable(ruleFile("working-days.json"), years: 2025...2027, opens: opens, closes: closes)
        let calendar = try shippedCalendar()
        let time = WorkingTime(calendar: calendar, hours: hours)
        var generator = SeededGenerator("minutes \(text)")
        var provisional = 0
        for number in 0..<3000 {
            // 730 days from 2025-01-01 on; every third near a midnight, an opening or a closing.
            var accepted = Int.random(in: 0..<730 * 86400, using: &generator)
            if number % 3 == 0 {
                let edge = [0, opens * 60, closes * 60].randomElement(using: &generator) ?? 0
                accepted = max(0, accepted / 86400 * 86400 + edge + Int.random(in: -1...1, using: &generator))
            }
            let at = table.date(accepted)
            let found = calendar.deadline(acceptedAt: at, closing: hours)
            let expected = table.deadline(accepted)
            #expect(found.dueAt == table.date(expected.second), "\(at)")
            #expect(found.provisional == expected.provisional, "\(at)")
            provisional += found.provisional ? 1 : 0
            let warnings = table.warnings(accepted: accepted, due: expected.second).map { table.date(tenths: $0) }
            for (stage, due) in zip(PromiseStage.allCases, warnings) {
                let begins = stage.begins(acceptedAt: at, dueAt: found.dueAt, time)
                #expect(abs(begins.timeIntervalSince(due)) < 0.01, "\(stage) of \(at): \(begins), not \(due)")
            }
        }
        #expect(provisional > 0, "the end of the second year must be among them")
    }
}
