import Foundation
import Leads

/// Who gets what: pushing, evening out, taking back, and what a supervisor says of people.
package struct Assignment: Sendable {
    private let queue: CallbackQueue
    private var database: Database { self.queue.database }
    private var dependencies: Dependencies { self.queue.dependencies }

    init(queue: CallbackQueue) {
        self.queue = queue
    }

    /// At most so many are pushed in one transaction.
    private static let batch = 200

    /// Gives tasks that are nobody's to advisers, if the setting says so; one process does at a time.
    ///
    /// - Returns: how many tasks got an owner.
    func push() async throws -> Int {
        let rules = self.queue.settings.current.assignment
        guard rules.mode != .pull else { return 0 }
        let moment = self.queue.moment(for: CallbackQueue.nobody)
        return try await self.database.transaction { tx in
            guard try await tx.beginSharing() else { return 0 }
            var sharing = try await self.sharing(moment, tx)
            let room = sharing.takers.reduce(0) { $0 + ($1.weight > 0 ? $1.room : 0) }
            guard room > 0 else { return 0 }
            let tasks = try await tx.tasksToShare(moment, blocked: sharing.blocked, limit: min(room, Self.batch))
            let gifts = sharing.give(tasks, mode: rules.mode, at: moment.now)
            guard !gifts.isEmpty else { return 0 }
            let pushed = try await tx.push(gifts, moment)
            for gift in gifts where pushed.contains(gift.task) {
                try await tx.insert(
                    self.queue.audit.event(
                        "callback.push", on: gift.task.uuidString.lowercased(), by: "assignment", role: "worker",
                        detail: ["to": .string(gift.taker.uuidString.lowercased())]))
            }
            return pushed.count
        }
    }

    /// Who is on shift and at the desk, with the skills that are there today.
    private func sharing(_ moment: QueueMoment, _ tx: Transaction) async throws -> TaskSharing {
        try await self.sharing(moment, try await tx.assignees(moment), tx)
    }

    private func sharing(
        _ moment: QueueMoment, _ people: [Assignee], _ tx: Transaction
    ) async throws -> TaskSharing {
        let cap = self.queue.settings.current.assignment.cap
        let duty = try await self.queue.duty(at: moment.now, tx)
        let covered = people.filter { duty.isStillHere($0.id, $0.availability) }.flatMap(\.skills)
        return TaskSharing(
            takers: people.filter { $0.isPresent && duty.isOnShift($0.id, $0.availability) }.map { $0.taker(cap: cap) },
            covered: Set(covered))
    }

    /// Spreads what was given to people and not touched yet evenly over those on shift; a preview changes nothing.
    func rebalance(isPreview: Bool, by session: StaffSession) async throws -> JSONOutput {
        let moment = self.queue.moment(for: CallbackQueue.nobody)
        return try await self.database.transaction { tx in
            let people = try await tx.assignees(moment)
            var sharing = try await self.sharing(moment, people, tx)
            let tasks = try await tx.untouchedTasks(moment)
            let owners = Dictionary(tasks.map { ($0.id, $0.owner) }) { first, _ in first }
            let gifts = sharing.even(tasks, at: moment.now)
            var moved = Set(gifts.map(\.task))
            if !isPreview, !gifts.isEmpty {
                moved = try await tx.move(gifts, from: gifts.map { owners[$0.task] ?? nil }, at: moment.now)
                let alerts = gifts.filter { moved.contains($0.task) && $0.taker != session.staffID }.map {
                    AlertDraft(
                        id: self.dependencies.makeID(), kind: .assigned, taskID: $0.task,
                        parameters: ["by": session.username], person: $0.taker)
                }
                try await tx.insertAlerts(alerts, at: moment.now)
                try await tx.insert(
                    self.queue.audit.event(
                        "callback.rebalance", on: "board", by: session.username, role: session.role.rawValue,
                        detail: ["tasks": .integer(moved.count)]))
            }
            let names = Dictionary(people.map { ($0.id, $0.username) }) { first, _ in first }
            let received = gifts.filter { moved.contains($0.task) }.reduce(into: [UUID: Int]()) {
                $0[$1.taker, default: 0] += 1
            }
            return .object([
                "tasks": .integer(moved.count),
                "advisers": .array(
                    received.compactMap { id, count in names[id].map { ($0, count) } }.sorted { $0.0 < $1.0 }.map {
                        .object(["username": .string($0.0), "receives": .integer($0.1)])
                    }),
            ])
        }
    }

    /// Takes a task back into the pool; whoever holds it loses it.
    ///
    /// - Throws: 404; 409 `already_closed`.
    func takeBack(_ id: UUID, by session: StaffSession) async throws {
        let now = self.dependencies.now()
        try await self.database.transaction { tx in
            let task = try await self.queue.lockedTask(id, tx)
            guard task.state != "closed" else { throw CallbackQueue.alreadyClosed }
            try await self.queue.endClaim(of: task, at: now, tx)
            try await tx.takeTaskBack(id)
            try await tx.insert(self.queue.event("callback.take_back", on: id, by: session))
        }
    }

    /// Says what somebody can do and how much they are given.
    ///
    /// - Throws: 404.
    func set(_ profile: AssignmentProfile, of id: UUID, by session: StaffSession) async throws {
        let event = self.queue.event(
            "staff.assignment", on: id, by: session,
            detail: [
                "skills": .array(profile.skills.map { .string($0) }), "weight": .integer(profile.weight),
                "cap": .optional(profile.cap),
            ])
        try await self.database.transaction { tx in
            guard
                try await tx.setAssignment(
                    of: id, skills: profile.skills, weight: profile.weight, cap: profile.cap)
            else { throw Problems.notFound }
            try await tx.insert(event)
        }
    }
}

/// What a supervisor says of somebody.
struct AssignmentProfile: Sendable {
    var skills: [String]
    var weight: Int
    var cap: Int?
}
