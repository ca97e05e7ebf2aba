import Foundation
import Leads

/// What a moment allows somebody.
extension CallbackQueue {
    /// No adviser's id: for what anybody may be served.
    static let nobody = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    func moment(for adviser: UUID) -> QueueMoment {
        let now = self.dependencies.now()
        let settings = self.settings.current
        return QueueMoment(
            adviser: adviser, now: now,
            openWindows: settings.callingHours.isAlways ? nil : settings.windows.open(at: now).map(\.rawValue),
            endOfToday: ShanghaiDate(now).adding(1).at(minute: 0),
            freshSince: now.addingTimeInterval(-settings.freshLength),
            late: now.addingTimeInterval(-60 * Double(settings.cadence.ownerMinutes)))
    }

    /// The same for a list of somebody's, with what rules leave to others.
    func moment(for adviser: UUID, _ tx: Transaction) async throws -> QueueMoment {
        try await self.limited(self.moment(for: adviser), tx)
    }

    /// With what is left to others, by skill or because the adviser took enough today; nothing is read where no rule asks.
    func limited(_ moment: QueueMoment, _ tx: Transaction) async throws -> QueueMoment {
        let rules = self.settings.current.assignment
        var moment = moment
        if let most = rules.claimsPerDay {
            let today = ShanghaiDate(moment.now).at(minute: 0)
            moment.isFull = try await tx.claimCount(of: moment.adviser, since: today) >= most
        }
        if !rules.skills.isEmpty {
            let duty = try await self.duty(at: moment.now, tx)
            let own = try await tx.skills(of: moment.adviser)
            moment.barred = try await tx.skilledAdvisers().filter { duty.isStillHere($0.id, $0.availability) }
                .reduce(into: Set<String>()) { $0.formUnion($1.skills) }.subtracting(own).sorted()
        }
        return moment
    }

    func duty(at now: Date, _ tx: Transaction) async throws -> Duty {
        Duty(
            now: now, isWorkingDay: self.calendar.current.isWorkingDay(ShanghaiDate(now)),
            opening: self.settings.current.openingHours, shifts: try await tx.staffShifts(),
            leaves: try await tx.staffLeaves(from: ShanghaiDate(now)))
    }

    static let claimsUsedUp = Problem(
        .conflict, "claims_used_up", "今天领取的数量已到上限，名下的任务仍可继续处理",
        english: "You took as many calls as a day allows.")
}
