import Foundation
import Leads

extension CallbackQueue {
    /// Records how a call ended, under the fence of the claim it was made in.
    ///
    /// Only a counting result (contract §4.9) keeps the promise and moves the next attempt; any other is stored and ends
    /// the claim, and a closing disposition closes all the same. A refused result keeps its note.
    ///
    /// - Returns: the answer's JSON; the first one again for the same key and result.
    func record(_ result: CallResult, on id: UUID, by session: StaffSession) async throws -> String {
        let fingerprint = self.dependencies.keys.mac(.fingerprint, Data(result.fingerprintText.utf8))
        let attemptID = self.dependencies.makeID()
        let note = try result.note.map {
            try self.dependencies.keys.seal($0.text, at: SealedPlace("call_attempts", "note_sealed", attemptID))
        }
        let outcome: Result<String, Problem> = try await self.database.transaction { tx in
            if let target = result.mergeInto, result.disposition == .duplicate {
                try await tx.lockLeads(of: id, and: target)
            }
            guard
                let read = try await tx.lockForResult(
                    of: session.staffID, on: id, claim: result.claimNumber, key: result.idempotencyKey,
                    today: ShanghaiDate(self.dependencies.now()).at(minute: 0))
            else { return .failure(try await tx.lockTask(id) ? Self.alreadyClosed : Problems.notFound) }
            let task = read.task
            if let first = read.first {
                guard let answer = first.answer else { return .failure(Self.wasUndone) }
                return first.fingerprint == fingerprint
                    ? .success(answer)
                    : .failure(
                        Problem(
                            .conflict, "idempotency_conflict", "同一编号下已记录过不同的结果",
                            english: "Another result was sent under this key."))
            }
            guard let claim = read.claim else {
                return .failure(task.state == "closed" ? Self.alreadyClosed : Self.notClaimant)
            }
            func refused(_ problem: Problem) async throws -> Result<String, Problem> {
                guard let note else { return .failure(problem) }
                try await tx.insertRefusedAttempt(
                    attemptID, task: id, claim: claim, result, note: note, fingerprint: fingerprint,
                    code: problem.code, at: self.dependencies.now())
                return .failure(problem)
            }
            if let problem = Self.refusal(task, claim) { return try await refused(problem) }
            if let problem = result.callAgainAt.flatMap({ self.refusal(of: $0) }) {
                return try await refused(problem)
            }
            if let time = result.callAgainAt, result.disposition.isContact,
                let problem = try await self.refusal(of: time, becauseAwayIs: session.staffID, tx)
            {
                return try await refused(problem)
            }
            if let target = result.mergeInto, result.disposition == .duplicate,
                try await !self.link(task, to: target, tx)
            {
                return try await refused(Self.mergeTargetUnknown)
            }
            let effect = self.effect(of: result, attemptID, read, claim, note: note, fingerprint: fingerprint)
            return .success(try await self.apply(effect, of: result, to: task, by: session, tx))
        }
        return try outcome.get()
    }

    private static let wasUndone = Problem(
        .conflict, "result_undone", "这条结果已经撤销，请重新记录", english: "This result was undone; send a new one.")

    /// Why a result may not be written; a claim that only ran out still counts while nobody claimed since.
    private static func refusal(_ task: CallbackTask, _ claim: CallbackClaim) -> Problem? {
        if task.state == "closed" { return self.alreadyClosed }
        guard claim.number == task.claimNumber else { return self.notClaimant }
        return claim.endedAt == nil || claim.endReason == "expired" ? nil : self.notClaimant
    }

    /// How far ahead a call can be agreed.
    private static let longestWait: TimeInterval = 366 * 86400

    /// A time to call again must lie ahead, at most a year, inside calling hours, on a day the firm is open.
    private func refusal(of time: Date) -> Problem? {
        let now = self.dependencies.now()
        guard time <= now.addingTimeInterval(Self.longestWait) else {
            return Problem(failures: [
                ValidationFailure(
                    "too_late", at: "/call_again_at", "最晚约到一年以内，请改一个时间", english: "At most a year ahead.")
            ])
        }
        let calendar = self.calendar.current
        let allowed = self.settings.current.callingHours.next(from: max(time, now)) { calendar.isWorkingDay($0) }
        return time > now && allowed == time ? nil : Self.outsideCallingHours(next: allowed)
    }

    /// A call that is agreed with somebody is the adviser's own, so it may not lie in their leave.
    private func refusal(of time: Date, becauseAwayIs adviser: UUID, _ tx: Transaction) async throws -> Problem? {
        let leaves = try await tx.staffLeaves(of: adviser, from: ShanghaiDate(time))
        func isAway(_ day: ShanghaiDate) -> Bool { leaves.contains { $0.firstDay <= day && day <= $0.lastDay } }
        guard isAway(ShanghaiDate(time)) else { return nil }
        let calendar = self.calendar.current
        var back = ShanghaiDate(time)
        while isAway(back) { back = back.adding(1) }
        return Self.adviserAway(
            next: self.settings.current.callingHours.next(from: back.at(minute: 0)) {
                calendar.isWorkingDay($0) && !isAway($0)
            })
    }

    private static func adviserAway(next: Date) -> Problem {
        Problem(
            .unprocessableContent, "adviser_away", "那天您休假，约定的回拨要由您来打，最早 \(ShanghaiDate.timeText(next))",
            english: "You are on leave that day.", members: ["next_allowed_at": RFC3339.text(next)])
    }

    private func effect(
        of result: CallResult, _ id: UUID, _ read: ResultReading, _ claim: CallbackClaim, note: [UInt8]?,
        fingerprint: [UInt8]
    ) -> ResultEffect {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let counts = (claim.revealedAt != nil || claim.kind == "incoming") && result.disposition.canCount
        var step: Cadence.Step?
        var restsUntil: Date?
        if counts {
            let task = read.task
            let sinceContact = read.attempts.prefix { !$0.disposition.isContact }.count
            let history = Cadence.History(
                before: Array(read.attempts.prefix(min(task.attempts, sinceContact))), earlierToday: read.earlierToday)
            let times = Cadence.Times(
                calendar: self.calendar.current, calling: settings.callingHours, opening: settings.openingHours,
                window: result.disposition.isContact ? nil : task.window.flatMap { settings.windows.span($0) })
            step = settings.cadence.next(
                after: result.disposition, reason: result.reason.flatMap { PoweredOffReason(rawValue: $0) },
                callAgainAt: result.callAgainAt, history: history, at: now, times: times)
            restsUntil = settings.cadence.restsUntil(earlierToday: read.earlierToday, at: now, times: times)
            // Somebody on the list may ring us, but nobody rings them (contract §4.7).
            if task.isStopped, case .tryAgain = step { step = .close(reason: Disposition.doNotCall.rawValue) }
        } else if let reason = result.disposition.closedReason {
            step = .close(reason: reason)
        }
        return ResultEffect(
            id: id, claim: claim, counts: counts, step: step, boundary: claim.revealedAt ?? claim.beganAt,
            noteSealed: note, fingerprint: fingerprint, restsUntil: restsUntil)
    }

    private func apply(
        _ effect: ResultEffect, of result: CallResult, to task: CallbackTask, by session: StaffSession,
        _ tx: Transaction
    ) async throws -> String {
        let now = self.dependencies.now()
        let unmet = try await tx.earliestUnmet(of: task.leadID, acceptedAfter: effect.boundary)
        var closedReason: String?
        var nextAttemptAt = task.nextAttemptAt
        switch effect.step {
        // A later inquiry keeps the task open and has set its next attempt already. A duplicate's promise moves instead.
        case .close(let reason): if unmet == nil || result.disposition == .duplicate { closedReason = reason }
        case .tryAgain(let time): if unmet.map({ time < $0 }) ?? true { nextAttemptAt = time }
        case nil: break
        }
        // The day's attempts are used up, whoever asked meanwhile; what was agreed and a promise do not wait for the next one.
        let isAgreed = result.disposition.isContact && result.callAgainAt == nextAttemptAt
        if let rest = effect.restsUntil, let unmet, rest < unmet, !isAgreed { nextAttemptAt = max(nextAttemptAt, rest) }
        var change = TaskChange(
            task: task.id, at: now, disposition: result.disposition.rawValue, nextAttemptAt: nextAttemptAt)
        change.counts = effect.counts
        change.isContact = effect.counts && result.disposition.isContact
        change.isQualified = effect.counts && result.disposition.isQualified
        change.closedReason = closedReason
        change.callAgainAt = effect.counts && result.callAgainAt == nextAttemptAt ? result.callAgainAt : nil
        change.replacesWindow =
            effect.counts && unmet == nil && (change.callAgainAt != nil || effect.claim.kind == "incoming")
        change.restsUntil = effect.restsUntil
        change.dueAt = effect.counts ? unmet ?? task.dueAt : task.dueAt
        change.metAt = effect.counts ? (unmet == nil ? task.metAt ?? now : nil) : task.metAt
        if change.isContact, closedReason == nil {
            change.owner = session.staffID
            change.ownerReason = change.callAgainAt == nil ? "contacted" : "appointment"
        }
        let answer = ResultAnswer(
            state: closedReason == nil ? (effect.counts ? "open" : task.state) : "closed", dueAt: change.dueAt,
            nextAttemptAt: closedReason == nil ? nextAttemptAt : nil,
            closedReason: closedReason
        ).json.text
        let event = self.event(
            "callback.result", on: task.id, by: session,
            detail: ["disposition": .string(result.disposition.rawValue), "counts": .bool(effect.counts)])
        try await tx.write(result, effect, change, on: task, by: session, answer: answer, event)
        if let target = result.mergeInto, result.disposition == .duplicate, task.metAt == nil {
            // An unmet promise moves to the other lead's task (contract §4.11).
            try await tx.movePromise(of: task.id, to: target, newTask: self.dependencies.makeID(), at: now)
        }
        return answer
    }

    /// Links a lead to the one it duplicates.
    ///
    /// - Returns: false when there is no such lead, or it was merged itself.
    private func link(_ task: CallbackTask, to target: UUID, _ tx: Transaction) async throws -> Bool {
        guard target != task.leadID else { return false }
        return try await tx.link(lead: task.leadID, to: target)
    }

    private static let mergeTargetUnknown = Problem(failures: [
        ValidationFailure(
            "lead_unknown", at: "/merge_into", "没有这条线索，或它已并入别的线索", english: "Unknown lead, or merged itself.")
    ])
}
