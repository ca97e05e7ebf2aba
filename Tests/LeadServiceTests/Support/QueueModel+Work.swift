import Foundation
import LeadService
import Leads

/// What advisers and supervisors do to a task, but for its results.
extension QueueModel {
    /// Somebody rings, and an adviser takes it.
    mutating func claimIncoming(_ lead: Int, by adviser: Int) throws(Refusal) -> Int {
        guard !self.inquiries[lead].isEmpty else { throw .leadUnknown }
        // What is refused leaves nothing behind, the end of lapsed claims and an opened task included.
        var after = self
        after.endLapsed(of: adviser)
        if after.openTask(of: lead) == nil {
            let due = self.calendar.deadline(acceptedAt: self.now, closing: self.opening).dueAt
            after.tasks.append(
                Task(id: "", lead: lead, acceptedAt: self.now, newestAt: self.now, dueAt: due, nextAttemptAt: self.now))
        }
        guard let index = after.openTask(of: lead) else { throw .leadUnknown }
        let task = after.tasks[index]
        let isBusy = after.tasks.indices.contains {
            $0 != index && after.tasks[$0].holder == adviser && after.tasks[$0].isIncoming
        }
        if task.isHeld(at: self.now), task.holder != adviser { throw .claimedByOther }
        if task.holder == adviser, task.isHeld(at: self.now) {
            if isBusy, !task.isIncoming { throw .claimOpen }
            after.tasks[index].claims[task.claims.count - 1].isIncoming = true
            after.tasks[index].until = self.now.addingTimeInterval(self.lease)
        } else {
            if isBusy { throw .claimOpen }
            after.take(index, by: adviser, incoming: true)
        }
        self = after
        return index
    }

    /// Gives the adviser's live claim a new lease.
    mutating func extend(_ index: Int, by adviser: Int) {
        guard self.tasks[index].holder == adviser, self.tasks[index].isHeld(at: self.now) else { return }
        self.tasks[index].until = self.now.addingTimeInterval(self.lease)
    }

    mutating func reveal(_ index: Int, by adviser: Int) throws(Refusal) {
        let task = self.tasks[index]
        guard task.isOpen else { throw .alreadyClosed }
        guard task.holder == adviser, task.isHeld(at: self.now) else { throw .notClaimant }
        if !task.isIncoming {
            if self.isStopped(task) {
                self.leave(task.lead, reason: "do_not_call")
                throw .doNotCall
            }
            let window = task.callAgainAt == nil ? task.window.flatMap { self.windows.span($0) } : nil
            if self.calling.next(from: self.now, window: window) > self.now { throw .outsideCallingHours }
        }
        self.extend(index, by: adviser)
        let last = task.claims.count - 1
        self.tasks[index].claims[last].revealedAt = task.claims[last].revealedAt ?? self.now
    }

    mutating func release(_ index: Int, by adviser: Int) throws(Refusal) {
        guard self.tasks[index].holder == adviser else {
            throw self.tasks[index].isOpen ? .notClaimant : .alreadyClosed
        }
        self.endClaim(index, "released")
        self.endPush(index)
    }

    mutating func assign(_ index: Int, to adviser: Int) throws(Refusal) {
        guard self.tasks[index].isOpen else { throw .alreadyClosed }
        if self.tasks[index].holder != nil {
            self.endClaim(index, self.tasks[index].isHeld(at: self.now) ? "assigned" : "expired")
        }
        (self.tasks[index].owner, self.tasks[index].ownerReason) = (adviser, "assigned")
        self.tasks[index].nextAttemptAt = max(self.tasks[index].nextAttemptAt, self.now)
    }
}
