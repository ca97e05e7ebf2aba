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
            guard try await tx.lockTask(id), let task = try await tx.task(id) else {
                return .failure(Problems.notFound)
            }
            if let key = result.idempotencyKey,
                let first = try await tx.firstAnswer(task: id, adviser: session.staffID, key: key)
            {
                return first.fingerprint == fingerprint
                    ? .success(first.answer)
                    : .failure(
                        Problem(
                            .conflict, "idempotency_conflict", "同一编号下已记录过不同的结果",
                            english: "Another result was sent under this key."))
            }
            let claim = try await tx.claim(of: session.staffID, on: id, number: result.claimNumber)
            if let refusal = Self.refusal(task, claim, session) {
                if let claim {
                    try await tx.insertRefusedAttempt(
                        attemptID, task: id, claim: claim, result, note: note, code: refusal.code,
                        at: self.dependencies.now())
                }
                return .failure(refusal)
            }
            guard let claim else { return .failure(Self.notClaimant) }
            if let time = result.callAgainAt, let problem = self.refusal(of: time) { return .failure(problem) }
            let effect = try await self.effect(
                of: result, attemptID, task, claim, note: note, fingerprint: fingerprint, tx)
            return .success(try await self.apply(effect, of: result, to: task, by: session, tx))
        }
        return try outcome.get()
    }

    /// Why a result may not be written; a claim that only ran out still counts while nobody claimed since.
    private static func refusal(_ task: CallbackTask, _ claim: CallbackClaim?, _ session: StaffSession) -> Problem? {
        if task.state == "closed" { return self.alreadyClosed }
        guard let claim, claim.number == task.claimNumber else { return self.notClaimant }
        return claim.endedAt == nil || claim.endReason == "expired" ? nil : self.notClaimant
    }

    /// A time to call again must lie ahead, inside calling hours, on a day the firm is open.
    private func refusal(of time: Date) -> Problem? {
        let now = self.dependencies.now()
        let calendar = self.calendar.current
        let allowed = self.settings.current.callingHours.next(from: max(time, now)) { calendar.isWorkingDay($0) }
        return time > now && allowed == time ? nil : Self.outsideCallingHours(next: allowed)
    }

    private func effect(
        of result: CallResult, _ id: UUID, _ task: CallbackTask, _ claim: CallbackClaim, note: [UInt8]?,
        fingerprint: [UInt8],
        _ tx: Transaction
    ) async throws -> ResultEffect {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let counts = (claim.revealedAt != nil || claim.kind == "incoming") && result.disposition.canCount
        var step: Cadence.Step?
        if counts {
            let before = try await tx.countingAttempts(of: task.id)
            let sinceContact = before.prefix { !$0.disposition.isContact }.count
            let history = Cadence.History(
                attempts: min(task.attempts, sinceContact) + 1, before: before.map(\.disposition),
                suspended: before.filter {
                    $0.disposition == .poweredOff && $0.reason == PoweredOffReason.suspended.rawValue
                }.count)
            step = self.cadence.next(
                after: result.disposition, reason: result.reason.flatMap { PoweredOffReason(rawValue: $0) },
                callAgainAt: result.callAgainAt,
                history: history, at: now, calendar: self.calendar.current, calling: settings.callingHours,
                opening: settings.openingHours,
                window: result.disposition.isContact ? nil : task.window.flatMap { settings.windows.span($0) })
        } else if let reason = result.disposition.closedReason {
            step = .close(reason: reason)
        }
        return ResultEffect(
            id: id, claim: claim, counts: counts, step: step, boundary: claim.revealedAt ?? claim.claimedAt,
            noteSealed: note,
            fingerprint: fingerprint)
    }

    private func apply(
        _ effect: ResultEffect, of result: CallResult, to task: CallbackTask, by session: StaffSession,
        _ tx: Transaction
    ) async throws -> String {
        let now = self.dependencies.now()
        if effect.counts { try await tx.meetInquiries(of: task.leadID, acceptedUpTo: effect.boundary, at: now) }
        let unmet = try await tx.earliestUnmet(of: task.leadID, acceptedAfter: effect.boundary)
        var closedReason: String?
        var nextAttemptAt = task.nextAttemptAt
        switch effect.step {
        // A later inquiry keeps the task open and has set its next attempt already. A duplicate's promise moves instead.
        case .close(let reason): if unmet == nil || result.disposition == .duplicate { closedReason = reason }
        case .tryAgain(let time): if unmet.map({ time < $0 }) ?? true { nextAttemptAt = time }
        case nil: break
        }
        var change = TaskChange(
            task: task.id, at: now, disposition: result.disposition.rawValue, nextAttemptAt: nextAttemptAt)
        change.counts = effect.counts
        change.isContact = effect.counts && result.disposition.isContact
        change.closedReason = closedReason
        change.callAgainAt = effect.counts && result.callAgainAt == nextAttemptAt ? result.callAgainAt : nil
        change.replacesWindow =
            effect.counts && unmet == nil && (result.callAgainAt != nil || effect.claim.kind == "incoming")
        change.dueAt = effect.counts ? unmet ?? task.dueAt : task.dueAt
        change.metAt = effect.counts ? (unmet == nil ? task.metAt ?? now : nil) : task.metAt
        if change.isContact, closedReason == nil {
            change.owner = session.staffID
            change.ownerReason = change.callAgainAt == nil ? "contacted" : "appointment"
        }
        try await tx.endClaim(task.id, number: effect.claim.number, reason: "result", note: nil, at: now)
        try await tx.change(change)
        if result.disposition == .doNotCall {
            try await tx.addDoNotCall(lead: task.phoneRow, by: session.username, at: now)
        }
        if let target = result.mergeInto, result.disposition == .duplicate {
            try await self.merge(task, into: target, tx)
        }
        let answer = ResultAnswer(
            state: closedReason == nil ? "open" : "closed", dueAt: change.dueAt,
            nextAttemptAt: closedReason == nil ? nextAttemptAt : nil,
            closedReason: closedReason
        ).json.text
        try await tx.insertAttempt(effect, task: task.id, result, adviser: session.staffID, change, answer: answer)
        try await tx.insert(
            self.event(
                "callback.result", on: task.id, by: session,
                detail: ["disposition": .string(result.disposition.rawValue), "counts": .bool(effect.counts)]))
        return answer
    }

    /// Links a lead to the one it duplicates; an unmet promise moves to that one's task (contract §4.11).
    private func merge(_ task: CallbackTask, into target: UUID, _ tx: Transaction) async throws {
        guard target != task.leadID, try await tx.leadExists(target), try await tx.link(lead: task.leadID, to: target)
        else {
            throw Problem(failures: [
                ValidationFailure(
                    "lead_unknown", at: "/merge_into", "没有这条线索，或它已并入别的线索", english: "Unknown lead, or merged itself.")
            ])
        }
        if task.metAt == nil {
            try await tx.movePromise(
                of: task.id, to: target, newTask: self.dependencies.makeID(), at: self.dependencies.now())
        }
    }
}
