import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// What is agreed to on the pages for browsers without JavaScript, when it changes between two steps.
@Suite struct ConsentPageTests {
    private static func box(_ page: Answer) throws -> String {
        String(try #require(page.text.firstMatch(of: /<input type="checkbox" id="consent"[^>]*>/)).output)
    }

    @Test func `without JavaScript a changed notice asks with an empty box, and agreeing to it goes through`()
        async throws
    {
        try await withService { service in
            // Two minutes before the second shipped notice.
            service.clock.set(try #require(RFC3339.date("2026-11-26T23:58:00+08:00")))
            let person = [("name", "王女士"), ("phone", "13800000001")]
            let step = try await service.post(
                "/inquiry/code",
                person + [("consent", "true"), ("notice_version", "2026-11"), ("consent_marketing", "true")])
            try #require(step.status == 200, "\(step.text)")
            try await service.services.outboxWorker.runOnce()
            let code = try #require(service.sms.code(to: "13800000001"))
            service.clock.advance(by: 180)
            var page = try await service.post("/inquiry", step.hiddenFields + person + [("code", code)])
            for words in ["隐私说明已更新，请阅读新版后再次勾选", "请阅读并勾选隐私说明后再提交"] {
                #expect(page.status == 422)
                #expect(page.text.contains(words), "\(page.text)")
                #expect(try !Self.box(page).contains("checked"))
                let fields = page.hiddenFields
                #expect(fields.filter { $0.0 == "notice_version" }.map(\.1) == ["2026-11-27"])
                #expect(!fields.contains { $0.0 == "consent" })
                page = try await service.post("/inquiry", fields + person + [("code", code)])
            }
            let done = try await service.post(
                "/inquiry", page.hiddenFields + person + [("code", code), ("consent", "true")])
            #expect(done.status == 200 && done.text.contains("提交成功"), "\(done.text)")
            let kept = try await service.column(
                "SELECT string_agg(purpose || ' ' || notice_version, ', ' ORDER BY purpose) FROM consents")
            #expect(kept == "inquiry 2026-11-27, marketing 2026-11-27")
        }
    }

    @Test func `without JavaScript a receiver who is no longer offered is dropped, and the rest goes through`()
        async throws
    {
        try await withService { service in
            try await service.set(
                "consent_recipients",
                #"[{"id":"partner-a","name":"甲公司","contact":"021-12345678","purpose":"代办材料","manner":"加密文件","kinds":"称呼和号码"}]"#
            )
            let person = [("name", "王女士"), ("phone", "13800000001")]
            let step = try await service.post(
                "/inquiry/code",
                person + [("consent", "true"), ("notice_version", "2026-11"), ("consent_recipient", "partner-a")])
            #expect(step.hiddenFields.contains { $0 == ("consent_recipient", "partner-a") })
            try await service.services.outboxWorker.runOnce()
            service.clock.advance(by: 10)
            let code = try #require(service.sms.code(to: "13800000001"))
            try await service.set("consent_recipients", "[]")
            let page = try await service.post("/inquiry", step.hiddenFields + person + [("code", code)])
            #expect(page.status == 422 && page.text.contains("没有这个接收方"))
            #expect(!page.hiddenFields.contains { $0.0 == "consent_recipient" })
            let done = try await service.post(
                "/inquiry", page.hiddenFields + person + [("code", code), ("consent", "true")])
            #expect(done.status == 200 && done.text.contains("提交成功"), "\(done.text)")
            #expect(try await service.column("SELECT string_agg(purpose, ' ') FROM consents") == "inquiry")
        }
    }

    @Test func `an operator without a name is called the same on the page and in the evidence`() async throws {
        try await withService { service in
            let page = try await service.call(.get, "/").text.replacing(/<a [^>]*>|<\/a>/, with: "")
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let body = service.inquiry(phone: "13800000001", challenge: challenge, code: code)
                .replacingOccurrences(of: #""accepted":true"#, with: #""accepted":true,"marketing":true"#)
            try #require(try await service.call(.post, "/api/v1/inquiries", body).status == 201)
            let texts = try await service.database.query("SELECT text_shown FROM consents ORDER BY purpose")
                .map { try $0.decode(String.self) }
            #expect(texts.count == 2 && texts[0] == "我已阅读《隐私说明》，同意本站为这次咨询致电给我")
            for text in texts { #expect(page.contains("<span>\(text)</span>"), "\(text)") }
        }
    }
}
