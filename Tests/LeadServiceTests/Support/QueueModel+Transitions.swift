import Foundation
import LeadService
import Leads

extension QueueModel {
    /// Goes on by one transition.
    ///
    /// - Returns: in what the service differed from the model; nothing when all was as it should be.
    mutating func accept(_ transition: Transition) -> [String] {
        guard transition.at >= self.now else { return ["the time goes backwards"] }
        self.now = transition.at
        let wrong = self.differences(of: transition)
        self.forgetChanged()
        return wrong
    }

    private mutating func differences(of transition: Transition) -> [String] {
        let seen = transition.answers
        switch transition.act {
        case .wait: return []
        case .look:
            let expected = self.rows
            return transition.rows == expected ? [] : ["\(transition.rows), expected \(expected)"]
        case .inquire(let lead, let window):
            let told = self.inquire(lead, window: window)
            let wrong = Self.compare(seen, [.init(status: 201, due: RFC3339.text(told))]) {
                .init(status: 201, due: $0.due)
            }
            return wrong + self.learn(lead, from: seen)
        case .claim(let adviser):
            guard let index = self.claimNext(for: adviser) else { return Self.compare(seen, [.init(status: 204)]) }
            return self.compare(seen, isClaimOf: index)
        case .race: return self.race(seen)
        case .ring(let lead, let adviser):
            do throws(Refusal) {
                let index = try self.claimIncoming(lead, by: adviser)
                return self.learn(lead, from: seen) + self.compare(seen, isClaimOf: index)
            } catch {
                return Self.compare(seen, refusedAs: error)
            }
        case .push: return self.push(transition)
        case .wake:
            let expected = self.endPastPauses()
            return transition.count == expected ? [] : ["\(transition.count) pauses ended, expected \(expected)"]
        case .cancel(let lead, let inquiry):
            do throws(Refusal) {
                try self.cancel(inquiry, of: lead)
                return Self.compare(seen, [.init(status: 200)]) { .init(status: $0.status, code: $0.code) }
            } catch {
                return Self.compare(seen, refusedAs: error)
            }
        case .stop(let lead):
            if self.listedAt[lead] == nil { self.listedAt[lead] = self.now }
            self.leave(lead, reason: "do_not_call")
            return []
        case .list(let lead):
            self.listedAt[lead] = self.now
            return []
        case .work(let work, let task, let adviser): return self.work(work, on: task, by: adviser, seen)
        }
    }

    // MARK: - Answers

    private static func compare(
        _ seen: [Transition.Seen], _ expected: [Transition.Seen],
        _ part: (Transition.Seen) -> Transition.Seen = { $0 }
    ) -> [String] {
        seen.map(part) == expected ? [] : ["\(seen), expected \(expected)"]
    }

    private static func compare(_ seen: [Transition.Seen], refusedAs refusal: Refusal) -> [String] {
        let status =
            switch refusal {
            case .outsideCallingHours, .doNotCall: 422
            case .forbidden: 403
            case .leadUnknown: 404
            default: 409
            }
        return self.compare(seen, [.init(status: status, code: refusal.rawValue)]) {
            .init(status: $0.status, code: $0.code)
        }
    }

    private func compare(_ seen: [Transition.Seen], isClaimOf index: Int) -> [String] {
        let task = self.tasks[index]
        let due = RFC3339.text(task.dueAt)
        return Self.compare(seen, [.init(status: 200, task: task.id, token: "\(task.claims.count)", due: due)])
    }

    /// The service picks the id of a task that it opens.
    private mutating func learn(_ lead: Int, from seen: [Transition.Seen]) -> [String] {
        guard let index = self.openTask(of: lead), let id = seen.first?.task else { return ["no task in \(seen)"] }
        guard self.tasks[index].id.isEmpty else {
            return self.tasks[index].id == id ? [] : ["task \(id), expected \(self.tasks[index].id)"]
        }
        guard !self.tasks.contains(where: { $0.id == id }) else { return ["\(id) is another task"] }
        self.tasks[index].id = id
        return []
    }

    // MARK: - What the service decides, within rules

    /// Whether two that ask at once are both served what is next, each as if alone.
    var isReadyToRace: Bool {
        var after = self
        for adviser in [0, 1] { after.endLapsed(of: adviser) }
        return after.tasks.allSatisfy {
            (!$0.isOpen || !after.isStopped($0)) && ($0.isIncoming || $0.holder == nil || $0.holder == 2)
        }
    }

    /// Two ask at once: each gets one they may be served, or nothing, and never the same.
    private mutating func race(_ seen: [Transition.Seen]) -> [String] {
        for adviser in [0, 1] { self.endLapsed(of: adviser) }
        var wrong = seen.count == 2 ? [] : ["\(seen.count) answers"]
        for (adviser, answer) in seen.enumerated() {
            guard let index = self.tasks.firstIndex(where: { $0.id == answer.task }) else {
                wrong += Self.compare([answer], [.init(status: 204)])
                continue
            }
            if !self.isServable(self.tasks[index], for: adviser) { wrong.append("\(answer) is not to be served") }
            self.take(index, by: adviser, incoming: false)
            wrong += self.compare([answer], isClaimOf: index)
        }
        // Whoever went away empty-handed met the other's lock.
        if seen.allSatisfy({ $0.status == 204 }), let left = self.mostUrgent(for: 0) {
            wrong.append("nobody got task \(left)")
        }
        return wrong
    }

    /// A round of pushes; where the setting is `pull` there are none.
    private mutating func push(_ transition: Transition) -> [String] {
        guard self.mode != .pull else { return transition.count == 0 ? [] : ["pushed by pull"] }
        var gifts: [(index: Int, adviser: Int, at: Date)] = []
        for gift in transition.gifts {
            guard let index = self.tasks.firstIndex(where: { $0.id == gift.task }) else {
                return ["\(gift) of nothing"]
            }
            // What was pushed earlier has its owner already.
            if self.tasks[index].owner == nil { gifts.append((index, gift.adviser, gift.at)) }
        }
        let wrong = gifts.count == transition.count ? [] : ["\(gifts.count) owners after \(transition.count) pushes"]
        return wrong + self.push(gifts, advisers: self.people.count)
    }

    // MARK: - Work on a task

    private mutating func work(
        _ work: Transition.Work, on index: Int, by adviser: Int, _ seen: [Transition.Seen]
    ) -> [String] {
        var isChiefs = false
        var success = 204
        do throws(Refusal) {
            switch work {
            case .reveal:
                success = 200
                try self.reveal(index, by: adviser)
            case .release: try self.release(index, by: adviser)
            case .undo:
                success = 200
                try self.undo(index, by: adviser)
            case .assign(let to):
                isChiefs = true
                try self.assign(index, to: to)
            case .pause(let until, let by):
                isChiefs = by == nil
                try self.pause(index, until: until, by: by)
            case .resume(let by):
                isChiefs = by == nil
                try self.resume(index, by: by)
            case .record(let result):
                success = 200
                try self.record(result, on: index, by: adviser)
            }
        } catch {
            // Any request of the claimant is work on the task, a refused one too, even under an older claim's number.
            if !isChiefs { self.extend(index, by: adviser) }
            return Self.compare(seen, refusedAs: error)
        }
        return Self.compare(seen, [.init(status: success)]) { .init(status: $0.status, code: $0.code) }
    }

    // MARK: - Rows

    private static func seconds(_ date: Date?) -> String { date.map { "\(Int($0.timeIntervalSince1970))" } ?? "-" }

    /// The tasks and inquiries, a line each, as `ModelRun.stored` reads them from the tables.
    var rows: [String] {
        let tasks = self.tasks.map { task in
            let isHeld = task.holder != nil
            return [
                task.id, task.closedReason ?? (task.pausedUntil == nil ? "open" : "paused"), Self.seconds(task.dueAt),
                Self.seconds(task.metAt),
                Self.seconds(task.nextAttemptAt), Self.seconds(task.callAgainAt), task.window?.rawValue ?? "-",
                "\(task.attempts)", task.owner.map { self.people[$0] } ?? "-", task.ownerReason ?? "-",
                task.holder.map { self.people[$0] } ?? "-",
                isHeld ? task.isIncoming ? "incoming" : "ordinary" : "-", isHeld ? Self.seconds(task.until) : "-",
                Self.seconds(task.restsUntil), Self.seconds(task.pausedUntil),
                task.claims.map {
                    "\(self.people[$0.adviser])/\($0.isIncoming ? "incoming" : "ordinary")/\($0.end ?? "-")"
                        + ($0.revealedAt == nil ? "" : "/revealed")
                }.joined(separator: ","),
            ].joined(separator: "|")
        }
        let inquiries = self.inquiries.flatMap { $0 }.map {
            [
                Self.seconds($0.acceptedAt), Self.seconds($0.dueAt), Self.seconds($0.metAt),
                $0.isCancelled ? "cancelled" : "-",
            ].joined(separator: "|")
        }
        return (tasks + inquiries).sorted()
    }
}
