import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// What a supervisor says of people, takes back and evens out.
@Suite struct SupervisionTests {
    @Test func `who took enough today gets their own tasks and callers, and nothing from the pool`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.put("claims_per_day", "2")
            let tasks = try await service.seeds(4)
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
            _ = try await service.seeds(6) { ($0.owner, $0.ownerReason) = (anna.id, "assigned") }
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
            let answer = try await service.say(body, of: anna, by: chief)
            #expect(answer.status == 422 && answer.code == code, "\(answer.text)")
        }
    }

    @Test func `skills, weight and cap are a supervisor's to say, and the board shows them`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let body = #"{"skills":["续签","英语","续签"],"weight":3,"cap":0}"#
            #expect(try await service.say(body, of: anna, by: anna).code == "forbidden")
            #expect(try await service.say(body, of: anna, by: chief).status == 204)
            let stranger = Colleague(id: UUID(), username: "nobody", token: "")
            #expect(try await service.say(body, of: stranger, by: chief).status == 404)
            let board = try await service.call(.get, "/api/v1/board", token: chief.token)
            let shown = try #require(board["advisers"].array.first { $0["username"].string == "anna" })
            #expect(shown["skills"].array.map(\.string) == ["续签", "英语"])
            #expect(shown["weight"].int == 3 && shown["cap"].int == 0)
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'staff.assignment'") == 1)
        }
    }
}
