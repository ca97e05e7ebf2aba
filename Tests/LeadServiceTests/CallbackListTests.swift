import Foundation
import LeadService
import Leads
import Postgres
import Testing

@Suite struct CallbackListTests {
    @Test func `each view shows its tasks`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let overdue = try await service.seed(TaskSeed(acceptedAgo: 90_000, dueIn: -60))
            let ahead = try await service.seed(TaskSeed(phone: "13800000002", nextAttemptIn: 3600))
            let owned = try await service.seed(
                TaskSeed(phone: "13800000003", isMet: true, owner: anna.id, ownerReason: "contacted"))
            let paused = try await service.seed(TaskSeed(phone: "13800000004", state: "paused"))
            func ids(_ view: String, _ colleague: Colleague) async throws -> [String] {
                try await service.list(view, colleague)["items"].array.map { $0["id"].string }
            }
            #expect(try await ids("pool", boris) == [overdue.id.text])
            #expect(try await ids("mine", anna) == [owned.id.text])
            #expect(try await ids("scheduled", boris) == [paused.id.text, ahead.id.text])
            #expect(try await ids("overdue", boris) == [overdue.id.text])
            #expect(try await service.list("overdue", boris)["items"][0]["overdue"].bool)
            _ = try await service.claim(boris)
            #expect(try await ids("pool", boris).isEmpty)
            #expect(try await ids("mine", boris) == [overdue.id.text])
            #expect(try await service.list("overdue", anna)["items"][0]["claimed_by"].string == "boris")
            _ = try await service.record("spam", on: overdue, boris)
            #expect(try await ids("closed", anna) == [overdue.id.text])
            #expect(try await ids("overdue", anna).isEmpty)
        }
    }

    @Test(arguments: ["pool", "scheduled", "closed"])
    func `pages follow each other without a gap or a repeat`(view: String) async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            var expected: Set<String> = []
            for number in 0..<7 {
                let seed = TaskSeed(
                    phone: "1380000100\(number)", dueIn: 86400 + Double(number / 2) / 3,
                    nextAttemptIn: view == "scheduled" ? 60.000_001 : -60)
                let task = try await service.seed(seed)
                expected.insert(task.id.text)
                if view == "closed" {
                    service.clock.advance(by: 0.1)
                    try await service.workThrough("converted", on: task, anna)
                }
            }
            var seen: [String] = []
            var more = "&limit=3"
            for _ in 0..<3 {
                let page = try await service.list(view, anna, more: more)
                #expect(page.status == 200 && page.members == ["items", "next_cursor"], "\(page.text)")
                seen += page["items"].array.map { $0["id"].string }
                more = "&limit=3&cursor=\(page["next_cursor"].string)"
            }
            #expect(more == "&limit=3&cursor=")
            #expect(seen.count == 7 && Set(seen) == expected)
        }
    }

    @Test func `what became of a task stands beside the lists, whose shape it leaves alone`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let called = try await service.seed(TaskSeed())
            try await service.workThrough("no_answer", on: called, anna)
            let owned = try await service.seed(
                TaskSeed(phone: "13800000002", nextAttemptIn: 60, owner: boris.id, ownerReason: "contacted"))
            try await service.database.query("UPDATE callback_tasks SET skill = '英语' WHERE id = \(owned.id)")
            let at = RFC3339.text(service.clock.now)
            func details(_ view: String) async throws -> [String: JSONValue] {
                let page = try await service.list(view, anna, more: "&details=true")
                #expect(page.members == ["details", "items", "next_cursor"], "\(page.text)")
                let bare = try await service.list(view, anna)
                #expect(page["items"] == bare["items"] && bare.members == ["items", "next_cursor"])
                return Dictionary(
                    uniqueKeysWithValues: page["details"].array.map { ($0["id"].string, $0) })
            }
            let later = try await details("scheduled")
            let first = try #require(later[called.id.text])
            // The promise is kept before its deadline, and the list says so.
            #expect(first["met_at"].string == at && first["last_attempt_at"].string == at, "\(first)")
            #expect(first["last_disposition"].string == "no_answer" && first["owner"] == .null)
            let second = try #require(later[owned.id.text])
            #expect(second["owner"].string == "boris" && second["skill"].string == "英语" && second["met_at"] == .null)
            #expect(later.count == 2)
            service.clock.advance(by: 7200)
            try await service.workThrough("converted", on: called, anna)
            #expect(try await details("closed")[called.id.text]?["closed_reason"].string == "converted")
            #expect(try await service.list("pool", anna, more: "&details=yes").status == 422)
        }
    }

    @Test func `a wrong limit, cursor, view or member is refused`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let far = Base64URL.encode(Array("pool|9223372036854775807|00000000-0000-7000-8000-000000000000".utf8))
            let foreign = Base64URL.encode(Array("closed|1795573800000000|00000000-0000-7000-8000-000000000000".utf8))
            let wrong = [
                "view=pool&limit=0", "view=pool&limit=201", "view=pool&limit=ten", "view=pool&limit=-1",
                "view=pool&cursor=abc",
                "view=pool&cursor=\(far)", "view=pool&cursor=\(foreign)", "view=yours", "view=pool&order=name",
                "view=pool&view=mine",
            ]
            for query in wrong {
                let answer = try await service.call(.get, "/api/v1/callbacks?\(query)", token: anna.token)
                #expect(answer.status == 422, "\(query)")
            }
        }
    }

    @Test func `the card is whole for the claimant and masked for everybody else`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await service.submit(
                phone: "13800000001", more: #","remark":"想问社保基数","answers":{"age":30,"education":"master"}"#)
            let claimed = try await service.claim(anna)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            _ = try await service.call(.post, path + "/reveal", #"{"purpose":"号码 13800000001"}"#, token: anna.token)
            let own = try await service.call(.get, path, token: anna.token)
            #expect(own["name"].string == "欧阳晓" && own["inquiries"][0]["remark"].string == "想问社保基数", "\(own.text)")
            #expect(own["assessments"][0]["total"].int == own["total"].int && own["total"].int > 0)
            #expect(
                own["consents"][0]["purpose"].string == "inquiry"
                    && own["server_time"].string == "2026-11-25T10:30:00+08:00")
            #expect(own["working_seconds_left"].int == Int(16.5 * 3600))
            #expect(own["history"].array.map { $0["kind"].string }.sorted() == ["claimed", "inquiry", "revealed"])
            let other = try await service.call(.get, path, token: boris.token)
            #expect(other.status == 200 && other["name"] == .null && other["claim_token"] == .null)
            #expect(!other.text.contains("欧阳晓") && !other.text.contains("社保基数") && !other.text.contains("13800000001"))
            #expect(
                try await service.column("SELECT detail::text FROM audit_events WHERE action = 'callback.reveal'")
                    == "{}")
        }
    }

    @Test func `a number is shown inside calling hours and the visitor's window, to the claimant alone`() async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (anna, boris, task) = (
                try await service.colleague("anna"), try await service.colleague("boris"),
                try await service.seed(TaskSeed(window: "morning"))
            )
            _ = try await service.claim(anna)
            #expect(try await service.reveal(task, boris).code == "not_claimant")
            #expect(try await service.reveal(task, anna)["phone"].string == "+8613800000001")
            service.clock.advance(by: 1700)
            _ = try await service.call(.get, task.path, token: anna.token)
            for _ in 0..<3 {
                service.clock.advance(by: 1700)
                _ = try await service.call(.get, task.path, token: anna.token)
            }
            let refused = try await service.reveal(task, anna)
            #expect(refused.status == 422 && refused.code == "outside_calling_hours")
            #expect(refused["next_allowed_at"].string == "2026-11-26T09:00:00+08:00")
            #expect(
                try await service.column(
                    "SELECT concat_ws(' ', count(*), min(actor), min(object) = \(task.id.text), min(detail->>'code')) FROM audit_events WHERE action = 'callback.blocked'"
                ) == "1 anna t outside_calling_hours")
            let noPurpose = try await service.call(.post, task.path + "/reveal", "{}", token: anna.token)
            #expect(noPurpose.status == 422 && noPurpose.code == "required")
        }
    }

    @Test func `callbacks are for advisers and up, and nobody's id is nothing`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for role in [Role.auditor, .privacy] {
                let colleague = try await service.colleague("c-\(role.rawValue)", role)
                #expect(try await service.list("pool", colleague).status == 403)
                #expect(try await service.claim(colleague).status == 403)
            }
            #expect(try await service.call(.get, "/api/v1/callbacks?view=pool").status == 401)
            for id in ["abc", UUID().text] {
                #expect(try await service.call(.get, "/api/v1/callbacks/\(id)", token: anna.token).status == 404)
                let spam = #"{"disposition":"spam"}"#
                #expect(
                    try await service.call(.post, "/api/v1/callbacks/\(id)/attempts", spam, token: anna.token).status
                        == 404)
            }
            let desk = try await service.call(.get, "/staff/desk", token: anna.token)
            #expect(desk.status == 200 && desk.text.contains("data-working-days"))
        }
    }
}
