import Foundation
import Leads

/// Who is at the desk and when: what people say of themselves, the plan of the week, leave.
package struct Shifts: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Sets whether somebody is at the desk; advisers say it of themselves, supervisors of anybody.
    ///
    /// - Throws: 403 `forbidden` for somebody else's; 404.
    func setAvailability(of id: UUID, to availability: Availability, by session: StaffSession) async throws {
        guard id == session.staffID || session.role.may(.assignCallbacks) else { throw Problems.forbidden }
        let now = self.dependencies.now()
        let event = self.audit.event(
            "staff.availability", on: id, by: session.actor, ["availability": .string(availability.rawValue)])
        try await self.database.transaction { tx in
            guard try await tx.setAvailability(of: id, to: availability, at: now) else { throw Problems.notFound }
            try await tx.insert(event)
        }
    }

    /// Replaces somebody's plan of the week; an empty one is the firm's opening hours.
    func setPlan(of id: UUID, to plan: ShiftPlan, by session: StaffSession) async throws {
        let event = self.audit.event(
            "staff.shifts", on: id, by: session.actor, ["shifts": .integer(plan.shifts.count)])
        try await self.database.transaction { tx in
            guard try await tx.replaceShifts(of: id, by: plan) else { throw Problems.notFound }
            try await tx.insert(event)
        }
    }

    /// Enters a leave.
    ///
    /// - Returns: its id.
    func addLeave(of id: UUID, _ days: ClosedRange<ShanghaiDate>, by session: StaffSession) async throws -> UUID {
        let leave = StaffLeave(
            id: self.dependencies.makeID(), staffID: id, firstDay: days.lowerBound, lastDay: days.upperBound)
        let event = self.audit.event(
            "staff.leave_add", on: id, by: session.actor,
            [
                "first_day": .string(days.lowerBound.description), "last_day": .string(days.upperBound.description),
            ])
        let now = self.dependencies.now()
        try await self.database.transaction { tx in
            guard try await tx.insertLeave(leave, by: session.username, at: now) else { throw Problems.notFound }
            try await tx.insert(event)
        }
        return leave.id
    }

    func deleteLeave(_ leave: UUID, of id: UUID, by session: StaffSession) async throws {
        let event = self.audit.event("staff.leave_delete", on: id, by: session.actor)
        try await self.database.transaction { tx in
            guard try await tx.deleteLeave(leave, of: id) else { throw Problems.notFound }
            try await tx.insert(event)
        }
    }
}

/// Days on which somebody is away.
struct StaffLeave: Sendable {
    var id: UUID
    var staffID: UUID
    var firstDay: ShanghaiDate
    var lastDay: ShanghaiDate

    var json: JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "first_day": .string(self.firstDay.description),
            "last_day": .string(self.lastDay.description),
        ])
    }
}
