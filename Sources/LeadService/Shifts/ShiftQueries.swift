import Foundation
import Leads
import Postgres

extension StaffLeave: TableRow {
    static let columns = "id, staff_id, first_day::text, last_day::text"

    init(row: PostgresRow) throws {
        let (id, staff, first, last) = try row.decode((UUID, UUID, String, String).self)
        self.init(
            id: id, staffID: staff, firstDay: try ShanghaiDate(parsing: first), lastDay: try ShanghaiDate(parsing: last)
        )
    }
}

/// A stretch of somebody's week.
struct StaffShift: TableRow {
    static let columns = "staff_id, weekday, starts, ends"
    let staffID: UUID
    let shift: ShiftPlan.Shift

    init(row: PostgresRow) throws {
        let (staff, weekday, starts, ends) = try row.decode((UUID, Int16, Int16, Int16).self)
        guard let span = Span(from: Int(starts), to: Int(ends)) else { throw MissingRow() }
        self.staffID = staff
        self.shift = ShiftPlan.Shift(weekday: Int(weekday), span: span)
    }
}

extension Transaction {
    func availability(of id: UUID) async throws -> Availability? {
        let rows = try await self.rows("SELECT availability FROM staff WHERE id = \(id)")
        return try rows.first.flatMap { Availability(rawValue: try $0.decode(String.self)) }
    }

    /// - Returns: false when there is nobody of that id.
    func setAvailability(of id: UUID, to availability: Availability, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            UPDATE staff SET availability = \(availability.rawValue), availability_at = \(now) WHERE id = \(id) AND active RETURNING 1
            """)
    }

    /// A break or an end of work said before an instant is over: whoever logs in is at the desk.
    func returnToDesk(_ id: UUID, saidBefore instant: Date, at now: Date) async throws {
        try await self.execute(
            """
            UPDATE staff SET availability = 'on_shift', availability_at = \(now)
            WHERE id = \(id) AND availability <> 'on_shift' AND availability_at < \(instant)
            """)
    }

    /// - Returns: false when there is nobody of that id.
    func replaceShifts(of id: UUID, by plan: ShiftPlan) async throws -> Bool {
        // Two writers one after the other, so that what is left is what one of them sent.
        guard try await self.execute("SELECT 1 FROM staff WHERE id = \(id) AND active FOR UPDATE") else { return false }
        try await self.execute("DELETE FROM staff_shifts WHERE staff_id = \(id)")
        try await self.execute(
            """
            INSERT INTO staff_shifts (staff_id, weekday, starts, ends)
            SELECT \(id), w, s, e FROM unnest(\(plan.shifts.map { Int16($0.weekday) })::smallint[],
                                             \(plan.shifts.map { Int16($0.span.from) })::smallint[],
                                             \(plan.shifts.map { Int16($0.span.to) })::smallint[]) AS t (w, s, e)
            """)
        return true
    }

    /// - Returns: false when there is nobody of that id.
    func insertLeave(_ leave: StaffLeave, by actor: String, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            INSERT INTO staff_leaves (id, staff_id, first_day, last_day, created_at, created_by)
            SELECT \(leave.id), id, \(leave.firstDay.description)::text::date, \(leave.lastDay.description)::text::date, \(now), \(actor)
            FROM staff WHERE id = \(leave.staffID) AND active RETURNING 1
            """)
    }

    func deleteLeave(_ leave: UUID, of id: UUID) async throws -> Bool {
        try await self.execute("DELETE FROM staff_leaves WHERE id = \(leave) AND staff_id = \(id) RETURNING 1")
    }

    /// Every shift of people who still work here.
    func staffShifts() async throws -> [StaffShift] {
        try await self.all(
            """
            SELECT \(columnsOf: StaffShift.self) FROM staff_shifts WHERE staff_id IN (SELECT id FROM staff WHERE active)
            ORDER BY staff_id, weekday, starts LIMIT 20000
            """)
    }

    /// Somebody's leaves that are not over on a day.
    func staffLeaves(of id: UUID, from day: ShanghaiDate) async throws -> [StaffLeave] {
        try await self.all(
            """
            SELECT \(columnsOf: StaffLeave.self) FROM staff_leaves
            WHERE staff_id = \(id) AND last_day >= \(day.description)::text::date ORDER BY first_day, id LIMIT 1000
            """)
    }

    /// Leaves that are not over on a day.
    func staffLeaves(from day: ShanghaiDate) async throws -> [StaffLeave] {
        try await self.all(
            """
            SELECT \(columnsOf: StaffLeave.self) FROM staff_leaves
            WHERE last_day >= \(day.description)::text::date AND staff_id IN (SELECT id FROM staff WHERE active)
            ORDER BY staff_id, first_day, id LIMIT 5000
            """)
    }
}
