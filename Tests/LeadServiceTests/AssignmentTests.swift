import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// Who gets what: what is pushed to whom, what is asked of them, and what a supervisor changes about it.
@Suite struct AssignmentTests {
    private func seed(
        _ count: Int, _ service: TestService, _ change: (inout TaskSeed) -> Void = { _ in }
    ) async throws
        -> [SeededTask]
    {
        var tasks: [SeededTask] = []
        for number in 0..<count {
            var seed = TaskSeed(phone: "1380000\(1000 + number)", acceptedAgo: Double(7200 - number))
            change(&seed)
            tasks.append(try await service.seed(seed))
        }
        return tasks
    }

    private func owned(_ colleague: Colleague, _ service: TestService) async throws -> Int {
        Int(
            try await service.count(
                "SELECT count(*) FROM callback_tasks WHERE owner_id = '\(colleague.id.text)' AND owner_reason = 'pushed'"
            ))
    }

    @discardableResult
    private func set(
        _ colleague: Colleague, _ body: String, by chief: Colleague, _ service: TestService
    ) async throws
        -> Answer
    {
        try await service.call(.put, "/api/v1/staff/\(colleague.id.text)/assignment", body, token: chief.token)
    }

    @Test func `nothing is pushed unless the setting says so`() async throws {
        try await withService { service in
            _ = try await service.colleague("anna")
            _ = try await self.seed(2, service)
            #expect(try await service.services.assignment.runOnce() == 0)
            try await service.put("assignment", #""round_robin""#)
            #expect(try await service.services.assignment.runOnce() == 2)
            #expect(try await service.services.assignment.runOnce() == 0)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'callback.push'") == 2)
            #expect(
                try await service.soundness().filter { !$0.hasPrefix("inquiry_") && $0 != "due_at_another_time" } == [])
        }
    }

    @Test func `only advisers who are at the desk now and below their cap are given tasks`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .supervisor)
            var others: [Colleague] = []
            for name in ["break", "off", "leave", "later", "gone", "none", "full", "absent"] {
                others.append(try await service.colleague(name))
            }
            func put(_ index: Int, _ what: String, _ body: String, _ status: Int = 204) async throws {
                let answer = try await service.call(
                    what == "leaves" ? .post : .put, "/api/v1/staff/\(others[index].id.text)/\(what)", body,
                    token: chief.token)
                try #require(answer.status == status, "\(answer.text)")
            }
            try await put(0, "availability", #"{"availability":"break"}"#)
            try await put(1, "availability", #"{"availability":"off"}"#)
            try await put(2, "leaves", #"{"first_day":"2026-11-25","last_day":"2026-11-25"}"#, 201)
            try await put(3, "shifts", #"{"shifts":[{"weekday":3,"from":"14:00","to":"18:00"}]}"#)
            try await service.database.query("UPDATE staff SET active = false WHERE username = 'gone'")
            try await service.database.query(
                "UPDATE staff_sessions SET last_seen_at = \(service.clock.now.addingTimeInterval(-1800)) WHERE staff_id = \(others[7].id)"
            )
            try await put(5, "assignment", #"{"skills":[],"weight":0}"#)
            try await put(6, "assignment", #"{"skills":[],"weight":1,"cap":1}"#)
            try await service.put("assignment", #""least_busy""#)
            try await service.put("push_cap", "3")
            let tasks = try await self.seed(8, service)
            #expect(try await service.services.assignment.runOnce() == 4)
            #expect(try await self.owned(anna, service) == 3)
            #expect(try await self.owned(others[6], service) == 1)
            // The most urgent ones; the rest stays anybody's.
            #expect(try await service.task(tasks[7].id, "owner_id IS NULL") == "true")
            service.clock.set(try ShanghaiDate(parsing: "2026-11-25").at(minute: 14 * 60))
            try await service.database.query(
                "UPDATE callback_tasks SET next_attempt_at = '\(unescaped: RFC3339.text(service.clock.now))'")
            _ = try await service.services.assignment.runOnce()
            #expect(try await self.owned(others[3], service) == 3)
        }
    }

    @Test func `what was pushed is its owner's for half an hour and then anybody's, whose claim ends the push`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.put("assignment", #""round_robin""#)
            // Long waiting: the owner's time begins with the push all the same.
            let task = try await self.seed(1, service) { $0.nextAttemptIn = -7200 }[0]
            #expect(try await service.services.assignment.runOnce() == 1)
            let boris = try await service.colleague("boris")
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 1799)
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 1)
            #expect(try await service.list("pool", boris)["items"].array.count == 1)
            // Who lets something lie gets no more.
            _ = try await service.seed(TaskSeed(phone: "13800000099"))
            _ = try await service.services.assignment.runOnce()
            #expect(try await self.owned(anna, service) == 1)
            #expect(try await self.owned(boris, service) == 1)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            #expect(try await service.task(task.id, "owner_id IS NULL AND owner_reason IS NULL") == "true")
            _ = try await service.reveal(task, boris)
            _ = try await service.record("no_answer", on: task, boris)
            #expect(try await service.task(task.id, "owner_id IS NULL") == "true")
        }
    }

    @Test func `an order of claims is the same, with what was pushed in its place`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.put("assignment", #""round_robin""#)
            try await service.put("push_cap", "1")
            let later = try await service.seed(TaskSeed(phone: "13800000001", acceptedAgo: 90_000, dueIn: 200_000))
            _ = try await service.services.assignment.runOnce()
            #expect(try await self.owned(anna, service) == 1)
            let today = try await service.seed(TaskSeed(phone: "13800000002", acceptedAgo: 86_400, dueIn: 3 * 3600))
            #expect(try await service.claim(anna)["id"].string == today.id.text)
            _ = try await service.record("spam", on: today, anna)
            #expect(try await service.claim(anna)["id"].string == later.id.text)
        }
    }

    @Test func `what is assigned, agreed or spoken about is never pushed, nor what somebody holds or gave back`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let held = try await service.seed(TaskSeed(phone: "13800000009", acceptedAgo: 9000))
            #expect(try await service.claim(anna)["id"].string == held.id.text)
            for (number, reason) in ["assigned", "appointment", "contacted"].enumerated() {
                _ = try await service.seed(
                    TaskSeed(
                        phone: "1380000\(2000 + number)", owner: anna.id, ownerReason: reason,
                        callAgainIn: reason == "appointment" ? -60 : nil))
            }
            _ = try await service.seed(TaskSeed(phone: "13800003000", state: "paused"))
            _ = try await service.seed(TaskSeed(phone: "13800003001", nextAttemptIn: 600))
            try await service.put("assignment", #""least_busy""#)
            #expect(try await service.services.assignment.runOnce() == 0)
            // A push that is given back is not pushed again at once.
            let pushed = try await service.seed(TaskSeed(phone: "13800004000", acceptedAgo: 100))
            #expect(try await service.services.assignment.runOnce() == 1)
            #expect(try await service.task(pushed.id, "owner_id") == boris.id.text)
            #expect(try await service.claim(boris)["id"].string == pushed.id.text)
            #expect(
                try await service.call(.post, pushed.path + "/release", #"{"reason":"语言不通"}"#, token: boris.token)
                    .status == 204)
            #expect(try await service.task(pushed.id, "owner_id IS NULL") == "true")
            #expect(try await service.services.assignment.runOnce() == 0)
            service.clock.advance(by: 1801)
            _ = try await service.services.assignment.runOnce()
            #expect(try await service.task(pushed.id, "owner_reason") == "pushed")
        }
    }

    @Test(.timeLimit(.minutes(10)))
    func `eight processes that push at once, beside claims, push each task once and nobody too much`()
        async throws
    {
        try await withService { service in
            var people: [Colleague] = []
            for number in 0..<6 { people.append(try await service.colleague("adviser-\(number)")) }
            try await service.put("assignment", #""least_busy""#)
            try await service.put("push_cap", "7")
            let tasks = try await self.seed(90, service)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { for _ in 0..<12 { _ = try await service.services.assignment.runOnce() } }
                }
                for colleague in people {
                    group.addTask {
                        for _ in 0..<4 {
                            let claimed = try await service.claim(colleague)
                            guard claimed.status == 200 else { continue }
                            let path = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
                            let answer = try await service.call(
                                .post, path, #"{"disposition":"spam"}"#, token: colleague.token)
                            #expect(answer.status == 200, "\(answer.text)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            try await service.expectNoOverlap()
            #expect(
                try await service.count(
                    "SELECT count(*) FROM (SELECT FROM audit_events WHERE action = 'callback.push' GROUP BY object HAVING count(*) > 1) x"
                )
                    == 0)
            #expect(
                try await service.count(
                    """
                    SELECT count(*) FROM (SELECT FROM callback_tasks WHERE state = 'open' AND owner_id IS NOT NULL GROUP BY owner_id
                                          HAVING count(*) > 7) x
                    """) == 0)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE owner_reason = 'pushed'") >= 42)
            #expect(tasks.count == 90)
        }
    }

    private static let rules = """
        [{"skill":"英语","when":[{"in":"extra","name":"语言","values":["英语","English*"]}]},
         {"skill":"续签","when":[{"in":"source","name":"utm.campaign","values":["*renew*"]},{"in":"extra","name":"需求","values":["续签"]}]}]
        """

    @Test func `what an inquiry asks for is on its task by the first rule that fits, anew with each inquiry`()
        async throws
    {
        try await withService { service in
            try await service.put("skill_rules", Self.rules)
            func skill() async throws -> String? {
                try await service.column("SELECT coalesce(skill, '-') FROM callback_tasks WHERE state = 'open'")
            }
            for (more, expected) in [
                (#","extra":{"需求":"续签"}"#, "-"),
                (#","extra":{"需求":["落户","续签"]},"source":{"utm":{"campaign":"autumn-renewal"}}"#, "续签"),
                (#","extra":{"需求":"续签","语言":"English (US)"},"source":{"utm":{"campaign":"renew"}}"#, "英语"),
                ("", "-"),
            ] {
                try await service.submit(phone: "13800000001", more: more)
                service.clock.advance(by: 61)
                #expect(try await skill() == expected, "\(more)")
            }
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE skill IS NOT NULL") == 2)
        }
    }

    @Test
    func `a task that asks for a skill is left to whoever has it, if they are still here today, until its last hour`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            try await service.put("skill_rules", Self.rules)
            #expect(try await self.set(anna, #"{"skills":["英语"],"weight":1}"#, by: chief, service).status == 204)
            let task = try await service.seed(TaskSeed(acceptedAgo: 7200, dueIn: 7.5 * 3600))
            try await service.database.query("UPDATE callback_tasks SET skill = '英语'")
            #expect(try await service.claim(boris).status == 204)
            #expect(try await service.list("pool", boris)["items"].array.isEmpty)
            #expect(try await service.list("pool", anna)["items"].array.count == 1)
            // A plain one is served past it.
            let plain = try await service.seed(TaskSeed(phone: "13800000002"))
            #expect(try await service.claim(boris)["id"].string == plain.id.text)
            _ = try await service.record("spam", on: plain, boris)
            func say(_ availability: String) async throws {
                _ = try await service.call(
                    .put, "/api/v1/staff/\(anna.id.text)/availability", #"{"availability":"\#(availability)"}"#,
                    token: anna.token)
            }
            try await say("break")
            #expect(try await service.claim(boris).status == 204)
            try await say("off")
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            try await say("on_shift")
            #expect(try await service.claim(boris).status == 204)
            // The promise outranks the skill: due at 18:00.
            service.clock.set(try ShanghaiDate(parsing: "2026-11-25").at(minute: 17 * 60))
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            // After her shift it is anybody's, whenever it is due.
            try await service.database.query("UPDATE callback_tasks SET due_at = due_at + interval '1 day'")
            #expect(try await service.claim(boris).status == 204)
            service.clock.set(try ShanghaiDate(parsing: "2026-11-25").at(minute: 18 * 60))
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            // Who rings is spoken to by anybody, and an assignment is the supervisor's word.
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            service.clock.set(try ShanghaiDate(parsing: "2026-11-26").at(minute: 10 * 60))
            #expect(try await service.claim(boris).status == 204)
            #expect(try await service.claim(boris, #"{"phone":"13800000001"}"#).status == 200)
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            _ = try await service.call(.post, task.path + "/assign", #"{"adviser":"boris"}"#, token: chief.token)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
        }
    }

    @Test func `a task that asks for a skill is pushed to nobody else`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            try await self.set(anna, #"{"skills":["英语"],"weight":1,"cap":2}"#, by: chief, service)
            try await service.put("assignment", #""least_busy""#)
            _ = try await self.seed(4, service)
            try await service.database.query("UPDATE callback_tasks SET skill = '英语'")
            _ = try await service.seed(TaskSeed(phone: "13800005000", acceptedAgo: 10))
            #expect(try await service.services.assignment.runOnce() == 3)
            #expect(try await service.services.assignment.runOnce() == 0)
            #expect(try await self.owned(anna, service) == 2)
            #expect(try await self.owned(boris, service) == 1)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM callback_tasks WHERE owner_id = '\(boris.id.text)' AND skill IS NOT NULL")
                    == 0)
        }
    }

    @Test func `who took enough today gets their own tasks and callers, and nothing from the pool`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.put("claims_per_day", "2")
            let tasks = try await self.seed(4, service)
            for task in tasks.prefix(2) {
                #expect(try await service.claim(anna)["id"].string == task.id.text)
                _ = try await service.record("spam", on: task, anna)
            }
            let refused = try await service.claim(anna)
            #expect(refused.status == 409 && refused.code == "claims_used_up")
            #expect(try await service.claim(anna, #"{"phone":"\#(tasks[2].phone)"}"#).status == 200)
            _ = try await service.record("spam", on: tasks[2], anna)
            try await service.database.query(
                "UPDATE callback_tasks SET owner_id = \(anna.id), owner_reason = 'assigned' WHERE id = \(tasks[3].id)")
            #expect(try await service.claim(anna)["id"].string == tasks[3].id.text)
            _ = try await service.record("spam", on: tasks[3], anna)
            let next = try await service.seed(TaskSeed(phone: "13800000099"))
            #expect(try await service.claim(anna).code == "claims_used_up")
            service.clock.advance(by: 86_400)
            #expect(try await service.claim(anna)["id"].string == next.id.text)
        }
    }

    @Test func `a supervisor takes one task back, whoever holds or owns it`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed(TaskSeed(owner: anna.id, ownerReason: "assigned"))
            #expect(try await service.claim(anna)["id"].string == task.id.text)
            let path = task.path + "/take-back"
            #expect(try await service.call(.post, path, token: anna.token).code == "forbidden")
            #expect(try await service.call(.post, path, #"{"x":1}"#, token: chief.token).code == "unknown_member")
            #expect(try await service.call(.post, path, token: chief.token).status == 204)
            #expect(try await service.record("no_answer", on: task, anna).code == "not_claimant")
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            try await service.expectNoOverlap()
            _ = try await service.record("spam", on: task, boris)
            #expect(try await service.call(.post, path, token: chief.token).code == "already_closed")
            #expect(
                try await service.call(.post, "/api/v1/callbacks/\(UUID().text)/take-back", token: chief.token).status
                    == 404)
        }
    }

    @Test func `evening out says what it would move, moves it, and leaves what was touched or agreed`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let (clara, chief) = (
                try await service.colleague("clara"), try await service.colleague("chief", .supervisor)
            )
            _ = try await service.call(
                .put, "/api/v1/staff/\(clara.id.text)/availability", #"{"availability":"off"}"#, token: clara.token)
            _ = try await self.seed(6, service) { ($0.owner, $0.ownerReason) = (anna.id, "assigned") }
            var seed = TaskSeed(phone: "13800002000", owner: anna.id, ownerReason: "contacted")
            let spoken = try await service.seed(seed)
            (seed.phone, seed.ownerReason, seed.callAgainIn) = ("13800002001", "appointment", -120)
            seed.nextAttemptIn = -120
            let agreed = try await service.seed(seed)
            (seed.phone, seed.owner, seed.ownerReason, seed.callAgainIn) = ("13800002002", clara.id, "assigned", nil)
            let left = try await service.seed(seed)
            #expect(try await service.claim(anna)["id"].string == agreed.id.text)
            let path = "/api/v1/board/rebalance"
            let before = try await service.column(
                "SELECT string_agg(coalesce(owner_id::text, '-'), ',' ORDER BY id) FROM callback_tasks")
            let preview = try await service.call(.post, path, #"{"preview":true}"#, token: chief.token)
            #expect(
                try await service.column(
                    "SELECT string_agg(coalesce(owner_id::text, '-'), ',' ORDER BY id) FROM callback_tasks")
                    == before)
            // Anna has eight, Boris nothing and Clara, who went home, one: five and four.
            #expect(preview["tasks"].int == 5 || preview["tasks"].int == 4)
            let moved = try await service.call(.post, path, "{}", token: chief.token)
            #expect(moved.text == preview.text)
            let counts = try await service.column(
                "SELECT string_agg(n::text, ',' ORDER BY n) FROM (SELECT count(*) AS n FROM callback_tasks GROUP BY owner_id) x"
            )
            #expect(counts == "4,5")
            #expect(try await service.task(left.id, "owner_id") != clara.id.text)
            for task in [spoken, agreed] { #expect(try await service.task(task.id, "owner_id") == anna.id.text) }
            #expect(try await service.call(.post, path, "{}", token: chief.token)["tasks"].int == 0)
            #expect(try await service.call(.get, "/api/v1/alerts", token: boris.token)["items"].array.count >= 4)
            #expect(try await service.call(.post, path, "{}", token: anna.token).code == "forbidden")
            #expect(try await service.call(.post, path, #"{"preview":1}"#, token: chief.token).status == 422)
        }
    }

    @Test(arguments: [
        (#"{"skills":["英语"],"weight":101}"#, "number_invalid"), (#"{"skills":["英语"],"weight":"1"}"#, "number_invalid"),
        (#"{"skills":["英语"]}"#, "number_invalid"), (#"{"weight":1}"#, "type_mismatch"),
        (#"{"skills":["英语",5],"weight":1}"#, "skill_invalid"), (#"{"skills":[" "],"weight":1}"#, "skill_invalid"),
        (#"{"skills":["13800000001"],"weight":1}"#, "skill_invalid"),
        (#"{"skills":[],"weight":1,"cap":501}"#, "number_invalid"),
        (#"{"skills":[],"weight":1,"x":1}"#, "unknown_member"),
    ])
    func `what cannot be said of somebody is refused`(_ body: String, _ code: String) async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let answer = try await self.set(anna, body, by: chief, service)
            #expect(answer.status == 422 && answer.code == code, "\(answer.text)")
        }
    }

    @Test func `skills, weight and cap are a supervisor's to say, and the board shows them`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let body = #"{"skills":["续签","英语","续签"],"weight":3,"cap":0}"#
            #expect(try await self.set(anna, body, by: anna, service).code == "forbidden")
            #expect(try await self.set(anna, body, by: chief, service).status == 204)
            let stranger = Colleague(id: UUID(), username: "nobody", token: "")
            #expect(try await self.set(stranger, body, by: chief, service).status == 404)
            let board = try await service.call(.get, "/api/v1/board", token: chief.token)
            let shown = try #require(board["advisers"].array.first { $0["username"].string == "anna" })
            #expect(shown["skills"].array.map(\.string) == ["续签", "英语"])
            #expect(shown["weight"].int == 3 && shown["cap"].int == 0)
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'staff.assignment'") == 1)
        }
    }
}
