import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// Everybody's list of alerts, and what puts something there beside late promises.
@Suite struct AlertTests {
    private static func list(_ service: TestService, _ who: Colleague, more: String = "") async throws -> Answer {
        let answer = try await service.call(.get, "/api/v1/alerts\(more)", token: who.token)
        try #require(answer.status == 200, "\(answer.text)")
        return answer
    }

    @Test func `a task that is given to somebody is told to them, and not to who took it themselves`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed()
            for adviser in ["anna", "chief"] {
                let body = #"{"adviser":"\#(adviser)"}"#
                #expect(try await service.call(.post, task.path + "/assign", body, token: chief.token).status == 204)
            }
            let alerts = try await Self.list(service, anna)
            #expect(alerts["items"].array.map { $0["text"].string } == ["chief 把一条回访转给您"])
            #expect(alerts["items"][0]["callback_id"].string == task.id.text)
            #expect(try await Self.list(service, chief)["items"].array.isEmpty)
        }
    }

    @Test func `what one reads stays unread for others, page after page`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            for number in 1...5 {
                _ = try await service.seed(TaskSeed(phone: "1380000020\(number)", acceptedAgo: 0))
            }
            _ = try await SLATests.look(service, at: "2026-11-26T09:45")
            var (ids, cursor) = ([String](), "")
            repeat {
                let page = try await Self.list(service, anna, more: "?limit=2" + cursor)
                ids += page["items"].array.map { $0["id"].string }
                #expect(page["unread"].int == 5)
                cursor = page["next_cursor"] == .null ? "" : "&cursor=\(page["next_cursor"].string)"
            } while !cursor.isEmpty
            #expect(Set(ids).count == 5 && ids == ids.sorted().reversed())
            let body = #"{"ids":["\#(ids[0])","\#(ids[1])","\#(UUID().text)"]}"#
            for _ in 0..<2 {
                #expect(try await service.call(.post, "/api/v1/alerts/read", body, token: anna.token).status == 204)
            }
            #expect(try await Self.list(service, anna)["unread"].int == 3)
            #expect(try await Self.list(service, anna)["items"][0]["read_at"].string == "2026-11-26T09:45:00+08:00")
            #expect(try await Self.list(service, boris)["unread"].int == 5)
        }
    }

    @Test func `what cannot be read is refused by name`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for body in [
                "{}", #"{"ids":[]}"#, #"{"ids":"x"}"#, #"{"ids":["x"]}"#, #"{"ids":[5]}"#, #"{"ids":[null]}"#,
                #"{"ids":[\#(Array(repeating: "\"\(UUID().text)\"", count: 201).joined(separator: ","))]}"#,
            ] {
                let answer = try await service.call(.post, "/api/v1/alerts/read", body, token: anna.token)
                #expect(answer.status == 422 && answer["errors"][0]["pointer"].string == "/ids", "\(body.prefix(40))")
            }
            for query in ["?cursor=x", "?limit=0", "?nobody_asked=1"] {
                #expect(
                    try await service.call(.get, "/api/v1/alerts" + query, token: anna.token).status == 422, "\(query)")
            }
            for role in [Role.auditor, .privacy] {
                let other = try await service.colleague(role.rawValue, role)
                #expect(try await service.call(.get, "/api/v1/alerts", token: other.token).status == 403)
            }
        }
    }

    @Test func `a claim that lapsed is told once, also when somebody else has taken the task since`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            _ = try await service.seed()
            #expect(try await service.claim(anna).status == 200)
            #expect(try await service.services.watch.runOnce() == 0)
            service.clock.advance(by: 1801)
            #expect(try await service.services.watch.runOnce() == 1)
            #expect(try await service.claim(boris).status == 200)
            #expect(try await service.services.watch.runOnce() == 0)
            // Nobody looked before the next one took it.
            service.clock.advance(by: 1801)
            #expect(try await service.claim(anna).status == 200)
            #expect(try await service.services.watch.runOnce() == 1)
            for who in [anna, boris] {
                #expect(try await Self.list(service, who)["items"].array.map { $0["kind"].string } == ["claim_lapsed"])
            }
        }
    }

    @Test func `a claim that ended with a result or a release is no news`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try await service.workThrough("no_answer", on: task, anna)
            service.clock.advance(by: 3 * 3600)
            #expect(try await service.claim(anna).status == 200)
            #expect(try await service.call(.post, task.path + "/release", token: anna.token).status == 204)
            service.clock.advance(by: 1800)
            #expect(try await service.services.watch.runOnce() == 0)
        }
    }

    @Test func `a year nobody loaded is told to administrators from December on, once a working day`() async throws {
        try await withService { service in
            let root = try await service.colleague("root", .administrator)
            let anna = try await service.colleague("anna")
            for (text, told) in [
                ("2026-11-30T10:00", 0), ("2026-12-01T08:00", 0), ("2026-12-01T10:00", 1), ("2026-12-01T17:00", 0),
                ("2026-12-02T09:00", 1), ("2026-12-05T10:00", 0),
            ] {
                service.clock.set(try SLATests.time(text))
                let count = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<4 { group.addTask { try await service.services.watch.runOnce() } }
                    return try await group.reduce(0, +)
                }
                #expect(count == told, "\(text)")
            }
            let texts = try await Self.list(service, root)["items"].array.map { $0["text"].string }
            #expect(texts.count == 2 && texts[0] == "2027 年的放假安排还没有导入，期限是暂定的")
            #expect(try await Self.list(service, anna)["items"].array.isEmpty)
        }
    }

    @Test func `more than eighty people looked at in a day are told to the supervisor, and nothing is blocked`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .supervisor)
            try await BulkLeads(keys: service.keys, acceptedAt: service.clock.now.addingTimeInterval(-3600))
                .write(0..<80, to: service.database)
            let now = service.clock.now
            try await service.database.query(
                """
                INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at, revealed_at, ended_at, end_reason, phone_lead_id)
                SELECT id, 1, \(anna.id), 'ordinary', \(now), \(now), \(now), 'result', lead_id FROM callback_tasks
                """)
            try await service.database.query(
                "UPDATE callback_tasks SET claim_number = 1, next_attempt_at = \(now.addingTimeInterval(86400))")
            #expect(try await service.services.watch.runOnce() == 0)
            let task = try await service.seed()
            try await service.workThrough("no_answer", on: task, anna)
            for told in [1, 0] { #expect(try await service.services.watch.runOnce() == told) }
            #expect(
                try await Self.list(service, chief)["items"][0]["text"].string == "anna 今天看了 81 位客户的号码，请留意")
            service.clock.advance(by: 86400)
            #expect(try await service.services.watch.runOnce() == 0)
        }
    }

    @Test func `forty results without one look at a number keep no promise, and the supervisor sees whose they are`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .supervisor)
            for number in 10..<50 {
                _ = try await service.seed(TaskSeed(phone: "138000003\(number)"))
            }
            for number in 1...40 {
                let claimed = try await service.claim(anna)
                let id = try #require(UUID(uuidString: claimed["id"].string))
                let answer = try await service.call(
                    .post, "/api/v1/callbacks/\(id.text)/attempts", #"{"disposition":"no_answer"}"#, token: anna.token)
                #expect(answer.status == 200)
                // Out of the way: a result that does not count moves nothing.
                try await service.database.query(
                    "UPDATE callback_tasks SET next_attempt_at = \(service.clock.now.addingTimeInterval(86400)) WHERE id = \(id)"
                )
                if number == 39 { #expect(try await service.services.watch.runOnce() == 0) }
            }
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE met_at IS NOT NULL") == 0)
            #expect(try await service.services.watch.runOnce() == 1)
            #expect(
                try await Self.list(service, chief)["items"][0]["text"].string
                    == "anna 今天有 40 个结果没有看过号码，请核对")
            #expect(try await Self.list(service, anna)["items"].array.isEmpty)
        }
    }

    @Test func `calls said to have come in, from people said not to have answered, are told to the supervisor too`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .supervisor)
            for number in 10..<52 {
                let task = try await service.seed(TaskSeed(phone: "138000003\(number)"))
                #expect(try await service.claim(anna, #"{"phone":"138000003\#(number)"}"#).status == 200)
                // One answered, and one was rung back: neither is odd.
                if number == 10 { #expect(try await service.reveal(task, anna).status == 200) }
                let said = number == 11 ? "wrong_person" : "no_answer"
                if number == 51 { #expect(try await service.services.watch.runOnce() == 0) }
                #expect(try await service.record(said, on: task, anna).status == 200)
            }
            #expect(try await service.services.watch.runOnce() == 1)
            #expect(
                try await Self.list(service, chief)["items"][0]["text"].string == "anna 今天有 40 个结果没有看过号码，请核对")
        }
    }

    @Test func `old alerts go, but not those of a promise that is still open`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            _ = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(acceptedAgo: 0))
            _ = try await service.call(.post, task.path + "/assign", #"{"adviser":"anna"}"#, token: chief.token)
            #expect(try await SLATests.look(service, at: "2026-11-27T14:00") == 1)
            service.clock.advance(by: 91 * 86400)
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM staff_alerts") == 5)
            try await service.database.query(
                "UPDATE callback_tasks SET state = 'closed', closed_at = \(service.clock.now), closed_reason = 'converted'"
            )
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM staff_alerts") == 0)
            #expect(try await service.count("SELECT count(*) FROM staff_alert_readers") == 0)
        }
    }
}
