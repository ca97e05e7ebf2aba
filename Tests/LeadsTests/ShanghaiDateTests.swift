import Foundation
import Leads
import Testing

@Suite struct `Days in Shanghai` {
    @Test func `every day from 1900 to 2200 follows the one before`() throws {
        let first = try #require(ShanghaiDate(year: 1900, month: 1, day: 1))
        let last = try #require(ShanghaiDate(year: 2200, month: 12, day: 31))
        #expect(last.dayNumber - first.dayNumber == 109_937)
        for number in first.dayNumber...last.dayNumber {
            let day = ShanghaiDate(dayNumber: number)
            let (year, month, dayOfMonth) = day.components
            #expect(ShanghaiDate(year: year, month: month, day: dayOfMonth)?.dayNumber == number)
        }
        #expect(first.weekday == 1)
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "2026-1-1", "26-01-01", "2026/01/01",
        "2026-01-01T00:00", "", "２０２６-01-01",
        "+026-01-01", "9999-01-01",
    ])
    func `a day that does not exist is refused`(_ text: String) {
        let failure = #expect(throws: ValidationFailure.self) { try ShanghaiDate(parsing: text) }
        #expect(failure?.code == "date_invalid")
    }

    @Test func `the local day begins at 16 o'clock UTC`() throws {
        let midnight = try Date("2026-11-29T16:00:00Z", strategy: .iso8601)
        #expect(ShanghaiDate(midnight).description == "2026-11-30")
        #expect(ShanghaiDate(midnight.addingTimeInterval(-0.001)).description == "2026-11-29")
        #expect(ShanghaiDate(Date(timeIntervalSince1970: -1)).description == "1970-01-01")
        #expect(ShanghaiDate(Date(timeIntervalSince1970: -28_801)).description == "1969-12-31")
    }

    @Test func `texts are those of the pages`() throws {
        let day = try ShanghaiDate(parsing: "2026-11-26")
        #expect(day.text == "11月26日（周四）")
        #expect(day.fullText == "2026年11月26日")
        #expect(ShanghaiDate.timeText(day.at(minute: 1080)) == "11月26日（周四）18:00")
        #expect(ShanghaiDate.timeText(day.at(minute: 545)) == "11月26日（周四）09:05")
    }

    @Test func `the same day next year of a leap day is 28 February`() throws {
        #expect(try ShanghaiDate(parsing: "2024-02-29").nextYear.description == "2025-02-28")
        #expect(try ShanghaiDate(parsing: "2024-02-28").nextYear.description == "2025-02-28")
        #expect(try ShanghaiDate(parsing: "2023-03-01").nextYear.description == "2024-03-01")
    }
}
