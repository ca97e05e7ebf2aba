import Foundation
import Leads
import Postgres

private struct YearRow: TableRow {
    static let columns = """
        y.year::bigint, y.status, y.notice,
        ARRAY(SELECT day::text FROM calendar_days d WHERE d.year = y.year ORDER BY day),
        ARRAY(SELECT kind FROM calendar_days d WHERE d.year = y.year ORDER BY day),
        ARRAY(SELECT name FROM calendar_days d WHERE d.year = y.year ORDER BY day)
        """
    let year: CalendarYear

    init(row: PostgresRow) throws {
        let (year, status, notice, days, kinds, names) = try row.decode(
            (Int, String, String, [String], [String], [String]).self)
        var off: [ShanghaiDate: String] = [:]
        var makeup: [ShanghaiDate: String] = [:]
        for (index, text) in days.enumerated() {
            let day = try ShanghaiDate(parsing: text)
            if kinds[index] == "off" { off[day] = names[index] } else { makeup[day] = names[index] }
        }
        self.year = CalendarYear(year: year, isOfficial: status == "official", notice: notice, off: off, makeup: makeup)
    }
}

private struct CompanyDayRow: TableRow {
    static let columns = "day::text, kind, reason"
    let day: ShanghaiDate
    let own: CompanyDay

    init(row: PostgresRow) throws {
        let (day, kind, reason) = try row.decode((String, String, String).self)
        self.day = try ShanghaiDate(parsing: day)
        self.own = CompanyDay(isOpen: kind == "open", reason: reason)
    }
}

extension PostgresQuery.StringInterpolation {
    /// A number that changes with every import and every change of the firm's own days, as an expression: the sum, because an
    /// import's time need not be the latest.
    mutating func appendInterpolation(calendarVersion _: Void) {
        self.appendLiteral(
            """
            ((SELECT coalesce(sum(extract(epoch FROM loaded_at) * 1000000)::bigint, 0) FROM calendar_years)
             + (SELECT coalesce(max(extract(epoch FROM changed_at) * 1000000)::bigint, 0) FROM company_day_changes))
            """)
    }
}

extension Transaction {
    func calendarVersion() async throws -> Int {
        guard let row = try await self.rows("SELECT \(calendarVersion: ())").first else { throw MissingRow() }
        return try row.decode(Int.self)
    }

    func calendarYears() async throws -> [CalendarYear] {
        try await self.all(
            "SELECT \(columnsOf: YearRow.self) FROM calendar_years y ORDER BY y.year LIMIT 200", as: YearRow.self
        ).map(\.year)
    }

    func companyDays() async throws -> [ShanghaiDate: CompanyDay] {
        let rows = try await self.all(
            "SELECT \(columnsOf: CompanyDayRow.self) FROM company_days LIMIT 5000", as: CompanyDayRow.self)
        return Dictionary(rows.map { ($0.day, $0.own) }, uniquingKeysWith: { first, _ in first })
    }

    func calendarState() async throws -> CalendarState {
        CalendarState(years: try await self.calendarYears(), companyDays: try await self.companyDays())
    }

    /// Sets a day of the firm's own, or takes it back; whoever holds the calendar in memory reads it again.
    func setCompanyDay(_ day: ShanghaiDate, _ own: CompanyDay?, at now: Date) async throws {
        if let own {
            try await self.execute(
                """
                INSERT INTO company_days (day, kind, reason)
                VALUES (\(day.description)::text::date, \(own.isOpen ? "open" : "closed"), \(own.reason))
                ON CONFLICT (day) DO UPDATE SET kind = excluded.kind, reason = excluded.reason
                """)
        } else {
            try await self.execute("DELETE FROM company_days WHERE day = \(day.description)::text::date")
        }
        try await self.execute(
            """
            INSERT INTO company_day_changes AS c (changed_at) VALUES (\(now))
            ON CONFLICT (is_only) DO UPDATE SET changed_at = greatest(excluded.changed_at, c.changed_at + interval '1 microsecond')
            """)
    }

    /// Stores a year; one that is there is replaced only when that is wanted.
    func insertCalendarYear(_ year: CalendarYear, replaces: Bool, at now: Date) async throws {
        let inserted = try await self.execute(
            """
            INSERT INTO calendar_years (year, status, notice, loaded_at)
            VALUES (\(year.year), \(year.isOfficial ? "official" : "provisional"), \(year.notice), \(now))
            ON CONFLICT (year) DO UPDATE SET status = excluded.status, notice = excluded.notice, loaded_at = excluded.loaded_at
            WHERE \(replaces)
            RETURNING 1
            """)
        guard inserted else { return }
        try await self.execute("DELETE FROM calendar_days WHERE year = \(year.year)")
        let days =
            year.off.map { ($0.key.description, "off", $0.value) }
            + year.makeup.map { ($0.key.description, "makeup", $0.value) }
        try await self.execute(
            """
            INSERT INTO calendar_days (day, year, kind, name)
            SELECT d::date, \(year.year), k, n FROM unnest(\(days.map(\.0)), \(days.map(\.1)), \(days.map(\.2))) AS t (d, k, n)
            ON CONFLICT (day) DO UPDATE SET year = excluded.year, kind = excluded.kind, name = excluded.name
            """)
    }
}

extension LoadedYear: TableRow {
    static let columns = """
        y.year::bigint, y.status = 'official', y.notice, y.loaded_at,
        (SELECT coalesce(jsonb_object_agg(d.day, d.name), '{}')::text FROM calendar_days d WHERE d.year = y.year AND d.kind = 'off'),
        (SELECT coalesce(jsonb_object_agg(d.day, d.name), '{}')::text FROM calendar_days d WHERE d.year = y.year AND d.kind = 'makeup')
        """

    init(row: PostgresRow) throws {
        let (year, isOfficial, notice, loadedAt, off, makeup) = try row.decode(
            (Int, Bool, String, Date, String, String).self)
        self.init(
            year: year, isOfficial: isOfficial, notice: notice, loadedAt: loadedAt, off: off, makeup: makeup)
    }
}

extension Transaction {
    func loadedCalendarYears() async throws -> [LoadedYear] {
        try await self.all("SELECT \(columnsOf: LoadedYear.self) FROM calendar_years y ORDER BY y.year LIMIT 200")
    }

    /// How many open promises rest on a year without its official notice.
    func provisionalDeadlines() async throws -> Int {
        try await self.rows(
            "SELECT count(*) FROM inquiries WHERE provisional AND met_at IS NULL AND cancelled_at IS NULL AND erased_at IS NULL"
        ).first?.decode(Int.self) ?? 0
    }
}
