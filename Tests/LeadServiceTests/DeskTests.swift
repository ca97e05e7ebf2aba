import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What advisers have beside the call: the number for another telephone, the clock, WeChat, ready words, their day.
@Suite struct DeskTests {
    @Test func `a number that is shown comes with the code that another telephone dials`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            #expect(try await service.reveal(task, anna)["qr"] == .null)
            _ = try await service.claim(anna)
            let shown = try await service.reveal(task, anna)
            let code = try #require(QRCode("tel:+8613800000001"))
            #expect(shown.members == ["phone", "qr", "second_phone"] && shown["phone"].string == "+8613800000001")
            #expect(shown["qr"]["size"].int == code.size && shown["qr"]["path"].string == code.svgPath)
        }
    }

    @Test func `how long a call took is kept with it and shown in the history`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            let more = #","duration_seconds":155"#
            for (text, code) in [
                ("-1", "out_of_range"), ("14401", "out_of_range"), (#""60""#, "type_mismatch"),
                ("1.5", "type_mismatch"),
            ] {
                _ = try await service.claim(anna)
                let refused = try await service.record(
                    "no_answer", on: task, anna, more: ",\"duration_seconds\":\(text)")
                #expect(refused.status == 422 && refused["errors"][0]["code"].string == code, "\(refused.text)")
            }
            _ = try await service.reveal(task, anna)
            let key: HTTPFields = [.idempotency: "call-1"]
            let first = try await service.record("no_answer", on: task, anna, more: more, headers: key)
            #expect(first.status == 200)
            #expect(try await service.record("no_answer", on: task, anna, more: more, headers: key).text == first.text)
            let other = try await service.record(
                "no_answer", on: task, anna, more: #","duration_seconds":156"#, headers: key)
            #expect(other.code == "idempotency_conflict")
            let card = try await service.call(.get, task.path, token: anna.token)
            #expect(
                card["history"].array.first { $0["kind"].string == "attempt" }?["duration_seconds"].int == 155,
                "\(card.text)")
            service.clock.advance(by: 3 * 3600)
            try await service.workThrough("no_answer", on: task, anna)
            let later = try await service.call(.get, task.path, token: anna.token)
            #expect(later["history"].array.first { $0["kind"].string == "attempt" }?["duration_seconds"] == .null)
        }
    }

    @Test func `whoever added somebody on WeChat is on the card until it is taken back`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            func contact() async throws -> JSONValue {
                try await service.call(.get, task.path, token: boris.token)["wechat"]
            }
            #expect(try await contact() == .null)
            /// They ring us, whatever the next attempt.
            func answered(_ colleague: Colleague, _ more: String) async throws {
                service.clock.advance(by: 60)
                try #require(try await service.claim(colleague, #"{"lead_id":"\#(task.lead.text)"}"#).status == 200)
                let result = try await service.record("no_answer", on: task, colleague, more: more)
                #expect(result.status == 200, "\(result.text)")
            }
            try await answered(anna, #","wechat_added":true"#)
            #expect(try await contact()["added_by"].string == "anna")
            #expect(try await contact()["added_at"].string == "2026-11-25T10:31:00+08:00")
            try await answered(boris, #","wechat_added":true"#)
            #expect(try await contact()["added_by"].string == "anna")
            let card = try await service.call(.get, task.path, token: boris.token)
            #expect(card["history"].array.count { $0["kind"].string == "wechat_added" } == 1)
            try await answered(boris, "")
            #expect(try await contact()["added_by"].string == "anna")
            try await answered(boris, #","wechat_added":false"#)
            #expect(try await contact() == .null)
            #expect(try await service.count("SELECT count(*) FROM wechat_contacts") == 0)
        }
    }

    @Test func `a result that was refused adds nobody on WeChat`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            _ = try await service.claim(anna)
            let refused = try await service.record("no_answer", on: task, boris, more: #","wechat_added":true"#)
            #expect(refused.code == "not_claimant")
            #expect(try await service.count("SELECT count(*) FROM wechat_contacts") == 0)
        }
    }

    @Test func `ready words and the first sentence are the firm's own`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            func desk() async throws -> String {
                try await service.call(.get, "/staff/desk", token: anna.token).text
            }
            let standard = try await desk()
            #expect(standard.contains("响铃到底无人接") && standard.contains("公司名称还没有设置"))
            // How somebody came to us is put in with their card; who rings us is not told that we ring back.
            #expect(standard.contains("您{occasion}咨询居住证积分，我来给您回电"))
            #expect(standard.contains("我是anna。您之前咨询过居住证积分"))
            try await service.put("company_name", #""沪上明泽""#)
            try await service.put("snippets", #"["资料 <已发>"]"#)
            try await service.put("call_script", #"["您好，{company}的{adviser}，回您的咨询"]"#)
            let own = try await desk()
            #expect(own.contains("资料 &lt;已发&gt;") && !own.contains("响铃到底无人接"))
            #expect(own.contains("您好，沪上明泽的anna，回您的咨询"))
            for (key, value) in [
                ("snippets", #"[""]"#), ("snippets", #"["\#(String(repeating: "字", count: 201))"]"#),
                ("snippets", "[1]"),
                ("snippets", "[\(Array(repeating: #""字""#, count: 31).joined(separator: ","))]"),
                ("call_script", #"["您好，回您的咨询"]"#), ("call_script", #""您好，{company}""#),
            ] {
                #expect(!Settings.takes(try StrictJSON.read(Array(value.utf8)), for: key), "\(key) \(value)")
            }
        }
    }

    @Test func `an adviser's day counts what they did and says when all are done`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            func day(_ colleague: Colleague) async throws -> Answer {
                try await service.call(.get, "/api/v1/my-day", token: colleague.token)
            }
            let tasks = [
                try await service.seed(TaskSeed(dueIn: 3600)),
                try await service.seed(TaskSeed(phone: "13800000002", dueIn: 3700)),
                try await service.seed(TaskSeed(phone: "13800000003", dueIn: 3800)),
            ]
            let before = try await day(anna)
            #expect(before["done"].int == 0 && before["due_today"].int == 3, "\(before.text)")
            #expect(before["finished_at"].string.hasPrefix("2026-11-25T1"), "\(before.text)")
            try await service.workThrough("no_answer", on: tasks[0], anna)
            try await service.workThrough("reached_not_interested", on: tasks[1], anna, more: #","reason":"费用""#)
            _ = try await service.claim(anna)
            _ = try await service.record("no_answer", on: tasks[2], anna)
            let after = try await day(anna)
            #expect(after["done"].int == 2 && after["reached"].int == 1)
            #expect(try await day(boris)["done"].int == 0)
            service.clock.advance(by: 300)
            #expect(try await day(anna)["due_today"].int == 1)
            service.clock.advance(by: 86400)
            #expect(try await day(anna)["done"].int == 0)
            let auditor = try await service.colleague("dora", .auditor)
            #expect(try await day(auditor).status == 403)
        }
    }

    @Test func `the result's page is one link away for whoever is in the call, an adviser's own too`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await service.put("items_after_verification", "true")
            try await service.submit(phone: "13800000001", more: #","answers":{"age":30,"education":"master"}"#)
            let claimed = try await service.claim(anna)
            let review = #"{"answers":{"age":30,"education":"doctor"},"note":"学位证已核对"}"#
            #expect(
                try await service.call(
                    .post, "/api/v1/leads/\(claimed["lead_id"].string)/assessments", review, token: anna.token
                ).status == 201)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            let card = try await service.call(.get, path, token: anna.token)
            #expect(card["assessments"].array.count == 2)
            for assessment in card["assessments"].array {
                let url = try #require(URL(string: assessment["result_url"].string))
                let page = try await service.call(.get, url.path, headers: [.accept: "text/html"])
                #expect(page.status == 200 && page.text.contains(String(assessment["total"].int)), "\(page.text)")
                #expect(page.text.contains(assessment["item_details"][0]["text"].string))
            }
            let other = try await service.call(.get, path, token: boris.token)
            #expect(other["assessments"].array.allSatisfy { $0["result_url"] == .null } && !other.text.contains("/a/"))
        }
    }
}
