import Foundation
import HTTPTypes
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// What vendors tell of messages, by themselves and when asked, and what people answer.
@Suite struct DeliveryReportTests {
    // MARK: Reports

    @Test func `a report is joined by id and number, once, early or late`() async throws {
        try await withVendors { place in
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
        try await withVendors { place in
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

    @Test func `what others' messages at the same account report crowds out no report of ours`() async throws {
        try await withVendors { place in
            place.aliyun.play { _ in .answer(200, #"{"Code":"isv.OUT_OF_SERVICE"}"#) }
            let challenge = try await place.ask("13800000026")
            func tencent(_ phone: String, _ ids: [String]) async throws {
                let reports = ids.map {
                    #"{"user_receive_time":"2026-11-25 10:30:02","nationcode":"86","mobile":"\#(phone)","report_status":"SUCCESS","errmsg":"DELIVRD","description":"ok","sid":"\#($0)"}"#
                }
                let answer = try await place.report("tencent", "[\(reports.joined(separator: ","))]")
                #expect(answer.status == 200, "\(answer.text)")
            }
            try await tencent("13800000026", ["5000:1"])
            for batch in 0..<11 { try await tencent("13900000099", (0..<100).map { "other:\(batch)-\($0)" }) }
            try await place.send()
            try await place.service.services.deliveryWorker.runOnce()
            #expect(try await place.delivery(challenge) == .delivered)
        }
    }

    @Test func `strangers, garbage and floods`() async throws {
        try await withVendors { place in
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
        try await withVendors { place in
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

    @Test func `a stop word ends the open promise, and one that comes late leaves a newer inquiry alone`() async throws
    {
        try await withVendors { place in
            func reply(_ phone: String, _ text: String, at time: Int) async throws {
                let body = #"{"extend":"01","mobile":"\#(phone)","nationcode":"86","text":"\#(text)","time":\#(time)}"#
                #expect(try await place.report("tencent", body).status == 200)
            }
            let start = Int(place.service.clock.now.timeIntervalSince1970)
            let phone = "13800000050"
            let receipt = try place.service.receipt(of: try await place.inquire(phone))
            try await place.service.queueNotice(
                phone: place.service.keys.index(of: try PhoneNumber(parsing: phone)), in: 60)
            place.service.clock.advance(by: 120)
            try await reply(phone, "好的，谢谢", at: start + 110)
            #expect(try await place.texts("SELECT state FROM callback_tasks") == ["open"])
            for _ in 0..<2 { try await reply(phone, "退订", at: start + 115) }
            #expect(
                try await place.texts("SELECT state || ' ' || closed_reason FROM callback_tasks") == [
                    "closed do_not_call"
                ])
            #expect(try await place.texts("SELECT failure FROM messages WHERE template = 'notice'") == ["do_not_call"])
            #expect(try await place.service.call(.get, receipt)["state"].string == "closed")
            #expect(
                try await place.texts("SELECT action FROM audit_events WHERE action = 'do_not_call.reply'").count == 1)
            // The visitor comes back with a code; the vendor brings the old reply once more.
            place.service.clock.advance(by: 600)
            _ = try await place.inquire(phone)
            try await reply(phone, "退订", at: start + 115)
            #expect(
                try await place.texts("SELECT state FROM callback_tasks ORDER BY accepted_at DESC LIMIT 1") == ["open"])
            #expect(try await place.texts("SELECT added_by FROM do_not_call") == ["sms_reply"])
            place.service.clock.advance(by: 120)
            try await reply(phone, "T", at: start + 840)
            #expect(try await place.texts("SELECT state FROM callback_tasks WHERE state = 'open'").isEmpty)
            #expect(try await place.service.soundness() == [])
        }
    }

    // MARK: Queries

    @Test func `the vendor is asked about what is unknown, three times at most`() async throws {
        try await withVendors { place in
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

    @Test(arguments: [
        ("2026-11-25T23:59:45+08:00", ["20261125", "20261126"]),
        ("2026-11-26T00:00:20+08:00", ["20261125", "20261126"]), ("2026-11-26T10:00:00+08:00", ["20261126"]),
    ])
    func `around midnight the vendor is asked for both days`(_ time: String, _ days: [String]) async throws {
        try await withVendors { place in
            place.service.clock.set(try #require(RFC3339.date(time)))
            place.aliyun.play { $0 == 1 ? .resetAfterReading : .accept }
            _ = try await place.ask("13800000036")
            try await place.send()
            place.aliyun.list("[]")
            place.service.clock.advance(by: 30)
            try await place.service.services.deliveryWorker.runOnce()
            let asked = place.aliyun.requests.filter { $0.headers["x-acs-action"] == "QuerySendDetails" }
            #expect(asked.map { FormFields($0.body)["SendDate"] ?? "" } == days)
        }
    }

    @Test func `Tencent answers by our own reference`() async throws {
        try await withVendors { place in
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
}
