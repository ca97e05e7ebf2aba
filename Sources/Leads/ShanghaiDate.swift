package import Foundation

/// A calendar day in Shanghai (UTC+8, no daylight saving since 1991).
package struct ShanghaiDate: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Days since 1970-01-01.
    package let dayNumber: Int

    package init(dayNumber: Int) {
        self.dayNumber = dayNumber
    }

    /// The day of an instant.
    package init(_ instant: Date) {
        self.dayNumber = Int(((instant.timeIntervalSince1970 + 28800) / 86400).rounded(.down))
    }

    /// - Returns: nil for a day that does not exist.
    package init?(year: Int, month: Int, day: Int) {
        guard (1600...3000).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        self.dayNumber = era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468
        guard self.components == (year, month, day) else { return nil }
    }

    /// Reads `2026-11-26`.
    ///
    /// - Throws: `date_invalid`.
    package init(parsing text: String) throws(ValidationFailure) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            text.utf8.allSatisfy({ $0 == 45 || (48...57).contains($0) }), let year = Int(parts[0]),
            let month = Int(parts[1]),
            let day = Int(parts[2]), let date = ShanghaiDate(year: year, month: month, day: day)
        else {
            throw ValidationFailure(
                "date_invalid", "请填写存在的日期，如 2026-11-26", english: "A date that exists, such as 2026-11-26.")
        }
        self = date
    }

    package var components: (year: Int, month: Int, day: Int) {
        let shifted = self.dayNumber + 719468
        let era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
        let dayOfEra = shifted - era * 146097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let index = (5 * dayOfYear + 2) / 153
        let month = index < 10 ? index + 3 : index - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * index + 2) / 5 + 1)
    }

    /// 0 is Sunday.
    package var weekday: Int { ((self.dayNumber + 4) % 7 + 7) % 7 }

    /// The day so many days later.
    package func adding(_ days: Int) -> ShanghaiDate { ShanghaiDate(dayNumber: self.dayNumber + days) }

    /// The same day next year; 29 February becomes 28 February.
    package var nextYear: ShanghaiDate {
        let (year, month, day) = self.components
        return ShanghaiDate(year: year + 1, month: month, day: day) ?? self.adding(365)
    }

    /// The instant at so many minutes after midnight.
    package func at(minute: Int) -> Date {
        Date(timeIntervalSince1970: TimeInterval(self.dayNumber * 86400 - 28800 + minute * 60))
    }

    package static func < (left: ShanghaiDate, right: ShanghaiDate) -> Bool { left.dayNumber < right.dayNumber }

    /// `2026-11-26`.
    package var description: String {
        let (year, month, day) = self.components
        return "\(year)-\(Self.two(month))-\(Self.two(day))"
    }

    /// `11月26日（周四）`.
    package var text: String {
        let (_, month, day) = self.components
        return "\(month)月\(day)日" + self.weekdayText
    }

    /// `2026年11月26日（周四）`.
    package var longText: String { self.fullText + self.weekdayText }

    private var weekdayText: String { "（周\(["日", "一", "二", "三", "四", "五", "六"][self.weekday])）" }

    /// `2026年11月26日`, for days that may lie in another year.
    package var fullText: String {
        let (year, month, day) = self.components
        return "\(year)年\(month)月\(day)日"
    }

    /// `11月26日（周四）18:00`.
    package static func timeText(_ instant: Date) -> String {
        ShanghaiDate(instant).text + Self.clockText(instant)
    }

    /// `18:00`.
    package static func clockText(_ instant: Date) -> String {
        let minute = Self.minute(of: instant)
        return "\(Self.two(minute / 60)):\(Self.two(minute % 60))"
    }

    /// Minutes after midnight.
    package static func minute(of instant: Date) -> Int {
        let seconds = Int((instant.timeIntervalSince1970 + 28800).rounded(.down))
        return ((seconds % 86400) + 86400) % 86400 / 60
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
