import Foundation
import LeadService
import Leads

/// The callback queue in plain Swift: what `CallbackLifecycle.md` says, without a database, HTTP or two things at once.
///
/// People are numbers, leads are numbers; every lead has one phone and no other is linked to it.
struct QueueModel {
    struct Inquiry {
        var acceptedAt: Date
        var dueAt: Date
        var metAt: Date?
        var isCancelled = false
        /// The task that answers it.
        var task: Int
    }

    struct Claim {
        var adviser: Int
        var isIncoming: Bool
        var at: Date
        /// When the call began that this one goes on with after an undo.
        var beganAt: Date?
        var revealedAt: Date?
        var end: String?
    }

    struct Task {
        var id: String
        var lead: Int
        var acceptedAt: Date
        var newestAt: Date
        var dueAt: Date
        var metAt: Date?
        var nextAttemptAt: Date
        var callAgainAt: Date?
        var window: PreferredWindow?
        var attempts = 0
        var owner: Int?
        var ownerReason: String?
        var pushedAt: Date?
        var holder: Int?
        var until = Date.distantPast
        var restsUntil: Date?
        var closedReason: String?
        /// Nobody is served it before; set exactly while it is paused.
        var pausedUntil: Date?
        var pausedBy: Int?
        /// By number, from 1 on: the fence.
        var claims: [Claim] = []
        /// Counting attempts, newest first.
        var counted: [Cadence.Attempt] = []

        var isOpen: Bool { self.closedReason == nil }
        var isIncoming: Bool { self.claims.last?.isIncoming ?? false }
        func isHeld(at now: Date) -> Bool { self.holder != nil && self.until > now }
    }

    let calendar: WorkingCalendar
    let calling: CallingHours
    let opening = OpeningHours.standard
    let windows = PreferredWindowTimes.standard
    let lease: TimeInterval = 1800
    let mode: AssignmentMode
    /// The advisers' names.
    let people: [String]
    var now: Date
    var inquiries: [[Inquiry]]
    var tasks: [Task] = []
    /// What tasks were before their newest results.
    var undos: [Int: Undo] = [:]
    /// When a lead's number was put on the do-not-call list.
    var listedAt: [Int: Date] = [:]

    init(
        calendar: WorkingCalendar, calling: CallingHours, leads: Int, mode: AssignmentMode, people: [String], now: Date
    ) {
        self.calendar = calendar
        self.calling = calling
        self.mode = mode
        self.people = people
        self.now = now
        self.inquiries = Array(repeating: [], count: leads)
    }

    func openTask(of lead: Int) -> Int? { self.tasks.firstIndex { $0.lead == lead && $0.isOpen } }

    // MARK: - Visitors

    /// What an inquiry that comes now is told.
    mutating func inquire(_ lead: Int, window: PreferredWindow?) -> Date {
        let day = self.calendar.deadline(acceptedAt: self.now, closing: self.opening).dueAt
        let hours = window.flatMap { self.windows.offered($0, within: self.opening) }
        let due = hours?.end(on: day) ?? day
        let next = hours?.nextStart(from: self.now) ?? self.now
        var told = due
        let open = self.openTask(of: lead)
        if let open {
            self.join(open, due: due, next: next, window: window)
            if self.tasks[open].dueAt > self.now { told = self.tasks[open].dueAt }
        } else {
            let rest = self.tasks.filter { $0.lead == lead }.compactMap(\.restsUntil).max()
            self.tasks.append(
                Task(
                    id: "", lead: lead, acceptedAt: self.now, newestAt: self.now, dueAt: due,
                    nextAttemptAt: max(next, rest ?? next), window: window))
        }
        self.inquiries[lead].append(Inquiry(acceptedAt: self.now, dueAt: told, task: open ?? self.tasks.count - 1))
        return told
    }

    /// The visitor gives an inquiry up by its receipt, and with it all that its task stands for.
    mutating func cancel(_ number: Int, of lead: Int) throws(Refusal) {
        let inquiry = self.inquiries[lead][number]
        guard !inquiry.isCancelled else { return }
        guard self.tasks[inquiry.task].isOpen else { throw .alreadyClosed }
        self.leave(lead, reason: "cancelled_by_visitor")
    }

    private mutating func join(_ index: Int, due: Date, next: Date, window: PreferredWindow?) {
        var task = self.tasks[index]
        let rest = self.tasks.filter { $0.lead == task.lead && !$0.isOpen }.compactMap(\.restsUntil).max()
        let asked = max(next, rest ?? next)
        task.dueAt = task.metAt == nil ? min(task.dueAt, due) : due
        let opensTooLate = asked > task.dueAt
        if !opensTooLate { task.window = window }
        if let agreed = task.callAgainAt, agreed < task.dueAt {
            task.nextAttemptAt = agreed
        } else {
            task.callAgainAt = nil
            task.nextAttemptAt = opensTooLate ? self.now : asked
            if let rest = task.restsUntil, rest < task.dueAt { task.nextAttemptAt = max(task.nextAttemptAt, rest) }
        }
        (task.newestAt, task.metAt, task.attempts, task.pausedUntil) = (self.now, nil, 0, nil)
        self.tasks[index] = task
    }

    /// Takes a lead out of the queue.
    mutating func leave(_ lead: Int, reason: String) {
        for index in self.inquiries[lead].indices where self.inquiries[lead][index].metAt == nil {
            self.inquiries[lead][index].isCancelled = true
        }
        guard let index = self.openTask(of: lead) else { return }
        self.endClaim(index, self.tasks[index].isHeld(at: self.now) ? "closed" : "expired")
        (self.tasks[index].closedReason, self.tasks[index].pausedUntil) = (reason, nil)
    }

    /// Whether an open task's number may not be dialled.
    func isStopped(_ task: Task) -> Bool {
        guard let listed = self.listedAt[task.lead] else { return false }
        return !self.inquiries[task.lead].contains {
            !$0.isCancelled && $0.acceptedAt >= max(listed, task.acceptedAt)
        }
    }

    // MARK: - Claims

    mutating func endClaim(_ index: Int, _ reason: String) {
        let last = self.tasks[index].claims.count - 1
        if last >= 0, self.tasks[index].claims[last].end == nil { self.tasks[index].claims[last].end = reason }
        self.tasks[index].holder = nil
    }

    mutating func endLapsed(of adviser: Int) {
        for index in self.tasks.indices
        where self.tasks[index].holder == adviser && !self.tasks[index].isHeld(at: self.now) {
            self.endClaim(index, "expired")
        }
    }

    mutating func take(_ index: Int, by adviser: Int, incoming: Bool) {
        if self.tasks[index].holder != nil { self.endClaim(index, "expired") }
        if self.tasks[index].owner != adviser { self.endPush(index) }
        self.tasks[index].claims.append(Claim(adviser: adviser, isIncoming: incoming, at: self.now))
        self.tasks[index].holder = adviser
        self.tasks[index].until = self.now.addingTimeInterval(self.lease)
    }

    /// Whether it could be served, if only to its owner.
    func waits(_ task: Task) -> Bool {
        let isInWindow =
            self.calling.isAlways || task.callAgainAt != nil
            || task.window.map { self.windows.open(at: self.now).contains($0) } ?? true
        return task.isOpen && task.pausedUntil == nil && task.nextAttemptAt <= self.now && !task.isHeld(at: self.now)
            && isInWindow
    }

    func isServable(_ task: Task, for adviser: Int) -> Bool {
        self.waits(task) && (task.owner == nil || task.owner == adviser || self.isLate(task))
    }

    /// What `claim` serves: their own claim, else the first in the order of contract §4.8; stopped ones end on the way.
    mutating func claimNext(for adviser: Int) -> Int? {
        while true {
            self.endLapsed(of: adviser)
            var index = self.tasks.indices.first { self.tasks[$0].holder == adviser && !self.tasks[$0].isIncoming }
            if let index {
                self.tasks[index].until = self.now.addingTimeInterval(self.lease)
            } else {
                index = self.mostUrgent(for: adviser)
                if let index { self.take(index, by: adviser, incoming: false) }
            }
            guard let index, self.isStopped(self.tasks[index]) else { return index }
            self.leave(self.tasks[index].lead, reason: "do_not_call")
        }
    }

    func mostUrgent(for adviser: Int) -> Int? {
        let servable = self.tasks.indices.filter { self.isServable(self.tasks[$0], for: adviser) }
        let soon = self.now.addingTimeInterval(3600)
        let hurry = servable.contains {
            self.tasks[$0].metAt == nil && self.tasks[$0].dueAt > self.now && self.tasks[$0].dueAt <= soon
        }
        return servable.min { one, other in
            let places = [one, other].map { self.place(self.tasks[$0], adviser, hurry) }
            return places[0] == places[1]
                ? self.tasks[one].id < self.tasks[other].id : places[0].lexicographicallyPrecedes(places[1])
        }
    }

    /// Class of contract §4.8, and what decides inside it.
    private func place(_ task: Task, _ adviser: Int, _ hurry: Bool) -> [Double] {
        let byDeadline = [task.dueAt, task.acceptedAt].map(\.timeIntervalSince1970)
        let byNext = [task.nextAttemptAt.timeIntervalSince1970] + byDeadline
        if task.owner == adviser, task.ownerReason != "contacted", task.ownerReason != "pushed" { return [1] + byNext }
        if task.callAgainAt != nil { return [2] + byNext }
        guard task.metAt == nil else { return [5] + byNext }
        if !hurry, task.newestAt > self.now.addingTimeInterval(-900) {
            return [3, -task.newestAt.timeIntervalSince1970] + byDeadline
        }
        return [task.dueAt < ShanghaiDate(self.now).adding(1).at(minute: 0) ? 4 : 6] + byDeadline
    }

    enum Refusal: String, Error {
        case notClaimant = "not_claimant"
        case alreadyClosed = "already_closed"
        case outsideCallingHours = "outside_calling_hours"
        case claimOpen = "claim_open"
        case claimedByOther = "claimed_by_other"
        case doNotCall = "do_not_call"
        case leadUnknown = "lead_unknown"
        case alreadyPaused = "already_paused"
        case notPaused = "not_paused"
        case forbidden = "forbidden"
        case undoTooLate = "undo_too_late"
        case undoNotYours = "undo_not_yours"
        case undoChanged = "undo_changed"
        case undoClaimOpen = "undo_claim_open"
    }
}
