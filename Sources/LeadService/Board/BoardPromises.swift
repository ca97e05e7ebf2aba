import Foundation
import Leads

/// Promises that a supervisor should look at, whatever the forecast says: nobody is served them, or nobody is at work that day.
struct BoardPromises: Sendable {
    /// Paused while unmet, by their deadline.
    var paused: [CallbackTask]
    /// Who paused each, by task.
    var pausedBy: [UUID: String]

    /// Open, unmet and past their deadline; the longest overdue first.
    var overdue: [CallbackTask]

    /// Due ahead, for good, on a day on which the firm is closed by now; the earliest first.
    var onClosedDays: [CallbackTask]

    func members(_ dependencies: Dependencies, at now: Date) throws -> [String: JSONOutput] {
        [
            "overdue": .array(try self.overdue.map { .object(try $0.json(dependencies, at: now)) }),
            "paused": .array(
                try self.paused.map { task in
                    var members = try task.json(dependencies, at: now)
                    members["pause"] = task.pause(by: self.pausedBy[task.id])
                    return .object(members)
                }),
            "on_closed_days": .array(try self.onClosedDays.map { .object(try $0.json(dependencies, at: now)) }),
        ]
    }
}
