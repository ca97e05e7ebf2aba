import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Terms as administrators change them.
@Suite struct RetentionEditTests {
    private static let path = "/api/v1/retention"

    private static func body(_ terms: String) -> String { #"{"terms":{\#(terms)}}"# }

    private static func item(_ answer: Answer, _ term: String) throws -> JSONValue {
        try #require(answer["items"].array.first { $0["term"].string == term }, "\(answer.text)")
    }

    @Test
    func `what other terms would take is counted first, then they count at once, with before and after in the audit`()
        async throws
    {
        try await withService { service in
            _ = try await service.challenge(for: "13800000001")
            service.clock.advance(by: 3.5 * 86400)
            _ = try await service.challenge(for: "13800000002")
            let boss = try await service.colleague("boss", .administrator)
            let shorter = Self.body(#""codes":{"from":7,"to":2}"#)
            let now = try await service.call(.get, Self.path, token: boss.token)
            let codes = try Self.item(now, "codes")
            #expect(codes["due"].int == 0 && codes["length"].int == 7 && codes["title"].string == "验证码的加密摘要")
            #expect(codes["shortest"].int == 2 && codes["longest"].int == 7)
            let preview = try await service.call(.post, Self.path + "/preview", shorter, token: boss.token)
            #expect(try Self.item(preview, "codes")["due"].int == 1, "\(preview.text)")
            #expect(try Self.item(preview, "codes")["length"].int == 2)
            #expect(try Self.item(preview, "leads") == Self.item(now, "leads"))
            #expect(try await service.count("SELECT count(*) FROM settings WHERE key LIKE 'retention_%'") == 0)
            _ = try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM verification_challenges") == 2)

            let changed = try await service.call(.patch, Self.path, shorter, token: boss.token)
            #expect(changed.status == 200, "\(changed.text)")
            #expect(try Self.item(changed, "codes")["length"].int == 2)
            _ = try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM verification_challenges") == 1)

            let auditor = try await service.colleague("auditor", .auditor)
            let events = try await service.call(.get, "/api/v1/audit?action=settings.change", token: auditor.token)
            #expect(events["items"].array.count == 1)
            let event = events["items"][0]
            #expect(event["object"].string == "retention_codes_days" && event["actor"].string == "boss")
            #expect(event["detail"]["old"].int == 7 && event["detail"]["new"].int == 2)
            // What is set to what it is already leaves no trace.
            let same = Self.body(#""codes":{"from":2,"to":2}"#)
            #expect(try await service.call(.patch, Self.path, same, token: boss.token).status == 200)
            #expect(try await service.count("SELECT count(*) FROM settings WHERE key LIKE 'retention_%'") == 1)
        }
    }

    @Test func `of two administrators the second is refused with both terms, and nothing of theirs is kept`()
        async throws
    {
        try await withService { service in
            let one = try await service.colleague("one", .administrator)
            let two = try await service.colleague("two", .administrator)
            let first = Self.body(#""messages":{"from":6,"to":3}"#)
            #expect(try await service.call(.patch, Self.path, first, token: one.token).status == 200)
            service.clock.advance(by: 1)
            let second = Self.body(#""assessments":{"from":90,"to":30},"messages":{"from":6,"to":12}"#)
            for (method, path) in [(HTTPRequest.Method.post, Self.path + "/preview"), (.patch, Self.path)] {
                let refused = try await service.call(method, path, second, token: two.token)
                #expect(refused.status == 412 && refused.code == "retention_changed", "\(refused.text)")
                let detail = refused["errors"][0]["detail"].string
                #expect(refused["errors"].array.count == 1)
                #expect(refused["errors"][0]["pointer"].string == "/terms/messages/from")
                #expect(detail.contains("已被改为 3 个月") && detail.contains("您看到的是 6 个月"))
            }
            let now = try await service.call(.get, Self.path, token: two.token)
            #expect(try Self.item(now, "messages")["length"].int == 3)
            #expect(try Self.item(now, "assessments")["length"].int == 90)
            let pairs = (0..<8).map { Self.body(#""requests":{"from":36,"to":\#(40 + $0)}"#) }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for pair in pairs {
                    group.addTask { try await service.call(.patch, Self.path, pair, token: one.token).status }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 412, count: 7))
        }
    }

    @Test func `a term outside its bounds, unknown or half is refused in Chinese and changes nothing`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let table: [(String, Int, String)] = [
                (Self.body(#""exports":{"from":36,"to":35}"#), 422, "out_of_range"),
                (Self.body(#""codes":{"from":7,"to":8}"#), 422, "out_of_range"),
                (Self.body(#""evidence":{"from":36,"to":1}"#), 422, "out_of_range"),
                (Self.body(#""audit":{"from":36,"to":5}"#), 422, "out_of_range"),
                (Self.body(#""codes":{"from":7,"to":2.5}"#), 422, "type_mismatch"),
                (Self.body(#""codes":{"from":7,"to":"3"}"#), 422, "type_mismatch"),
                (Self.body(#""codes":{"to":3}"#), 422, "required"),
                (Self.body(#""codes":{"from":7}"#), 422, "required"),
                (Self.body(#""codes":3"#), 422, "type_mismatch"),
                (Self.body(#""visitors":{"from":7,"to":3}"#), 422, "unknown_member"),
                (Self.body(""), 422, "required"), ("{}", 422, "required"), ("[]", 422, "type_mismatch"),
                (#"{"terms":[]}"#, 422, "type_mismatch"), (#"{"terms""#, 400, "malformed_json"),
            ]
            for (body, status, code) in table {
                for (method, path) in [(HTTPRequest.Method.post, Self.path + "/preview"), (.patch, Self.path)] {
                    let refused = try await service.call(method, path, body, token: boss.token)
                    #expect(refused.status == status && refused.code == code, "\(body) \(refused.text)")
                    let detail = refused["detail"].string
                    #expect(detail.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
                }
            }
            #expect(try await service.count("SELECT count(*) FROM settings") == 0)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'settings.change'") == 0)
        }
    }

    @Test func `only administrators change terms, after a young login; auditors read the page, others see none of it`()
        async throws
    {
        try await withService { service in
            let body = Self.body(#""codes":{"from":7,"to":3}"#)
            for role in Role.allCases where role != .administrator {
                let somebody = try await service.colleague("a-\(role.rawValue)", role)
                for (method, path) in [(HTTPRequest.Method.post, Self.path + "/preview"), (.patch, Self.path)] {
                    #expect(try await service.call(method, path, body, token: somebody.token).status == 403, "\(role)")
                }
                let page = try await service.call(
                    .get, "/staff/retention", token: somebody.token, headers: [.accept: "text/html"])
                #expect(page.status == (role == .auditor ? 200 : 403), "\(role)")
                #expect(!page.text.contains("看看会删除什么"))
            }
            let boss = try await service.colleague("boss", .administrator)
            let page = try await service.call(
                .get, "/staff/retention", token: boss.token, headers: [.accept: "text/html"])
            #expect(
                page.text.contains("看看会删除什么") && page.text.contains(#"href="/staff/retention" aria-current="page""#))
            service.clock.advance(by: 301)
            let late = try await service.call(.patch, Self.path, body, token: boss.token)
            #expect(late.status == 403 && late.code == "step_up_required")
        }
    }

    @Test func `a length that was set for later is told, and when a round was last made`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let before = try await service.call(.get, Self.path, token: boss.token)
            #expect(before["ran_at"] == .null && before["items"][0]["next"] == .null)
            try await service.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
                VALUES ('retention_codes_days', '3', \(service.clock.now.addingTimeInterval(86400)), 'test', \(service.clock.now))
                """)
            try await service.database.query(
                "INSERT INTO job_runs (name, ran_at) VALUES ('housekeeping', \(service.clock.now))")
            let after = try await service.call(.get, Self.path, token: boss.token)
            #expect(after["ran_at"].string == RFC3339.text(service.clock.now))
            #expect(try Self.item(after, "codes")["next"]["length"].int == 3)
            #expect(try Self.item(after, "codes")["length"].int == 7)
        }
    }
}
