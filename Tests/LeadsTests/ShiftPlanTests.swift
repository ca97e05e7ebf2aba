import Foundation
import Leads
import Testing

@Suite struct `A shift plan` {
    private func plan(_ shifts: (Int, String)...) throws -> ShiftPlan {
        try ShiftPlan(shifts: shifts.map { ShiftPlan.Shift(weekday: $0.0, span: try #require(Span($0.1))) })
    }

    /// Monday is 23 November 2026.
    @Test(arguments: [
        ("2026-11-23", true, "13:00–18:00"), ("2026-11-24", true, ""), ("2026-11-28", false, "10:00–12:00"),
        ("2026-11-29", true, "09:00–18:00"), ("2026-11-23", false, ""),
    ])
    func `its own shifts hold, a make-up Sunday has the firm's hours and a free weekday none`(
        _ day: String, _ isWorkingDay: Bool, _ spans: String
    ) throws {
        let plan = try self.plan((6, "10:00-12:00"), (1, "13:00-18:00"))
        let found = plan.spans(
            on: try ShanghaiDate(parsing: day), isWorkingDay: isWorkingDay, opening: .standard)
        #expect(found.map(\.text).joined(separator: " ") == spans)
    }

    @Test func `without shifts it is the firm's day, and nobody dials at lunch`() throws {
        let day = try ShanghaiDate(parsing: "2026-11-23")
        let spans = ShiftPlan.standard.dialling(on: day, isWorkingDay: true, opening: .standard, calling: .standard)
        #expect(
            spans == [
                DateInterval(start: day.at(minute: 540), end: day.at(minute: 720)),
                DateInterval(start: day.at(minute: 810), end: day.at(minute: 1080)),
            ])
        #expect(
            ShiftPlan.standard.dialling(on: day, isWorkingDay: false, opening: .standard, calling: .standard).isEmpty)
    }

    @Test func `overlapping shifts and unknown weekdays are refused, touching ones are not`() throws {
        #expect(throws: ValidationFailure.self) { try self.plan((1, "09:00-12:00"), (1, "11:00-13:00")) }
        #expect(throws: ValidationFailure.self) { try self.plan((0, "09:00-12:00")) }
        #expect(throws: ValidationFailure.self) { try self.plan((8, "09:00-12:00")) }
        #expect(try self.plan((1, "12:00-13:00"), (1, "09:00-12:00")).shifts.count == 2)
    }
}
