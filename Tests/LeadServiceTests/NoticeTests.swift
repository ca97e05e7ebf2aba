import Crypto
import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

@Suite struct NoticeTests {
    @Test func `each version has a public address, a date and the hash of its text`() async throws {
        try await withService { service in
            try await service.publish("2026-12", from: "2026-12-01", "# 隐私说明\n## 一、变化\n- 用途改了")
            for version in ["2026-11", "2026-12"] {
                let notice = try await service.call(.get, "/api/v1/privacy-notice/\(version)")
                let hash = Hex.text(SHA256.hash(data: Data(notice["text"].string.utf8)))
                #expect(notice["sha256"].string == hash && notice["version"].string == version)
                let page = try await service.call(.get, "/privacy/\(version)", headers: [.accept: "text/html"])
                #expect(page.status == 200 && page.text.contains(hash))
            }
            #expect(try await service.call(.get, "/privacy/2027-01").status == 404)
            let page = try await service.call(.get, "/privacy")
            for text in ["保存多久", "12 个月", "请不要填写身份证号", "/privacy/code", "/privacy/2026-11"] {
                #expect(page.text.contains(text), "\(text)")
            }
        }
    }

    @Test func `the shipped notice says the terms the retention keeps, and who carries messages`() async throws {
        let notices = try ReferenceData().notices
        #expect(notices.map(\.version) == ["2026-11", "2026-11-27"])
        // Consents were given to it: its text is not edited any more.
        #expect(
            Hex.text(notices[0].sha256) == "282f11e65ff3d499b862d7d2cc8b3a352288c38f3ce4d475e83ef6d0d9e75068")
        let text = try #require(notices.last).text
        let terms = RetentionTerms()
        for (term, line) in [
            (RetentionTerm.codes, "验证码的加密摘要：# 天内删除"), (.assessments, "未用于咨询的测算结果：# 天内删除"),
            (.leads, "未成交的咨询：最后一次咨询或通话后 # 个月删除"), (.customers, "已成交的咨询：最后一次咨询或通话后 # 个月删除"),
            (.messages, "短信发送记录（不含内容）：最长 # 个月"), (.corrections, "更正前的旧内容：加密保存 # 天"),
            (.evidence, "删除之后留下的同意记录和删除记录：# 个月"), (.requests, "您提出的查看、更正、删除等请求的记录：# 个月"),
            (.exports, "信息导出的记录：# 个月"), (.audit, "操作日志：# 个月"),
        ] {
            #expect(text.contains("- " + line.replacing("#", with: "\(terms.length(of: term))")), "\(term)")
        }
        #expect(text.contains("每天最多 \(Settings().copiesPerDay) 次"))
        for word in ["阿里云", "腾讯云", "“退订”“T”“TD”“N”或“R”"] { #expect(text.contains(word)) }
        for word in ["退订", "T", "TD", "N", "R"] { #expect(DeliveryReports.meansStop(word)) }
        try await withService { service in
            #expect(try await service.call(.get, "/api/v1/privacy-notice")["version"].string == "2026-11")
            service.clock.set(try #require(RFC3339.date("2026-11-27T00:00:00+08:00")))
            let notice = try await service.call(.get, "/api/v1/privacy-notice")
            #expect(notice["version"].string == "2026-11-27" && notice["effective_on"].string == "2026-11-27")
            #expect(notice["text"].string == text)
        }
    }

    @Test func `a new version asks again, and old consents keep theirs`() async throws {
        try await withService { service in
            try await service.publish("2026-12", from: "2026-12-01", "# 隐私说明\n新的用途")
            try await service.submit(phone: "13800000001")
            service.clock.set(Date(timeIntervalSince1970: 1_796_054_400 + 36 * 3600))
            let (challenge, code) = try await service.challenge(for: "13800000002")
            let body = service.inquiry(phone: "13800000002", challenge: challenge, code: code)
            let refused = try await service.call(.post, "/api/v1/inquiries", body)
            #expect(refused.code == "consent_outdated")
            let renewed = body.replacingOccurrences(of: "2026-11-27", with: "2026-12")
            #expect(try await service.call(.post, "/api/v1/inquiries", renewed).status == 201)
            let versions = try await service.database.query(
                "SELECT notice_version FROM consents c JOIN privacy_notices n ON n.version = c.notice_version AND n.sha256 = c.notice_sha256 ORDER BY 1"
            )
            #expect(try versions.map { try $0.decode(String.self) } == ["2026-11", "2026-12"])
            // A published text never changes, whatever the setting says afterwards.
            try await service.publish("2026-12", from: "2026-12-01", "another text")
            #expect(try await service.call(.get, "/api/v1/privacy-notice")["text"].string.contains("新的用途"))
        }
    }

    @Test func `boxes are asked apart, none is inferred, and an unknown receiver is refused`() async throws {
        try await withService { service in
            try await service.set(
                "consent_recipients",
                #"[{"id":"partner-a","name":"甲公司","contact":"021-12345678","purpose":"代办材料","manner":"加密文件","kinds":"称呼和号码"}]"#
            )
            try await service.submit(phone: "13800000001")
            let (challenge, code) = try await service.challenge(for: "13800000002")
            let body = service.inquiry(phone: "13800000002", challenge: challenge, code: code)
            func with(_ more: String) -> String {
                body.replacingOccurrences(of: #""accepted":true"#, with: #""accepted":true,"# + more)
            }
            let unknown = try await service.call(.post, "/api/v1/inquiries", with(#""recipients":["partner-b"]"#))
            #expect(unknown.status == 422 && unknown.code == "recipient_unknown")
            let headers: HTTPFields = [.userAgent: "Test/1"]
            let accepted = try await service.call(
                .post, "/api/v1/inquiries", with(#""marketing":true,"recipients":["partner-a","partner-a"]"#),
                headers: headers)
            #expect(accepted.status == 201, "\(accepted.text)")
            let rows = try await service.database.query(
                """
                SELECT purpose, text_shown, channel, challenge_id::text, encode(user_agent_hash, 'hex'), host(address) FROM consents
                WHERE challenge_id = \(UUID(uuidString: challenge)) ORDER BY purpose
                """
            ).map { try $0.decode((String, String, String, String, String, String).self) }
            #expect(rows.map(\.0) == ["inquiry", "marketing", "recipient:partner-a"])
            #expect(rows[2].1.contains("甲公司") && rows[2].1.contains("代办材料"))
            let agent = Hex.text(SHA256.hash(data: Data("Test/1".utf8)))
            #expect(rows.allSatisfy { $0.2 == "script" && $0.3 == challenge && $0.4 == agent && !$0.5.isEmpty })
            #expect(try await service.count("SELECT count(*) FROM consents") == 4)
        }
    }

    @Test func `what the page shows is what the evidence says`() async throws {
        try await withService { service in
            try await service.set("company_name", #""回访咨询""#)
            let page = try await service.call(.get, "/").text
            let plain = page.replacing(/<a [^>]*>|<\/a>/, with: "")
            #expect(plain.contains("<span>我已阅读《隐私说明》，同意回访咨询为这次咨询致电给我</span>"))
            #expect(plain.contains("<span>也愿意收到回访咨询的活动和资料短信、电话（可不选，随时可撤回）</span>"))
            #expect(page.matches(of: /name="consent[^>]*checked/).isEmpty)
            let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"]
            let person = "name=%E7%8E%8B&phone=13800000001&consent=true&consent_marketing=true&notice_version=2026-11"
            let step = try await service.call(.post, "/inquiry/code", person, headers: form)
            // The code step carries the choice and does not ask again.
            #expect(
                step.text.contains(#"name="consent_marketing" value="true""#) && !step.text.contains("id=\"optional\""))
            try await service.services.outboxWorker.runOnce()
            let code = try #require(service.sms.code(to: "13800000001"))
            let match = try #require(step.text.firstMatch(of: /name="challenge_id" value="([0-9a-f-]+)"/))
            let sent = try await service.call(
                .post, "/inquiry", person + "&challenge_id=\(match.1)&code=\(code)", headers: form)
            #expect(sent.status == 200 && sent.text.contains("/privacy#requests"))
            let texts = try await service.database.query("SELECT text_shown, channel FROM consents ORDER BY purpose")
            #expect(
                try texts.map { try $0.decode((String, String).self).0 } == [
                    "我已阅读《隐私说明》，同意回访咨询为这次咨询致电给我", "也愿意收到回访咨询的活动和资料短信、电话（可不选，随时可撤回）",
                ])
            #expect(try texts.allSatisfy { try $0.decode((String, String).self).1 == "form" })
        }
    }

    @Test func `without JavaScript a request takes a number, a code and one more click`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            service.clock.advance(by: 61)
            let form: HTTPFields = [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"]
            let page = try await service.call(.get, "/privacy", headers: [.accept: "text/html"])
            #expect(page.text.contains(#"action="/privacy/code" method="post""#))
            let step = try await service.call(.post, "/privacy/code", "phone=13800000001&kind=correct", headers: form)
            #expect(step.status == 200 && step.text.contains(#"action="/privacy/requests""#))
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.last?.template == "privacy_code")
            let code = try #require(service.sms.code(to: "13800000001"))
            let match = try #require(step.text.firstMatch(of: /name="challenge_id" value="([0-9a-f-]+)"/))
            let fields = "phone=13800000001&kind=correct&challenge_id=\(match.1)"
            let wrong = try await service.call(
                .post, "/privacy/requests", fields + "&name=%E9%BB%84&code=" + (code == "000000" ? "000001" : "000000"),
                headers: form)
            #expect(wrong.status == 422 && wrong.text.contains("验证码不正确或已过期") && wrong.text.contains("value=\"黄\""))
            let done = try await service.call(
                .post, "/privacy/requests", fields + "&name=%E9%BB%84&age=40&code=\(code)", headers: form)
            #expect(done.status == 303)
            let shown = try await service.call(
                .get, try #require(done.headers[.location]), headers: [.accept: "text/html"])
            #expect(shown.status == 200 && shown.text.contains("黄") && !shown.text.contains("13800000001"))
            #expect(shown.text.contains("估算"))
            let file = try await service.call(
                .get, try #require(done.headers[.location]) + "?format=json", headers: [.accept: "text/html"])
            #expect(file["inquiries"].array.count == 1 && file.headers[.contentDisposition] != nil)
        }
    }

    @Test func `an identity number in a remark or a note is not stored`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.submit(phone: "13800000001", more: #","remark":"身份证 310101199001011234""#)
            let path = "/api/v1/callbacks/" + (try await service.claim(adviser))["id"].string
            let result = #"{"disposition":"no_answer","note":"报了 31010119900101123X"}"#
            try #require(try await service.call(.post, path + "/attempts", result, token: adviser.token).status == 200)
            try #require(try await service.claim(adviser).status == 200)
            let card = try await service.call(.get, path, token: adviser.token)
            #expect(card["inquiries"][0]["remark"].string == "身份证 （证件号已隐去）")
            #expect(card.text.contains("报了 （证件号已隐去）") && !card.text.contains("19900101"))
        }
    }
}

extension TestService {
    /// Writes a setting that is in force at once.
    func set(_ key: String, _ json: String) async throws {
        try await self.database.query(
            """
            INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
            VALUES (\(key), \(json)::text::jsonb, \(self.clock.now), 'test', \(self.clock.now))
            ON CONFLICT (key, effective_at) DO UPDATE SET value = excluded.value
            """)
        try await self.services.prepare()
    }

    func publish(_ version: String, from day: String, _ text: String) async throws {
        let notice = JSONOutput.array([
            .object(["version": .string(version), "effective_on": .string(day), "text": .string(text)])
        ])
        try await self.set("privacy_notices", notice.text)
    }
}
