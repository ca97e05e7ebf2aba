import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import TestDatabase
import Testing

/// The message that confirms an accepted inquiry.
@Suite struct ConfirmationTests {
    private static func confirmations(_ service: TestService) -> [OutgoingMessage] {
        service.sms.messages.filter { $0.template == "inquiry_confirmation" }
    }

    @Test func `off by default: an inquiry costs one message`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000071")
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.map(\.template) == ["inquiry_code"])
        }
    }

    @Test func `the message says the instant that page, receipt and queue say, and leads to receipt and privacy`()
        async throws
    {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            try await service.put("company_name", #""明泽""#)
            let (challenge, code) = try await service.challenge(for: "13800000072")
            let more = #","id":"\#(UUID().uuidString)","preferred_window":"morning""#
            let answer = try await service.offer(code, challenge, phone: "13800000072", more: more)
            let again = try await service.offer(code, challenge, phone: "13800000072", more: more)
            #expect(answer.status == 201 && again.text == answer.text)
            try await service.services.outboxWorker.runOnce()
            let sent = try #require(Self.confirmations(service).first)
            #expect(Self.confirmations(service).count == 1 && sent.phone == "+8613800000072")
            let promise = answer["promise"].string
            #expect(promise == "我们会在 11月26日（周四）12:00 前致电" && sent.parameters["promise"] == promise)
            #expect(sent.parameters["receipt_url"] == answer["receipt_url"].string)
            #expect(sent.parameters["due"] == "11月26日（周四）12:00")
            let text = try #require(sent.parameters["text"])
            for part in [
                "明泽已收到您的咨询，\(promise)。", answer["receipt_url"].string, "http://127.0.0.1:8080/privacy", "退订回T",
            ] { #expect(text.contains(part), "\(text)") }
            #expect(!text.contains("来电号码"), "no number is set")
            let boss = try await service.colleague("boss", .supervisor)
            let queue = try await service.call(.get, "/api/v1/callbacks?view=scheduled", token: boss.token)
            let pool = try await service.call(.get, "/api/v1/callbacks?view=pool", token: boss.token)
            let due = (queue["items"].array + pool["items"].array).map { $0["due_at"].string }
            #expect(Set(due) == [answer["due_at"].string])
            #expect(try await service.call(.get, service.receipt(of: answer))["promise"].string == promise)
        }
    }

    @Test func `an inquiry that was put aside is confirmed when a person releases it, once, with the promise of then`()
        async throws
    {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            let told = try await service.submit(phone: "13800000079", more: #","website":"x""#)
            try await service.services.outboxWorker.runOnce()
            #expect(Self.confirmations(service).isEmpty)
            let boss = try await service.colleague("boss", .supervisor)
            service.clock.advance(by: 2 * 86400)
            let path = "/api/v1/quarantine/\(told["inquiry_id"].string)/release"
            for status in [200, 409] {
                #expect(try await service.call(.post, path, token: boss.token).status == status)
            }
            try await service.services.outboxWorker.runOnce()
            let sent = Self.confirmations(service)
            #expect(sent.map(\.phone) == ["+8613800000079"])
            #expect(sent.first?.parameters["promise"] == "我们会在 11月30日（周一）18:00 前致电")
            #expect(sent.first?.parameters["receipt_url"] == told["receipt_url"].string)
        }
    }

    @Test
    func `a second inquiry is confirmed with the earlier promise it joins, and the window the visitor chose since`()
        async throws
    {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            let first = try await service.submit(phone: "13800000073")
            service.clock.advance(by: 86400)
            let second = try await service.submit(phone: "13800000073")
            #expect(second["due_at"].string == first["due_at"].string)
            let moved = try await service.call(
                .post, service.receipt(of: second) + "/window", #"{"preferred_window":"afternoon"}"#)
            #expect(moved.status == 200)
            try await service.services.outboxWorker.runOnce()
            #expect(Self.confirmations(service).last?.parameters["promise"] == moved["promise"].string)
        }
    }

    @Test
    func `nobody is told of a call that is cancelled, and no test number, listed prefix, program or stopped number is`()
        async throws
    {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            let cancelled = try await service.submit(phone: "13800000074")
            let path = try service.receipt(of: cancelled) + "/cancel"
            #expect(try await service.call(.post, path).status == 200)
            try await service.submit(phone: "13800000075", more: #","website":"x""#)
            let (challenge, code) = try await service.challenge(for: "13800000076")
            try await service.put("test_numbers", #"[{"phone":"13800000076","until":"2026-12-31"}]"#)
            #expect(try await service.offer(code, challenge, phone: "13800000076").status == 201)
            let (listed, other) = try await service.challenge(for: "13800000077")
            try await service.put("withheld_prefixes", #"["1380000"]"#)
            #expect(try await service.offer(other, listed, phone: "13800000077").status == 201)
            try await service.put("withheld_prefixes", "[]")
            let (stopped, third) = try await service.challenge(for: "13800000078")
            let index = service.keys.index(of: try PhoneNumber(parsing: "13800000078"))
            try await service.stop(index)
            #expect(try await service.offer(third, stopped, phone: "13800000078").status == 201)
            try await service.services.outboxWorker.runOnce()
            service.clock.advance(by: 3601)
            try await service.services.outboxWorker.runOnce()
            #expect(Self.confirmations(service).isEmpty)
            #expect(
                try await service.count("SELECT count(*) FROM messages WHERE template = 'inquiry_confirmation'") == 1)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM messages WHERE template = 'inquiry_confirmation' AND state = 'expired'") == 1)
        }
    }

    @Test func `a confirmation outlives an outage and an empty account of ten minutes, and is sent once`() async throws
    {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            try await service.submit(phone: "13800000001")
            for outcome in [
                SendOutcome.refused(failure: "connect_failed", as: .transient),
                .refused(failure: "no_money", as: .noFunds),
            ] {
                service.sms.answer(outcome)
                for _ in 0..<30 {
                    try await service.services.outboxWorker.runOnce()
                    service.clock.advance(by: 10)
                }
            }
            #expect(Self.confirmations(service).count > 2, "it was tried")
            #expect(try await service.count("SELECT count(*) FROM messages WHERE state = 'queued'") == 1)
            service.sms.answer(.accepted(vendorID: "v-2"))
            let tried = Self.confirmations(service).count
            for _ in 0..<30 {
                service.clock.advance(by: 10)
                try await service.services.outboxWorker.runOnce()
            }
            #expect(Self.confirmations(service).count == tried + 1)
            #expect(try await service.count("SELECT count(*) FROM messages WHERE vendor_id = 'v-2'") == 1)
        }
    }

    @Test func `confirmations count in what all sends share, and take none of the half that is kept for codes`()
        async throws
    {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            try await service.submit(phone: "13800000081")
            try await service.services.outboxWorker.runOnce()
            #expect(Self.confirmations(service).count == 1)
            // The code and what its confirmation is billed as, in the minute and in the day.
            let text = try #require(Self.confirmations(service)[0].parameters["text"])
            let segments = MessageText.segments(in: text, signedBy: "")
            #expect(segments >= 2)
            let shared = """
                SELECT count(*) FROM (SELECT bucket FROM send_budgets GROUP BY bucket HAVING sum(used) = \(1 + segments)) t
                """
            #expect(try await service.count(shared) == 2)
            try await service.database.query(
                """
                INSERT INTO send_budgets (bucket, window_start, slot, used, ceiling)
                SELECT bucket, window_start, s, (ceiling + 1) / 2, ceiling
                FROM (SELECT bucket, window_start, max(ceiling) AS ceiling FROM send_budgets GROUP BY 1, 2) b, generate_series(0, 15) s
                ON CONFLICT (bucket, window_start, slot) DO UPDATE SET used = excluded.used
                """)
            #expect(try await service.submit(phone: "13900000082").status == 201)
            try await service.services.outboxWorker.runOnce()
            #expect(Self.confirmations(service).count == 1 && service.sms.messages.count == 3)
            service.clock.advance(by: 86400)
            try await service.submit(phone: "13900000083")
            try await service.services.outboxWorker.runOnce()
            #expect(Self.confirmations(service).map(\.phone) == ["+8613800000081", "+8613900000083"])
        }
    }

    @Test func `a vendor gets its own template with what it has room for; without one nothing is tried`() async throws {
        try await withVendors { place in
            try await place.service.put("confirmation_sms", "true")
            try await place.inquire("13800000085")
            try await place.send()
            #expect(place.aliyun.taken.count == 1 && place.tencent.taken.isEmpty)
            try await place.service.put(
                "sms_templates", #"{"tencent":{"inquiry_confirmation":{"id":"77","parameters":["due","receipt"]}}}"#)
            let answer = try await place.inquire("13800000086")
            try await place.send()
            let sent = try #require(place.tencent.taken.last)
            let token = try place.service.receipt(of: answer).dropFirst(3)
            #expect(
                sent.parameters.contains("11月26日（周四）18:00") && sent.parameters.contains(token), "\(sent.parameters)")
            #expect(try await place.texts("SELECT gateway FROM messages WHERE inquiry_id IS NOT NULL") == ["tencent"])
        }
    }

    @Test func `what the day's money does not pay for as a whole is not sent in part, and nothing is counted`()
        async throws
    {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            // Eight messages, of which confirmations may take four; one code and one confirmation are more than that with another.
            try await service.set(#"{"message_price":0.05,"money_per_day":0.40}"#)
            for phone in ["13800000088", "13900000089", "13700000090"] {
                #expect(try await service.submit(phone: phone).status == 201)
            }
            try await service.services.outboxWorker.runOnce()
            #expect(Self.confirmations(service).map(\.phone) == ["+8613800000088"])
            let text = try #require(Self.confirmations(service)[0].parameters["text"])
            let segments = MessageText.segments(in: text, signedBy: "")
            let money = ByteBuffer(bytes: service.keys.bucket("send-moneyDay", ""))
            let used = try await service.database.query(
                "SELECT sum(used)::bigint FROM send_budgets WHERE bucket = \(money)")
            #expect(try #require(used.first).decode(Int.self) == 3 + segments)
        }
    }

    @Test(arguments: [(68, 1), (69, 2), (132, 2), (133, 3), (300, 5)])
    func `a text is billed by its length with the signature`(_ length: Int, _ segments: Int) {
        #expect(MessageText.segments(in: String(repeating: "长", count: length), signedBy: "") == segments)
        #expect(MessageText.segments(in: String(repeating: "长", count: length - 4), signedBy: "沪上明泽") == segments)
    }

    @Test func `an erasure leaves no way from a confirmation to its inquiry`() async throws {
        try await withService { service in
            try await service.put("confirmation_sms", "true")
            try await service.submit(phone: "13800000087")
            try await service.services.outboxWorker.runOnce()
            #expect(try await service.count("SELECT count(*) FROM messages WHERE inquiry_id IS NOT NULL") == 1)
            try await service.ask("erase", phone: "13800000087")
            #expect(try await service.count("SELECT count(*) FROM messages WHERE inquiry_id IS NOT NULL") == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `texts are settings: their places are known ones, and a bracket goes where its value is missing`() throws
    {
        var settings = Settings()
        func apply(_ key: String, _ json: String) throws -> Bool {
            settings.apply(key, try StrictJSON.read(Array(json.utf8)))
        }
        #expect(try apply("sms_texts", #"{"inquiry_confirmation":"{promise}[，来电 {caller}]"}"#))
        let text = try #require(settings.text(of: .inquiryConfirmation))
        #expect(text.filled(with: ["promise": "P"]) == "P")
        #expect(text.filled(with: ["promise": "P", "caller": "021"]) == "P，来电 021")
        #expect(settings.text(of: .inquiryCode) == nil && settings.text(of: .permitReminder) != nil)
        for wrong in [
            #"{"inquiry_confirmation":"{code}"}"#, #"{"pigeon":"x"}"#, #"{"inquiry_code":""}"#, #"{"inquiry_code":1}"#,
            #"{"inquiry_code":"{code"}"#, #"{"inquiry_code":"[{code}"}"#, #"{"inquiry_code":"[a[b]c]"}"#,
            #"{"inquiry_code":"\#(String(repeating: "长", count: 301))"}"#, #"{"inquiry_code":"a\nb"}"#,
        ] { #expect(try !apply("sms_texts", wrong), "\(wrong)") }
        #expect(try apply("sms_templates", #"{"aliyun":{"permit_reminder":{"id":"SMS_9","parameters":["days"]}}}"#))
        for wrong in [
            #"{"aliyun":{"permit_reminder":{"parameters":["days"]}}}"#,
            #"{"aliyun":{"permit_reminder":{"id":"SMS_9","parameters":["code"]}}}"#,
            #"{"aliyun":{"pigeon":{"id":"SMS_9","parameters":[]}}}"#,
        ] { #expect(try !apply("sms_templates", wrong), "\(wrong)") }
    }
}

extension TestService {
    /// Lists a number as one that wants no calls.
    func stop(_ phone: [UInt8]) async throws {
        try await self.database.query(
            "INSERT INTO do_not_call (phone_index, added_at, added_by) VALUES (\(ByteBuffer(bytes: phone)), \(self.clock.now), 'test')"
        )
    }
}
