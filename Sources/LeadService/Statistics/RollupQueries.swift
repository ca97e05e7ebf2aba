import Foundation
import Leads
import NIOCore
import Postgres

/// A day whose numbers are kept.
struct RolledDay: TableRow {
    static let columns = """
        d.day - '1970-01-01'::date, d.opening_hours, d.until - '1970-01-01'::date, d.shifted,
        d.first_attempt, d.first_contact, d.first_qualified
        """
    let day: ShanghaiDate
    /// What its lengths of open time were measured by.
    let clock: RollupClock
    private let packed: (attempt: ByteBuffer, contact: ByteBuffer, qualified: ByteBuffer)

    init(row: PostgresRow) throws {
        let (day, hours, until, shifted, attempt, contact, qualified) =
            try row.decode((Int32, String, Int32, [Int32], ByteBuffer, ByteBuffer, ByteBuffer).self)
        self.day = ShanghaiDate(dayNumber: Int(day))
        self.clock = RollupClock(
            hours: hours, until: ShanghaiDate(dayNumber: Int(until)),
            shifted: shifted.map { ShanghaiDate(dayNumber: Int($0)) })
        self.packed = (attempt, contact, qualified)
    }

    func add(to counts: inout InquiryCounts) {
        counts.firstAttempt.add(packed: self.packed.attempt.readableBytesView)
        counts.firstContact.add(packed: self.packed.contact.readableBytesView)
        counts.firstQualified.add(packed: self.packed.qualified.readableBytesView)
    }
}

/// Inquiries with a name under a number; of one day where that is asked for.
struct NamedCount: TableRow {
    static let columns = "n.number, n.name, n.day - '1970-01-01'::date, \(Self.sums)"
    static let sums = [
        "accepted", "attempted", "contacted", "qualified", "converted",
    ].map { "n.\($0)" }.joined(separator: ", ")
    let key: InquiryCounts.Key
    let day: ShanghaiDate?
    let funnel: Statistics.Funnel

    init(row: PostgresRow) throws {
        let (number, name, day, accepted, attempted, contacted, qualified, converted) =
            try row.decode((String, String, Int32?, Int, Int, Int, Int, Int).self)
        guard let number = InquiryCounts.Number(rawValue: number) else { throw MissingRow() }
        self.key = InquiryCounts.Key(number: number, name: name)
        self.day = day.map { ShanghaiDate(dayNumber: Int($0)) }
        self.funnel = Statistics.Funnel(
            accepted: accepted, attempted: attempted, contacted: contacted, qualified: qualified, converted: converted)
    }
}

/// Days from one to another without some, as a condition on `day`.
struct RolledRange: Sendable {
    var period: Statistics.Period
    var without: [ShanghaiDate]
}

extension PostgresQuery.StringInterpolation {
    fileprivate mutating func appendInterpolation(day: ShanghaiDate) {
        self.appendInterpolation(day.description)
        self.appendLiteral("::text::date")
    }

    fileprivate mutating func appendInterpolation(isIn range: RolledRange) {
        self.appendLiteral("day >= ")
        self.appendInterpolation(day: range.period.from)
        self.appendLiteral(" AND day <= ")
        self.appendInterpolation(day: range.period.to)
        self.appendLiteral(" AND day <> ALL (")
        self.appendInterpolation(range.without.map(\.description))
        self.appendLiteral("::text[]::date[])")
    }
}

extension Transaction {
    func rolledDays(in period: Statistics.Period) async throws -> [RolledDay] {
        try await self.all(
            """
            SELECT \(columnsOf: RolledDay.self) FROM statistics_days d
            WHERE d.day >= \(day: period.from) AND d.day <= \(day: period.to) ORDER BY d.day LIMIT 100000
            """)
    }

    /// The days of which something changed since they were counted.
    func markedDays() async throws -> [ShanghaiDate] {
        try await self.rows("SELECT DISTINCT day - '1970-01-01'::date FROM statistics_marks LIMIT 100000")
            .map { ShanghaiDate(dayNumber: Int(try $0.decode(Int32.self))) }
    }

    /// Inquiries of some days by name under some numbers, together or by day.
    func namedCounts(
        of numbers: [InquiryCounts.Number], in range: RolledRange, byDay: Bool = false
    ) async throws -> [NamedCount] {
        let names = numbers.map(\.rawValue)
        return try await self.all(
            byDay
                ? """
                SELECT \(columnsOf: NamedCount.self) FROM (
                    SELECT number, name, day, accepted, attempted, contacted, qualified, converted
                    FROM statistics_counts WHERE number = ANY (\(names)) AND \(isIn: range)) n
                """
                : """
                SELECT \(columnsOf: NamedCount.self) FROM (
                    SELECT number, name, NULL::date AS day, sum(accepted)::bigint AS accepted, sum(attempted)::bigint AS attempted,
                           sum(contacted)::bigint AS contacted, sum(qualified)::bigint AS qualified, sum(converted)::bigint AS converted
                    FROM statistics_counts WHERE number = ANY (\(names)) AND \(isIn: range) GROUP BY number, name) n
                """)
    }

    func rolledActivity(in range: RolledRange) async throws -> [AdviserActivity] {
        try await self.all(
            """
            SELECT \(columnsOf: AdviserActivity.self) FROM (
                SELECT adviser_id, sum(results)::bigint AS results, sum(counting)::bigint AS counting, sum(contacts)::bigint AS contacts,
                       sum(unrevealed)::bigint AS unrevealed, sum(reveals)::bigint AS reveals
                FROM statistics_advisers WHERE \(isIn: range) GROUP BY adviser_id) w
            """)
    }

    func rolledMessages(in range: RolledRange) async throws -> [GatewayStatistics] {
        try await self.all("SELECT \(columnsOf: GatewayStatistics.self) FROM statistics_messages WHERE \(isIn: range)")
    }
}

extension Transaction {
    /// One process at a time counts days anew, until this transaction ends; each statement after it sees what the one before did.
    func lockRollups() async throws {
        try await self.execute("SELECT pg_advisory_xact_lock(hashtextextended('statistics_days', 0))")
    }

    /// Days up to one that have a mark or are missing, the newest first.
    func daysToRoll(through last: ShanghaiDate) async throws -> [ShanghaiDate] {
        try await self.rows(
            """
            SELECT g.day::date - '1970-01-01'::date
            FROM generate_series((SELECT shanghai_day(min(accepted_at)) FROM inquiries)::timestamp, \(day: last)::timestamp, interval '1 day') g (day)
            WHERE NOT EXISTS (SELECT FROM statistics_days d WHERE d.day = g.day::date)
               OR g.day::date IN (SELECT m.day FROM statistics_marks m)
            ORDER BY 1 DESC
            """
        ).map { ShanghaiDate(dayNumber: Int(try $0.decode(Int32.self))) }
    }

    /// Takes the marks of days that are not kept: those after the last closed one, and those before the first inquiry.
    func dropIdleMarks(after last: ShanghaiDate) async throws {
        try await self.execute(
            """
            DELETE FROM statistics_marks
            WHERE day > \(day: last) OR day < coalesce((SELECT shanghai_day(min(accepted_at)) FROM inquiries), 'infinity')
            """)
    }

    /// Says that something of these days changed, where no trigger does.
    func mark(_ days: [ShanghaiDate]) async throws {
        try await self.execute(
            "INSERT INTO statistics_marks (day) SELECT unnest(\(days.map(\.description))::text[]::date[])")
    }

    func takeMarks(of day: ShanghaiDate) async throws {
        try await self.execute("DELETE FROM statistics_marks WHERE day = \(day: day)")
    }

    func deleteRollups() async throws {
        try await self.execute("DELETE FROM statistics_days")
    }

    /// Keeps a day's numbers in place of those that were kept; what advisers and gateways did is counted by the statements that the
    /// statistics themselves read with.
    func keep(_ counts: InquiryCounts, of day: ShanghaiDate, by clock: RollupClock, at now: Date) async throws {
        let time = day.at(minute: 0)..<day.adding(1).at(minute: 0)
        let rows = counts.funnels.sorted {
            ($0.key.number.rawValue, $0.key.name) < ($1.key.number.rawValue, $1.key.name)
        }
        _ = try await self.pipeline([
            "DELETE FROM statistics_days WHERE day = \(day: day)",
            """
            INSERT INTO statistics_days (day, opening_hours, until, shifted, first_attempt, first_contact, first_qualified)
            VALUES (\(day: day), \(clock.hours), \(day: clock.until), \(clock.shifted.map { Int32($0.dayNumber) }),
                    \(ByteBuffer(bytes: counts.firstAttempt.packed)), \(ByteBuffer(bytes: counts.firstContact.packed)),
                    \(ByteBuffer(bytes: counts.firstQualified.packed)))
            """,
            """
            INSERT INTO statistics_counts (day, number, name, accepted, attempted, contacted, qualified, converted)
            SELECT \(day: day), c.* FROM unnest(\(rows.map(\.key.number.rawValue))::text[], \(rows.map(\.key.name))::text[],
                \(rows.map(\.value.accepted))::bigint[], \(rows.map(\.value.attempted))::bigint[], \(rows.map(\.value.contacted))::bigint[],
                \(rows.map(\.value.qualified))::bigint[], \(rows.map(\.value.converted))::bigint[]) c
            """,
            """
            INSERT INTO statistics_advisers (day, adviser_id, results, counting, contacts, unrevealed, reveals)
            SELECT \(day: day), w.adviser_id, w.results, w.counting, w.contacts, w.unrevealed, w.reveals FROM (\(adviserActivity: time)) w
            """,
            """
            INSERT INTO statistics_messages (day, gateway, operator, handed_over, unknown, delivered, failed, unreported, segments,
                                             seconds, times, classes, counts)
            SELECT \(day: day), gateway, operator, handed_over, unknown, delivered, failed, unreported, segments, seconds, times, classes, counts
            FROM (\(gatewayStatistics: time, at: now)) g
            """,
        ])
    }
}
