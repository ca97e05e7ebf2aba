package import Foundation
package import Leads
import Logging

/// The queue that keeps the promise: lists, claims, reveals, releases and assignments.
///
/// Results are in `CallbackQueue+Results.swift`.
package struct CallbackQueue: Sendable {
    let database: Database
    let dependencies: Dependencies
    let settings: SettingsStore
    let calendar: CalendarStore
    let audit: Audit
    private let unreadable = UnreadableTasks()

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.audit = Audit(dependencies: dependencies)
    }

    /// Who an incoming call is from.
    package enum Caller: Sendable {
        case phone(PhoneNumber)
        case lead(UUID)
    }

    /// Claims the most urgent task, or returns the adviser's own ordinary claim with a new lease.
    ///
    /// A task whose number cannot be read cannot be called: it is passed over.
    func claimNext(for session: StaffSession) async throws -> CallbackTask? {
        var moment = self.moment(for: session.staffID)
        let until = moment.now.addingTimeInterval(self.settings.current.claimLength)
        var racesLeft = 2
        for _ in 0..<Self.mostPassedOver where racesLeft > 0 {
            moment.passedOver = self.unreadable.tasks(at: moment.now)
            do {
                return try await self.claimNext(moment, until: until, for: session)
            } catch let task as UnreadableTasks.Task {
                self.dependencies.logger.error("a task is passed over", metadata: task.cause.logMetadata)
                self.unreadable.add(task.id, at: moment.now)
            } catch let error where error.violates("one_claim_of_a_kind_per_adviser") {
                // The same adviser asked twice at once; the other request's claim is found now.
                racesLeft -= 1
            }
        }
        throw Problems.unavailable
    }

    /// A request gives up after as many; the next one goes on behind them.
    private static let mostPassedOver = 100

    private func claimNext(_ moment: QueueMoment, until: Date, for session: StaffSession) async throws -> CallbackTask?
    {
        let (task, isFull) = try await self.database.transaction { tx -> (CallbackTask?, Bool) in
            let moment = try await self.limited(moment, tx)
            while let claimed = try await tx.claimNext(moment, until: until) {
                if claimed.isNew {
                    do {
                        _ = try claimed.task.phone(self.dependencies.keys)
                    } catch let broken as SealBroken {
                        throw UnreadableTasks.Task(id: claimed.task.id, cause: broken)
                    }
                    try await tx.insert(self.event("callback.claim", on: claimed.task.id, by: session))
                }
                guard claimed.task.isStopped else { return (claimed.task, false) }
                try await self.stop(claimed.task, by: session, tx)
            }
            return (nil, moment.isFull)
        }
        if isFull { throw Self.claimsUsedUp }
        return task
    }

    /// Claims the open task of somebody who is on the line, opening one if there is none; the adviser's own ordinary
    /// claim on it becomes the incoming one.
    ///
    /// - Throws: 404 `lead_unknown`, 409 `claimed_by_other` with who, 409 `claim_open`.
    func claimIncoming(_ caller: Caller, for session: StaffSession) async throws -> CallbackTask? {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let until = now.addingTimeInterval(settings.claimLength)
        let deadline = self.calendar.current.deadline(acceptedAt: now, closing: settings.openingHours)
        let fresh = self.dependencies.makeID()
        let adviser = session.staffID
        do {
            return try await self.database.transaction { tx in
                let lead: UUID? =
                    switch caller {
                    case .lead(let id): try await tx.leadExists(id) ? id : nil
                    case .phone(let phone): try await tx.leadID(phone: self.dependencies.keys.index(of: phone))
                    }
                guard let lead else {
                    throw Problem(
                        .notFound, "lead_unknown", "没有这个人的咨询记录", english: "Nobody with that number has asked us.")
                }
                try await tx.endLapsedClaims(of: adviser, at: now)
                if try await tx.openTask(ofLead: lead) == nil {
                    try await tx.openTask(
                        fresh, ofLead: lead, dueAt: deadline.dueAt, provisional: deadline.provisional, at: now)
                }
                // Between the look and the lock a result may have closed it; then the caller asks again.
                guard let id = try await tx.openTask(ofLead: lead), try await tx.lockTask(id),
                    let task = try await tx.task(id),
                    task.state != "closed"
                else { throw Problems.unavailable }
                if task.claimedBy == adviser, task.isHeld(at: now) {
                    if task.claimKind == "ordinary" {
                        try await tx.turnIncoming(
                            id, number: task.claimNumber, from: lead, of: adviser, at: now, until: until)
                        try await tx.insert(self.event("callback.claim_incoming", on: id, by: session))
                    } else {
                        try await tx.extendClaim(on: id, by: adviser, at: now, until: until)
                    }
                    return try await tx.task(id)
                }
                guard try await tx.claimTask(id, from: lead, for: adviser, at: now, until: until) else {
                    throw Self.claimedByOther(task.holder ?? "")
                }
                try await tx.insert(self.event("callback.claim_incoming", on: id, by: session))
                return try await tx.task(id)
            }
        } catch let error where error.violates("one_claim_of_a_kind_per_adviser") {
            throw Problem(.conflict, "claim_open", "您还有一个来电没有记录结果", english: "Another incoming call has no result yet.")
        }
    }

    /// The number that the claimant may ring, inside calling hours and window unless the person is on the line.
    ///
    /// A number that was put on the do-not-call list since the claim ends the task instead. What is refused for the hour is
    /// audited.
    ///
    /// - Parameter takes: does what it is for, if the claim is still the one that was read; false when it is not.
    /// - Throws: 409 `not_claimant`, `phone_unreadable`; 422 `do_not_call`, `outside_calling_hours` with `next_allowed_at`.
    func number(
        of id: UUID, for session: StaffSession,
        _ takes: (_ task: CallbackTask, _ now: Date, _ until: Date) async throws -> Bool
    ) async throws -> PhoneNumber {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let until = now.addingTimeInterval(settings.claimLength)
        // What is shown is what the last statement still finds; when the claim changed in between, the second look says how.
        for _ in 0..<2 {
            guard let task = try await self.database.autocommit({ try await $0.task(id) }) else {
                throw try await self.database.autocommit { try await $0.lockTask(id) }
                    ? Self.alreadyClosed : Problems.notFound
            }
            guard task.state != "closed" else { throw Self.alreadyClosed }
            guard task.claimedBy == session.staffID, task.isHeld(at: now) else { throw Self.notClaimant }
            if task.isStopped, task.claimKind == "ordinary" {
                try await self.database.transaction { tx in
                    let task = try await self.lockedTask(id, tx)
                    if task.isStopped { try await self.stop(task, by: session, tx) }
                }
                throw Self.isStopped
            }
            if task.claimKind == "ordinary" {
                let window = task.callAgainAt == nil ? task.window.flatMap { settings.windows.span($0) } : nil
                let allowed = settings.callingHours.next(from: now, window: window)
                if allowed > now {
                    let problem = Self.outsideCallingHours(next: allowed)
                    try await self.database.autocommit {
                        try await $0.insert(
                            self.event("callback.blocked", on: id, by: session, detail: ["code": .string(problem.code)])
                        )
                    }
                    throw problem
                }
            }
            let phone: PhoneNumber
            do {
                phone = try task.phone(self.dependencies.keys)
            } catch let broken as SealBroken {
                self.dependencies.logger.error("a sealed value does not open", metadata: broken.logMetadata)
                throw Self.phoneUnreadable
            }
            if try await takes(task, now, until) { return phone }
        }
        throw Self.notClaimant
    }

    /// Takes the number a task would dial out of the queue: it was put on the do-not-call list.
    private func stop(_ task: CallbackTask, by session: StaffSession, _ tx: Transaction) async throws {
        try await tx.leaveQueue(task.phoneRow, reason: Disposition.doNotCall.rawValue, at: self.dependencies.now())
        try await tx.insert(self.event("callback.stop", on: task.id, by: session))
    }

    /// Gives a claim back; a note says why, sealed.
    func release(_ id: UUID, reason: String?, for session: StaffSession) async throws {
        let now = self.dependencies.now()
        let sealed = try reason.map {
            try self.dependencies.keys.seal($0, at: SealedPlace("callback_claims", "release_note_sealed", id))
        }
        try await self.database.transaction { tx in
            let task = try await self.lockedTask(id, tx)
            guard task.claimedBy == session.staffID else {
                throw task.state == "closed" ? Self.alreadyClosed : Self.notClaimant
            }
            try await tx.endClaim(id, number: task.claimNumber, reason: "released", note: sealed, at: now)
            try await tx.insert(self.event("callback.release", on: id, by: session))
        }
    }

    /// Gives a task to an adviser; whoever holds it loses it.
    ///
    /// - Throws: 422 `adviser_unknown`; 409 `already_closed`.
    func assign(_ id: UUID, to username: String, by session: StaffSession) async throws {
        let now = self.dependencies.now()
        try await self.database.transaction { tx in
            let task = try await self.lockedTask(id, tx)
            guard task.state != "closed" else { throw Self.alreadyClosed }
            let account = try await tx.caller(named: username)
            try await self.endClaim(of: task, at: now, tx)
            try await tx.assignTask(id, to: account.id, at: now)
            if account.id != session.staffID {
                let alert = AlertDraft(
                    id: self.dependencies.makeID(), kind: .assigned, taskID: id, parameters: ["by": session.username],
                    person: account.id)
                try await tx.insertAlerts([alert], at: now)
            }
            try await tx.insert(self.event("callback.assign", on: id, by: session, detail: ["to": .string(username)]))
        }
    }

    /// Ends the claim on a task that is given away, if there is one.
    func endClaim(of task: CallbackTask, at now: Date, _ tx: Transaction) async throws {
        guard task.claimedBy != nil else { return }
        try await tx.endClaim(
            task.id, number: task.claimNumber, reason: task.isHeld(at: now) ? "assigned" : "expired", note: nil,
            at: min(now, task.claimedUntil ?? now))
    }

    /// The task, locked until the transaction ends.
    ///
    /// - Throws: 404; 409 `already_closed` when the person it was about is erased.
    func lockedTask(_ id: UUID, _ tx: Transaction) async throws -> CallbackTask {
        guard try await tx.lockTask(id) else { throw Problems.notFound }
        guard let task = try await tx.task(id) else { throw Self.alreadyClosed }
        return task
    }

    /// Any request by the claimant on their task is work on it: a refused one extends the lease as well.
    func keepClaim(_ id: UUID, for session: StaffSession) async throws {
        let now = self.dependencies.now()
        let until = now.addingTimeInterval(self.settings.current.claimLength)
        _ = try await self.database.autocommit {
            try await $0.extendClaim(on: id, by: session.staffID, at: now, until: until)
        }
    }

    func event(
        _ action: String, on id: UUID, by session: StaffSession, detail: [String: JSONOutput] = [:]
    ) -> AuditEvent {
        self.audit.event(
            action, on: id.uuidString.lowercased(), by: session.username, role: session.auditRole, detail: detail)
    }

    static let notClaimant = Problem(
        .conflict, "not_claimant", "这个任务现在不在您手上，可能占用已到期并被他人接手", english: "You do not hold this task.")
    static let phoneUnreadable = Problem(
        .conflict, "phone_unreadable", "这个号码无法读取，请释放任务，并告知管理员",
        english: "The number cannot be read; release the task and tell an administrator.")
    static let isStopped = Problem(
        .unprocessableContent, "do_not_call", "这位客户已要求不再致电，任务已结束", english: "This person asked not to be called.")
    static let alreadyClosed = Problem(.conflict, "already_closed", "这个任务已经结束", english: "The task is closed already.")

    static func outsideCallingHours(next: Date) -> Problem {
        Problem(
            .unprocessableContent, "outside_calling_hours", "这个时间不能致电，最早 \(ShanghaiDate.timeText(next))",
            english: "Outside calling hours.", members: ["next_allowed_at": RFC3339.text(next)])
    }
}
