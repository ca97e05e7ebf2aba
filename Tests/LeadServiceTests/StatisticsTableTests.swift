import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The tables of the statistics, their files and their charts; the clock starts on Wednesday, 2026-11-25 at 10:30.
@Suite struct StatisticsTableTests {
    private static func page(_ address: String) -> String { #","source":{"page_url":"\#(address)"}"# }

    /// Five inquiries of two days, two of them tried in time.
    private func twoDays(_ service: TestService) async throws {
        let anna = try await service.colleague("anna")
        func call(_ phone: String, _ result: String) async throws {
            let claimed = try await service.claim(anna, #"{"phone":"\#(phone)"}"#)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            let shown = try await service.call(.post, path + "/reveal", #"{"purpose":"回访"}"#, token: anna.token)
            try #require(shown.status == 200, "\(shown.text)")
            let ended = try await service.call(.post, path + "/attempts", result, token: anna.token)
            try #require(ended.status == 200, "\(ended.text)")
        }
        try await service.submit(phone: "13800000001", more: Self.page("https://example.com/points?from=a"))
        try await service.submit(phone: "13800000002", more: Self.page("https://example.com/points#form"))
        try await service.submit(phone: "13800000003", more: Self.page("https://example.com/family"))
        service.clock.advance(by: 1800)
        try await call("13800000001", #"{"disposition":"converted","reference":"HT-1"}"#)
        service.clock.set(try #require(RFC3339.date("2026-11-26T10:00:00+08:00")))
        try await service.submit(phone: "13800000004", more: #","source":{"utm":{"source":"=1+1"}}"#)
        try await service.submit(phone: "13800000005", more: Self.page("https://example.com/family"))
        try await call("13800000005", #"{"disposition":"no_answer"}"#)
    }

    @Test func `each headline stands beside that of equally many days directly before`() async throws {
        try await withService { service in
            try await self.twoDays(service)
            let boss = try await service.colleague("boss", .supervisor)
            func stats(_ days: String) async throws -> Answer {
                let answer = try await service.call(.get, "/api/v1/stats?" + days, token: boss.token)
                try #require(answer.status == 200, "\(answer.text)")
                return answer
            }
            func numbers(_ answer: Answer, _ member: String) -> [String: JSONValue] {
                Dictionary(
                    uniqueKeysWithValues: answer["previous"]["numbers"].array.map { ($0["name"].string, $0[member]) })
            }
            let thursday = try await stats("from=2026-11-26&to=2026-11-26")
            let wednesday = try await stats("from=2026-11-25&to=2026-11-25")
            #expect(thursday["previous"]["from"].string == "2026-11-25")
            #expect(thursday["previous"]["to"].string == "2026-11-25")
            // What is before Thursday is what Wednesday itself says, and that is what plain statements say.
            let before = numbers(thursday, "before")
            #expect(before == numbers(wednesday, "value") && before.count == 20)
            let day = "SELECT count(*) FROM inquiries WHERE accepted_at < '2026-11-26 00:00+08' AND"
            #expect(try await service.count("\(day) true") == before["accepted"]?.int)
            #expect(try await service.count("\(day) met_at <= due_at") == before["kept"]?.int)
            #expect(before["converted"]?.int == 1 && before["kept_percent"]?.int == 100)
            let difference = numbers(thursday, "difference")
            #expect(difference["accepted"]?.int == -1 && difference["converted"]?.int == -1)
            #expect(difference["first_attempt_p50_minutes"]?.int == -30)
            // Nobody was spoken to on Thursday: no time, and no difference either.
            #expect(numbers(thursday, "value")["first_contact_p50_minutes"] == .null)
            #expect(before["first_contact_p50_minutes"]?.int == 30)
            #expect(difference["first_contact_p50_minutes"] == .null)
            // A month so far is compared with as many days; one that has not begun with none.
            let far = try await stats("from=2026-11-25&to=2026-12-31")
            #expect(far["previous"]["from"].string == "2026-11-23" && far["previous"]["to"].string == "2026-11-24")
            #expect(far["days"].array.map { $0["date"].string } == ["2026-11-25", "2026-11-26"])
            #expect(try await stats("from=2026-12-01&to=2026-12-31")["previous"] == .null)
            let shown = try await service.call(
                .get, "/staff/statistics?from=2026-11-26&to=2026-11-26", token: boss.token,
                headers: [.accept: "text/html"])
            for part in [
                "上一期：2026年11月25日（周三），天数相同",
                "<th scope=\"row\">受理咨询</th><td class=\"figure\">2</td><td class=\"figure\">3</td><td>↓ 减少 1</td>",
                "<th scope=\"row\">第一次联系上，一半不超过</th><td class=\"figure\">—</td><td class=\"figure\">30 分钟</td><td>—</td>",
            ] { #expect(shown.text.contains(part), "\(part)") }
        }
    }

    @Test func `an article is the page of the form without query, and days add up to the period`() async throws {
        try await withService { service in
            try await self.twoDays(service)
            let boss = try await service.colleague("boss", .supervisor)
            let stats = try await service.call(.get, "/api/v1/stats", token: boss.token)
            let articles = stats["articles"].array.map {
                "\($0["article"].string) \($0["accepted"].int) \($0["attempted"].int) \($0["converted"].int)"
            }
            #expect(articles == ["example.com/family 2 1 0", "example.com/points 2 1 1", " 1 0 0"])
            for (path, count) in [("family", 2), ("points", 2)] {
                let slow =
                    "SELECT count(*) FROM inquiries WHERE source ->> 'page_url' LIKE 'https://example.com/\(path)%'"
                #expect(try await service.count(slow) == count)
            }
            for name in ["accepted", "kept", "broken"] {
                let sum = stats["days"].array.reduce(0) { $0 + $1[name].int }
                #expect(sum == (name == "accepted" ? stats["funnel"][name].int : stats["promise"][name].int), "\(name)")
            }
            #expect(stats["days"].array.map { $0["accepted"].int } == [0, 0, 0, 0, 0, 3, 2])
            #expect(stats["days"].array.map { $0["kept"].int } == [0, 0, 0, 0, 0, 1, 1])
        }
    }

    @Test func `each table is a file that a spreadsheet reads, without formulas, and taking it is audited`()
        async throws
    {
        try await withService { service in
            try await self.twoDays(service)
            let eva = try await service.colleague("eva", .auditor)
            let names = [
                "now", "comparison", "recent", "days", "endings", "breaches", "times", "funnel", "sources", "articles",
                "costs",
                "advisers", "assessments", "suggestions", "care", "exports", "queues", "calendar", "messages",
            ]
            let page = try await service.call(
                .get, "/staff/statistics", token: eva.token, headers: [.accept: "text/html"])
            var files: [String: String] = [:]
            for name in names {
                let file = try await service.call(.get, "/api/v1/stats/\(name)", token: eva.token)
                #expect(file.status == 200 && file.headers[.contentType] == "text/csv; charset=utf-8", "\(name)")
                #expect(file.text.hasPrefix("\u{FEFF}\"") && file.text.hasSuffix("\"\r\n"), "\(name)")
                #expect(
                    file.headers[.contentDisposition]
                        == "attachment; filename=\"\(name)-2026-11-20-2026-11-26.csv\"")
                files[name] = file.text
            }
            let sources = try #require(files["sources"])
            #expect(sources.contains("\r\n\"'=1+1\",\"1\",\"0\",\"0\",\"0\",\"0\"\r\n"), "\(sources)")
            #expect(files["articles"]?.contains("\r\n\"example.com/points\",\"2\",\"1\",\"1\",\"1\",\"1\"\r\n") == true)
            #expect(files["days"]?.hasSuffix("\"2026-11-26\",\"2\",\"1\",\"0\",\"100\"\r\n") == true)
            #expect(
                files["funnel"]?.contains("\"发出验证码\",\"5\",\"\"\r\n\"验证通过\",\"5\",\"\"\r\n\"受理咨询\",\"5\",\"100\"")
                    == true)
            #expect(files["times"]?.contains("\"第一次拨打\",\"2\",\"0\",\"30\"") == true)
            #expect(files["comparison"]?.contains("\"受理咨询\",\"5\",\"0\",\"5\"") == true)
            for name in ["sources", "articles", "funnel", "days", "comparison", "times", "advisers"] {
                #expect(
                    page.text.contains("/api/v1/stats/\(name)?from=2026-11-20&amp;to=2026-11-26\" download"), "\(name)")
            }
            let told = try await service.count(
                "SELECT count(*) FROM audit_events WHERE action = 'statistics.export' AND actor = 'eva'")
            #expect(told == names.count)
            #expect(try await service.call(.get, "/api/v1/stats/nothing", token: eva.token).status == 404)
            #expect(try await service.call(.get, "/api/v1/stats/days?from=x", token: eva.token).status == 422)
            let anna = try await service.login("boris")
            #expect(try await service.call(.get, "/api/v1/stats/days", token: anna).status == 403)
        }
    }

    @Test func `each chart has a name and its bars, and stands over its table`() async throws {
        try await withService { service in
            try await self.twoDays(service)
            let boss = try await service.colleague("boss", .supervisor)
            func page(_ query: String) async throws -> String {
                try await service.call(
                    .get, "/staff/statistics" + query, token: boss.token, headers: [.accept: "text/html"]
                ).text
            }
            let shown = try await page("")
            let charts = shown.components(separatedBy: "<svg class=\"chart\"").dropFirst().map {
                $0.components(separatedBy: "</svg>")[0]
            }
            // The days, their share, the funnel, sources, advisers and what was done with data: each with its own name.
            let titles = charts.compactMap { $0.firstMatch(of: /<title>([^：（<]+)/).map { String($0.1) } }
            #expect(titles == ["每天的按时率", "每天受理的咨询", "每一步还剩多少", "受理的咨询来自哪里", "每位顾问的有效拨打", "对个人信息做了什么"])
            try #require(charts.count == 6)
            let days = charts[1]
            #expect(charts.allSatisfy { $0.contains("role=\"img\"><title>") && !$0.contains("style=") })
            // Two days with inquiries, each with a bar of them and one of the kept promise.
            #expect(days.contains("<title>每天受理的咨询（共 5）和其中按时致电的（共 2）</title>"))
            #expect(days.components(separatedBy: "<rect").count == 5)
            #expect(days.components(separatedBy: "class=\"reaches\"").count == 3)
            // The highest is as high as the room, a third of it as high as a third.
            #expect(days.contains("height=\"128\"/>") && days.contains("height=\"42.7\" class=\"reaches\""))
            #expect(charts[2].contains("发出验证码 5，验证通过 5，受理咨询 5，已拨打 2"))
            #expect(charts[2].components(separatedBy: "<rect").count == 8)
            for (chart, table) in [("每天受理", "id=\"c-days\""), ("每一步还剩多少：", "id=\"c-funnel\"")] {
                let (above, below) = (shown.range(of: chart), shown.range(of: table))
                #expect(try #require(above).lowerBound < #require(below).lowerBound)
            }
            let ahead = try await page("?from=2027-01-01&to=2027-01-02")
            #expect(!ahead.contains("<svg class=\"chart\"") && ahead.contains("这段日期还没有开始"))
        }
    }
}
