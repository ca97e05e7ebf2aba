import Foundation
import LeadService
import Leads

/// What is pushed to whom: the model says what may be, the service picks.
extension QueueModel {
    static let cap = 5

    /// Whether the owner lost the turn.
    func isLate(_ task: Task) -> Bool {
        let late = self.now.addingTimeInterval(-1800)
        guard task.ownerReason == "pushed", let pushed = task.pushedAt else { return task.nextAttemptAt <= late }
        return task.nextAttemptAt <= late && pushed <= late
    }

    mutating func endPush(_ index: Int) {
        guard self.tasks[index].ownerReason == "pushed" else { return }
        (self.tasks[index].owner, self.tasks[index].ownerReason) = (nil, nil)
    }

    func canBePushed(_ task: Task) -> Bool {
        let rests = task.pushedAt.map { $0 > self.now.addingTimeInterval(-1800) } ?? false
        return self.waits(task) && task.owner == nil && !rests
    }

    /// How many more tasks an adviser may be given.
    func room(of adviser: Int) -> Int {
        let today = ShanghaiDate(self.now)
        let spans = ShiftPlan.standard.spans(
            on: today, isWorkingDay: self.calendar.isWorkingDay(today), opening: self.opening)
        let isHere = spans.contains { today.at(minute: $0.from) <= self.now && self.now < today.at(minute: $0.to) }
        let tomorrow = today.adding(1).at(minute: 0)
        let own = self.tasks.filter {
            $0.isOpen
                && ($0.owner == adviser && $0.nextAttemptAt < tomorrow
                    || $0.holder == adviser && $0.isHeld(at: self.now))
        }
        let hasLapsed = own.contains {
            $0.owner == adviser && $0.ownerReason == "pushed" && self.waits($0) && self.isLate($0)
        }
        return isHere && !hasLapsed ? max(0, Self.cap - own.count) : 0
    }

    /// What one round came to.
    ///
    /// - Returns: what was not to be.
    mutating func push(_ gifts: [(index: Int, adviser: Int, at: Date)], advisers: Int) -> [String] {
        let rooms = (0..<advisers).map { self.room(of: $0) }
        let expected = min(rooms.reduce(0, +), self.tasks.count { self.canBePushed($0) })
        var wrong = gifts.count == expected ? [] : ["\(gifts.count) were pushed, not \(expected)"]
        for gift in gifts where !self.canBePushed(self.tasks[gift.index]) {
            wrong.append("\(self.tasks[gift.index]) is not to be pushed")
        }
        for adviser in 0..<advisers where gifts.count(where: { $0.adviser == adviser }) > rooms[adviser] {
            wrong.append("too much for \(adviser)")
        }
        for gift in gifts {
            self.tasks[gift.index].owner = gift.adviser
            self.tasks[gift.index].ownerReason = "pushed"
            self.tasks[gift.index].pushedAt = gift.at
        }
        return wrong
    }
}
