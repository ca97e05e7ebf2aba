import Foundation
import HTTPTypes
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// Messages through two vendors: failing over, falling silent, reports, queries and answers.
@Suite struct MessageDeliveryTests {
    private static let environment = [
        "SMS_GATEWAY": "aliyun,tencent", "SMS_ALIYUN_ACCESS_KEY_ID": "a", "SMS_ALIYUN_ACCESS_KEY_SECRET": "b",
        "SMS_ALIYUN_SIGN_NAME": "c", "SMS_ALIYUN_TEMPLATE_CODE": "SMS_1", "SMS_TENCENT_SECRET_ID": "d",
        "SMS_TENCENT_SECRET_KEY": "e", "SMS_TENCENT_SDK_APP_ID": "f", "SMS_TENCENT_SIGN_NAME": "g",
        "SMS_TENCENT_TEMPLATE_ID": "1", "SMS_HOOK_TOKEN": "hook-token", "BUDGET_FACTOR": "1000", "PROOF_OF_WORK": "off",
    ]

    /// The service behind two vendors.
    private struct Place: Sendable {
        let service: TestService
        let aliyun: VendorServer
        let tencent: VendorServer

        func ask(_ phone: String) async throws -> String {
            let answer = try await self.service.call(
                .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"inquiry"}"#)
            try #require(answer.status == 202, "\(answer.text)")
            return answer["challenge_id"].string
        }

        func send() async throws { try await self.service.services.outboxWorker.runOnce() }

        func report(_ gateway: String, _ body: String, token: String = "hook-token") async throws -> Answer {
            try await self.service.call(.post, "/hooks/sms/\(gateway)/\(token)", body)
        }

        func texts(_ sql: String) async throws -> [String] {
            try await self.service.database.query(.init(unsafeSQL: sql)).map { try $0.decode(String.self) }
        }

        func delivery(_ challenge: String) async throws -> DeliveryReports.State {
            try await self.service.services.deliveries.state(of: try #require(UUID(uuidString: challenge)))
        }
    }

    private static func withVendors(_ body: @escaping @Sendable (Place) async throws -> Void) async throws {
        let clock = Mutex<TestClock?>(nil)
        let now: @Sendable () -> Date = { clock.withLock { $0?.now ?? .distantPast } }
        let (aliyun, tencent) = (VendorServer(now: now), VendorServer(now: now))
        try await aliyun.running { first in
            try await tencent.running { second in
                try await withService(
                    Self.environment,
                    gateways: { owned in
                        clock.withLock { $0 = owned }
                        return [
                            VendorServer.aliyun(first, now: { owned.now }),
                            VendorServer.tencent(second, now: { owned.now }),
                        ]
                    }
                ) { service in
                    try await body(Place(service: service, aliyun: aliyun, tencent: tencent))
                }
            }
        }
    }

    // MARK: Proof

    private static func askThousand(_ place: Place) async throws -> [String] {
        let phones = (0..<1000).map { "1380001\(1000 + $0)" }
        for phone in phones { _ = try await place.ask(phone) }
        try await place.send()
        return phones
    }

    @Test func `a gateway that surely refuses in the middle of a thousand sends costs nobody a code`() async throws {
        try await Self.withVendors { place in
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
        try await Self.withVendors { place in
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
            place.service.clock.advance(by: 61)
            let before = place.tencent.taken.count
            for phone in silent { _ = try await place.ask(String(phone.dropFirst(3))) }
            try await place.send()
            #expect(Set(place.tencent.taken.dropFirst(before).map(\.phone)) == silent)
            #expect(try await place.texts("SELECT state FROM messages WHERE state NOT IN ('sent', 'unknown')").isEmpty)
        }
    }

    // MARK: Order, retries, breaker

    @Test func `a number that is refused is offered to no other gateway`() async throws {
        try await Self.withVendors { place in
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
        try await Self.withVendors { place in
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

    @Test func `while every gateway rests a message waits, and the first probe takes it`() async throws {
        try await Self.withVendors { place in
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

    @Test func `a code carries its reference when settings say that the template has room`() async throws {
        try await Self.withVendors { place in
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

    // MARK: Reports

    @Test func `a report is joined by id and number, once, early or late`() async throws {
        try await Self.withVendors { place in
            let challenge = try await place.ask("13800000024")
            let id = try await place.texts("SELECT id::text FROM messages")[0]
            func aliyun(_ success: Bool, phone: String = "13800000024", biz: String = "9006^0", out: String) -> String {
                #"[{"phone_number":"\#(phone)","send_time":"2026-11-25 10:30:00","report_time":"2026-11-25 10:30:05","success":\#(success),"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"2","biz_id":"\#(biz)","out_id":"\#(out)"}]"#
            }
            place.service.clock.advance(by: 5)
            // Of another number, of nobody, and before the send's own answer.
            let early = [
                aliyun(false, phone: "13800000025", biz: "1", out: id), aliyun(true, biz: "2", out: "nobody"),
                aliyun(true, biz: "3", out: UUID().uuidString), aliyun(true, out: id),
            ]
            for body in early {
                let answer = try await place.report("aliyun", body)
                #expect(answer.status == 200 && answer.text == #"{"code":0,"msg":"OK"}"#)
            }
            #expect(try await place.delivery(challenge) == .unknown)
            try await place.send()
            #expect(try await place.texts("SELECT state FROM messages WHERE delivery IS NULL") == ["sent"])
            place.service.clock.advance(by: 10)
            try await place.service.services.deliveryWorker.runOnce()
            #expect(try await place.delivery(challenge) == .delivered)
            // Repeated and contradicted: the first one counts.
            #expect(try await place.report("aliyun", aliyun(true, out: id)).status == 200)
            #expect(try await place.report("aliyun", aliyun(false, biz: "4", out: id)).status == 200)
            #expect(try await place.delivery(challenge) == .delivered)
            #expect(
                try await place.texts(
                    "SELECT segments || ' ' || delivery_code || ' ' || extract(epoch FROM delivery_at - created_at)::int FROM messages"
                ) == ["2 DELIVERED 5"])
            place.service.clock.advance(by: 86400 * 2)
            try await place.service.services.deliveryWorker.runOnce()
            #expect(try await place.texts("SELECT vendor_id FROM pending_reports").isEmpty)
            #expect(try await place.delivery(challenge) == .unknown, "an expired code tells nothing")
        }
    }

    @Test func `Tencent's early report waits for the send's own answer`() async throws {
        try await Self.withVendors { place in
            place.aliyun.play { _ in .answer(200, #"{"Code":"isv.OUT_OF_SERVICE"}"#) }
            let challenge = try await place.ask("13800000026")
            let body =
                #"[{"user_receive_time":"2026-11-25 10:30:02","nationcode":"86","mobile":"13800000026","report_status":"FAIL","errmsg":"MK:0001","description":"空号","sid":"5000:1"}]"#
            let answer = try await place.report("tencent", body)
            #expect(answer.status == 200 && answer.text == #"{"errmsg":"OK","result":0}"#)
            try await place.send()
            #expect(try await place.delivery(challenge) == .unknown)
            try await place.service.services.deliveryWorker.runOnce()
            #expect(try await place.delivery(challenge) == .refused)
        }
    }

    @Test func `strangers, garbage and floods`() async throws {
        try await Self.withVendors { place in
            let good = #"{"mobile":"13800000027","text":"好的","nationcode":"86"}"#
            let stranger = try await place.report("tencent", good, token: "hook-tokem")
            #expect(stranger.status == 404)
            #expect(try await place.report("tencent", good, token: "").status == 404)
            for gateway in ["webhook", "console", "huawei", "ALIYUN"] {
                #expect(try await place.report(gateway, good).status == 404, "\(gateway)")
            }
            let garbled = [
                "", "{", "null", "1", "[1]", "[[]]", #"{"a":1,"a":2}"#,
                #"[{"mobile":"13800000027","report_status":"MAYBE","sid":"1"}]"#,
                #"[{"mobile":"13800000027","report_status":"SUCCESS","sid":"\#(String(repeating: "x", count: 129))"}]"#,
                #"[{"mobile":"13800000027","report_status":"SUCCESS","sid":"a\u0000b"}]"#, "<xml/>",
            ]
            for body in garbled { #expect(try await place.report("tencent", body).status == 400, "\(body.prefix(80))") }
            #expect(
                try await place.report("aliyun", #"[{"phone_number":"13800000027","success":"yes","biz_id":"1"}]"#)
                    .status == 400)
            let flood = String(repeating: " ", count: 20 * 1024 * 1024) + good
            #expect(try await place.report("tencent", flood).status == 413)
            #expect(try await place.report("tencent", good).status == 200)
            #expect(try await place.texts("SELECT vendor_id FROM pending_reports").isEmpty)
            #expect(try await place.texts("SELECT added_by FROM do_not_call").isEmpty)
        }
    }

    @Test func `an answer of TD stops calls, and a code-proven inquiry still opens a task`() async throws {
        try await Self.withVendors { place in
            let up =
                #"[{"phone_number":"13800000028","send_time":"2026-11-25 10:31:00","content":"ＴＤ","sign_name":"沪邦邦","dest_code":"1069","sequence_id":1}]"#
            for _ in 0..<2 { #expect(try await place.report("aliyun", up).status == 200) }
            let reply =
                #"{"extend":"01","mobile":"13800000029","nationcode":"86","sign":"沪邦邦","text":"退订","time":1795573800}"#
            #expect(try await place.report("tencent", reply).status == 200)
            #expect(try await place.texts("SELECT added_by FROM do_not_call") == ["sms_reply", "sms_reply"])
            #expect(
                try await place.texts("SELECT object FROM audit_events WHERE action = 'do_not_call.reply' ORDER BY 1")
                    == ["aliyun", "tencent"])
            let challenge = try await place.ask("13800000028")
            try await place.send()
            let sent = try #require(place.aliyun.taken.last)
            let code = try StrictJSON.read(Array(sent.parameters.utf8))["code"].string
            let accepted = try await place.service.call(
                .post, "/api/v1/inquiries",
                place.service.inquiry(phone: "13800000028", challenge: challenge, code: code))
            #expect(accepted.status == 201)
            #expect(try await place.texts("SELECT state FROM callback_tasks") == ["open"])
        }
    }

    // MARK: Queries

    @Test func `the vendor is asked about what is unknown, three times at most`() async throws {
        try await Self.withVendors { place in
            place.aliyun.play { $0 == 1 ? .resetAfterReading : .accept }
            let challenge = try await place.ask("13800000034")
            try await place.send()
            let id = try await place.texts("SELECT id::text FROM messages WHERE state = 'unknown'")[0]
            func query() async throws { try await place.service.services.deliveryWorker.runOnce() }
            try await query()
            #expect(place.aliyun.requests.count == 1, "not at once")
            place.service.clock.advance(by: 30)
            try await query()
            try await query()
            #expect(place.aliyun.requests.count == 2)
            #expect(try await place.texts("SELECT state FROM messages") == ["unknown"])
            place.aliyun.list(
                #"[{"OutId":"\#(id)","SendStatus":3,"ErrCode":"DELIVERED","PhoneNum":"13800000034","ReceiveDate":"2026-11-25 10:30:07"}]"#
            )
            place.service.clock.advance(by: 90)
            try await query()
            #expect(try await place.texts("SELECT state || ' ' || delivery FROM messages") == ["sent delivered"])
            #expect(try await place.delivery(challenge) == .delivered)
            #expect(place.aliyun.taken.count == 1 && place.tencent.requests.isEmpty, "asking sends nothing")

            _ = try await place.ask("13800000035")
            place.aliyun.list("[]")
            let before = place.aliyun.requests.count
            place.aliyun.play { $0 == before + 1 ? .resetAfterReading : .accept }
            try await place.send()
            for _ in 0..<6 {
                place.service.clock.advance(by: 600)
                try await query()
            }
            #expect(place.aliyun.requests.count == before + 4)
            #expect(
                try await place.texts("SELECT state || ' ' || queries FROM messages WHERE delivery IS NULL") == [
                    "unknown 3"
                ])
        }
    }

    @Test func `Tencent answers by our own reference`() async throws {
        try await Self.withVendors { place in
            place.aliyun.play { _ in .answer(200, #"{"Code":"isv.OUT_OF_SERVICE"}"#) }
            place.tencent.play { $0 == 1 ? .resetAfterReading : .accept }
            let challenge = try await place.ask("13800000036")
            try await place.send()
            let id = try await place.texts("SELECT id::text FROM messages WHERE state = 'unknown'")[0]
            place.tencent.list(
                #"[{"SessionContext":"another","SerialNo":"5000:8","ReportStatus":"SUCCESS"},{"SessionContext":"\#(id)","SerialNo":"5000:9","ReportStatus":"FAIL","Description":"UNDELIV","UserReceiveTime":1795573810}]"#
            )
            place.service.clock.advance(by: 30)
            try await place.service.services.deliveryWorker.runOnce()
            #expect(try await place.delivery(challenge) == .refused)
            #expect(try await place.texts("SELECT vendor_id FROM messages") == ["5000:9"])
        }
    }

    @Test func `delivered share, median, refusals and cost are measured by gateway and operator`() async throws {
        try await Self.withVendors { place in
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
            #expect(measured["huifang_sms_delivery_median_seconds aliyun mobile"] == 5)
            #expect(abs((measured["huifang_sms_cost_yuan aliyun mobile"] ?? 0) - 0.135) < 1e-9)
            #expect(measured["huifang_sms_cost_yuan tencent unicom"] == nil)
            #expect(measured["huifang_sms_refusals aliyun unicom"] == 1)
            #expect(measured["huifang_sms_delivered_ratio tencent unicom"]?.isNaN == true)
        }
    }

    @Test func `no log line holds a number, a code or a secret`() async throws {
        try await Self.withVendors { place in
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
