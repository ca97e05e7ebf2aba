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
    private let people: [Colleague]
    private let chief: Colleague
    /// The receipts of each lead's inquiries.
    private var receipts: [[String]] = Array(repeating: [], count: Self.leads)
    private let recording: Recording
    /// How often each operation was done.
    var done: [String: Int] = [:]

    /// - Parameter file: where everything that happens is written down.
    init(service: TestService, seed: UInt64, calling: String, mode: AssignmentMode, file: URL) async throws {
        self.service = service
        self.random = SeededGenerator(seed: seed)
        self.people = [
            try await service.colleague("anna", days: 36600), try await service.colleague("boris", days: 36600),
            try await service.colleague("clara", days: 36600),
        ]
        self.chief = try await service.colleague("chief", .supervisor, days: 36600)
        let head = Recording.Head(
            seed: seed, start: service.clock.now, calling: calling, mode: mode, advisers: self.people.map(\.username),
            leads: Self.leads)
        self.recording = try Recording(to: file, head)
        self.model = QueueModel(
            calendar: service.services.calendar.current, calling: try #require(CallingHours(parsing: calling)),
            leads: head.leads, mode: mode, people: head.advisers, now: head.start)
    }

    private static func phone(_ lead: Int) -> String { "1380000\(1001 + lead)" }

    /// Does one operation, writes it down and has the model accept it.
    ///
    /// - Returns: which it was, and in what service and model differ.
    mutating func step() async throws -> (act: Transition.Act, differences: [String]) {
        var choice = self.choose()
        while choice == nil { choice = self.choose() }
        let (kind, act) = try #require(choice)
        let transition = try await self.perform(act)
        self.done[kind, default: 0] += 1
        try self.recording.write(transition)
        return (act, self.model.accept(transition))
    }

    /// Compares every row.
    mutating func look() async throws -> [String] {
        let transition = Transition(at: self.service.clock.now, act: .look, rows: try await self.stored())
        try self.recording.write(transition)
        return self.model.accept(transition)
    }

    func close() throws { try self.recording.close() }

    // MARK: - What happens next

    private mutating func choose() -> (String, Transition.Act)? {
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
        return self.act(kind, lead, adviser).map { (kind, $0) }
    }

    private mutating func act(_ kind: String, _ lead: Int, _ adviser: Int) -> Transition.Act? {
        let isKnown = !self.model.inquiries[lead].isEmpty
        switch kind {
        case "wait":
            self.service.clock.advance(by: Double(self.random.pick([30, 61, 600, 1801, 3600, 7200, 16_000, 50_000])))
            return .wait
        case "inquiry": return .inquire(lead: lead, window: self.random.pick([nil, nil, .morning, .afternoon]))
        case "claim": return .claim(adviser: adviser)
        case "push": return .push
        case "wake": return .wake
        case "race": return self.model.isReadyToRace ? .race : nil
        case "ring": return .ring(lead: lead, adviser: adviser)
        case "cancel":
            guard isKnown else { return nil }
            return .cancel(lead: lead, inquiry: self.random.pick(Array(self.model.inquiries[lead].indices)))
        case "stop": return self.random.pick([true, false, false]) && isKnown ? .stop(lead: lead) : nil
        case "list":
            let isNew = isKnown && self.model.listedAt[lead] == nil
            return self.random.pick([true, false, false]) && isNew ? .list(lead: lead) : nil
        case "undo":
            // Mostly of whoever recorded something a moment ago.
            guard let newest = self.model.undos.max(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }) else {
                return nil
            }
            let who = self.random.pick([newest.value.adviser, newest.value.adviser, newest.value.adviser, adviser])
            return .work(.undo, task: newest.key, adviser: who)
        default:
            guard let task = self.somebodysTask(adviser) else { return nil }
            return .work(self.work(kind, on: task, adviser), task: task, adviser: adviser)
        }
    }

    /// Mostly a task they hold, else any.
    private mutating func somebodysTask(_ adviser: Int) -> Int? {
        let tasks = self.model.tasks.indices
        let own = tasks.filter { self.model.tasks[$0].holder == adviser }
        let known = tasks.filter { self.model.tasks[$0].claims.contains { $0.adviser == adviser } }
        let choice = self.random.pick([own, own, own, own, known, Array(tasks)])
        return choice.isEmpty ? nil : self.random.pick(choice)
    }

    private mutating func work(_ kind: String, on task: Int, _ adviser: Int) -> Transition.Work {
        switch kind {
        case "reveal": .reveal
        case "release": .release
        case "assign": .assign(to: self.random.pick([0, 1, 2]))
        case "pause":
            .pause(
                until: self.model.now.addingTimeInterval(Double(self.random.pick([600, 7200, 90_000]))),
                by: self.random.pick([adviser, adviser, nil]))
        case "resume": .resume(by: self.random.pick([adviser, nil]))
        default: .record(self.result(late: kind == "late result", of: task))
        }
    }

    /// Any result that is whole in itself.
    private mutating func result(late: Bool, of task: Int) -> QueueModel.Result {
        let all: [Disposition] = [
            .noAnswer, .noAnswer, .noAnswer, .busyOrRejected, .busyOrRejected, .poweredOff, .poweredOff, .callBackAt,
            .reachedInterested, .reachedNeedMaterials, .wrongPerson, .reachedNotInterested, .doNotCall, .notEligible,
            .converted, .spam,
        ]
        var result = QueueModel.Result(disposition: self.random.pick(all))
        if result.disposition == .poweredOff { result.reason = self.random.pick([.off, .suspended, nil]) }
        if result.disposition.needsCallAgainAt
            || result.disposition == .noAnswer && self.random.pick([true, false, false])
        {
            let from = self.model.now.addingTimeInterval(Double(self.random.pick([-60, 900, 7200, 90_000])))
            result.callAgainAt = self.random.pick([
                from,
                self.model.calling.next(from: from) { [calendar = self.model.calendar] in calendar.isWorkingDay($0) },
            ])
        }
        if late { result.token = self.random.pick(Array(1...max(1, self.model.tasks[task].claims.count))) }
        return result
    }

    // MARK: - The service

    /// Does it, and says when it was and what was answered.
    private mutating func perform(_ act: Transition.Act) async throws -> Transition {
        var transition = Transition(at: self.service.clock.now, act: act)
        switch act {
        case .wait, .look: break
        case .inquire(let lead, let window):
            self.service.clock.advance(by: 61)
            transition.answers = [try await self.inquire(lead, window)]
        case .claim(let adviser): transition.answers = [.init(try await self.service.claim(self.people[adviser]))]
        case .race:
            let (service, people) = (self.service, self.people)
            async let first = service.claim(people[0])
            async let second = service.claim(people[1])
            transition.answers = [.init(try await first), .init(try await second)]
        case .ring(let lead, let adviser):
            // A task that a call opens is known by being as old as no inquiry.
            self.service.clock.advance(by: 1)
            let body = #"{"phone":"\#(Self.phone(lead))"}"#
            transition.answers = [.init(try await self.service.claim(self.people[adviser], body))]
        case .push:
            transition.count = try await self.service.services.assignment.runOnce()
            transition.gifts = try await self.gifts()
        case .wake: transition.count = try await self.service.services.pauses.runOnce()
        case .cancel(let lead, let inquiry):
            let path = self.receipts[lead][inquiry] + "/cancel"
            transition.answers = [.init(try await self.service.call(.post, path, "{}"))]
        case .stop(let lead): try await self.service.ask("stop_calls", phone: Self.phone(lead))
        case .list(let lead):
            self.service.clock.advance(by: 1)
            let phone = ByteBuffer(bytes: self.service.keys.index(of: try PhoneNumber(parsing: Self.phone(lead))))
            try await self.service.database.query(
                "INSERT INTO do_not_call (phone_index, added_at, added_by) VALUES (\(phone), \(self.service.clock.now), 'test')"
            )
        case .work(let work, let task, let adviser):
            let (path, body, isChiefs) = self.request(work)
            transition.answers = [
                .init(
                    try await self.service.call(
                        .post, "/api/v1/callbacks/\(self.model.tasks[task].id)/\(path)", body,
                        token: isChiefs ? self.chief.token : self.people[adviser].token))
            ]
        }
        transition.at = self.service.clock.now
        return transition
    }

    private mutating func inquire(_ lead: Int, _ window: PreferredWindow?) async throws -> Transition.Seen {
        let phone = Self.phone(lead)
        let answer = try await self.service.submit(
            phone: phone, more: window.map { #","preferred_window":"\#($0.rawValue)""# } ?? "")
        self.receipts[lead].append(try self.service.receipt(of: answer))
        var seen = Transition.Seen(answer)
        let index = ByteBuffer(bytes: self.service.keys.index(of: try PhoneNumber(parsing: phone)))
        seen.task = try await self.service.column(
            """
            SELECT t.id::text FROM callback_tasks t JOIN leads l ON l.id = t.lead_id
            WHERE l.phone_index = \(index) AND t.state <> 'closed'
            """)
        return seen
    }

    /// What was given away at this instant, and what was before at the same one.
    private func gifts() async throws -> [Transition.Gift] {
        let rows = try await self.service.database.query(
            """
            SELECT t.id, s.username, t.pushed_at FROM callback_tasks t JOIN staff s ON s.id = t.owner_id
            WHERE t.owner_reason = 'pushed' AND t.pushed_at >= \(self.service.clock.now) ORDER BY t.id
            """)
        var gifts: [Transition.Gift] = []
        for row in rows {
            let (id, username, at) = try row.decode((UUID, String, Date).self)
            let adviser = try #require(self.people.firstIndex { $0.username == username })
            gifts.append(.init(task: id.text, adviser: adviser, at: at))
        }
        return gifts
    }

    private func request(_ work: Transition.Work) -> (path: String, body: String, isChiefs: Bool) {
        switch work {
        case .reveal: ("reveal", #"{"purpose":"callback"}"#, false)
        case .release: ("release", #"{"reason":"换班"}"#, false)
        case .undo: ("undo", "{}", false)
        case .assign(let to): ("assign", #"{"adviser":"\#(self.people[to].username)"}"#, true)
        case .pause(let until, let by):
            ("pause", #"{"reason":"visitor_away","until":"\#(RFC3339.text(until))"}"#, by == nil)
        case .resume(let by): ("resume", "{}", by == nil)
        case .record(let result): ("attempts", Self.body(result), false)
        }
    }

    private static func body(_ result: QueueModel.Result) -> String {
        var body = #"{"disposition":"\#(result.disposition.rawValue)""#
        if result.disposition == .reachedNotInterested { body += #","reason":"费用""# }
        if result.disposition == .notEligible { body += #","item":"age""# }
        if let reason = result.reason { body += #","reason":"\#(reason.rawValue)""# }
        if let time = result.callAgainAt { body += #","call_again_at":"\#(RFC3339.text(time))""# }
        if let token = result.token { body += #","claim_token":"\#(token)""# }
        return body + "}"
    }

    /// The lines of `QueueModel.rows`, from the tables.
    private func stored() async throws -> [String] {
        func seconds(_ column: String) -> String { "coalesce(extract(epoch FROM \(column))::bigint::text, '-')" }
        let tasks = """
            SELECT concat_ws('|', t.id, coalesce(t.closed_reason, t.state), \(seconds("t.due_at")), \(seconds("t.met_at")),
                \(seconds("t.next_attempt_at")), \(seconds("t.call_again_at")), coalesce(t.preferred_window, '-'), t.attempts,
                coalesce(o.username, '-'), coalesce(t.owner_reason, '-'), coalesce(h.username, '-'), coalesce(t.claim_kind, '-'),
                \(seconds("t.claimed_until")), \(seconds("t.rests_until")), \(seconds("t.paused_until")),
                (SELECT coalesce(string_agg(concat_ws('/', s.username, c.kind, coalesce(c.end_reason, '-'),
                                            CASE WHEN c.revealed_at IS NOT NULL THEN 'revealed' END), ',' ORDER BY c.claim_number), '')
                 FROM callback_claims c JOIN staff s ON s.id = c.adviser_id WHERE c.task_id = t.id)) AS line
            FROM callback_tasks t LEFT JOIN staff o ON o.id = t.owner_id LEFT JOIN staff h ON h.id = t.claimed_by
            """
        let inquiries = """
            SELECT concat_ws('|', \(seconds("accepted_at")), \(seconds("due_at")), \(seconds("met_at")),
                CASE WHEN cancelled_at IS NULL THEN '-' ELSE 'cancelled' END) FROM inquiries
            """
        let rows = try await self.service.database.query(PostgresQuery(unsafeSQL: tasks + " UNION ALL " + inquiries))
        return try rows.map { try $0.decode(String.self) }.sorted()
    }
}
