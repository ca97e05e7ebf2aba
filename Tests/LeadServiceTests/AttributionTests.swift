import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// Where a visitor came from: kept within bounds, never rewritten, found and exported as it is shown.
@Suite struct AttributionTests {
    private func stored(
        _ service: TestService, _ source: String, phone: String = "13800000001"
    ) async throws -> JSONValue {
        let answer = try await service.submit(phone: phone, more: #","source":\#(source)"#)
        let id = answer["inquiry_id"].string
        let text = try #require(
            try await service.column("SELECT source::text FROM inquiries WHERE id = \(id)::text::uuid"))
        return try StrictJSON.read(Array(text.utf8))
    }

    @Test func `a thousand campaign parameters are cut, and those that are known stay`() async throws {
        try await withService { service in
            let many = (0..<1000).map { #""a\#($0)":"\#(String(repeating: "v", count: 20))""# }.joined(separator: ",")
            let source = #"{"utm":{\#(many),"source":"baidu","campaign":"spring"},"page_url":"https://a.example/x"}"#
            let kept = try await self.stored(service, source)
            #expect(kept["utm"]["source"].string == "baidu" && kept["utm"]["campaign"].string == "spring")
            #expect(kept["page_url"].string == "https://a.example/x")
            #expect((3...40).contains(kept["utm"].names.count))
        }
    }

    @Test func `long values fill eight kibibytes at most, the known ones first`() async throws {
        try await withService { service in
            let long = String(repeating: "积", count: 520)
            let many = (0..<30).map { #""utm_\#($0)":"\#(long)""# }.joined(separator: ",")
            let source = #"{\#(many),"utm":{"source":"wechat"},"last_touch":{"utm":{"source":"wechat"}}}"#
            let answer = try await service.submit(phone: "13800000001", more: #","source":\#(source)"#)
            #expect(answer.status == 201)
            let kept = try await service.column("SELECT source::text FROM inquiries")
            let json = try StrictJSON.read(Array(try #require(kept).utf8))
            #expect(json["utm"]["source"].string == "wechat" && json["last_touch"]["utm"]["source"].string == "wechat")
            #expect(json["utm_0"].string == String(repeating: "积", count: 512))
            #expect(try await service.count("SELECT octet_length(source::text) FROM inquiries") <= 9000)
        }
    }

    @Test func `a referrer of 60 KiB is cut, one over the body's limit is refused`() async throws {
        try await withService { service in
            let referrer = "https://search.example/?q=" + String(repeating: "x", count: 60_000)
            let kept = try await self.stored(service, #"{"referrer":"\#(referrer)"}"#)
            #expect(kept["referrer"].string == String(referrer.prefix(512)))
            let (challenge, code) = try await service.challenge(for: "13800000002")
            let before = try await service.contents()
            let huge = try await service.offer(
                code, challenge, phone: "13800000002",
                more: #","source":{"referrer":"\#(String(repeating: "x", count: 65_536))"}"#)
            #expect(huge.status == 413)
            #expect(try await service.contents() == before)
        }
    }

    @Test func `names that nobody knows are kept, and numbers of people are not`() async throws {
        try await withService { service in
            let kept = try await self.stored(
                service,
                #"{"utm":{"team":"b","source":"x"},"click_ids":{"new_vendor_id":"z-1"},"first_touch":{"at":"2026-11-20T08:00:00Z","utm":{"medium":"cpc"}},"page_url":"https://a.example/13912345678","weather":{"a":{"b":{"c":1}}}}"#
            )
            #expect(kept["utm"]["team"].string == "b" && kept["click_ids"]["new_vendor_id"].string == "z-1")
            #expect(kept["first_touch"]["utm"]["medium"].string == "cpc")
            #expect(!kept["page_url"].string.contains("13912345678"))
            #expect(kept["weather"]["a"]["b"] == .null)
        }
    }

    @Test(arguments: [#""source":"x""#, #""source":[1]"#, #""source":true"#, #""extra":7"#, #""extra":["a"]"#])
    func `where a visitor came from, and further answers, are objects`(member: String) async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000007")
            let answer = try await service.offer(code, challenge, phone: "13800000007", more: "," + member)
            #expect(answer.status == 422 && answer.code == "type_mismatch", "\(answer.text)")
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 0)
        }
    }

    @Test func `a source is never rewritten, only erased`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001", more: #","source":{"utm":{"source":"a"}}"#)
            await #expect(throws: (any Error).self) {
                try await service.database.query(#"UPDATE inquiries SET source = '{"utm":{"source":"b"}}'"#)
            }
            #expect(try await service.column("SELECT source->'utm'->>'source' FROM inquiries") == "a")
            try await service.database.query("UPDATE inquiries SET source = '{}'")
            #expect(try await service.column("SELECT source::text FROM inquiries") == "{}")
        }
    }

    /// What a source is called, whatever it was sent as.
    private static let names = [
        (#"{"utm":{"source":"baidu"},"page_url":"https://a.example/x"}"#, "baidu"),
        (#"{"utm_source":"douyin"}"#, "douyin"),
        (#"{"utm":{},"last_touch":{"utm":{"source":"wechat"}},"page_url":"https://a.example/y"}"#, "wechat"),
        (#"{"page_url":"https://www.a.example:8443/points/2026?x=1#top"}"#, "www.a.example/points/2026"),
        (#"{"page_url":"https://user:word@b.example/x"}"#, "b.example/x"),
        (#"{"page_url":"nonsense","landing_url":"https://c.example"}"#, "c.example"),
        (#"{"page_url":"https://d.example/居住证/积分"}"#, "d.example/居住证/积分"),
        (#"{"referrer":"https://e.example/?q=a@b"}"#, "e.example/"), ("{}", ""),
    ]

    @Test func `the filter finds what the list shows, and the export says the same`() async throws {
        try await withService(["BUDGET_FACTOR": "1000"]) { service in
            let chief = try await service.colleague("chief", .administrator)
            for (index, (source, _)) in Self.names.enumerated() {
                try await service.submit(phone: "1380000\(1000 + index)", more: #","source":\#(source)"#)
                service.clock.advance(by: 1)
            }
            let shown = try await service.call(.get, "/api/v1/leads", token: chief.token)["items"].array
                .reversed().map { $0["source"].string }
            #expect(shown == Self.names.map(\.1))
            for name in shown where !name.isEmpty {
                let body = JSONOutput.object(["source": .string(name)]).text
                let found = try await service.call(.post, "/api/v1/leads/search", body, token: chief.token)
                #expect(found["items"].array.map { $0["source"].string } == [name], "\(found.text)")
            }
            let lines = try await service.call(
                .get, "/api/v1/leads/export?format=ndjson&columns=source", token: chief.token
            ).text.split(separator: "\n")
            #expect(try lines.map { try StrictJSON.read(Array($0.utf8))["source"].string } == shown)
        }
    }

    @Test func `site, campaign and touches can be filtered by and exported`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let key = try await service.addSite()
            let source =
                #"{"page_url":"https://partner.example/a","landing_url":"https://partner.example/l","referrer":"https://s.example/","utm":{"source":"baidu","medium":"=cmd","campaign":"spring"},"first_touch":{"utm":{"source":"article"}},"last_touch":{"utm":{"source":"baidu"}}}"#
            try await service.submit(phone: "13800000001", more: #","form_key":"\#(key)","source":\#(source)"#)
            try await service.submit(phone: "13900000001", more: #","source":{"utm":{"source":"other"}}"#)
            for filter in [
                "partner", "spring", "=cmd", "https://partner.example/a", "https://partner.example/l", "/l",
                "s.example", "article", "baidu",
            ] {
                let body = JSONOutput.object(["source": .string(filter)]).text
                let found = try await service.call(.post, "/api/v1/leads/search", body, token: chief.token)
                #expect(found["items"].array.map { $0["phone_masked"].string } == ["138****0001"], "\(filter)")
            }
            let columns = "site,page_url,landing_url,referrer,utm_medium,utm_campaign,attribution"
            let path = "/api/v1/leads/export?source=partner&columns=\(columns)"
            let csv = try await service.call(.get, path, token: chief.token).text.split(separator: "\r\n")
            #expect(csv[0].contains(#""站点","提交页面","着陆页","引荐来源","媒介","推广活动","来源明细""#))
            #expect(
                csv[1].hasPrefix(
                    #""partner","https://partner.example/a","https://partner.example/l","https://s.example/","'=cmd","spring","{""#
                ), "\(csv[1])")
            let row = try StrictJSON.read(
                Array(try await service.call(.get, path + "&format=ndjson", token: chief.token).text.utf8))
            #expect(row["attribution"]["first_touch"]["utm"]["source"].string == "article")
            #expect(row["utm_medium"].string == "=cmd" && row["site"].string == "partner")
            // Those are only there when they are asked for.
            let usual = try await service.call(.get, "/api/v1/leads/export", token: chief.token).text
            #expect(!usual.contains("站点") && !usual.contains("来源明细"))
        }
    }

    @Test func `without scripts the campaign in the first page's address comes along, by the calculator or not`()
        async throws
    {
        try await withService { service in
            let asked = "name=%E7%8E%8B&consent=true&notice_version=2026-11&phone="
            let came = "http://127.0.0.1:8080/?utm_source=baidu&UTM_Campaign=%E6%98%A5&bd_vid=v-1&phone=x&gclid=g%26b"
            func step(_ path: String, _ fields: String, referrer: String? = nil) async throws -> Answer {
                var headers: HTTPFields = [
                    .contentType: "application/x-www-form-urlencoded", .accept: "text/html",
                ]
                if let referrer { headers[.referer] = referrer }
                return try await service.call(.post, path, fields, headers: headers)
            }
            func source(of phone: String, _ page: Answer) async throws -> JSONValue {
                try #require(page.status == 200, "\(page.text)")
                try await service.services.outboxWorker.runOnce()
                service.clock.advance(by: 10)
                let code = try #require(service.sms.code(to: phone))
                let done = try await service.post(
                    "/inquiry", page.hiddenFields + [("name", "王"), ("phone", phone), ("code", code)])
                #expect(done.status == 200 && done.text.contains("提交成功"), "\(done.text)")
                let kept = try await service.column("SELECT source::text FROM inquiries ORDER BY id DESC LIMIT 1")
                return try StrictJSON.read(Array(try #require(kept).utf8))
            }
            #expect(
                try await service.call(.get, "/").text.contains(
                    #"<meta name="referrer" content="strict-origin-when-cross-origin">"#))
            let straight = try await source(
                of: "13800000001", try await step("/inquiry/code", asked + "13800000001", referrer: came))
            #expect(
                straight["utm"]["source"].string == "baidu" && straight["utm"]["campaign"].string == "春", "\(straight)")
            #expect(
                straight["click_ids"].names.sorted() == ["bd_vid", "gclid"]
                    && straight["click_ids"]["gclid"].string == "g&b")
            #expect(straight["page_url"].string.hasSuffix("/") && !straight["page_url"].string.contains("utm"))

            let scored = try await step("/assessment", "birth_year=1992&birth_month=5", referrer: came)
            let path = try #require(scored.headers[.location])
            #expect(path.contains("utm_source=baidu") && !path.contains("phone") && !path.contains("vid"), "\(path)")
            let result = try await service.call(.get, path, headers: [.accept: "text/html"])
            let arrival = try #require(result.hiddenFields.first { $0.0 == "arrival" }).1
            let field = arrival.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
            let calculated = try await source(
                of: "13800000002",
                try await step(
                    "/inquiry/code", asked + "13800000002&arrival=\(field)", referrer: "http://127.0.0.1:8080/"))
            #expect(calculated["utm"] == straight["utm"] && calculated["click_ids"].names.isEmpty)

            let plain = try await source(
                of: "13800000003",
                try await step("/inquiry/code", asked + "13800000003", referrer: "http://127.0.0.1:8080/"))
            #expect(plain.names.isEmpty)
        }
    }

    @Test func `the page of somebody's result is kept without what opens it`() async throws {
        try await withService { service in
            let stored = try await service.call(.post, "/api/v1/assessments", #"{"answers":{"age":30}}"#)
            let url = stored["result_url"].string
            let token = String(try #require(url.split(separator: "/").last))
            let source =
                #"{"page_url":"\#(url)","landing_url":"\#(url)","first_touch":{"landing_url":"\#(url)"},"last_touch":{"landing_url":"\#(url)/"}}"#
            let kept = try await self.stored(service, source)
            #expect(kept["page_url"].string == "http://127.0.0.1:8080/a/", "\(kept)")
            let chief = try await service.colleague("chief", .administrator)
            for path in [
                "/api/v1/leads", "/api/v1/stats",
                "/api/v1/leads/export?format=ndjson&columns=source,page_url,landing_url,attribution",
            ] {
                let answer = try await service.call(.get, path, token: chief.token)
                #expect(answer.status == 200 && !answer.text.contains(token), "\(path)")
            }
        }
    }

    @Test func `a frame without scripts knows its campaign and the site around it, cut to size`() async throws {
        try await withService { service in
            let key = try await service.addSite()
            let many = (0..<1000).map { "&utm_\($0)=\(String(repeating: "v", count: 200))" }.joined()
            let page = try await service.call(
                .get, "/embed/inquiry?form=\(key)&utm_source=wechat\(many.prefix(6000))",
                headers: [.accept: "text/html", .referer: "https://partner.example/"])
            let arrival = FormFields(try #require(page.hiddenFields.first { $0.0 == "arrival" }).1)
            #expect(arrival["referrer"] == "https://partner.example/" && arrival.values.count <= 25)
            #expect(arrival.values.values.allSatisfy { $0.allSatisfy { $0.count <= 100 } })
        }
    }
}
