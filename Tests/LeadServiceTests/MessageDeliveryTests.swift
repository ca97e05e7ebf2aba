import Foundation
import HTTPTypes
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// Messages through two vendors: failing over, falling silent, resting.
@Suite struct MessageDeliveryTests {
    // MARK: Proof

    private static func askThousand(_ place: VendorPlace) async throws -> [String] {
        let phones = (0..<1000).map { "1380001\(1000 + $0)" }
        for phone in phones { _ = try await place.ask(phone) }
        try await place.send()
        return phones
    }

    @Test func `a gateway that surely refuses in the middle of a thousand sends costs nobody a code`() async throws {
        try await withVendors { place in
            let empty = #"{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"m","RequestId":"r"}"#
            place.aliyun.play { $0 > 400 ? .answer(200, empty) : .accept }
            let phones = try await Self.askThousand(place)
            let taken = place.aliyun.taken + place.tencent.taken
            #expect(taken.map(\.phone).sorted() == phones.map { "+86\($0)" }.sorted())
            #expect(Set(taken.map(\.id)).count == 1000)
            #expect(place.aliyun.taken.count == 400 && place.tencent.taken.count == 600)
            #expect(try await place.texts("SELECT DISTINCT state FROM messages") == ["sent"])
            // The breaker spared it the rest.
            #expect(place.aliyun.requests.count < 430)
            let refused = try await place.texts(
                "SELECT DISTINCT vendor_code FROM gateway_attempts WHERE outcome = 'no_funds'")
            #expect(refused == ["isv.AMOUNT_NOT_ENOUGH"])
        }
    }

    @Test func `a gateway that falls silent sends nobody a code twice, and the next code goes through the other`()
        async throws
    {
        try await withVendors { place in
            place.aliyun.play { $0 > 400 ? .silence : .accept }
            let phones = try await Self.askThousand(place)
            let taken = place.aliyun.taken + place.tencent.taken
            #expect(Set(taken.map(\.id)).count == taken.count, "a code went out twice")
            #expect(taken.map(\.phone).sorted() == phones.map { "+86\($0)" }.sorted())
            #expect(place.aliyun.requests.count < 450)
            let unknown = try await place.texts("SELECT failure FROM messages WHERE state = 'unknown'")
            #expect(!unknown.isEmpty && unknown.count == place.aliyun.taken.count - 400 && Set(unknown) == ["timeout"])
            // Whoever got nothing asks again: Aliyun is well again, its breaker closed by the next probe, and yet not asked.
            let silent = Set(place.aliyun.taken.dropFirst(400).map(\.phone))
            place.aliyun.play { _ in .accept }
            let first = String(try #require(silent.first).dropFirst(3))
            place.service.clock.advance(by: 59)
            let early = try await place.service.askForCode(first)
            #expect(early.status == 429 && early.headers[.retryAfter] == "1", "\(early.text)")
            place.service.clock.advance(by: 2)
            let before = place.tencent.taken.count
            for phone in silent { _ = try await place.ask(String(phone.dropFirst(3))) }
            try await place.send()
            #expect(Set(place.tencent.taken.dropFirst(before).map(\.phone)) == silent)
            #expect(try await place.texts("SELECT state FROM messages WHERE state NOT IN ('sent', 'unknown')").isEmpty)
        }
    }

    // MARK: Order, retries, breaker

    @Test func `a number that is refused is offered to no other gateway`() async throws {
        try await withVendors { place in
            place.aliyun.play { _ in .answer(200, #"{"Code":"isv.BUSINESS_LIMIT_CONTROL"}"#) }
            let challenge = try await place.ask("13800000021")
            try await place.send()
            #expect(place.tencent.requests.isEmpty)
            #expect(
                try await place.texts("SELECT state || ':' || gateway || ':' || failure FROM messages") == [
                    "failed:aliyun:isv.BUSINESS_LIMIT_CONTROL"
                ])
            #expect(try await place.delivery(challenge) == .refused)
        }
    }

    @Test func `what every gateway puts off is offered once more, and no oftener`() async throws {
        try await withVendors { place in
            place.aliyun.play { _ in .answer(400, #"{"Code":"Throttling"}"#) }
            place.tencent.play { _ in .answer(200, #"{"Response":{"Error":{"Code":"RequestLimitExceeded"}}}"#) }
            _ = try await place.ask("13800000022")
            try await place.send()
            #expect(try await place.texts("SELECT state FROM messages") == ["queued"])
            place.service.clock.advance(by: 2)
            try await place.send()
            place.service.clock.advance(by: 60)
            try await place.send()
            #expect(try await place.texts("SELECT state FROM messages") == ["failed"])
            #expect(place.aliyun.requests.count == 2 && place.tencent.requests.count == 2)
            let log = try await place.texts(
                "SELECT attempt || '.' || position || ' ' || gateway || ' ' || outcome || ' ' || operator FROM gateway_attempts ORDER BY attempt, position"
            )
            #expect(
                log == [
                    "1.1 aliyun account_throttled mobile", "1.2 tencent account_throttled mobile",
                    "2.1 aliyun account_throttled mobile", "2.2 tencent account_throttled mobile",
                ])
        }
    }

    @Test func `what nobody took until it expired keeps who refused it last, and why`() async throws {
        try await withVendors { place in
            place.aliyun.play { _ in .answer(400, #"{"Code":"Throttling"}"#) }
            place.tencent.play { _ in .answer(200, #"{"Response":{"Error":{"Code":"RequestLimitExceeded"}}}"#) }
            _ = try await place.ask("13800000038")
            try await place.send()
            place.service.clock.advance(by: 301)
            try await place.send()
            #expect(
                try await place.texts("SELECT concat_ws(' ', state, gateway, failure, operator) FROM messages")
                    == ["expired tencent RequestLimitExceeded mobile"])
            #expect(place.aliyun.requests.count == 1 && place.tencent.requests.count == 1)
        }
    }

    @Test func `while every gateway rests a message waits, and the first probe takes it`() async throws {
        try await withVendors { place in
            let dead: @Sendable (Int) -> VendorServer.Behaviour = { _ in .answer(403, "<html>", type: "text/html") }
            place.aliyun.play(dead)
            place.tencent.play(dead)
            for number in 30..<33 { _ = try await place.ask("138000000\(number)") }
            try await place.send()
            let (asked, refused) = (place.aliyun.requests.count, place.tencent.requests.count)
            #expect(asked == 3 && refused == 3)
            _ = try await place.ask("13800000033")
            try await place.send()
            #expect(place.aliyun.requests.count == asked && place.tencent.requests.count == refused)
            #expect(try await place.texts("SELECT state FROM messages WHERE state <> 'failed'") == ["queued"])
            place.aliyun.play { _ in .accept }
            place.service.clock.advance(by: 10)
            try await place.send()
            #expect(place.aliyun.taken.map(\.phone) == ["+8613800000033"])
            #expect(place.tencent.requests.count == refused)
        }
    }

    @Test func `a template that a vendor refuses keeps no other message from it`() async throws {
        try await withVendors { place in
            try await place.service.put("confirmation_sms", "true")
            try await place.service.put(
                "sms_templates", #"{"aliyun":{"inquiry_confirmation":{"id":"SMS_7","parameters":["due"]}}}"#)
            let phones = (0..<4).map { "1380000005\($0)" }
            var challenges: [String] = []
            for phone in phones { challenges.append(try await place.ask(phone)) }
            try await place.send()
            let sent = place.aliyun.taken
            place.aliyun.play { _ in .answer(200, #"{"Code":"isv.SMS_TEMPLATE_ILLEGAL","Message":"m"}"#) }
            for (phone, challenge) in zip(phones, challenges) {
                let message = try #require(sent.first { $0.phone == "+86" + phone || $0.phone == phone })
                let code = try #require(message.parameters.firstMatch(of: /[0-9]{6}/)).output
                #expect(try await place.service.offer(String(code), challenge, phone: phone).status == 201)
            }
            try await place.send()
            let refused = "SELECT count(*) FROM gateway_attempts WHERE vendor_code = 'isv.SMS_TEMPLATE_ILLEGAL'"
            #expect(try await place.service.count(refused) >= 3)
            place.aliyun.play { _ in .accept }
            _ = try await place.ask("13800000059")
            try await place.send()
            #expect(place.aliyun.taken.count == 5 && place.tencent.taken.isEmpty)
        }
    }

    @Test func `a message whose sender died names its gateway, which is asked, and the next code takes the other`()
        async throws
    {
        try await withVendors { place in
            let service = place.service
            for sql in [
                "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''gone''; END'",
                "CREATE TRIGGER die BEFORE UPDATE ON messages FOR EACH ROW WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION die()",
            ] { try await service.database.query(.init(unsafeSQL: sql)) }
            _ = try await place.ask("13800000039")
            try await place.send()
            try await service.database.query("DROP TRIGGER die ON messages")
            #expect(place.aliyun.taken.count == 1)
            let fate = "SELECT concat_ws(' ', state, gateway, operator, failure) FROM messages ORDER BY created_at"
            #expect(try await place.texts(fate) == ["sending aliyun mobile"])
            service.clock.advance(by: 61)
            try await place.send()
            #expect(try await place.texts(fate) == ["unknown aliyun mobile abandoned"])
            try await service.services.deliveryWorker.runOnce()
            #expect(place.aliyun.requests.last?.headers["x-acs-action"] == "QuerySendDetails")
            _ = try await place.ask("13800000039")
            try await place.send()
            #expect(place.aliyun.taken.count == 1 && place.tencent.taken.count == 1)
            #expect(try await place.texts(fate).last == "sent tencent mobile")
        }
    }

    @Test func `a message that was erased before its turn is not sent`() async throws {
        try await withVendors { place in
            let service = place.service
            // Taken from the sender as soon as the sender has it.
            for sql in [
                """
                CREATE FUNCTION take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    IF NEW.state = 'sending' AND OLD.state = 'queued' THEN NEW.state := 'unknown'; NEW.lease_until := NULL;
                        NEW.finished_at := NEW.created_at; END IF; RETURN NEW; END $$
                """,
                "CREATE TRIGGER take BEFORE UPDATE ON messages FOR EACH ROW EXECUTE FUNCTION take()",
            ] { try await service.database.query(.init(unsafeSQL: sql)) }
            try await service.database.query("ALTER TABLE messages DROP CONSTRAINT finished_forgets_the_text")
            _ = try await place.ask("13800000040")
            try await place.send()
            #expect(place.aliyun.requests.isEmpty && place.tencent.requests.isEmpty)
        }
    }

    @Test func `after an outage of minutes the next code goes within ten seconds of the recovery`() async throws {
        try await withVendors { place in
            let dead: @Sendable (Int) -> VendorServer.Behaviour = { _ in .answer(403, "<html>", type: "text/html") }
            place.aliyun.play(dead)
            place.tencent.play(dead)
            for number in 0..<60 {
                _ = try await place.ask("138\(4000 + number)0000")
                try await place.send()
                place.service.clock.advance(by: 5)
            }
            place.aliyun.play { _ in .accept }
            _ = try await place.ask("13800000034")
            for _ in 0..<3 {
                try await place.send()
                place.service.clock.advance(by: 5)
            }
            #expect(place.aliyun.taken.contains { $0.phone == "+8613800000034" })
        }
    }

    @Test func `a code carries its reference when settings say that the template has room`() async throws {
        try await withVendors { place in
            try await place.service.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at) VALUES
                ('sms_reference', 'true', '2026-01-01', 'test', '2026-01-01'),
                ('sms_templates', '{"aliyun": {"inquiry_code": {"parameters": ["code", "reference"]}}}', '2026-01-01', 'test', '2026-01-01')
                """)
            try await place.service.services.settings.reload()
            let challenge = try await place.ask("13800000023")
            try await place.send()
            let reference = MessageReference.text(for: try #require(UUID(uuidString: challenge)))
            #expect(reference.wholeMatch(of: /[A-HJ-NP-Z][2-9]/) != nil)
            #expect(place.aliyun.taken[0].parameters.contains(#""reference":"\#(reference)""#))
        }
    }

    @Test func `delivered share, median, refusals and cost are measured by gateway and operator`() async throws {
        try await withVendors { place in
            try await place.service.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at) VALUES
                ('sms_prices', '{"aliyun": 0.045}', '2026-01-01', 'test', '2026-01-01')
                """)
            try await place.service.services.settings.reload()
            place.aliyun.play { $0 == 4 ? .answer(200, #"{"Code":"isv.OUT_OF_SERVICE"}"#) : .accept }
            for phone in ["13800000041", "13800000042", "13800000043"] {
                _ = try await place.ask(phone)
                try await place.send()
            }
            _ = try await place.ask("13000000044")
            try await place.send()
            place.service.clock.advance(by: 8)
            for (number, (phone, success)) in [("13800000041", true), ("13800000042", true), ("13800000043", false)]
                .enumerated()
            {
                let second = number == 1 ? 8 : 2
                let body =
                    #"[{"phone_number":"\#(phone)","report_time":"2026-11-25 10:30:0\#(second)","success":\#(success),"biz_id":"9006\#(number + 1)^0"}]"#
                _ = try await place.report("aliyun", body)
            }
            let measured = try await place.service.services.deliveryWorker.measure()
            #expect(measured["huifang_sms_delivered_ratio aliyun mobile"] == 2.0 / 3)
            #expect(measured["huifang_sms_delivery_median_seconds aliyun mobile"] == 2)
            #expect(abs((measured["huifang_sms_cost_yuan aliyun mobile"] ?? 0) - 0.135) < 1e-9)
            #expect(measured["huifang_sms_cost_yuan tencent unicom"] == nil)
            #expect(measured["huifang_sms_refusals aliyun unicom"] == 1)
            #expect(measured["huifang_sms_delivered_ratio tencent unicom"]?.isNaN == true)
        }
    }

    @Test func `no log line holds a number, a code or a secret`() async throws {
        try await withVendors { place in
            place.aliyun.play { _ in .answer(200, #"{"Code":"isv.13800000037","Message":"13800000037 482913"}"#) }
            _ = try await place.ask("13800000037")
            try await place.send()
            let code = try #require(place.tencent.taken.first?.parameters.prefix(6))
            let log = place.service.logs.lines.joined(separator: "\n")
            #expect(log.contains("gateway did not take a message"))
            for secret in ["13800000037", "hook-token", VendorServer.secret] + [String(code)] {
                #expect(!log.contains(secret))
            }
            #expect(
                try await place.texts("SELECT coalesce(vendor_code, '') FROM gateway_attempts WHERE gateway = 'aliyun'")
                    == ["unreadable_code"])
        }
    }
}
