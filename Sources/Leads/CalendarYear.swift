/// One year of the State Council's arrangement.
package struct CalendarYear: Sendable, Hashable {
    package var year: Int
    package var isOfficial: Bool
    package var notice: String
    package var off: [ShanghaiDate: String]
    package var makeup: [ShanghaiDate: String]

    package init(
        year: Int, isOfficial: Bool, notice: String, off: [ShanghaiDate: String], makeup: [ShanghaiDate: String]
    ) {
        self.year = year
        self.isOfficial = isOfficial
        self.notice = notice
        self.off = off
        self.makeup = makeup
    }
}

extension WorkingCalendar {
    /// Reads `{"years": {"2026": {"status", "notice", "off_days": [{"date", "name_zh"}], "makeup_workdays": […]}}}`.
    ///
    /// - Throws: `calendar_invalid`, naming the year.
    package static func years(in json: JSONValue) throws(ValidationFailure) -> [CalendarYear] {
        guard case .object(let root) = json, case .object(let years)? = root["years"] else {
            throw ValidationFailure(
                "calendar_invalid", at: "/years", "文件中没有 years", english: "There is no member years.")
        }
        guard !years.isEmpty else {
            throw ValidationFailure("calendar_invalid", at: "/years", "文件中没有任何年份", english: "There is no year.")
        }
        var result: [CalendarYear] = []
        for (name, value) in years.sorted(by: { $0.key < $1.key }) {
            guard let year = Int(name), (2000...2200).contains(year), case .object(let members) = value else {
                throw ValidationFailure("calendar_invalid", at: "/years/\(name)", "年份有误", english: "Not a year.")
            }
            var notice = ""
            if case .object(let parts)? = members["notice"], case .string(let number)? = parts["doc_no"] {
                notice = number
            }
            if case .string(let text)? = members["notice"] { notice = text }
            var status = ""
            if case .string(let text)? = members["status"] { status = text }
            var isOfficial = status == "official"
            if members["status"] == nil, case .array? = members["off_days"] { isOfficial = true }
            let known = members["off_days"].flatMap { $0 == .null ? nil : $0 } ?? members["statutory_days_provisional"]
            guard members["status"] == nil || ["official", "provisional", "NOT_AVAILABLE"].contains(status),
                known != nil, known != .null
            else {
                throw ValidationFailure(
                    "calendar_invalid", at: "/years/\(name)", "缺少 status 或放假日列表",
                    english: "status is official or provisional, and there is a list of days.")
            }
            let off = try Self.days(known, at: "/years/\(name)/off_days")
            let makeup = try Self.days(members["makeup_workdays"], at: "/years/\(name)/makeup_workdays")
            guard off.keys.allSatisfy({ abs($0.components.year - year) <= 1 }),
                makeup.keys.allSatisfy({ $0.components.year == year }),
                !isOfficial || !off.isEmpty
            else {
                throw ValidationFailure(
                    "calendar_invalid", at: "/years/\(name)", "该年的日期有误，请核对", english: "The days are not that year's.")
            }
            result.append(CalendarYear(year: year, isOfficial: isOfficial, notice: notice, off: off, makeup: makeup))
        }
        return result
    }

    private static func days(
        _ value: JSONValue?, at pointer: String
    ) throws(ValidationFailure) -> [ShanghaiDate: String] {
        guard let value, value != .null else { return [:] }
        guard case .array(let values) = value else {
            throw ValidationFailure("calendar_invalid", at: pointer, "此处应为列表", english: "This must be a list.")
        }
        var days: [ShanghaiDate: String] = [:]
        for (index, value) in values.enumerated() {
            var text: String?
            var label = ""
            if case .string(let date) = value { text = date }
            if case .object(let members) = value, case .string(let date)? = members["date"] {
                text = date
                if case .string(let zh)? = members["name_zh"] { label = zh }
                if case .string(let zh)? = members["for_holiday_zh"] { label = zh + "调休" }
            }
            guard let text else {
                throw ValidationFailure("calendar_invalid", at: "\(pointer)/\(index)", "缺少日期", english: "No date.")
            }
            let day: ShanghaiDate
            do { day = try ShanghaiDate(parsing: text) } catch { throw error.within("\(pointer)/\(index)") }
            days[day] = label
        }
        return days
    }
}
