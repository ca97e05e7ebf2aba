import Foundation
import LeadService
import Leads

extension QueueModel {
    struct Result: Codable {
        var disposition: Disposition
        var reason: PoweredOffReason?
        var callAgainAt: Date?
        var token: Int?
    }

    /// A result under the fence (contract §3, §4.2, §4.9).
    mutating func record(_ result: Result, on index: Int, by adviser: Int) throws(Refusal) {
        let task = self.tasks[index]
        let numbers = task.claims.indices.filter {
            task.claims[$0].adviser == adviser && (result.token == nil || result.token == $0 + 1)
        }
        guard let number = numbers.last else { throw task.isOpen ? .notClaimant : .alreadyClosed }
        guard task.isOpen else { throw .alreadyClosed }
        let claim = task.claims[number]
        guard number == task.claims.count - 1, claim.end == nil || claim.end == "expired" else { throw .notClaimant }
        if let time = result.callAgainAt,
            time <= self.now || self.calling.next(from: time, allows: { self.calendar.isWorkingDay($0) }) != time
        {
            throw .outsideCallingHours
        }
        let counts = (claim.revealedAt != nil || claim.isIncoming) && result.disposition.canCount
        let boundary = claim.revealedAt ?? claim.beganAt ?? claim.at
        let lead = task.lead
        var undo = Undo(
            task: task, adviser: adviser, at: self.now,
            unmet: self.inquiries[lead].indices.filter { self.inquiries[lead][$0].metAt == nil })
        let unmet = self.inquiries[lead].filter { $0.metAt == nil && !$0.isCancelled && $0.acceptedAt > boundary }
            .map(\.dueAt).min()
        var after = task
        var closes = result.disposition.closedReason
        var rest: Date?
        if counts { after.pausedUntil = nil }
        if counts { (closes, rest) = self.count(result, unmet: unmet, on: task, &after) }
        if closes != nil, unmet == nil { (after.closedReason, after.pausedUntil) = (closes, nil) }
        let isAgreed = result.disposition.isContact && result.callAgainAt == after.nextAttemptAt
        if let rest, let unmet, rest < unmet, !isAgreed { after.nextAttemptAt = max(after.nextAttemptAt, rest) }
        if counts {
            let agreed = result.callAgainAt == after.nextAttemptAt ? result.callAgainAt : nil
            after.callAgainAt = agreed
            after.attempts += 1
            after.metAt = unmet == nil ? task.metAt ?? self.now : nil
            after.dueAt = unmet ?? task.dueAt
            after.restsUntil = rest ?? task.restsUntil
            if unmet == nil, agreed != nil || claim.isIncoming { after.window = nil }
            if result.disposition.isContact, after.closedReason == nil {
                (after.owner, after.ownerReason) = (adviser, agreed == nil ? "contacted" : "appointment")
            }
            after.counted.insert(
                Cadence.Attempt(at: self.now, disposition: result.disposition, reason: result.reason), at: 0)
            for index in self.inquiries[lead].indices
            where self.inquiries[lead][index].metAt == nil && !self.inquiries[lead][index].isCancelled
                && self.inquiries[lead][index].acceptedAt <= boundary
            {
                self.inquiries[lead][index].metAt = self.now
            }
        }
        after.claims[number].end = "result"
        after.holder = nil
        self.tasks[index] = after
        if result.disposition == .doNotCall, self.listedAt[lead] == nil {
            self.listedAt[lead] = boundary
            undo.isListed = true
        }
        undo.after = self.row(of: index)
        self.undos[index] = undo
    }

    /// What a counting result plans: why it closes, and until when the person rests.
    private func count(
        _ result: Result, unmet: Date?, on task: Task, _ after: inout Task
    ) -> (closes: String?, rest: Date?) {
        let today = ShanghaiDate(self.now)
        let earlier = self.tasks.filter { $0.lead == task.lead }.flatMap(\.counted)
            .count { ShanghaiDate($0.at) == today }
        let run = min(task.attempts, task.counted.prefix { !$0.disposition.isContact }.count)
        let times = Cadence.Times(
            calendar: self.calendar, calling: self.calling, opening: self.opening,
            window: result.disposition.isContact ? nil : task.window.flatMap { self.windows.span($0) })
        let cadence = Cadence()
        let rest = cadence.restsUntil(earlierToday: earlier, at: self.now, times: times)
        let step = cadence.next(
            after: result.disposition, reason: result.reason, callAgainAt: result.callAgainAt,
            history: .init(before: Array(task.counted.prefix(run)), earlierToday: earlier), at: self.now, times: times)
        switch step {
        case .close(let reason): return (reason, rest)
        case .tryAgain where self.isStopped(task): return ("do_not_call", rest)
        case .tryAgain(let time):
            if unmet.map({ time < $0 }) ?? true { after.nextAttemptAt = time }
            return (nil, rest)
        }
    }
}
