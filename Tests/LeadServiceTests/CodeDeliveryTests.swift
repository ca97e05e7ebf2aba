import Foundation
import HTTPTypes
import LeadService
import Leads
import TestDatabase
import Testing

/// A code that does not arrive is no dead end: what the form learns of it, and the ways out it offers.
@Suite struct CodeDeliveryTests {
    private static func report(_ phone: String, _ isDelivered: Bool, biz: String) -> String {
        #"[{"phone_number":"\#(phone)","success":\#(isDelivered),"biz_id":"\#(biz)","out_id":""}]"#
    }

    private static func state(_ service: TestService, _ challenge: String) async throws -> String {
        let answer = try await service.call(.get, "/api/v1/verification-codes/\(challenge)")
        #expect(answer.status == 200 && answer.headers[.cacheControl] == "no-store", "\(answer.headers)")
        return answer.text
    }

    private static let unknown = #"{"reference":null,"state":"unknown"}"#

    @Test func `the form that holds a challenge learns whether its message came, while the code lives`() async throws {
        try await withVendors { place in
            let challenge = try await place.ask("13800000061")
            #expect(try await Self.state(place.service, challenge) == Self.unknown)
            try await place.send()
            let vendorIDs = try await place.texts("SELECT vendor_id FROM messages")
            _ = try await place.report("aliyun", Self.report("13800000061", true, biz: vendorIDs[0]))
            #expect(try await Self.state(place.service, challenge) == #"{"reference":null,"state":"delivered"}"#)
            place.service.clock.advance(by: 300)
            #expect(try await Self.state(place.service, challenge) == Self.unknown)
        }
    }

    @Test func `nothing is learnt of numbers: unknown ids, used codes and withheld numbers answer alike`() async throws
    {
        try await withService { service in
            try await service.put("withheld_prefixes", #"["138001"]"#)
            try await service.put("test_numbers", #"[{"phone":"13800200001","until":"2026-12-31"}]"#)
            var challenges = [UUID().uuidString]
            for phone in ["13800100001", "13800200001", "13800300001"] {
                challenges.append(try await service.askForCode(phone)["challenge_id"].string)
            }
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.map(\.phone) == ["+8613800300001"])
            let (used, code) = try await service.challenge(for: "13800300002")
            #expect(try await service.offer(code, used, phone: "13800300002").status == 201)
            for challenge in challenges + [used] { #expect(try await Self.state(service, challenge) == Self.unknown) }
            #expect(try await service.call(.get, "/api/v1/verification-codes/1").status == 404)
        }
    }

    @Test func `form and message say the same reference where every template has room for it`() async throws {
        try await withVendors { place in
            try await place.service.put("sms_reference", "true")
            try await place.service.put(
                "sms_templates", #"{"aliyun":{"inquiry_code":{"parameters":["code","reference"]}}}"#)
            let challenge = try await place.ask("13800000062")
            #expect(try await Self.state(place.service, challenge) == Self.unknown, "Tencent's has no room")
            let room = #"{"parameters":["code","reference"]}"#
            let both = #"{"inquiry_code":\#(room),"privacy_code":\#(room)}"#
            try await place.service.put("sms_templates", #"{"aliyun":\#(both),"tencent":\#(both)}"#)
            let shown = try StrictJSON.read(Array(try await Self.state(place.service, challenge).utf8))["reference"]
            try await place.send()
            #expect(
                !shown.string.isEmpty && place.aliyun.taken[0].parameters.contains(#""reference":"\#(shown.string)""#))
            let page = try await place.service.form(
                "/inquiry/code", "name=%E7%8E%8B&phone=13800000063&consent=true&notice_version=2026-11")
            let carried = try #require(page.text.firstMatch(of: /name="challenge_id" value="([^"]+)"/)).1
            let reference = MessageReference.text(for: try #require(UUID(uuidString: String(carried))))
            #expect(page.text.contains(#"编号 <b class="n">\#(reference)</b>"#))
        }
    }

    @Test func `no message names a reference that its form does not show`() async throws {
        let webhook = RecordingSMSGateway()
        try await withService(gateways: { clock in
            [
                webhook, VendorServer.aliyun(URL(filePath: "/nowhere"), now: { clock.now }),
            ]
        }) { service in
            try await service.put("sms_reference", "true")
            try await service.put("sms_texts", #"{"inquiry_code":"[编号 {reference}，]验证码 {code}"}"#)
            let room = #"{"parameters":["code","reference"]}"#
            for (templates, isSaid) in [
                ("{}", false), (#"{"aliyun":{"inquiry_code":\#(room)}}"#, false),
                (#"{"aliyun":{"inquiry_code":\#(room),"privacy_code":\#(room)}}"#, true),
            ] {
                try await service.put("sms_templates", templates)
                let page = try await service.form(
                    "/inquiry/code", "name=%E7%8E%8B&phone=13800000068&consent=true&notice_version=2026-11")
                let challenge = try #require(Self.hidden(page.text)["challenge_id"])
                try await service.services.outboxWorker.runOnce()
                let sent = try #require(webhook.messages.last).parameters
                let shown = try StrictJSON.read(Array(try await Self.state(service, challenge).utf8))["reference"]
                #expect((sent["reference"] != nil) == isSaid && page.text.contains("编号") == isSaid)
                #expect(sent["text"]?.contains("编号") == isSaid && shown.string == sent["reference"] ?? "")
                service.clock.advance(by: 61)
            }
        }
    }

    @Test func `without scripts: a new code by another way, another number, and after two codes the telephone`()
        async throws
    {
        try await withVendors { place in
            try await place.service.put("company_telephone", #""021-5555 0100""#)
            let typed = "name=%E7%8E%8B&phone=13800000064&consent=true&notice_version=2026-11"
            let first = try await place.service.form("/inquiry/code", typed)
            for part in ["重新获取（会先换一个短信通道）", "换一个号码", "021-5555 0100", "/inquiry/delivery"] {
                #expect(first.text.contains(part), "\(part)")
            }
            #expect(!first.text.contains("两次都没收到"))
            try await place.send()
            var fields = Self.hidden(first.text)
            #expect(fields["sends"] == "1")
            let ids = try await place.texts("SELECT vendor_id FROM messages")
            _ = try await place.report("aliyun", Self.report("13800000064", false, biz: ids[0]))
            let refused = try await place.service.form("/inquiry/delivery", Self.encoded(fields, typed))
            #expect(refused.status == 200 && refused.text.contains("运营商拒收"), "\(refused.text)")
            #expect(refused.text.contains("<details open>"))
            #expect(Self.hidden(refused.text) == fields, "nothing typed is lost")

            let early = try await place.service.form("/inquiry/code", Self.encoded(fields, typed))
            #expect(early.status == 429 && early.headers[.retryAfter] == "60")
            place.service.clock.advance(by: 61)
            let second = try await place.service.form("/inquiry/code", Self.encoded(fields, typed))
            #expect(second.status == 200 && second.text.contains("两次都没收到"))
            try await place.send()
            #expect(place.tencent.taken.map(\.phone) == ["+8613800000064"], "the next gateway's turn")
            fields = Self.hidden(second.text)
            let id = try await place.texts("SELECT vendor_id FROM messages WHERE gateway = 'tencent'")[0]
            let delivered =
                #"[{"nationcode":"86","mobile":"13800000064","report_status":"SUCCESS","errmsg":"DELIVRD","sid":"\#(id)"}]"#
            _ = try await place.report("tencent", delivered)
            let wrong = try await place.service.form("/inquiry", Self.encoded(fields, typed + "&code=1"))
            #expect(wrong.status == 422 && wrong.text.contains("运营商已送达"))
            #expect(wrong.text.contains("两次都没收到"))
        }
    }

    @Test func `a code asked for a third time goes by the way that was used longest ago, delivered or not`()
        async throws
    {
        try await withVendors { place in
            for _ in 0..<3 {
                _ = try await place.ask("13800000065")
                try await place.send()
                place.service.clock.advance(by: 61)
            }
            #expect(place.aliyun.taken.count == 2 && place.tencent.taken.count == 1)
            _ = try await place.ask("13800000066")
            try await place.send()
            let ids = try await place.texts("SELECT vendor_id FROM messages ORDER BY created_at DESC LIMIT 1")
            _ = try await place.report("aliyun", Self.report("13800000066", true, biz: ids[0]))
            // Six minutes later the first code is over, and still nobody has used it.
            place.service.clock.advance(by: 360)
            _ = try await place.ask("13800000066")
            try await place.send()
            #expect(place.tencent.taken.last?.phone == "+8613800000066")
        }
    }

    @Test func `with one gateway no other way is promised`() async throws {
        try await withService { service in
            let page = try await service.call(.get, "/").text
            #expect(page.contains("没收到？可以重新获取，或") && !page.contains("短信通道"))
        }
    }

    @Test func `the privacy page's code step has the same ways out`() async throws {
        try await withVendors { place in
            try await place.service.put("company_telephone", #""021-5555 0100""#)
            let first = try await place.service.form("/privacy/code", "phone=13800000067&kind=copy")
            #expect(first.status == 200 && first.text.contains("会先换一个短信通道") && !first.text.contains("两次都没收到"))
            place.service.clock.advance(by: 61)
            let second = try await place.service.form(
                "/privacy/code", Self.encoded(Self.hidden(first.text), "phone=13800000067&kind=copy"))
            #expect(second.text.contains("两次都没收到"))
        }
    }

    static func hidden(_ page: String) -> [String: String] {
        Dictionary(
            page.matches(of: /<input type="hidden" name="([^"]+)" value="([^"]*)">/).map {
                (String($0.1), String($0.2))
            },
            uniquingKeysWith: { first, _ in first })
    }

    static func encoded(_ fields: [String: String], _ more: String) -> String {
        fields.map { name, value in
            "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }.joined(separator: "&") + "&" + more
    }
}
