import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// The visitor's pages and forms, as a browser without scripts sees them; what needs a browser is in `Tests/Browser`.
@Suite struct VisitorPagesTests {
    @Test func `answers as people know them are scored as the rules ask for them`() async throws {
        try await withService { service in
            let bases = (2022...2026).map { "base.\($0)-07=15%2C000" }.joined(separator: "&")
            let asked = try await service.form(
                "/assessment", "birth_year=1992&birth_month=%EF%BC%95&education=bachelor&insured_months=72&\(bases)",
                accept: "application/json")
            #expect(asked.status == 201, "\(asked.text)")
            let plain = try await service.call(
                .post, "/api/v1/assessments",
                #"{"answers":{"age":34,"education":"bachelor","insured_months":72,"months_at_0_8x":48,"months_at_1x":48,"title_contribution_ok":true}}"#
            )
            #expect(asked["items"] == plain["items"])
            #expect(asked["total"].int == 30 + 60 + 18 + 50)
            #expect(asked["result_url"].string.hasPrefix("http://127.0.0.1:8080/a/"))
        }
    }

    @Test func `what somebody pays of their own is scored as the base behind it`() async throws {
        try await withService { service in
            // 10.5 % of 12,434, as a payslip rounds it, is one average of that insurance year.
            let fields = "birth_year=1992&birth_month=5&insured_months=12&base_kind=contribution&base.2025-07="
            let scored = try await service.form("/assessment", fields + "1305.6", accept: "application/json")
            #expect(scored.status == 201, "\(scored.text)")
            let months: PostgresQuery =
                "SELECT answers->>'months_at_1x' FROM assessments ORDER BY created_at DESC, id DESC LIMIT 1"
            #expect(try await service.column(months) == "12")
            service.clock.advance(by: 1)
            _ = try await service.form("/assessment", fields + "1303", accept: "application/json")
            #expect(try await service.column(months) == "0")
            let wrong = try await service.form("/assessment", fields.replacing("contribution", with: "base") + "1305.6")
            #expect(wrong.status == 422 && wrong.text.contains("这像是个人每月缴的社保"))
            let much = try await service.form("/assessment", fields + "12000")
            #expect(much.status == 422 && much.text.contains("像是工资"))
            let most = try await service.form("/assessment", fields + "3917", accept: "application/json")
            #expect(most.status == 201, "\(most.text)")
            let kept = try await service.form("/assessment", fields + "x")
            #expect(kept.text.contains(#"value="contribution" checked"#))
        }
    }

    @Test func `what cannot be is said at the field that was asked`() async throws {
        try await withService { service in
            for (fields, pointer) in [
                ("birth_year=&birth_month=5", "/birth_year"), ("birth_year=1992&birth_month=13", "/birth_month"),
                ("birth_year=1992&birth_month=5&base.2025-07=much", "/base.2025-07"),
                ("birth_year=1992&birth_month=5&base.2025-07=-1", "/base.2025-07"),
                ("birth_year=1992&birth_month=5&invest.share_pct=101", "/invest/share_pct"), ("age=121", "/age"),
            ] {
                let answer = try await service.form("/assessment", fields, accept: "application/json")
                #expect(answer.status == 422, "\(fields)")
                #expect(answer["errors"][0]["pointer"].string == pointer, "\(fields): \(answer.text)")
                let page = try await service.form("/assessment", fields)
                #expect(page.status == 422)
                let id = pointer.dropFirst().replacing("/", with: ".")
                #expect(page.text.contains("id=\"e-\(id)\""), "\(fields)")
                #expect(page.text.contains("href=\"#\(id)\""), "\(fields)")
            }
            #expect(try await service.database.query("SELECT 1 FROM assessments").isEmpty)
        }
    }

    @Test func `a total that a browser sends is not taken`() async throws {
        try await withService { service in
            for body in [
                #"{"answers":{"age":44},"total":150}"#, #"{"answers":{"age":44,"total":150}}"#,
                #"{"answers":{"age":44},"items":{"age":150}}"#,
            ] {
                let answer = try await service.call(.post, "/api/v1/assessments", body)
                #expect((400..<500).contains(answer.status), "\(body): \(answer.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM assessments") == 0)
            let form = try await service.form(
                "/assessment", "age=44&total=150&items.age=150", accept: "application/json")
            #expect(form.status == 201 ? form["total"].int == 29 : form.status == 422, "\(form.text)")
        }
    }

    @Test func `the field of a code asks for digits and for the message's code`() async throws {
        try await withService { service in
            let pages = [
                try await service.call(.get, "/"),
                try await service.form(
                    "/inquiry/code", "name=%E7%8E%8B&phone=13800000032&consent=true&notice_version=2026-11"),
                try await service.form("/privacy/code", "phone=13800000033&kind=copy"),
            ]
            for page in pages {
                let field = try #require(page.text.firstMatch(of: /<input id="code"[^>]*>/)).output
                #expect(field.contains(#"inputmode="numeric""#) && field.contains(#"autocomplete="one-time-code""#))
                // Room for what people paste: spaces and hyphens between the digits.
                #expect(field.contains(#"maxlength="12""#))
            }
        }
    }

    @Test func `the page behind a result's link offers its answers to be changed, a code for paper, and no birthday`()
        async throws
    {
        try await withService { service in
            let found = try await service.form(
                "/assessment",
                "birth_year=1986&birth_month=1&education=master&insured_months=40&suburb_area.zone=lingang&suburb_area.years=3"
            )
            #expect(found.status == 303)
            let page = try await service.call(
                .get, try #require(found.headers[.location]), headers: [.accept: "text/html"])
            for part in [
                #"name="age" inputmode="decimal" value="40""#, #"name="education" value="master" checked"#,
                #"name="insured_months" inputmode="decimal" value="40""#, #"value="lingang" selected"#, "<svg viewBox",
                "cn-sh-points-2022", "2026年11月25日", "估算",
            ] { #expect(page.text.contains(part), "\(part)") }
            #expect(!page.text.contains("birth_year"))
            #expect(!page.text.contains("1986"))
        }
    }

    @Test func `a window, a remark and the marketing box travel through the code step`() async throws {
        try await withService { service in
            let typed =
                "name=%E7%8E%8B%E5%A5%B3%E5%A3%AB&phone=13800000031&consent=true&notice_version=2026-11"
                + "&preferred_window=morning&remark=%E5%AD%A9%E5%AD%90&consent_marketing=true&birth_year=1992&birth_month=5"
            let step = try await service.form("/inquiry/code", typed)
            #expect(step.status == 200, "\(step.text)")
            let hidden = step.text.matches(of: /<input type="hidden" name="([^"]+)" value="([^"]*)">/)
            let fields = Dictionary(
                hidden.map { (String($0.1), String($0.2)) }, uniquingKeysWith: { first, _ in first })
            #expect(fields["preferred_window"] == "morning")
            #expect(fields["remark"] == "孩子")
            #expect(fields["consent_marketing"] == "true")
            #expect(fields["birth_year"] == "1992")

            try await service.services.outboxWorker.runOnce()
            service.clock.advance(by: 10)
            let code = try #require(service.sms.code(to: "13800000031"))
            let all = fields.merging(["name": "王女士", "phone": "13800000031", "code": code]) { _, new in new }
            let done = try await service.form("/inquiry", Self.encoded(all))
            #expect(done.status == 200, "\(done.text)")
            #expect(done.text.contains("我们会在 11月26日（周四）12:00 前致电"))
            let kept = try await service.database.query(
                "SELECT 1 FROM inquiries WHERE preferred_window = 'morning' AND remark_sealed IS NOT NULL AND assessment_id IS NOT NULL"
            )
            #expect(kept.count == 1)
            #expect(
                try await service.database.query("SELECT 1 FROM consents WHERE purpose = 'marketing'").count
                    == 1)
        }
    }

    @Test func `a filled trap travels through the code step, and the inquiry is put aside`() async throws {
        try await withService { service in
            for (number, website) in ["http://spam.example", ""].enumerated() {
                let phone = "1380000003\(number)"
                let typed: [(String, String)] = [
                    ("name", "王女士"), ("phone", phone), ("consent", "true"), ("notice_version", "2026-11"),
                    ("website", website),
                ]
                let step = try await service.post("/inquiry/code", typed)
                try #require(step.status == 200, "\(step.text)")
                try await service.services.outboxWorker.runOnce()
                service.clock.advance(by: 10)
                let code = try #require(service.sms.code(to: phone))
                let done = try await service.post(
                    "/inquiry", step.hiddenFields + [("name", "王女士"), ("phone", phone), ("code", code)])
                #expect(done.status == 200 && done.text.contains("前致电"), "\(done.text)")
            }
            #expect(
                try await service.count("SELECT count(*) FROM quarantined_inquiries WHERE reason = 'honeypot'") == 1)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 1)
        }
    }

    @Test func `only the windows inside the opening hours are offered, each with its promise`() async throws {
        try await withService { service in
            let page = try await service.call(.get, "/").text
            #expect(page.contains(#"上午 <span class="n">09:00–12:00</span>"#))
            #expect(page.contains(#"data-says="我们会在 11月26日（周四）12:00 前致电""#))
            #expect(page.contains(#"午后 <span class="n">13:30–18:00</span>"#))
            #expect(!page.contains("晚间"))
            #expect(!page.contains(#"name="consent_marketing" value="true" checked"#))
        }
        try await withService { service in
            let before = try await service.call(.get, "/")
            service.clock.advance(by: 24 * 3600)
            let after = try await service.call(.get, "/")
            #expect(after.text.contains("我们会在 11月27日（周五）18:00 前致电"))
            #expect(before.headers[.eTag] != after.headers[.eTag])
        }
        try await withService(["OPENING_HOURS": "09:00-20:00"]) { service in
            let page = try await service.call(.get, "/").text
            #expect(page.contains(#"晚间 <span class="n">18:00–20:00</span>"#))
            #expect(page.contains(#"data-says="我们会在 11月26日（周四）20:00 前致电""#))
        }
    }

    @Test func `what was typed stays when the form is refused, answers included`() async throws {
        try await withService { service in
            let page = try await service.form(
                "/inquiry/code",
                "name=%E7%8E%8B&phone=1380000&remark=%E6%97%A9%E4%B8%8A&preferred_window=afternoon&birth_year=1992&birth_month=5&base.2025-07=x"
            )
            #expect(page.status == 422)
            for part in [
                #"id="e-phone""#, #"value="1380000""#, ">早上</textarea>", #"value="afternoon" data-says="#,
                #"id="e-base.2025-07""#,
                #"value="1992""#,
            ] { #expect(page.text.contains(part), "\(part)") }
            #expect(try await service.database.query("SELECT 1 FROM verification_challenges").isEmpty)
        }
    }

    @Test func `the renewal check has an address of its own, with checklists and what the rules say`() async throws {
        try await withService { service in
            let page = try await service.call(.get, "/permit-renewal", headers: [.accept: "text/html"])
            #expect(page.status == 200)
            for part in ["本人居住证原件", "随申办实名账户", "续签要求近一年社保满 6 个月", "未满 16 周岁"] {
                #expect(page.text.contains(part), "\(part)")
            }
            let checked = try await service.form("/permit-renewal", "valid_until=2026-11-01")
            for part in ["已逾期 24 天", "2026年11月2日（周一）", "2026年12月31日（周四）", "2027年1月1日（周五）"] {
                #expect(checked.text.contains(part), "\(part)")
            }
        }
    }

    @Test func `pages ask for nothing outside and the first view fits 30 KB`() async throws {
        try await withService { service in
            var total = 0
            for path in ["/", "/assets/site.css", "/assets/site.js"] {
                let answer = try await service.call(.get, path)
                #expect(answer.status == 200)
                #expect(!answer.text.contains("https://"), "\(path)")
                total += try await service.client.execute(
                    uri: path, method: .get, headers: [.acceptEncoding: "gzip"], body: nil
                ) { $0.body.readableBytes }
            }
            #expect(total <= 30 * 1024 - 3 * 700, "\(total) bytes leave no room for headers")
        }
    }

    private static func encoded(_ fields: [String: String]) -> String {
        fields.map { "\($0.key)=\($0.value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
            .joined(separator: "&")
    }
}
