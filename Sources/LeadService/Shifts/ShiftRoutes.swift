import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// What is said about somebody's shifts and leave.
struct ShiftRoutes: RouteList {
    let shifts: Shifts

    var routes: [Route] {
        [
            Route(.put, "/api/v1/staff/{id}/availability", .staff(.workCallbacks), self.setAvailability),
            Route(.put, "/api/v1/staff/{id}/shifts", .staff(.assignCallbacks), self.setPlan),
            Route(.post, "/api/v1/staff/{id}/leaves", .staff(.assignCallbacks), self.addLeave),
            Route(.delete, "/api/v1/staff/{id}/leaves/{leave}", .staff(.assignCallbacks), self.deleteLeave),
        ]
    }

    @Sendable private func setAvailability(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let availability = fields.parsed("availability", longest: 16) { text throws(ValidationFailure) in
            guard let availability = Availability(rawValue: text) else {
                throw ValidationFailure(
                    "availability_unknown", "状态应为 on_shift、break 或 off", english: "on_shift, break or off.")
            }
            return availability
        }
        try fields.finish()
        guard let availability else { throw Problems.internal }
        try await self.shifts.setAvailability(of: try context.id, to: availability, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func setPlan(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let plan = try Self.plan(&fields)
        try fields.finish()
        guard let plan else { throw Problems.internal }
        try await self.shifts.setPlan(of: try context.id, to: plan, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    /// `[{"weekday": 1, "from": "09:00", "to": "12:00"}, …]`, at most four a day.
    private static func plan(_ fields: inout FieldReader) throws -> ShiftPlan? {
        guard case .array(let values)? = fields.value("shifts"), values.count <= 28 else {
            fields.fail("type_mismatch", at: "shifts", "请列出班次，最多 28 条", english: "A list of at most 28 shifts.")
            return nil
        }
        var shifts: [ShiftPlan.Shift] = []
        for (index, value) in values.enumerated() {
            var shift = try FieldReader(value, at: fields.pointer(to: "shifts") + "/\(index)")
            var weekday: Int?
            let given = shift.value("weekday")
            // A number, as described; its text is none.
            if let given, case .number = given { _ = Settings.whole(given, 1...7) { weekday = $0 } }
            let times = (shift.string("from", longest: 5) ?? "") + "-" + (shift.string("to", longest: 5) ?? "")
            if let weekday, let span = Span(times) {
                shifts.append(ShiftPlan.Shift(weekday: weekday, span: span))
            } else if shift.failures.isEmpty {
                shift.fail(
                    "shift_invalid", at: "from", "班次应有星期 1–7 和起止时间，如 09:00、12:00",
                    english: "weekday 1 to 7, from and to as 09:00 and 12:00.")
            }
            shift.refuseUnknown()
            fields.add(shift.failures)
        }
        do {
            return try ShiftPlan(shifts: shifts)
        } catch {
            fields.fail(error, at: "shifts")
            return nil
        }
    }

    @Sendable private func addLeave(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let first = fields.parsed("first_day", longest: 10) { text throws(ValidationFailure) in
            try ShanghaiDate(parsing: text)
        }
        let last = fields.parsed("last_day", longest: 10) { text throws(ValidationFailure) in
            try ShanghaiDate(parsing: text)
        }
        if let first, let last, last < first || last > first.adding(366) {
            fields.fail(
                "leave_invalid", at: "last_day", "请假的最后一天不能早于第一天，最长一年",
                english: "Not before the first day, at most a year.")
        }
        try fields.finish()
        guard let first, let last else { throw Problems.internal }
        let id = try await self.shifts.addLeave(of: try context.id, first...last, by: try context.loggedIn)
        return .json(.object(["id": .string(id.uuidString.lowercased())]), status: .created)
    }

    @Sendable private func deleteLeave(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let leave = context.parameters.get("leave").flatMap({ UUID(uuidString: $0) }) else {
            throw Problems.notFound
        }
        try await self.shifts.deleteLeave(leave, of: try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }
}
