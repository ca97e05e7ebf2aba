import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

@Suite struct QuarantineTests {
    private static let trap = #","website":"http://spam.example""#

    @Test func `a form sent sooner than anybody types, or with a made-up time, is put aside and answered alike`()
        async throws
    {
        try await withService { service in
            let token = try await service.call(.get, "/api/v1/form-token")["form_token"].string
            let usual = try await service.submit(phone: "13800000301", more: #","form_token":"\#(token)""#)
            #expect(try await service.count("SELECT count(*) FROM quarantined_inquiries") == 1)
            let made = try await service.submit(phone: "13800000302", more: #","form_token":"1.x""#)
            let fresh = try await service.call(.get, "/api/v1/form-token")["form_token"].string
            service.clock.advance(by: 20)
            let person = try await service.submit(phone: "13800000303", more: #","form_token":"\#(fresh)""#)
            let without = try await service.submit(phone: "13800000304")
            for answer in [made, person, without] {
                #expect(answer.text.utf8.count == usual.text.utf8.count)
                #expect(answer["due_at"].string == usual["due_at"].string)
            }
            #expect(
                try await service.count("SELECT count(*) FROM quarantined_inquiries WHERE reason = 'fill_time'") == 2)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 2)
        }
    }

    @Test func `a form that was open while the keys were changed is a person's`() async throws {
        try await withService { service in
            let master = Data(repeating: 7, count: 32).base64EncodedString()
            let other = Data(repeating: 9, count: 32).base64EncodedString()
            func tokens(_ keys: String) throws -> FormTokens {
                var dependencies = service.dependencies
                dependencies.keys = try KeyRing(text: keys)
                return FormTokens(dependencies: dependencies)
            }
            let before = try tokens("1:\(master)").make()
            let after = try tokens("1:\(master)\n2:\(other)")
            #expect(after.isSuspicious(before), "nobody is so quick")
            let new = after.make()
            service.clock.advance(by: 5)
            #expect(!after.isSuspicious(before) && !after.isSuspicious(new))
            #expect(try tokens("2:\(other)").isSuspicious(before))
            #expect(after.isSuspicious(before + "A") && after.isSuspicious("1" + before))
        }
    }

    @Test func `the receipt of what is put aside looks like any other, also after a change of window`() async throws {
        try await withService { service in
            for (index, window) in ["", #","preferred_window":"afternoon""#].enumerated() {
                let usual = try service.receipt(of: try await service.submit(phone: "1380000031\(index)", more: window))
                let aside = try service.receipt(
                    of: try await service.submit(phone: "1380000032\(index)", more: window + Self.trap))
                var answers: [(Answer, Answer)] = []
                func both(_ body: String?) async throws {
                    let (method, path): (HTTPRequest.Method, String) = body == nil ? (.get, "") : (.post, "/window")
                    answers.append(
                        (
                            try await service.call(method, usual + path, body),
                            try await service.call(method, aside + path, body)
                        ))
                }
                try await both(nil)
                for body in [
                    #"{"preferred_window":"morning"}"#, #"{"preferred_window":"afternoon","on":"2026-11-26"}"#,
                    #"{"preferred_window":"morning","on":"2026-11-25"}"#, #"{"preferred_window":"evening"}"#,
                ] {
                    try await both(body)
                    try await both(nil)
                }
                #expect(
                    answers[0].0["next_attempt_at"].string == "2026-11-25T\(index == 0 ? "10:30" : "13:30"):00+08:00")
                #expect(answers[2].0["next_attempt_at"].string == "2026-11-26T09:00:00+08:00")
                for (first, second) in answers { #expect(first.status == second.status && first.text == second.text) }
                // Once the promise is past, only the next try moves, and each says the same of it.
                service.clock.advance(by: 48 * 3600)
                answers = []
                try await both(#"{"preferred_window":"morning","on":"2026-11-30"}"#)
                #expect(answers[0].0["next_attempt_at"].string == "2026-11-30T09:00:00+08:00")
                #expect(answers[0].0.text == answers[0].1.text)
                service.clock.advance(by: -48 * 3600)
            }
        }
    }

    @Test func `one release starts the promise as of now, a second is told so`() async throws {
        try await withService { service in
            let told = try await service.submit(phone: "13800000305", more: Self.trap)
            let boss = try await service.colleague("boss", .supervisor)
            let list = try await service.call(.get, "/api/v1/quarantine", token: boss.token)
            let item = list["items"][0]
            #expect(item["id"].string == told["inquiry_id"].string)
            #expect(item["phone_masked"].string == "138****0305" && item["reason"].string == "honeypot")
            #expect(!list.text.contains("13800000305") && !list.text.contains("欧阳晓"))
            // Two days later the promise of a release is that of an inquiry then.
            service.clock.advance(by: 2 * 86400)
            let path = "/api/v1/quarantine/\(item["id"].string)"
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await service.call(.post, path + "/release", token: boss.token) }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.code == "already_released" } == 7)
            #expect(answers.first { $0.status == 200 }?["due_at"].string == "2026-11-30T18:00:00+08:00")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'inquiry.release'") == 1)
            #expect(try await service.call(.post, path + "/dismiss", token: boss.token).code == "already_released")
            let receipt = try #require(URL(string: told["receipt_url"].string)).path
            #expect(try await service.call(.get, receipt)["due_at"].string == "2026-11-30T18:00:00+08:00")
            let shown = try await service.call(.get, "/api/v1/quarantine?state=released", token: boss.token)["items"][0]
            #expect(shown["told_due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(shown["reviewed_by"].string == "boss")
            let anna = try await service.colleague("anna")
            #expect(try await service.claim(anna)["phone_masked"].string == "138****0305")
        }
    }

    @Test func `a released inquiry joins the open task and keeps its earlier promise`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000306")
            service.clock.advance(by: 61)
            let second = try await service.submit(phone: "13800000306", more: Self.trap)
            let boss = try await service.colleague("boss", .supervisor)
            service.clock.advance(by: 20 * 3600)
            let released = try await service.call(
                .post, "/api/v1/quarantine/\(second["inquiry_id"].string)/release", token: boss.token)
            #expect(released["due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 1)
            let report = try await Fsck(
                database: service.services.database, now: { service.clock.now }, budgetFactor: 1,
                keys: service.keys
            ).run()
            #expect(report.violations == [])
        }
    }

    @Test func `what was erased is on no list, and what waits beside it still is`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .supervisor)
            for phone in ["13800000331", "13800000332", "13800000333"] {
                try await service.submit(phone: phone, more: Self.trap)
                service.clock.advance(by: 1)
            }
            func ids(_ state: String) async throws -> [String] {
                let list = try await service.call(.get, "/api/v1/quarantine?state=\(state)", token: boss.token)
                #expect(list.status == 200, "\(list.text)")
                return list["items"].array.map { $0["id"].string }
            }
            let waiting = try await ids("waiting")
            try #require(waiting.count == 3)
            #expect(
                try await service.call(.post, "/api/v1/quarantine/\(waiting[0])/dismiss", token: boss.token).status
                    == 204)
            try await service.ask("erase", phone: "13800000331")
            try await service.ask("erase", phone: "13800000333")
            #expect(try await ids("waiting") == [waiting[1]])
            #expect(try await ids("dismissed").isEmpty)
            #expect(
                try await service.call(.post, "/api/v1/quarantine/\(waiting[2])/release", token: boss.token).status
                    == 404)
            #expect(
                try await service.call(.post, "/api/v1/quarantine/\(waiting[1])/release", token: boss.token).status
                    == 200)
        }
    }

    @Test func `taking back what was put aside leaves the number's other promise alone`() async throws {
        try await withService { service in
            let usual = try service.receipt(of: try await service.submit(phone: "13800000334"))
            service.clock.advance(by: 61)
            let aside = try service.receipt(of: try await service.submit(phone: "13800000334", more: Self.trap))
            for _ in 0..<2 {
                let cancelled = try await service.call(.post, aside + "/cancel", "{}")
                #expect(cancelled.status == 200 && cancelled["state"].string == "closed", "\(cancelled.text)")
            }
            #expect(try await service.call(.get, usual)["state"].string == "waiting")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `what is dismissed leaves the list, starts nothing, and can still be released`() async throws {
        try await withService { service in
            let told = try await service.submit(phone: "13800000307", more: Self.trap)
            let boss = try await service.colleague("boss", .supervisor)
            let path = "/api/v1/quarantine/\(told["inquiry_id"].string)"
            #expect(try await service.call(.post, path + "/dismiss", token: boss.token).status == 204)
            #expect(try await service.call(.get, "/api/v1/quarantine", token: boss.token)["items"].array.isEmpty)
            #expect(
                try await service.call(.get, "/api/v1/quarantine?state=dismissed", token: boss.token)["items"].array
                    .count == 1)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 0)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'inquiry.dismiss'") == 1)
            #expect(try await service.call(.post, path + "/release", token: boss.token).status == 200)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 1)
        }
    }

    @Test func `the list is for supervisors, a page at a time`() async throws {
        try await withService { service in
            for number in 0..<3 { try await service.submit(phone: "1380000031\(number)", more: Self.trap) }
            let (anna, boss) = (try await service.colleague("anna"), try await service.colleague("boss", .supervisor))
            #expect(try await service.call(.get, "/api/v1/quarantine", token: anna.token).status == 403)
            let first = try await service.call(.get, "/api/v1/quarantine?limit=2", token: boss.token)
            let second = try await service.call(
                .get, "/api/v1/quarantine?limit=2&cursor=\(first["next_cursor"].string)", token: boss.token)
            let ids = (first["items"].array + second["items"].array).map { $0["id"].string }
            #expect(Set(ids).count == 3 && second["next_cursor"] == .null)
            #expect(
                try await service.call(.get, "/api/v1/quarantine?state=asleep", token: boss.token).code
                    == "state_unknown")
            let unknown = "/api/v1/quarantine/\(UUID().text)"
            #expect(try await service.call(.post, unknown + "/release", token: boss.token).status == 404)
            #expect(try await service.call(.post, unknown + "/dismiss", token: boss.token).status == 404)
        }
    }
}
