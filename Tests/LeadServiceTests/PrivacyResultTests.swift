import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What the link behind a privacy request shows, by what was asked.
@Suite struct PrivacyResultTests {
    @Test func `only a copy and a correction show what is kept, a correction what it wrote, as often as it is asked`()
        async throws
    {
        try await withService(["BUDGET_FACTOR": "10"]) { service in
            try await service.submit(
                phone: "13800000001", more: #","remark":"周末也可以","source":{"utm":{"source":"x"}},"answers":{"age":30}"#)
            let lists = ["leads", "inquiries", "assessments", "consents", "calls", "exports", "messages", "benefits"]
            func shown(_ kind: String, _ more: String = "", holds: Set<String>) async throws -> Answer {
                let answer = try await service.ask(kind, phone: "13800000001", more: more)
                let result = try await service.result(of: answer)
                #expect(Set(lists.filter { result[$0].array != [] }) == holds, "\(kind)")
                let path = try #require(URL(string: answer["result_url"].string)).path
                let page = try await service.call(.get, path, headers: [.accept: "text/html"])
                #expect(page.status == 200 && page.text.contains("已办理"))
                #expect(!page.text.contains("没有咨询资料"))
                for secret in ["13800000001", "周末"] {
                    #expect(!page.text.contains(secret) && !result.text.contains(secret), "\(kind)")
                }
                #expect(page.text.contains("黄女士") == holds.contains("inquiries"), "\(kind)")
                return result
            }
            for number in 0..<4 {
                let name = try await shown("correct", #","name":"黄女士\#(number)""#, holds: ["inquiries"])
                #expect(name["inquiries"][0]["name"].string == "黄女士\(number)")
                #expect(name["inquiries"][0]["source"] == .object([:]))
            }
            let answers = try await shown("correct", #","answers":{"age":44}"#, holds: ["assessments"])
            #expect(answers["assessments"][0]["answers"]["age"].int == 44)
            for kind in ["stop_calls", "withdraw", "erase"] { _ = try await shown(kind, holds: []) }
            #expect(try await service.soundness() == [])
        }
    }
}
