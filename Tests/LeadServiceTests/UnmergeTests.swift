import Foundation
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

@Suite struct UnmergeTests {
    private static let (one, two) = ("13800000001", "13800000002")

    /// Two visitors' inquiries; the first one's task ends as a duplicate of the second's lead.
    private static func merge(
        _ service: TestService, _ anna: Colleague, more: String = ""
    ) async throws -> (lead: UUID, target: UUID, task: UUID) {
        func lead(_ phone: String) async throws -> UUID {
            let index = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: phone)))
            let id = try await service.column("SELECT id::text FROM leads WHERE phone_index = \(index)")
            return try #require(id.flatMap { UUID(uuidString: $0) })
        }
        try await service.submit(phone: Self.one, more: more)
        let claimed = try await service.claim(anna)
        service.clock.advance(by: 61)
        try await service.submit(phone: Self.two)
        let (first, second) = (try await lead(Self.one), try await lead(Self.two))
        let path = "/api/v1/callbacks/\(claimed["id"].string)"
        let result = #"{"disposition":"duplicate","merge_into":"\#(second.text)"}"#
        try #require(try await service.call(.post, path + "/attempts", result, token: anna.token).status == 200)
        service.clock.advance(by: 1)
        return (first, second, try #require(UUID(uuidString: claimed["id"].string)))
    }

    private static func openTasks(_ service: TestService) async throws -> [String] {
        try await service.database.query(
            """
            SELECT t.lead_id::text || ' ' || to_char(t.due_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24:MI') || CASE WHEN t.met_at IS NULL THEN '' ELSE ' met' END
            FROM callback_tasks t WHERE t.state = 'open' ORDER BY t.due_at, t.accepted_at
            """
        ).map { try $0.decode(String.self) }
    }

    @Test func `each number has its own promises again, with their own deadlines`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let (lead, target, task) = try await Self.merge(service, anna, more: #","preferred_window":"morning""#)
            #expect(try await Self.openTasks(service) == ["\(target.text) 11-26 12:00"])
            let both = try #require(
                try await service.column("SELECT id::text FROM callback_tasks WHERE state = 'open'"))
            for (id, merged) in [(both, lead), (task.text, lead)] {
                let card = try await service.call(.get, "/api/v1/callbacks/\(id)", token: chief.token)
                let event = card["history"].array.first { $0["kind"].string == "merged" }
                #expect(event?["lead_id"].string == merged.text && event?["by"].string == "anna", "\(card.text)")
                #expect(event?["phone_masked"].string == "138****0001")
            }
            #expect(try await service.unmerge(lead, anna).status == 403)
            let apart = try await service.unmerge(lead, chief)
            try #require(apart.status == 204, "\(apart.text)")
            #expect(
                try await Self.openTasks(service) == ["\(lead.text) 11-26 12:00", "\(target.text) 11-26 18:00"])
            #expect(try await service.task(task, "state") == "open")
            #expect(try await service.count("SELECT count(*) FROM leads WHERE merged_into IS NOT NULL") == 0)
            let again = try await service.unmerge(lead, chief)
            #expect(again.status == 409 && again.code == "not_merged", "\(again.text)")
            #expect(try await service.unmerge(UUID(), chief).status == 404)
            let card = try await service.call(.get, "/api/v1/callbacks/\(task.text)", token: chief.token)
            #expect(card["history"][0]["kind"].string == "unmerged" && card["history"][0]["by"].string == "chief")
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'lead.unmerge'") == 1)
            #expect(try await service.soundness() == [])
            // Each is called at its own number.
            var shown: Set<String> = []
            for _ in 0..<2 {
                service.clock.set(try #require(RFC3339.date("2026-11-26T09:30:00+08:00")))
                let path = "/api/v1/callbacks/\(try await service.claim(anna)["id"].string)"
                let revealed = try await service.call(
                    .post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
                shown.insert(revealed["phone"].string)
                _ = try await service.call(
                    .post, path + "/attempts", #"{"disposition":"converted"}"#, token: anna.token)
            }
            #expect(shown == ["+8613800000001", "+8613800000002"])
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE met_at IS NULL") == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a task that serves only the merged number goes with it, and what was agreed in it`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            try await service.submit(phone: Self.two)
            let first = try await service.claim(anna)
            _ = try await service.call(
                .post, "/api/v1/callbacks/\(first["id"].string)/attempts", #"{"disposition":"converted"}"#,
                token: anna.token)
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.one)
            let second = try await service.claim(anna)
            _ = try await service.call(
                .post, "/api/v1/callbacks/\(second["id"].string)/attempts",
                #"{"disposition":"duplicate","merge_into":"\#(first["lead_id"].string)"}"#, token: anna.token)
            let third = try await service.claim(anna)
            #expect(third["lead_id"].string == first["lead_id"].string)
            let path = "/api/v1/callbacks/\(third["id"].string)"
            _ = try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
            let held = try await service.unmerge(try #require(UUID(uuidString: second["lead_id"].string)), chief)
            #expect(held.code == "claimed_by_other" && held["claimed_by"].string == "anna", "\(held.text)")
            _ = try await service.call(
                .post, path + "/attempts",
                #"{"disposition":"reached_interested","call_again_at":"2026-11-26T10:00:00+08:00"}"#, token: anna.token)
            let lead = try #require(UUID(uuidString: second["lead_id"].string))
            #expect(try await service.unmerge(lead, chief).status == 204)
            let card = try await service.call(.get, path, token: anna.token)
            #expect(card["lead_id"].string == lead.text && card["phone_masked"].string == "138****0001", "\(card.text)")
            #expect(card["next_attempt_at"].string == "2026-11-26T10:00:00+08:00")
            #expect(try await Self.openTasks(service).count == 1)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `what was asked while merged stays with who asked it, kept or not`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let (lead, target, task) = try await Self.merge(service, anna)
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.one)
            #expect(try await Self.openTasks(service).count == 1)
            let path = "/api/v1/callbacks/\(try await service.claim(anna)["id"].string)"
            _ = try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
            _ = try await service.call(.post, path + "/attempts", #"{"disposition":"no_answer"}"#, token: anna.token)
            #expect(try await service.unmerge(lead, chief).status == 204)
            // All were met by that call: the merged number's own task has ended after the last thing it was asked.
            #expect(try await Self.openTasks(service) == ["\(target.text) 11-26 18:00 met"])
            #expect(try await service.task(task, "closed_reason") == "unmerged")
            #expect(try await service.soundness() == [])
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.one)
            #expect(try await Self.openTasks(service).count == 2)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `the visitor who took an inquiry back is not called for it after the leads are apart`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let (lead, target, _) = try await Self.merge(service, anna)
            try await service.ask("stop_calls", phone: Self.one)
            #expect(try await service.unmerge(lead, chief).status == 204)
            #expect(try await Self.openTasks(service) == ["\(target.text) 11-26 18:00"])
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `an unmerge beside inquiries, results and another unmerge leaves every promise with its number`()
        async throws
    {
        try await withService([
            "BUDGET_FACTOR": "1000", "SENDS_PER_MINUTE": "1000", "SENDS_PER_ADDRESS_PER_HOUR": "1000",
        ]) { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let boss = try await service.colleague("boss", .supervisor)
            for number in 0..<10 {
                let phones = ["1380000\(1000 + 2 * number)", "1380000\(1001 + 2 * number)"]
                var tasks: [(id: String, lead: UUID)] = []
                for phone in phones {
                    try await service.submit(phone: phone)
                    let claimed = try await service.claim(anna, #"{"phone":"\#(phone)"}"#)
                    tasks.append((claimed["id"].string, try #require(UUID(uuidString: claimed["lead_id"].string))))
                    _ = try await service.call(
                        .post, "/api/v1/callbacks/\(claimed["id"].string)/release", token: anna.token)
                    service.clock.advance(by: 61)
                }
                _ = try await service.claim(anna, #"{"lead_id":"\#(tasks[0].lead.text)"}"#)
                _ = try await service.call(
                    .post, "/api/v1/callbacks/\(tasks[0].id)/attempts",
                    #"{"disposition":"duplicate","merge_into":"\#(tasks[1].lead.text)"}"#, token: anna.token)
                let (lead, target) = (tasks[0].lead, tasks[1])
                service.clock.advance(by: 61)
                let (challenge, code) = try await service.challenge(for: phones[0])
                let body = service.inquiry(phone: phones[0], name: "欧阳晓", challenge: challenge, code: code, more: "")
                async let unmerged = service.unmerge(lead, chief)
                async let other = service.unmerge(lead, boss)
                async let inquiry = service.call(.post, "/api/v1/inquiries", body)
                async let result = service.call(
                    .post, "/api/v1/callbacks/\(target.id)/attempts", #"{"disposition":"spam"}"#, token: anna.token)
                let statuses = [try await unmerged.status, try await other.status].sorted()
                #expect(statuses == [204, 409])
                #expect(try await inquiry.status == 201)
                #expect(try await result.code == "not_claimant")
                let own = try await service.column(
                    "SELECT count(*)::text FROM callback_tasks WHERE lead_id = \(lead) AND state = 'open'")
                #expect(own == "1")
                #expect(try await service.soundness() == [])
                try await service.database.query(
                    """
                    UPDATE callback_tasks SET state = 'paused', paused_reason = 'other', paused_until = '2100-01-01'
                    WHERE lead_id IN (\(lead), \(target.lead)) AND state = 'open'
                    """)
            }
        }
    }
}
