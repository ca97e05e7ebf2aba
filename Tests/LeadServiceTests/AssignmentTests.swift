import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// What is pushed to whom, and for how long.
@Suite struct AssignmentTests {
    @Test func `nothing is pushed unless the setting says so`() async throws {
        try await withService { service in
            _ = try await service.colleague("anna")
            _ = try await service.seeds(2)
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
            let tasks = try await service.seeds(8)
            #expect(try await service.services.assignment.runOnce() == 4)
            #expect(try await service.pushed(to: anna) == 3)
            #expect(try await service.pushed(to: others[6]) == 1)
            // The most urgent ones; the rest stays anybody's.
            #expect(try await service.task(tasks[7].id, "owner_id IS NULL") == "true")
            service.clock.set(try ShanghaiDate(parsing: "2026-11-25").at(minute: 14 * 60))
            try await service.database.query(
                "UPDATE callback_tasks SET next_attempt_at = '\(unescaped: RFC3339.text(service.clock.now))'")
            _ = try await service.services.assignment.runOnce()
            #expect(try await service.pushed(to: others[3]) == 3)
        }
    }

    @Test func `what was pushed is its owner's for half an hour and then anybody's, whose claim ends the push`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.put("assignment", #""round_robin""#)
            // Long waiting: the owner's time begins with the push all the same.
            let task = try await service.seeds(1) { $0.nextAttemptIn = -7200 }[0]
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
            #expect(try await service.pushed(to: anna) == 1)
            #expect(try await service.pushed(to: boris) == 1)
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
            #expect(try await service.pushed(to: anna) == 1)
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
            let tasks = try await service.seeds(90)
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
}
