import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

@Suite struct StatisticsTests {
    private static let rich = #""answers":{"age":30,"education":"bachelor_with_degree","insured_months":72}"#
    private static let poor = #""answers":{"age":30,"education":"associate","insured_months":36}"#
    private static let article = #""source":{"utm":{"source":"article"}}"#

    /// Two days of six inquiries, one in quarantine and one code that nobody used.
    ///
    /// They begin on Wednesday at 10:30 and end on Thursday at 18:31.
    private func twoDays(_ service: TestService, _ anna: Colleague, _ boris: Colleague) async throws {
        func work(_ colleague: Colleague, _ result: String, isRevealed: Bool = true) async throws {
            let claimed = try await service.claim(colleague)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            if isRevealed {
                let shown = try await service.call(
                    .post, path + "/reveal", #"{"purpose":"回访"}"#, token: colleague.token)
                try #require(shown.status == 200, "\(claimed.text) \(shown.text)")
            }
            let answer = try await service.call(.post, path + "/attempts", result, token: colleague.token)
            try #require(answer.status == 200, "\(answer.text)")
        }
        // A: tried after half an hour, reached after three, signed the next morning.
        try await service.submit(phone: "13800000001", more: ",\(Self.rich),\(Self.article)")
        service.clock.advance(by: 1800)
        try await work(anna, #"{"disposition":"no_answer"}"#)
        service.clock.advance(by: 2.5 * 3600)
        try await work(
            anna, #"{"disposition":"reached_interested","call_again_at":"2026-11-26T10:00:00+08:00"}"#)
        // B: put away by boris, who never looked at the number.
        try await service.submit(phone: "13800000002", more: ",\(Self.article)")
        try await work(boris, #"{"disposition":"spam"}"#, isRevealed: false)
        // C: taken back by the visitor.
        let receipt = try service.receipt(of: try await service.submit(phone: "13800000003"))
        #expect(try await service.call(.post, receipt + "/cancel", "{}").status == 200)
        // D: reached half an hour too late. E: never tried.
        service.clock.advance(by: 60)
        try await service.submit(phone: "13800000004", more: ",\(Self.poor)")
        service.clock.advance(by: 60)
        try await service.submit(phone: "13800000005")
        try await service.submit(phone: "13800000006", more: #","website":"x""#)
        #expect(try await service.askForCode("13800000007").status == 202)
        service.clock.set(try #require(RFC3339.date("2026-11-26T10:00:00+08:00")))
        try await work(anna, #"{"disposition":"converted","reference":"HT-1"}"#)
        service.clock.set(try #require(RFC3339.date("2026-11-26T18:30:00+08:00")))
        try await work(boris, #"{"disposition":"reached_not_interested","reason":"费用"}"#)
        // F: due tomorrow, anna has it in hand.
        service.clock.advance(by: 60)
        let last = try await service.submit(phone: "13800000008")["inquiry_id"].string
        let boss = try await service.colleague("boss", .supervisor)
        let task = try #require(
            try await service.column(
                "SELECT id::text FROM callback_tasks WHERE latest_inquiry_id = \(UUID(uuidString: last))"))
        let assigned = try await service.call(
            .post, "/api/v1/callbacks/\(task)/assign", #"{"adviser":"anna"}"#, token: boss.token)
        #expect(assigned.status == 204)
        #expect(try await service.claim(anna)["id"].string == task)
    }

    @Test func `every number is that of a slow count by hand`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await self.twoDays(service, anna, boris)
            let auditor = try await service.colleague("eva", .auditor)
            let stats = try await service.call(.get, "/api/v1/stats", token: auditor.token)
            try #require(stats.status == 200, "\(stats.text)")
            #expect(stats["from"].string == "2026-11-20" && stats["to"].string == "2026-11-26")
            #expect(stats["as_of"].string == "2026-11-26T18:31:00+08:00")
            func text(_ value: JSONValue) -> String { JSONOutput(value).text }
            #expect(
                text(stats["funnel"]) == #"{"accepted":6,"attempted":2,"contacted":2,"converted":1,"qualified":1}"#)
            #expect(
                text(stats["sources"]) == """
                    [{"accepted":4,"attempted":1,"contacted":1,"converted":0,"qualified":0,"source":""},\
                    {"accepted":2,"attempted":1,"contacted":1,"converted":1,"qualified":1,"source":"article"}]
                    """)
            #expect(
                text(stats["promise"]) == """
                    {"broken":2,"kept":1,"left_out":{"count":2,"endings":[{"by":null,"count":1,"reason":"cancelled"},\
                    {"by":"boris","count":1,"reason":"spam"}]},"open":1}
                    """)
            // From 13:31 to 18:00, and the next day's nine hours.
            #expect(text(stats["first_attempt"]) == #"{"count":2,"p50_minutes":30,"p95_minutes":\#(269 + 540)}"#)
            #expect(text(stats["first_contact"]) == #"{"count":2,"p50_minutes":180,"p95_minutes":\#(269 + 540)}"#)
            #expect(text(stats["first_qualified"]) == #"{"count":1,"p50_minutes":180,"p95_minutes":180}"#)
            // The task's own three times, as the statements that write results keep them.
            let own = """
                SELECT string_agg(concat_ws(' ', to_char(t.first_attempt_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24:MI'),
                    to_char(t.first_contact_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'),
                    coalesce(to_char(t.first_qualified_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'), 'never')), ', ' ORDER BY t.first_attempt_at)
                FROM callback_tasks t WHERE t.first_attempt_at IS NOT NULL
                """
            #expect(try await service.column(.init(unsafeSQL: own)) == "25 11:00 13:30 13:30, 26 18:30 18:30 never")
            #expect(
                text(stats["codes"]) == """
                    {"forms":[{"form":"default/script","sent":8,"verified":7}],"from":"2026-11-20","sent":8,"verified":7}
                    """)
            let advisers = stats["advisers"].array.map { one in
                [
                    "open", "claimed", "attempts", "counting_attempts", "contacts", "reveals", "results_without_reveal",
                ].map { one[$0].int }
            }
            #expect(stats["advisers"].array.map { $0["username"].string } == ["anna", "boris", "boss"])
            #expect(advisers == [[1, 1, 3, 3, 2, 3, 0], [0, 0, 2, 1, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0]])
            let scores = stats["assessments"]
            #expect(scores["count"].int == 2 && scores["reaching_120"].int == 1)
            let filled = scores["histogram"].array.filter { $0["count"].int > 0 }
            let lowest = try await service.count("SELECT min(total) / 10 * 10 FROM assessments")
            #expect(filled.map { $0["from"].int } == [lowest, 130])
            #expect(
                scores["histogram"].array.map { $0["from"].int } == Array(stride(from: lowest, through: 130, by: 10)))
            let steps = try await service.column(
                """
                SELECT string_agg(DISTINCT k, ',' ORDER BY k) FROM assessments, jsonb_array_elements(suggestions) s,
                    jsonb_object_keys(s->'answers_changed') k WHERE total < 120
                """)
            #expect(scores["suggested"].array.map { $0["answer"].string }.sorted().joined(separator: ",") == steps)
            #expect(scores["suggested"].array.allSatisfy { $0["count"].int == 1 })
            try await self.compareDays(service, auditor, with: stats)
        }
    }

    /// The days one by one add up to both, and say what plain statements say.
    private func compareDays(_ service: TestService, _ auditor: Colleague, with both: Answer) async throws {
        var sums: [String: Int] = [:]
        for (day, accepted) in [("2026-11-25", 5), ("2026-11-26", 1), ("2026-11-24", 0)] {
            let one = try await service.call(.get, "/api/v1/stats?from=\(day)&to=\(day)", token: auditor.token)
            #expect(one["funnel"]["accepted"].int == accepted)
            for name in ["attempted", "contacted", "qualified", "converted"] {
                sums[name, default: 0] += one["funnel"][name].int
            }
            for name in ["kept", "broken", "open"] { sums[name, default: 0] += one["promise"][name].int }
            sums["sent", default: 0] += one["codes"]["sent"].int
        }
        for (name, sum) in sums {
            let value = [both["funnel"][name], both["promise"][name], both["codes"][name]].first { $0 != .null }
            #expect(value?.int == sum, "\(name)")
        }
        let real = "SELECT count(*) FROM inquiries i WHERE NOT quarantined AND"
        #expect(try await service.count("\(real) met_at <= due_at") == both["promise"]["kept"].int)
        #expect(try await service.count("\(real) cancelled_at IS NOT NULL") == 1)
        #expect(
            try await service.count("\(real) met_at IS NULL AND due_at > '\(both["as_of"].string)'")
                == both["promise"]["open"].int)
    }

    @Test func `inquiries are counted, not people, and what is closed later changes no deadline that had passed`()
        async throws
    {
        try await withService { service in
            let (anna, boss) = (
                try await service.colleague("anna"), try await service.colleague("boss", .supervisor)
            )
            try await service.submit(phone: "13800000001")
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            try await service.submit(phone: "13800000002")
            let claimed = try await service.call(
                .post, "/api/v1/callbacks/claim", #"{"phone":"13800000001"}"#, token: anna.token)
            let path = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
            #expect(
                try await service.call(.post, path, #"{"disposition":"no_answer"}"#, token: anna.token).status == 200)
            var stats = try await service.call(.get, "/api/v1/stats", token: boss.token)
            #expect(stats["funnel"]["accepted"].int == 3 && stats["funnel"]["attempted"].int == 2)
            #expect(stats["promise"]["kept"].int == 2 && stats["promise"]["open"].int == 1)
            // Nobody looked at the number of somebody who rang: that is no result without a look.
            #expect(stats["advisers"][0]["reveals"].int == 0 && stats["advisers"][0]["results_without_reveal"].int == 0)
            service.clock.advance(by: 2 * 86400)
            let late = try await service.claim(anna)
            let spam = try await service.call(
                .post, "/api/v1/callbacks/\(late["id"].string)/attempts", #"{"disposition":"spam"}"#, token: anna.token)
            #expect(spam.status == 200)
            stats = try await service.call(.get, "/api/v1/stats", token: boss.token)
            #expect(stats["promise"]["broken"].int == 1 && stats["promise"]["left_out"]["count"].int == 0)
            // Codes of so long ago are kept no more; the inquiries are.
            service.clock.advance(by: 10 * 86400)
            stats = try await service.call(.get, "/api/v1/stats?from=2026-11-25&to=2026-11-25", token: boss.token)
            #expect(stats["codes"] == .null && stats["funnel"]["accepted"].int == 3)
        }
    }

    @Test func `supervisors and auditors read them, and days that cannot be are refused`() async throws {
        try await withService { service in
            for (name, role, status) in [
                ("anna", Role.adviser, 403), ("pia", .privacy, 403), ("eva", .auditor, 200), ("boss", .supervisor, 200),
                ("chief", .administrator, 200),
            ] {
                let token = try await service.colleague(name, role).token
                #expect(try await service.call(.get, "/api/v1/stats", token: token).status == status, "\(name)")
            }
            #expect(try await service.call(.get, "/api/v1/stats").status == 401)
            let token = try await service.colleague("boris", .supervisor).token
            for (query, code) in [
                ("from=2026-02-30", "date_invalid"), ("to=tomorrow", "date_invalid"), ("from=", "date_invalid"),
                ("from=2026-11-26&to=2026-11-25", "period_invalid"),
                ("from=2025-01-01&to=2026-02-05", "period_too_long"), ("source=x", "unknown_member"),
                ("to=2026-11-25&to=2026-11-26", "repeated"),
            ] {
                let refused = try await service.call(.get, "/api/v1/stats?\(query)", token: token)
                #expect(refused.status == 422 && refused.code == code, "\(query): \(refused.text)")
            }
            let longest = try await service.call(
                .get, "/api/v1/stats?from=2025-01-01&to=2026-02-04", token: token)
            #expect(longest.status == 200 && longest["funnel"]["accepted"].int == 0)
            #expect(
                longest["first_attempt"]["p50_minutes"] == .null && longest["assessments"]["histogram"] == .array([]))
            let ahead = try await service.call(.get, "/api/v1/stats?from=2026-12-24", token: token)
            #expect(ahead["from"].string == "2026-12-24" && ahead["to"].string == "2026-12-24")
        }
    }

    @Test func `the page shows each number with its table, and asks again for days that cannot be`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await self.twoDays(service, anna, boris)
            let auditor = try await service.colleague("eva", .auditor)
            func page(_ query: String) async throws -> Answer {
                try await service.call(
                    .get, "/staff/statistics" + query, token: auditor.token, headers: [.accept: "text/html"])
            }
            let shown = try await page("")
            #expect(shown.status == 200)
            for part in [
                "<dt>按时致电</dt><dd><b>1</b><small>33%</small>", "<th scope=\"row\">恶意/测试</th><td>boris</td>",
                "<th scope=\"row\">客户取消或要求停止</th><td>客户本人</td>",
                "<th scope=\"row\">第一次拨打</th><td class=\"figure\">2</td><td class=\"figure\">30 分钟</td><td class=\"figure\">13 小时 29 分</td>",
                "<th scope=\"row\" class=\"source\">直接访问</th>", "2 份自测，其中 <b>1</b> 份达到 120 分（50%）",
                "<th scope=\"row\">130–139</th><td class=\"figure\">1</td>", "role=\"img\"",
                "只算工作日 09:00–18:00", "2026年11月20日（周五）至 11月26日（周四）",
            ] { #expect(shown.text.contains(part), "\(part)") }
            let scores = try #require(shown.text.components(separatedBy: "<title>每 10 分一档的积分分布").last)
            #expect(scores.components(separatedBy: "</svg>")[0].components(separatedBy: "class=\"reaches\"").count == 2)
            // An auditor sees no leads, and is not led to them.
            #expect(!shown.text.contains("/staff/leads") && !shown.text.contains("/staff/desk"))
            #expect(!shown.text.contains("13800000001") && !shown.text.contains("欧阳晓"))
            let wrong = try await page("?from=2026-11-26&to=2026-11-25")
            #expect(wrong.status == 422)
            #expect(wrong.text.contains("结束日期不能早于开始日期") && wrong.text.contains("value=\"2026-11-26\""))
            #expect(try await page("?from=%22%3E&to=").text.contains("value=\"&quot;&gt;\""))
            let empty = try await page("?from=2026-01-01&to=2026-01-31")
            #expect(empty.status == 200 && empty.text.contains("这几天没有受理咨询"))
            #expect(empty.text.contains("验证码的记录只留几天"))
        }
    }
}
