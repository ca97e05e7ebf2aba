import Crypto
import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// That a copy is of everything, on the page for people as in the file for programs.
@Suite struct WholeCopyTests {
    @Test func `a copy shows answers and items, source, window and further answers, and what is kept with a consent`()
        async throws
    {
        try await withService(["BUDGET_FACTOR": "10", "TRUSTED_PROXIES": "127.0.0.1/32"]) { service in
            let more =
                #","remark":"周末也可以","preferred_window":"afternoon","extra":{"孩子几岁":"七岁"},"source":{"page_url":"https://firm.example/p","utm":{"campaign":"spring"}},"answers":{"age":44,"education":"master"}"#
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let taken = try await service.call(
                .post, "/api/v1/inquiries",
                service.inquiry(phone: "13800000001", challenge: challenge, code: code, more: more),
                headers: [.userAgent: "Shouji/1", .forwardedFor: "203.0.113.77"])
            try #require(taken.status == 201, "\(taken.text)")
            let answer = try await service.ask("copy", phone: "13800000001")
            let result = try await service.result(of: answer)
            let digest = Hex.text(Array(SHA256.hash(data: Data("Shouji/1".utf8))))
            let consent = result["consents"][0]
            #expect(consent["address"].string == "203.0.113.77" && consent["channel"].string == "script")
            #expect(consent["user_agent_sha256"].string == digest)
            #expect(result["assessments"][0]["answers"]["age"].int == 44)
            let path = try #require(URL(string: answer["result_url"].string)).path
            let page = try await service.call(.get, path, headers: [.accept: "text/html"])
            for part in [
                "方便接电话：午后", "备注：周末也可以", "孩子几岁：七岁", "来源：填表页面：https://firm.example/p", "来源：推广 活动：spring",
                "203.0.113.77", digest, "方式：", "网页表单", "硕士",
            ] { #expect(page.text.contains(part), "\(part)\n\(page.text)") }
            for item in result["assessments"][0]["item_details"].array {
                #expect(page.text.contains(item["text"].string), "\(item["text"].string)")
            }
        }
    }

    @Test func `who erases is told that the evidence of consent stays, with the address and without number and name`()
        async throws
    {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            let answer = try await service.ask("erase", phone: "13800000001")
            let path = try #require(URL(string: answer["result_url"].string)).path
            let page = try await service.call(.get, path, headers: [.accept: "text/html"])
            #expect(page.text.contains("只留下不含号码和姓名的同意记录（内容、时间、当时的网络地址和浏览器摘要）"))
            #expect(page.text.contains("保存期满即删除"))
            #expect(
                try await service.count(
                    "SELECT count(*) FROM consents WHERE address IS NOT NULL AND user_agent_hash IS NOT NULL") == 1)
        }
    }
}
