import Foundation
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// Twenty advisers work days of shifts at once: some leave without a word, send results late or twice, visitors ask again or
/// want no more calls; afterwards the tables are audited.
///
/// `HUIFANG_SHIFT_ROUNDS` and `HUIFANG_SHIFT_TASKS` make the days longer, `HUIFANG_SHIFT_SEED` repeats one.
@Suite struct CallbackShiftTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let rounds = environment["HUIFANG_SHIFT_ROUNDS"].flatMap { Int($0) } ?? 12
    private static let tasks = environment["HUIFANG_SHIFT_TASKS"].flatMap { Int($0) } ?? 60

    @Test(.timeLimit(.minutes(60))) func `whatever twenty advisers do, every call was allowed and nobody is forgotten`()
        async throws
    {
        let seed = Self.environment["HUIFANG_SHIFT_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...9_999_999)
        print("seed of the shifts: \(seed)")
        try await withService([
            "CALLING_HOURS": "09:00-12:00,13:30-21:00", "BUDGET_FACTOR": "100000", "SENDS_PER_MINUTE": "1000000",
            "SENDS_PER_DAY": "1000000", "SENDS_PER_ADDRESS_PER_HOUR": "1000000",
        ]) { service in
            var random = SeededGenerator(seed: seed)
            var shifts: [Shift] = []
            let stopped = StoppedNumbers()
            for number in 0..<20 {
                let colleague = try await service.colleague("adviser-\(number)")
                shifts.append(
                    Shift(
                        service: service, adviser: colleague, random: SeededGenerator(seed: random.next()),
                        stopped: stopped))
            }
            for number in 0..<Self.tasks {
                _ = try await service.seed(
                    TaskSeed(
                        phone: Self.phone(number), acceptedAgo: Double(3600 + number),
                        window: random.pick([nil, nil, "morning"])))
            }
            // By weight, in turn, by load or not at all.
            let mode = random.pick(AssignmentMode.allCases)
            try await service.put("assignment", "\"\(mode.rawValue)\"")
            var asked = ""
            for _ in 0..<Self.rounds {
                // While they are at it somebody wants no more calls.
                var number = Int(random.next() % UInt64(Self.tasks))
                // Whoever just asked for a code gets no other for a minute.
                if Self.phone(number) == asked { number = (number + 1) % Self.tasks }
                let annoyed = Self.phone(number)
                shifts = try await withThrowingTaskGroup(of: Shift?.self) { group in
                    let assignment = service.services.assignment
                    async let pushed = (try await assignment.runOnce(), try await assignment.runOnce())
                    for shift in shifts {
                        group.addTask {
                            var shift = shift
                            try await shift.round()
                            return shift
                        }
                    }
                    group.addTask {
                        try await service.ask("stop_calls", phone: annoyed)
                        stopped.add(annoyed)
                        return nil
                    }
                    _ = try await pushed
                    return try await group.reduce(into: []) { if let shift = $1 { $0.append(shift) } }
                }
                // Between the rounds, so that all who are at it at once have one clock.
                service.clock.advance(by: Double(random.pick([300, 900, 1801, 2400, 7300, 20_000])))
                let phone = Self.phone(Int(random.next() % UInt64(Self.tasks)))
                asked = phone
                switch random.pick([0, 1, 2]) {
                case 0:
                    try await service.ask("stop_calls", phone: phone)
                    stopped.add(phone)
                case 1:
                    service.clock.advance(by: 61)
                    // An inquiry lifts the list for its task.
                    stopped.remove(phone)
                    try await service.submit(phone: phone)
                default: break
                }
            }
            try await Self.audit(service)
            let figures = [
                "calls": "call_attempts WHERE counts", "results": "call_attempts WHERE refused IS NULL",
                "claims": "callback_claims", "lapsed": "callback_claims WHERE end_reason = 'expired'",
                "stops": "do_not_call", "closed": "callback_tasks WHERE state = 'closed'",
                "pushed": "audit_events WHERE action = 'callback.push'",
            ]
            for (name, rows) in figures.sorted(by: { $0.key < $1.key }) {
                print("\(name), \(mode.rawValue): \(try await service.count("SELECT count(*) FROM \(rows)"))")
            }
        }
    }

    private static func phone(_ number: Int) -> String { "1380001\(1000 + number)" }

    /// What must be true of all that happened.
    private static func audit(_ service: TestService) async throws {
        try await service.expectNoOverlap()
        // The inquiries of this test were written without consents and audit.
        #expect(
            Set(try await service.soundness()).subtracting(["inquiry_without_consent", "due_at_another_time"]) == [])
        let violations = [
            "shown outside calling hours": """
            SELECT count(*) FROM callback_claims, LATERAL (SELECT (revealed_at AT TIME ZONE 'Asia/Shanghai')::time AS at) r
            WHERE kind = 'ordinary' AND NOT (r.at >= '09:00' AND r.at < '12:00' OR r.at >= '13:30' AND r.at < '21:00')
            """,
            "a third call of a day that nobody asked for": """
            SELECT count(*) FROM call_attempts a JOIN callback_claims c USING (task_id, claim_number)
            JOIN callback_tasks t ON t.id = a.task_id,
            LATERAL (SELECT count(*) AS n FROM call_attempts b JOIN callback_tasks u ON u.id = b.task_id
                     WHERE u.lead_id = t.lead_id AND b.counts AND b.at < a.at
                       AND (b.at AT TIME ZONE 'Asia/Shanghai')::date = (a.at AT TIME ZONE 'Asia/Shanghai')::date) day,
            LATERAL (SELECT disposition FROM call_attempts b WHERE b.task_id = a.task_id AND b.counts AND b.at < a.at
                     ORDER BY b.at DESC LIMIT 1) last
            WHERE a.counts AND c.kind = 'ordinary' AND day.n >= 2 AND last.disposition NOT IN ('call_back_at', 'reached_interested')
              AND (c.revealed_at AT TIME ZONE 'Asia/Shanghai')::date = (a.at AT TIME ZONE 'Asia/Shanghai')::date
            """,
            "more than six calls in a row without contact or a new inquiry": """
            SELECT count(*) FROM call_attempts a JOIN callback_tasks t ON t.id = a.task_id,
            LATERAL (SELECT greatest(
                (SELECT max(c.at) FROM call_attempts c WHERE c.task_id = a.task_id AND c.id <> a.id AND c.at <= a.at AND c.counts
                 AND c.disposition = ANY ('{\(Disposition.allCases.filter(\.isContact).map(\.rawValue).joined(separator: ","))}')),
                (SELECT max(i.accepted_at) FROM inquiries i WHERE i.lead_id = t.lead_id AND i.accepted_at < a.at)) AS since) s
            WHERE a.counts AND (SELECT count(*) FROM call_attempts b
                                WHERE b.task_id = a.task_id AND b.counts AND b.at > s.since AND b.at <= a.at) > 6
            """,
            "shown after a stop": """
            SELECT count(*) FROM callback_claims c JOIN callback_tasks t ON t.id = c.task_id JOIN leads l ON l.id = t.lead_id
            JOIN do_not_call d ON d.phone_index = l.phone_index
            WHERE c.kind = 'ordinary' AND c.revealed_at > d.added_at
              AND NOT EXISTS (SELECT FROM inquiries i WHERE i.lead_id = l.id AND i.accepted_at BETWEEN d.added_at AND c.revealed_at)
            """,
            "open for a stopped number": """
            SELECT count(*) FROM callback_tasks t JOIN leads l ON l.id = t.lead_id JOIN do_not_call d ON d.phone_index = l.phone_index
            WHERE t.state = 'open' AND NOT EXISTS (SELECT FROM inquiries i WHERE i.lead_id = l.id AND i.accepted_at >= d.added_at)
            """,
            "two results of a claim": """
            SELECT count(*) FROM (SELECT FROM call_attempts WHERE refused IS NULL GROUP BY task_id, claim_number HAVING count(*) > 1) x
            """,
            "an unmet promise without an open task": """
            SELECT count(*) FROM inquiries i JOIN callback_tasks t ON t.lead_id = i.lead_id
            WHERE i.met_at IS NULL AND i.cancelled_at IS NULL AND t.state = 'closed' AND t.closed_at < i.accepted_at
              AND NOT EXISTS (SELECT FROM callback_tasks n WHERE n.lead_id = i.lead_id AND n.accepted_at > t.accepted_at)
            """,
            "rung again within two hours, without a busy line, an agreed time or a new inquiry": """
            SELECT count(*) FROM callback_claims c JOIN callback_tasks t ON t.id = c.task_id,
            LATERAL (SELECT b.* FROM call_attempts b JOIN callback_tasks u ON u.id = b.task_id
                     WHERE u.lead_id = t.lead_id AND b.counts AND (b.task_id = c.task_id AND b.claim_number < c.claim_number
                       OR b.task_id <> c.task_id AND b.at < c.revealed_at) ORDER BY b.at DESC LIMIT 1) last
            WHERE c.kind = 'ordinary' AND c.revealed_at < last.at + interval '2 hours'
              AND last.disposition NOT IN ('call_back_at', 'reached_interested')
              AND NOT (last.disposition = 'busy_or_rejected' AND c.revealed_at >= last.at + interval '30 minutes')
              AND NOT EXISTS (SELECT FROM inquiries i WHERE i.lead_id = t.lead_id AND i.accepted_at BETWEEN last.at AND c.revealed_at)
            """,
            "shown outside the visitor's window": """
            SELECT count(*) FROM callback_claims c JOIN callback_tasks t ON t.id = c.task_id
            WHERE c.kind = 'ordinary' AND t.preferred_window = 'morning'
              AND NOT ((c.revealed_at AT TIME ZONE 'Asia/Shanghai')::time >= '09:00' AND (c.revealed_at AT TIME ZONE 'Asia/Shanghai')::time < '12:00')
              AND NOT EXISTS (SELECT FROM inquiries i WHERE i.lead_id = t.lead_id AND i.accepted_at > t.accepted_at)
              AND NOT EXISTS (SELECT FROM call_attempts b WHERE b.task_id = t.id AND b.call_again_at IS NOT NULL)
              AND NOT EXISTS (SELECT FROM callback_claims e WHERE e.task_id = t.id AND e.kind = 'incoming')
            """,
        ]
        for (name, sql) in violations { #expect(try await service.count(sql) == 0, "\(name)") }
        #expect(try await service.count("SELECT count(*) FROM call_attempts WHERE counts") > 0)
    }
}

/// The numbers whose owners have been told that nobody calls any more, in the order of what happened rather than by the clock,
/// which stands still within a round.
private final class StoppedNumbers: Sendable {
    private let phones = Mutex<Set<String>>([])

    func add(_ phone: String) { self.phones.withLock { _ = $0.insert("+86" + phone) } }
    func remove(_ phone: String) { self.phones.withLock { _ = $0.remove("+86" + phone) } }
    var now: Set<String> { self.phones.withLock { $0 } }
}

/// One adviser's day, with what they remember of it.
private struct Shift: Sendable {
    let service: TestService
    let adviser: Colleague
    var random: SeededGenerator
    let stopped: StoppedNumbers
    /// The claims they have not told the end of.
    var open: [(path: String, token: String)] = []

    mutating func round() async throws {
        for _ in 0..<3 {
            // Somebody who left without a word comes back with an old result.
            if let claim = self.open.first, self.random.pick([true, false]) {
                self.open.removeFirst()
                try await self.tell(claim)
            }
            let claimed = try await self.service.claim(self.adviser)
            guard claimed.status == 200 else { return #expect(claimed.status == 204, "\(claimed.text)") }
            let claim = (path: "/api/v1/callbacks/\(claimed["id"].string)", token: claimed["claim_token"].string)
            if self.random.pick([true, true, true, false]) {
                let stopped = self.stopped.now
                let shown = try await self.service.call(
                    .post, claim.path + "/reveal", #"{"purpose":"callback"}"#, token: self.adviser.token)
                #expect([200, 409, 422].contains(shown.status), "\(shown.text)")
                #expect(shown.status != 200 || !stopped.contains(shown["phone"].string), "shown after a stop")
            }
            switch self.random.pick([0, 1, 2, 3, 4, 5, 6, 7]) {
            case 0:
                self.open.append(claim)
                return
            case 1: _ = try await self.service.call(.post, claim.path + "/release", "{}", token: self.adviser.token)
            case 2:
                // Two tabs, both sure of their result.
                let (tabs, results) = (self, [self.result(), self.result()])
                async let one: Void = tabs.tell(claim, results[0])
                async let two: Void = tabs.tell(claim, results[1])
                _ = try await (one, two)
            default: try await self.tell(claim)
            }
        }
    }

    private mutating func tell(_ claim: (path: String, token: String)) async throws {
        try await self.tell(claim, self.result())
    }

    private func tell(_ claim: (path: String, token: String), _ result: String) async throws {
        let answer = try await self.service.call(
            .post, claim.path + "/attempts", #"{\#(result),"claim_token":"\#(claim.token)"}"#, token: self.adviser.token
        )
        #expect([200, 409].contains(answer.status), "\(answer.text)")
    }

    private mutating func result() -> String {
        let agreed = self.service.services.calendar.current
        let time = CallingHours.standard.next(
            from: self.service.clock.now.addingTimeInterval(Double(self.random.pick([3600, 20_000, 90_000])))
        ) { agreed.isWorkingDay($0) }
        return self.random.pick([
            #""disposition":"no_answer""#, #""disposition":"no_answer""#, #""disposition":"no_answer""#,
            #""disposition":"busy_or_rejected""#, #""disposition":"powered_off","reason":"off""#,
            #""disposition":"powered_off","reason":"suspended""#,
            #""disposition":"call_back_at","call_again_at":"\#(RFC3339.text(time))""#,
            #""disposition":"reached_need_materials""#, #""disposition":"converted""#, #""disposition":"do_not_call""#,
            #""disposition":"wrong_person""#, #""disposition":"spam""#,
        ])
    }
}
