import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// Visitors who are told that their call will be late; an inquiry of Wednesday, 2026-11-25 is due on Thursday at 18:00.
@Suite struct LateNoticeTests {
    /// One round of the worker and of the outbox on that Thursday; returns the last two digits of who was told.
    private static func look(_ service: TestService, at text: String, sends: Bool = true) async throws -> [String] {
        service.clock.set(try #require(RFC3339.date("2026-11-26T\(text):00+08:00")))
        let before = service.sms.messages.count
        try await service.services.lateNotices.runOnce()
        if sends { try await service.services.outboxWorker.runOnce() }
        return service.sms.messages.dropFirst(before).filter { $0.template == "late_notice" }
            .map { String($0.phone.suffix(2)) }.sorted()
    }

    @Test func `off by default: nobody is told`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000601")
            #expect(try await Self.look(service, at: "17:45") == [])
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE postponed_at IS NOT NULL") == 0)
        }
    }

    @Test
    func `half an hour before the visitor is told a new time, once; receipt and card say it, statistics say broken`()
        async throws
    {
        try await withService { service in
            try await service.put("breach_sms", "true")
            try await service.put("company_name", #""明泽""#)
            let answer = try await service.submit(phone: "13800000601")
            let boss = try await service.colleague("boss", .supervisor)
            #expect(try await Self.look(service, at: "17:29") == [])
            #expect(try await service.call(.get, service.receipt(of: answer))["postponed_to"] == .null)
            #expect(try await Self.look(service, at: "17:30") == ["01"])
            #expect(try await Self.look(service, at: "17:31") == [])
            let sent = try #require(service.sms.messages.last { $0.template == "late_notice" })
            #expect(sent.parameters["promise"] == "我们会在 11月27日（周五）18:00 前致电")
            #expect(sent.parameters["due"] == "11月27日（周五）18:00")
            let text = try #require(sent.parameters["text"])
            for part in ["明泽很抱歉", "11月27日（周五）18:00", answer["receipt_url"].string, "退订回T"] {
                #expect(text.contains(part), "\(text)")
            }
            let segments = MessageText.segments(in: text, signedBy: "明泽")
            // The code is one message, the notice as many as its whole text is billed as.
            let used = try await service.database.query(
                "SELECT sum(used)::bigint FROM send_budgets GROUP BY bucket, window_start")
            let taken = try used.map { try $0.decode(Int.self) }
            #expect(segments > 1 && taken.contains(segments), "\(segments) \(taken)")
            let receipt = try await service.call(.get, service.receipt(of: answer))
            #expect(receipt["postponed_to"].string == "2026-11-27T18:00:00+08:00")
            #expect(receipt["due_at"].string == "2026-11-26T18:00:00+08:00", "what was promised stays")
            let page = try await service.call(.get, service.receipt(of: answer), headers: [.accept: "text/html"])
            #expect(page.text.contains("很抱歉") && page.text.contains("我们会在 11月27日（周五）18:00 前致电"))
            let task = try #require(try await service.column("SELECT id::text FROM callback_tasks"))
            let card = try await service.call(.get, "/api/v1/callbacks/\(task)", token: boss.token)
            #expect(card["inquiries"][0]["postponed_to"].string == "2026-11-27T18:00:00+08:00")
            #expect(try await Self.look(service, at: "18:01") == [])
            let stats = try await service.call(.get, "/api/v1/stats", token: boss.token)
            #expect(stats["promise"]["broken"].int == 1)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `two hours before only who cannot be called any more is told`() async throws {
        try await withService { service in
            try await service.put("breach_sms", "true")
            let chief = try await service.colleague("chief", .supervisor)
            for number in 1...3 { try await service.submit(phone: "1380000060\(number)") }
            func task(_ number: Int) async throws -> String {
                let ids = try await service.database.query(
                    "SELECT id::text FROM callback_tasks ORDER BY accepted_at, id")
                return try ids[number - 1].decode(String.self)
            }
            for (number, until) in [(1, "2026-11-26T18:00"), (2, "2026-11-26T17:00")] {
                let body = #"{"reason":"visitor_away","until":"\#(until):00+08:00"}"#
                let path = "/api/v1/callbacks/\(try await task(number))/pause"
                #expect(try await service.call(.post, path, body, token: chief.token).status == 204)
            }
            #expect(try await Self.look(service, at: "15:59") == [])
            let first = try await Self.look(service, at: "16:00")
            #expect(first.count == 1)
            #expect(try await Self.look(service, at: "17:29") == [])
            #expect(try await Self.look(service, at: "17:30").count == 2)
        }
    }

    @Test func `who rests for days is promised the working day after the rest`() async throws {
        try await withService { service in
            try await service.put("breach_sms", "true")
            let chief = try await service.colleague("chief", .supervisor)
            let answer = try await service.submit(phone: "13800000601")
            let task = try #require(try await service.column("SELECT id::text FROM callback_tasks"))
            let body = #"{"reason":"visitor_away","until":"2026-11-30T10:00:00+08:00"}"#
            let paused = try await service.call(.post, "/api/v1/callbacks/\(task)/pause", body, token: chief.token)
            try #require(paused.status == 204, "\(paused.text)")
            #expect(try await Self.look(service, at: "16:00") == ["01"])
            let receipt = try await service.call(.get, service.receipt(of: answer))
            #expect(receipt["postponed_to"].string == "2026-12-01T18:00:00+08:00")
        }
    }

    @Test func `nobody who is being called, was called, stopped, withdrew, took it back or was erased is told`()
        async throws
    {
        try await withService { service in
            try await service.put("breach_sms", "true")
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            var receipts: [String] = []
            for number in 1...8 {
                let answer = try await service.submit(phone: "1380000060\(number)")
                receipts.append(try service.receipt(of: answer))
                service.clock.advance(by: 61)
            }
            // 1 is called, 2 is being called, 3 takes it back, 4 stops, 5 withdraws, 6 is erased, 7 was listed, 8 waits.
            let called = try await service.claim(anna, #"{"phone":"13800000601"}"#)
            let path = "/api/v1/callbacks/\(called["id"].string)/attempts"
            #expect(
                try await service.call(.post, path, #"{"disposition":"no_answer"}"#, token: anna.token).status == 200)
            #expect(try await service.call(.post, receipts[2] + "/cancel", "{}").status == 200)
            try await service.ask("stop_calls", phone: "13800000604")
            try await service.ask("withdraw", phone: "13800000605")
            try await service.ask("erase", phone: "13800000606")
            try await service.list("13800000607")
            service.clock.set(try #require(RFC3339.date("2026-11-26T17:20:00+08:00")))
            _ = try await service.claim(boris, #"{"phone":"13800000602"}"#)
            #expect(try await Self.look(service, at: "17:35") == ["08"])
            // The call that was under way ends without one: told while there is time.
            #expect(try await Self.look(service, at: "17:50") == ["02"])
            #expect(try await service.count("SELECT count(*) FROM messages WHERE template = 'late_notice'") == 2)
        }
    }

    @Test func `who is called after all before the message goes out does not get it`() async throws {
        try await withService { service in
            try await service.put("breach_sms", "true")
            let anna = try await service.colleague("anna")
            try await service.submit(phone: "13800000601")
            #expect(try await Self.look(service, at: "17:40", sends: false) == [])
            #expect(try await service.count("SELECT count(*) FROM messages WHERE template = 'late_notice'") == 1)
            let called = try await service.claim(anna, #"{"phone":"13800000601"}"#)
            let path = "/api/v1/callbacks/\(called["id"].string)/attempts"
            #expect(
                try await service.call(.post, path, #"{"disposition":"no_answer"}"#, token: anna.token).status == 200)
            try await service.services.outboxWorker.runOnce()
            #expect(!service.sms.messages.contains { $0.template == "late_notice" })
        }
    }

    @Test func `eight processes that look at once tell each visitor once`() async throws {
        try await withService { service in
            try await service.put("breach_sms", "true")
            for number in 1...5 {
                try await service.submit(phone: "1380000061\(number)")
                service.clock.advance(by: 61)
            }
            // A second promise of the same person for the same time is told with the first.
            try await service.submit(phone: "13800000611")
            service.clock.set(try #require(RFC3339.date("2026-11-26T17:40:00+08:00")))
            let told = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await service.services.lateNotices.runOnce() } }
                return try await group.reduce(0, +)
            }
            #expect(told == 5)
            #expect(try await service.services.lateNotices.runOnce() == 0)
            try await service.services.outboxWorker.runOnce()
            let numbers = service.sms.messages.filter { $0.template == "late_notice" }.map(\.phone)
            #expect(numbers.count == 5 && Set(numbers).count == 5)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE postponed_at IS NOT NULL") == 6)
        }
    }
}
