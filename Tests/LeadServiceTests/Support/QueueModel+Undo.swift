import Foundation

extension QueueModel {
    /// What a task and its lead's promises were before its newest result.
    struct Undo {
        var task: Task
        var adviser: Int
        var at: Date
        var unmet: [Int]
        var isListed = false
        /// The task as the result left it; whatever changes it takes the undo away for good.
        var after = ""
        var isGone = false
    }

    /// Everything of a task that its row in the database says.
    func row(of index: Int) -> String {
        let task = self.tasks[index]
        let times = [
            task.newestAt, task.dueAt, task.metAt, task.nextAttemptAt, task.callAgainAt, task.until, task.restsUntil,
            task.pausedUntil,
        ].map { $0.map { "\($0.timeIntervalSince1970)" } ?? "-" }
        let rest: [Any?] = [
            task.window, task.attempts, task.owner, task.ownerReason, task.holder, task.closedReason, task.claims.count,
            task.isIncoming,
        ]
        return (times + rest.map { "\($0 ?? "-")" }).joined(separator: "|")
    }

    /// To be called after each operation: what was changed by it cannot be undone any more, even when it is changed back.
    mutating func forgetChanged() {
        for (index, undo) in self.undos where undo.after != self.row(of: index) { self.undos[index]?.isGone = true }
    }

    mutating func undo(_ index: Int, by adviser: Int) throws(Refusal) {
        guard let undo = self.undos[index], undo.at > self.now.addingTimeInterval(-30) else { throw .undoTooLate }
        guard undo.adviser == adviser else { throw .undoNotYours }
        let lead = undo.task.lead
        let other = self.openTask(of: lead)
        guard !undo.isGone, other == nil || other == index else { throw .undoChanged }
        let last = self.tasks[index].claims[self.tasks[index].claims.count - 1]
        let isBusy = self.tasks.indices.contains {
            $0 != index && self.tasks[$0].holder == adviser && self.tasks[$0].isHeld(at: self.now)
                && self.tasks[$0].isIncoming == last.isIncoming
        }
        guard !isBusy else { throw .undoClaimOpen }
        self.endLapsed(of: adviser)
        var task = undo.task
        task.claims = self.tasks[index].claims
        task.claims.append(
            Claim(
                adviser: adviser, isIncoming: last.isIncoming, at: self.now, beganAt: last.beganAt ?? last.at,
                revealedAt: last.revealedAt))
        (task.holder, task.until) = (adviser, self.now.addingTimeInterval(self.lease))
        self.tasks[index] = task
        for number in undo.unmet where self.inquiries[lead][number].metAt == undo.at {
            self.inquiries[lead][number].metAt = nil
        }
        if undo.isListed { self.listedAt[lead] = nil }
        self.undos[index] = nil
    }
}
