import Foundation

extension QueueModel {
    /// Lets a task rest: an adviser theirs, the supervisor (nil) one that nobody holds.
    mutating func pause(_ index: Int, until: Date, by adviser: Int?) throws(Refusal) {
        let task = self.tasks[index]
        guard task.isOpen else { throw .alreadyClosed }
        if let adviser, task.holder != adviser { throw .notClaimant }
        if adviser == nil, task.isHeld(at: self.now) { throw .claimedByOther }
        guard task.pausedUntil == nil else { throw .alreadyPaused }
        if task.holder != nil { self.endClaim(index, adviser == nil ? "expired" : "paused") }
        if let agreed = task.callAgainAt, agreed < until { self.tasks[index].callAgainAt = nil }
        (self.tasks[index].pausedUntil, self.tasks[index].pausedBy) = (until, adviser)
    }

    mutating func resume(_ index: Int, by adviser: Int?) throws(Refusal) {
        let task = self.tasks[index]
        guard task.isOpen else { throw .alreadyClosed }
        guard task.pausedUntil != nil else { throw .notPaused }
        if let adviser, ![task.holder, task.owner, task.pausedBy].contains(adviser) { throw .forbidden }
        self.tasks[index].pausedUntil = nil
        self.tasks[index].nextAttemptAt = max(task.nextAttemptAt, self.now)
    }

    /// Opens what has rested long enough.
    mutating func endPastPauses() -> Int {
        let over = self.tasks.indices.filter { self.tasks[$0].pausedUntil.map { $0 <= self.now } ?? false }
        for index in over {
            let until = self.tasks[index].pausedUntil ?? self.now
            self.tasks[index].nextAttemptAt = max(self.tasks[index].nextAttemptAt, until)
            self.tasks[index].pausedUntil = nil
        }
        return over.count
    }
}
