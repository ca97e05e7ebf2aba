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
        var isOff: [ShanghaiDate: Bool] = [:]
        for (name, value) in years.sorted(by: { $0.key < $1.key }) {
            guard let year = Int(name), (2000...2200).contains(year), case .object(let members) = value else {
                throw ValidationFailure("calendar_invalid", at: "/years/\(name)", "年份有误", english: "Not a year.")
            }
            var notice = ""
            if case .object(let parts)? = members["notice"], case .string(let number)? = parts["doc_no"] {
                notice = number
            }
            if case .string(let text)? = members["notice"] { notice = text }
            guard Self.isLine(notice) else {
                throw ValidationFailure(
                    "calendar_invalid", at: "/years/\(name)/notice", "通知文号最多 100 个字，不含电话或证件号码",
                    english:
                        "A notice has at most 100 characters that can be shown, and no telephone or identity number.")
            }
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
            let pointer = "/years/\(name)"
            let off = try Self.days(known, at: "\(pointer)/off_days", of: year - 1...year + 1)
            let makeup = try Self.days(members["makeup_workdays"], at: "\(pointer)/makeup_workdays", of: year...year)
            if isOfficial { try Self.requireHolidays(of: year, in: off, at: "\(pointer)/off_days") }
            result.append(
                CalendarYear(
                    year: year, isOfficial: isOfficial, notice: notice, off: off.mapValues(\.label),
                    makeup: makeup.mapValues(\.label)))
            isOff.merge(off.keys.map { ($0, true) }) { first, _ in first }
            for (day, entry) in makeup.sorted(by: { $0.key < $1.key })
            where isOff.updateValue(false, forKey: day) == true {
                throw Self.conflict(day, at: entry.pointer)
            }
            for (day, entry) in off.sorted(by: { $0.key < $1.key }) where isOff[day] == false {
                throw Self.conflict(day, at: entry.pointer)
            }
        }
        return result
    }

    /// - Throws: `calendar_invalid`, naming the holidays that an official arrangement would have.
    private static func requireHolidays(
        of year: Int, in off: [ShanghaiDate: Entry], at pointer: String
    ) throws(ValidationFailure) {
        let missing = StatutoryHoliday.all.filter { !$0.isIn(year, off: off.keys) }
        guard !missing.isEmpty else { return }
        throw ValidationFailure(
            "calendar_invalid", at: pointer,
            "正式安排缺少法定节假日：\(missing.map(\.name).joined(separator: "、"))；未公布的年份请用 provisional",
            english:
                "An official year has its statutory holidays; missing: \(missing.map(\.english).joined(separator: ", ")). A year whose notice is not out is provisional."
        )
    }

    /// Whether a text can stand on a page and in the audit.
    private static func isLine(_ text: String) -> Bool {
        text.count <= 100 && text.unicodeScalars.allSatisfy(Text.isVisible) && !PhoneNumber.isTold(in: text)
            && !IdentityNumber.isTold(in: text)
    }

    private static func conflict(_ day: ShanghaiDate, at pointer: String) -> ValidationFailure {
        ValidationFailure(
            "calendar_invalid", at: pointer, "\(day.fullText)在文件中既放假又上班，请核对",
            english: "\(day) is both a day off and a make-up day.")
    }

    /// A day as the file lists it.
    private struct Entry {
        var label: String
        var pointer: String
    }

    private static func days(
        _ value: JSONValue?, at pointer: String, of years: ClosedRange<Int>
    ) throws(ValidationFailure) -> [ShanghaiDate: Entry] {
        guard let value, value != .null else { return [:] }
        guard case .array(let values) = value else {
            throw ValidationFailure("calendar_invalid", at: pointer, "此处应为列表", english: "This must be a list.")
        }
        var days: [ShanghaiDate: Entry] = [:]
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
            guard Self.isLine(label) else {
                throw ValidationFailure(
                    "calendar_invalid", at: "\(pointer)/\(index)", "节日名称最多 100 个字，不含电话或证件号码",
                    english: "A name has at most 100 characters that can be shown, and no telephone or identity number."
                )
            }
            let day: ShanghaiDate
            let place = "\(pointer)/\(index)"
            do { day = try ShanghaiDate(parsing: text) } catch { throw error.within(place) }
            guard years.contains(day.components.year) else {
                throw ValidationFailure(
                    "calendar_invalid", at: place, "\(day.fullText)不是该年的日期，请核对",
                    english: "\(day) is not a day of that year.")
            }
            days[day] = Entry(label: label, pointer: place)
        }
        return days
    }
}
