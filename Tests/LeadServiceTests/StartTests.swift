import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What to see to before visitors come, and the message that proves it.
@Suite struct StartTests {
    private static let path = "/api/v1/trial-messages"

    private static func states(_ list: Answer) -> [String: String] {
        Dictionary(list["items"].array.map { ($0["key"].string, $0["state"].string) }) { first, _ in first }
    }

    @Test func `each line is what there is, and the last is done by a message that went out`() async throws {
        try await withVendors { place in
            let service = place.service
            let boss = try await service.colleague("boss", .administrator)
            let bare = try await service.call(.get, "/api/v1/start", token: boss.token)
            let open = Self.states(bare)
            #expect(open["company"] == "open" && open["notice"] == "open" && open["trial"] == "open")
            #expect(open["calendar"] == "done" && bare["done"] == .bool(false))
            let company = bare["items"].array.first { $0["key"].string == "company" }
            #expect(company?["detail"].string.contains("公司名称、咨询电话、外呼号码") == true)

            try await service.put("company_name", #""明泽""#)
            try await service.put("company_telephone", #""021-5555 0100""#)
            try await service.put("caller_number", #""021-5555 0101""#)
            _ = try await service.colleague("second", .administrator)
            try await service.database.query("DELETE FROM calendar_years WHERE year = 2026")
            try await service.services.calendar.reload()
            let filled = Self.states(try await service.call(.get, "/api/v1/start", token: boss.token))
            #expect(filled["company"] == "done" && filled["notice"] == "done" && filled["administrators"] == "done")
            #expect(filled["calendar"] == "open")

            let sent = try await service.call(.post, Self.path, #"{"phone":"138 0000 0077"}"#, token: boss.token)
            #expect(sent.status == 202)
            let trial = Self.path + "/" + sent["id"].string
            #expect(try await service.call(.get, trial, token: boss.token)["text"].string == "正在交给短信通道")
            try await place.send()
            let taken = try #require(place.aliyun.taken.last)
            #expect(taken.phone == "+8613800000077" && taken.parameters.contains(sent["code"].string))
            let accepted = try await service.call(.get, trial, token: boss.token)
            #expect(accepted["text"].string == "阿里云已接收，正在等运营商的回执" && accepted["settled"] == .bool(false))
            #expect(Self.states(try await service.call(.get, "/api/v1/start", token: boss.token))["trial"] == "done")
            // The code opens nothing.
            let challenge = try await place.ask("13800000077")
            let refused = try await service.offer(sent["code"].string, challenge, phone: "13800000077")
            #expect(refused.code == "code_invalid")
            // Its number is nowhere in the clear, and nothing of the outbox is broken.
            let told = try await service.count(
                "SELECT count(*) FROM audit_events WHERE action = 'message.trial' AND actor = 'boss' AND detail::text NOT LIKE '%0077%'"
            )
            #expect(told == 1)
            #expect(try await service.soundness() == [])
        }
    }

    @Test(
        arguments: [
            (#"{"Code":"isv.AMOUNT_NOT_ENOUGH"}"#, "余额或套餐不足"), (#"{"Code":"isv.SMS_SIGNATURE_ILLEGAL"}"#, "签名、模板、密钥"),
            (#"{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}"#, "收不了短信"),
        ])
    func `a refusal is told in words with the vendor's code`(_ answer: String, _ words: String) async throws {
        try await withVendors(["SMS_GATEWAY": "aliyun"]) { place in
            let boss = try await place.service.colleague("boss", .administrator)
            place.aliyun.play { _ in .answer(200, answer) }
            place.tencent.play { _ in
                .answer(
                    200,
                    #"{"Response":{"Error":{"Code":"FailedOperation.InsufficientBalanceInSmsPackage","Message":""},"RequestId":"1"}}"#
                )
            }
            let sent = try await place.service.call(.post, Self.path, #"{"phone":"13800000077"}"#, token: boss.token)
            for _ in 0..<30 {
                try await place.send()
                place.service.clock.advance(by: 30)
            }
            let trial = try await place.service.call(.get, Self.path + "/" + sent["id"].string, token: boss.token)
            #expect(trial["settled"] == .bool(true) && trial["good"] == .bool(false))
            #expect(["failed", "expired"].contains(trial["state"].string))
            let said = trial["text"].string
            #expect(said.contains(words) || said.contains("余额或套餐不足"), "\(said)")
            let list = try await place.service.call(.get, "/api/v1/start", token: boss.token)
            #expect(Self.states(list)["trial"] == "open")
        }
    }

    @Test func `five a day for all together, of twenty at once too, and again the next day`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let other = try await service.colleague("other", .administrator)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await service.call(
                            .post, Self.path, #"{"phone":"138000001\#(10 + number)"}"#,
                            token: number.isMultiple(of: 2) ? boss.token : other.token)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let counted = try await service.count("SELECT count(*) FROM messages")
            #expect(answers.count { $0.status == 202 } == counted && counted <= 5)
            #expect(answers.allSatisfy { [202, 429].contains($0.status) })
            for _ in counted..<5 {
                #expect(
                    try await service.call(.post, Self.path, #"{"phone":"13800000150"}"#, token: boss.token).status
                        == 202)
            }
            let refused = try await service.call(.post, Self.path, #"{"phone":"13800000150"}"#, token: boss.token)
            #expect(refused.status == 429 && (Int(refused.headers[.retryAfter] ?? "") ?? 0) > 3600)
            service.clock.advance(by: 86400)
            let fresh = try await service.colleague("fresh", .administrator)
            #expect(
                try await service.call(.post, Self.path, #"{"phone":"13800000150"}"#, token: fresh.token).status == 202)
        }
    }

    @Test func `a number that asked for no messages, a test number and no number get none`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            try await service.submit(phone: "13800000001")
            try await service.ask("stop_calls", phone: "13800000001")
            try await service.put("test_numbers", #"[{"phone":"13900139000","until":"2027-12-31"}]"#)
            let fresh = try await service.colleague("fresh", .administrator)
            for (phone, code) in [
                ("13800000001", "do_not_call"), ("13900139000", "number_gets_no_messages"),
                ("1380000", "phone_invalid"),
            ] {
                let refused = try await service.call(
                    .post, Self.path, #"{"phone":"\#(phone)"}"#, token: fresh.token)
                #expect(refused.status == 422 && refused.code == code, "\(refused.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM trial_messages") == 0)
            for role in [Role.adviser, .supervisor, .auditor] {
                let person = try await service.colleague("p-\(role.rawValue)", role)
                let answer = try await service.call(.post, Self.path, #"{"phone":"13800000077"}"#, token: person.token)
                #expect(answer.code == "forbidden")
            }
            service.clock.advance(by: 301)
            #expect(
                try await service.call(.post, Self.path, #"{"phone":"13800000077"}"#, token: boss.token).code
                    == "step_up_required")
        }
    }
}
