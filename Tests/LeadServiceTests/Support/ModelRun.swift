import Foundation
import LeadService
import Leads
import NIOCore
import Postgres
import TestDatabase
import Testing

/// One run: the service, the model, and what happens next.
struct ModelRun {
    static let leads = 6
    let service: TestService
    var model: QueueModel
    private var random: SeededGenerator
    let people: [Colleague]
    private let chief: Colleague
    /// What an answer of the service and the model differ in.
    var differences: [String] = []
    /// How many results were taken back.
    var undone = 0
    /// How often each operation was done.
    var done: [String: Int] = [:]

    init(service: TestService, model: QueueModel, seed: UInt64) async throws {
        self.service = service
        self.model = model
        self.random = SeededGenerator(seed: seed)
        self.people = [
            try await service.colleague("anna", days: 3660), try await service.colleague("boris", days: 3660),
            try await service.colleague("clara", days: 3660),
        ]
        self.chief = try await service.colleague("chief", .supervisor, days: 3660)
    }

    private static func phone(_ lead: Int) -> String { "1380000\(1001 + lead)" }
    private static func index(_ lead: String) -> Int { (Int(lead.suffix(4)) ?? 0) - 1001 }

    private mutating func advance(by seconds: TimeInterval) {
        self.service.clock.advance(by: seconds)
        self.model.now = self.service.clock.now
    }

    private mutating func expect(_ answer: Answer, _ status: Int, _ code: String = "") {
        if answer.status != status || answer.code != code {
            self.differences.append("\(answer.status) \(answer.text), expected \(status) \(code)")
        }
    }

    /// Does one operation and says which.
    mutating func step() async throws -> String {
        let lead = self.random.pick(Array(0..<Self.leads))
        let adviser = self.random.pick([0, 1, 2])
        let kinds = [
            "claim", "claim", "claim", "reveal", "reveal", "reveal", "result", "result", "result", "result",
            "late result",
            "release", "assign", "undo", "ring", "push", "inquiry", "inquiry", "wait", "wait", "wait", "cancel",
            "stop", "list", "race",
            "pause", "pause", "resume", "wake",
        ]
        // Half of what can be undone is, or somebody comes between.
        let canUndo = self.model.undos.values.contains { !$0.isGone && $0.at > self.model.now.addingTimeInterval(-30) }
        let kind = canUndo && self.random.pick([true, false]) ? "undo" : self.random.pick(kinds)
        self.done[kind, default: 0] += 1
        switch kind {
        case "wait": self.advance(by: Double(self.random.pick([30, 61, 600, 1801, 3600, 7200, 16_000, 50_000])))
        case "inquiry": try await self.inquire(lead)
        case "claim": try await self.claim(adviser)
        case "push": try await self.push()
        case "race": try await self.race()
        case "wake":
            let (opened, expected) = (try await self.service.services.pauses.runOnce(), self.model.endPastPauses())
            if opened != expected { self.differences.append("\(opened) pauses ended, expected \(expected)") }
        case "ring": try await self.ring(lead, adviser)
        case "cancel": try await self.cancel(lead)
        case "stop" where self.random.pick([true, false, false]): try await self.stop(lead)
        case "list" where self.random.pick([true, false, false]): try await self.list(lead)
        case "stop", "list": break
        case "undo":
            // Mostly of whoever recorded something a moment ago.
            guard let newest = self.model.undos.max(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) else {
                break
            }
            let who = self.random.pick([newest.value.adviser, newest.value.adviser, newest.value.adviser, adviser])
            try await self.work(kind, newest.key, who)
        default:
            guard let index = self.somebodysTask(adviser) else { return kind }
            try await self.work(kind, index, adviser)
        }
        self.model.forgetChanged()
        return "\(kind) of lead \(lead) or adviser \(adviser)"
    }

    /// Mostly a task they hold, else any.
    private mutating func somebodysTask(_ adviser: Int) -> Int? {
        let tasks = self.model.tasks.indices
        let own = tasks.filter { self.model.tasks[$0].holder == adviser }
        let known = tasks.filter { self.model.tasks[$0].claims.contains { $0.adviser == adviser } }
        let choice = self.random.pick([own, own, own, own, known, Array(tasks)])
        return choice.isEmpty ? nil : self.random.pick(choice)
    }

    private mutating func inquire(_ lead: Int) async throws {
        self.advance(by: 61)
        let window = self.random.pick([nil, nil, PreferredWindow.morning, .afternoon])
        let told = self.model.inquire(lead, window: window)
        let answer = try await self.service.submit(
            phone: Self.phone(lead), more: window.map { #","preferred_window":"\#($0.rawValue)""# } ?? "")
        if answer["due_at"].string != RFC3339.text(told) {
            self.differences.append("told \(answer["due_at"].string), not \(told)")
        }
        self.model.inquiries[lead][self.model.inquiries[lead].count - 1].receipt = try self.service.receipt(of: answer)
        try await self.learn(lead)
    }

    /// The id of the task a lead has now.
    private mutating func learn(_ lead: Int) async throws {
        guard let index = self.model.openTask(of: lead), self.model.tasks[index].id.isEmpty else { return }
        let phone = ByteBuffer(bytes: self.service.keys.index(of: try PhoneNumber(parsing: Self.phone(lead))))
        self.model.tasks[index].id = try #require(
            try await self.service.column(
                """
                SELECT t.id::text FROM callback_tasks t JOIN leads l ON l.id = t.lead_id
                WHERE l.phone_index = \(phone) AND t.state <> 'closed'
                """))
    }

    private mutating func claim(_ adviser: Int) async throws {
        let expected = self.model.claimNext(for: adviser)
        let answer = try await self.service.claim(self.people[adviser])
        guard let expected else { return self.expect(answer, 204) }
        self.compare(answer, expected)
    }

    private mutating func compare(_ answer: Answer, _ index: Int) {
        let task = self.model.tasks[index]
        self.expect(answer, 200)
        if answer["id"].string != task.id || answer["claim_token"].string != "\(task.claims.count)" {
            self.differences.append("claimed \(answer.text), expected task \(task)")
        }
    }

    /// Two ask at once: each gets one they may be served, or nothing, and never the same.
    private mutating func race() async throws {
        var before = self.model
        for adviser in [0, 1] { before.endLapsed(of: adviser) }
        let isCalm = before.tasks.allSatisfy { !$0.isOpen || !before.isStopped($0) }
        let isFree = before.tasks.allSatisfy { $0.isIncoming || $0.holder == nil || $0.holder == 2 }
        guard isCalm, isFree else { return }
        self.model = before
        let (service, people) = (self.service, self.people)
        async let first = service.claim(people[0])
        async let second = service.claim(people[1])
        let answers = [try await first, try await second]
        for (adviser, answer) in answers.enumerated() {
            guard let index = self.model.tasks.firstIndex(where: { $0.id == answer["id"].string }) else {
                self.expect(answer, 204)
                continue
            }
            if !self.model.isServable(self.model.tasks[index], for: adviser) {
                self.differences.append("\(answer.text) is not to be served")
            }
            self.model.take(index, by: adviser, incoming: false)
            self.compare(answer, index)
        }
        // Whoever went away empty-handed met the other's lock.
        if answers.allSatisfy({ $0.status == 204 }), let left = self.model.mostUrgent(for: 0) {
            self.differences.append("nobody got task \(left)")
        }
    }

    /// A round of pushes; where the setting is `pull` there are none.
    private mutating func push() async throws {
        let count = try await self.service.services.assignment.runOnce()
        guard self.service.services.settings.current.assignment.mode != .pull else {
            if count > 0 { self.differences.append("pushed by pull") }
            return
        }
        let rows = try await self.service.database.query(
            """
            SELECT t.id, s.username, t.pushed_at FROM callback_tasks t JOIN staff s ON s.id = t.owner_id
            WHERE t.owner_reason = 'pushed' AND t.pushed_at >= \(self.model.now)
            """)
        var gifts: [(index: Int, adviser: Int, at: Date)] = []
        for row in rows {
            let (id, username, at) = try row.decode((UUID, String, Date).self)
            let index = try #require(self.model.tasks.firstIndex { $0.id == id.text })
            // What was pushed earlier has its owner already.
            guard self.model.tasks[index].owner == nil else { continue }
            gifts.append((index, try #require(self.people.firstIndex { $0.username == username }), at))
        }
        if gifts.count != count { self.differences.append("\(gifts.count) owners after \(count) pushes") }
        self.differences += self.model.push(gifts, advisers: self.people.count)
    }

    private mutating func ring(_ lead: Int, _ adviser: Int) async throws {
        // A task that a call opens is known by being as old as no inquiry.
        self.advance(by: 1)
        let answer = try await self.service.claim(self.people[adviser], #"{"phone":"\#(Self.phone(lead))"}"#)
        do throws(QueueModel.Refusal) {
            let index = try self.model.claimIncoming(lead, by: adviser)
            try? await self.learn(lead)
            self.compare(answer, index)
        } catch {
            self.expect(answer, error == .leadUnknown ? 404 : 409, error.rawValue)
        }
    }

    private mutating func cancel(_ lead: Int) async throws {
        guard !self.model.inquiries[lead].isEmpty else { return }
        let number = self.random.pick(Array(self.model.inquiries[lead].indices))
        let answer = try await self.service.call(.post, self.model.inquiries[lead][number].receipt + "/cancel", "{}")
        do throws(QueueModel.Refusal) {
            try self.model.cancel(number, of: lead)
            self.expect(answer, 200)
        } catch {
            self.expect(answer, 409, error.rawValue)
        }
    }

    private mutating func stop(_ lead: Int) async throws {
        guard !self.model.inquiries[lead].isEmpty else { return }
        try await self.service.ask("stop_calls", phone: Self.phone(lead))
        self.model.now = self.service.clock.now
        if self.model.listedAt[lead] == nil { self.model.listedAt[lead] = self.model.now }
        self.model.leave(lead, reason: "do_not_call")
    }

    /// Somebody puts a number on the list behind the queue's back.
    private mutating func list(_ lead: Int) async throws {
        guard !self.model.inquiries[lead].isEmpty, self.model.listedAt[lead] == nil else { return }
        let phone = ByteBuffer(bytes: self.service.keys.index(of: try PhoneNumber(parsing: Self.phone(lead))))
        self.advance(by: 1)
        try await self.service.database.query(
            "INSERT INTO do_not_call (phone_index, added_at, added_by) VALUES (\(phone), \(self.model.now), 'test')")
        self.model.listedAt[lead] = self.model.now
    }

    private mutating func work(_ kind: String, _ index: Int, _ adviser: Int) async throws {
        let path = "/api/v1/callbacks/\(self.model.tasks[index].id)"
        let token = self.people[adviser].token
        let answer: Answer
        var refusal: QueueModel.Refusal?
        var success = 200
        var isChiefs = kind == "assign"
        do throws(QueueModel.Refusal) {
            switch kind {
            case "reveal":
                answer = await self.send(path + "/reveal", #"{"purpose":"callback"}"#, token)
                try self.model.reveal(index, by: adviser)
            case "release":
                (answer, success) = (await self.send(path + "/release", #"{"reason":"换班"}"#, token), 204)
                try self.model.release(index, by: adviser)
            case "undo":
                answer = await self.send(path + "/undo", "{}", token)
                try self.model.undo(index, by: adviser)
                self.undone += 1
            case "assign":
                let to = self.random.pick([0, 1, 2])
                let body = #"{"adviser":"\#(self.people[to].username)"}"#
                (answer, success) = (await self.send(path + "/assign", body, self.chief.token), 204)
                try self.model.assign(index, to: to)
            case "pause":
                let by = self.random.pick([adviser, adviser, nil])
                isChiefs = by == nil
                let until = self.model.now.addingTimeInterval(Double(self.random.pick([600, 7200, 90_000])))
                let body = #"{"reason":"visitor_away","until":"\#(RFC3339.text(until))"}"#
                (answer, success) = (
                    await self.send(path + "/pause", body, by == nil ? self.chief.token : token), 204
                )
                try self.model.pause(index, until: until, by: by)
            case "resume":
                let by = self.random.pick([adviser, nil])
                isChiefs = by == nil
                (answer, success) = (
                    await self.send(path + "/resume", "{}", by == nil ? self.chief.token : token), 204
                )
                try self.model.resume(index, by: by)
            default:
                let (result, body) = self.result(late: kind == "late result", of: index)
                answer = await self.send(path + "/attempts", body, token)
                try self.model.record(result, on: index, by: adviser)
            }
        } catch {
            refusal = error
        }
        guard let refusal else { return self.expect(answer, success) }
        // Any request of the claimant is work on the task, a refused one too, even under an older claim's number.
        if !isChiefs { self.model.extend(index, by: adviser) }
        let status = [.outsideCallingHours, .doNotCall].contains(refusal) ? 422 : refusal == .forbidden ? 403 : 409
        self.expect(answer, status, refusal.rawValue)
    }

    private func send(_ path: String, _ body: String, _ token: String) async -> Answer {
        (try? await self.service.call(.post, path, body, token: token)) ?? Answer(status: 0, headers: [:], text: "")
    }

    /// Any result that is whole in itself, and its body.
    private mutating func result(late: Bool, of index: Int) -> (QueueModel.Result, String) {
        let all: [Disposition] = [
            .noAnswer, .noAnswer, .noAnswer, .busyOrRejected, .busyOrRejected, .poweredOff, .poweredOff, .callBackAt,
            .reachedInterested, .reachedNeedMaterials, .wrongPerson, .reachedNotInterested, .doNotCall, .notEligible,
            .converted, .spam,
        ]
        var result = QueueModel.Result(disposition: self.random.pick(all))
        var more = self.random.pick(["", #","reason":"费用""#])
        switch result.disposition {
        case .reachedNotInterested: more = #","reason":"费用""#
        case .notEligible: more = #","item":"age""#
        case .poweredOff:
            result.reason = self.random.pick([.off, .suspended, nil])
            more = result.reason.map { #","reason":"\#($0.rawValue)""# } ?? ""
        default: break
        }
        if result.disposition.needsCallAgainAt
            || result.disposition == .noAnswer && self.random.pick([true, false, false])
        {
            let from = self.model.now.addingTimeInterval(Double(self.random.pick([-60, 900, 7200, 90_000])))
            let time = self.random.pick([
                from,
                self.model.calling.next(from: from) { [calendar = self.model.calendar] in calendar.isWorkingDay($0) },
            ])
            result.callAgainAt = time
            more += #","call_again_at":"\#(RFC3339.text(time))""#
        }
        if late {
            result.token = self.random.pick(Array(1...max(1, self.model.tasks[index].claims.count)))
            more += #","claim_token":"\#(result.token ?? 0)""#
        }
        return (result, #"{"disposition":"\#(result.disposition.rawValue)"\#(more)}"#)
    }
}
