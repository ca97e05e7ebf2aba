import Foundation
import Leads

/// Who is on shift at an instant, by the plan of the week, leave and what people said of themselves.
struct Duty: Sendable {
    let now: Date
    private let today: ShanghaiDate
    private let isWorkingDay: Bool
    private let opening: OpeningHours
    private let roster: Roster

    init(now: Date, isWorkingDay: Bool, opening: OpeningHours, shifts: [StaffShift], leaves: [StaffLeave]) {
        self.now = now
        self.today = ShanghaiDate(now)
        self.isWorkingDay = isWorkingDay
        self.opening = opening
        self.roster = Roster(advisers: [], shifts: shifts, leaves: leaves)
    }

    private func spans(of id: UUID) -> [Span] {
        guard !self.roster.isOnLeave(id, on: self.today) else { return [] }
        return self.roster.plan(of: id).spans(on: self.today, isWorkingDay: self.isWorkingDay, opening: self.opening)
    }

    /// Whether somebody works now or later today, a break or not.
    func isStillHere(_ id: UUID, _ availability: Availability) -> Bool {
        availability != .off && self.spans(of: id).contains { self.today.at(minute: $0.to) > self.now }
    }

    /// Whether somebody is at the desk now.
    func isOnShift(_ id: UUID, _ availability: Availability) -> Bool {
        availability == .onShift
            && self.spans(of: id).contains {
                self.today.at(minute: $0.from) <= self.now && self.now < self.today.at(minute: $0.to)
            }
    }
}
