import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Testing

/// The total at once, the items once the phone is proven.
@Suite struct ResultGateTests {
    private static let answers =
        #"{"age":44,"education":"bachelor_with_degree","insured_months":12,"permit_valid":false,"detention_records":1}"#
    private static let html: HTTPFields = [.accept: "text/html"]
    private static let whole: Set<String> = [
        "assessed_on", "assessment_id", "result_url", "rule_version", "items", "item_details", "sum_before_deductions",
        "total",
        "standard",
        "reaches_120", "can_apply", "blocked_by", "notes", "gap",
    ]
    private static let total: Set<String> = [
        "assessed_on", "assessment_id", "result_url", "rule_version", "total", "standard", "reaches_120", "can_apply",
        "gap",
        "withheld",
    ]

    /// Words that only the items, the blockers, the notes and the suggestions have.
    private static let secrets = ["44 周岁", "本科学历", "有效期内的上海市居住证", "按累计月数估算", "的基数再缴"]

    private static func expectNothing(_ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation) {
        for secret in Self.secrets {
            #expect(!answer.text.contains(secret), "\(secret)", sourceLocation: sourceLocation)
        }
        for name in ["items", "item_details", "sum_before_deductions", "blocked_by", "notes"] {
            #expect(answer[name] == .null, sourceLocation: sourceLocation)
        }
        #expect(answer["gap"]["suggestions"] == .null, sourceLocation: sourceLocation)
    }

    private static func path(_ answer: Answer) throws -> String {
        try #require(URL(string: answer["result_url"].string)).path
    }

    @Test func `points that are taken away have a minus on the page and a number in JSON`() async throws {
        try await withService { service in
            let scored = try await service.call(
                .post, "/api/v1/assessments", #"{"answers":{"age":30,"minor_crime_records":1}}"#)
            let points = scored["items"]["deductions"].int
            #expect(points < 0 && !scored.text.contains("−"))
            let page = try await service.call(.get, try Self.path(scored), headers: [.accept: "text/html"])
            #expect(page.text.contains("<td>−\(-points)</td>") && !page.text.contains("<td>-"))
        }
    }

    @Test func `without the gate everything is told at once`() async throws {
        try await withService { service in
            let created = try await service.assess(Self.answers)
            #expect(Set(created.json.names) == Self.whole)
            let page = try await service.call(.get, try Self.path(created), headers: Self.html)
            for secret in Self.secrets { #expect(page.text.contains(secret), "\(secret)") }
            #expect(!page.text.contains("验证手机号后看明细"))
            #expect(try await service.call(.get, "/", headers: Self.html).text.contains("看结果不用留电话"))
        }
    }

    @Test func `behind the gate the total is told, everything is stored, and an inquiry opens the result`() async throws
    {
        try await withService { service in
            try await service.set("items_after_verification", .bool(true))
            let created = try await service.assess(Self.answers)
            #expect(Set(created.json.names) == Self.total)
            #expect(created["total"].int == 72 && created["gap"]["points"].int == 48)
            #expect(created["can_apply"] == .bool(false) && created["reaches_120"] == .bool(false))
            Self.expectNothing(created)
            #expect(try await service.count("SELECT count(*) FROM assessment_items") == 4)

            let path = try Self.path(created)
            let shut = try await service.call(.get, path)
            #expect(Set(shut.json.names) == Self.total.subtracting(["result_url"]))
            Self.expectNothing(shut)
            let page = try await service.call(.get, path, headers: Self.html)
            #expect(page.text.contains("<b data-f=\"total\">72</b>") && page.text.contains("验证手机号后看明细"))
            for secret in ["44 周岁", "按累计月数估算", "的基数再缴"] { #expect(!page.text.contains(secret), "\(secret)") }

            let accepted = try await service.submit(
                phone: "13800000001", more: #","assessment_id":"\#(created["assessment_id"].string)""#)
            let open = try await service.call(.get, path)
            #expect(Set(open.json.names) == Self.whole.subtracting(["result_url"]))
            #expect(open["items"]["age"].int == 29)
            let opened = try await service.call(.get, path, headers: Self.html)
            for secret in Self.secrets { #expect(opened.text.contains(secret), "\(secret)") }
            let receipt = try await service.call(.get, try service.receipt(of: accepted), headers: Self.html)
            #expect(receipt.text.contains("href=\"\(path)\""))
        }
    }

    @Test func `neither the same answers again nor another way to score them tells the items`() async throws {
        try await withService { service in
            try await service.set("items_after_verification", .bool(true))
            let first = try await service.assess(Self.answers)
            try await service.submit(
                phone: "13800000001", more: #","assessment_id":"\#(first["assessment_id"].string)""#)
            let again = try await service.assess(Self.answers)
            #expect(again["assessment_id"] != first["assessment_id"])
            Self.expectNothing(again)
            Self.expectNothing(try await service.call(.get, try Self.path(again)))

            let form = "age=44&education=bachelor_with_degree&insured_months=12"
            let type: HTTPFields = [.contentType: "application/x-www-form-urlencoded"]
            var script = type
            script[.accept] = "application/json"
            let scored = try await service.call(.post, "/assessment", form, headers: script)
            #expect(scored.status == 201)
            Self.expectNothing(scored)
            var browser = type
            browser[.accept] = "text/html"
            let led = try await service.call(.post, "/assessment", form, headers: browser)
            let shown = try await service.call(.get, try #require(led.headers[.location]), headers: Self.html)
            #expect(shown.status == 200 && !shown.text.contains("44 周岁") && shown.text.contains("验证手机号后看明细"))
            // A refused inquiry proves nothing.
            let (challenge, code) = try await service.challenge(for: "13800000002")
            let refused = try await service.offer(
                TestService.wrong(code), challenge, phone: "13800000002",
                more: #","assessment_id":"\#(again["assessment_id"].string)""#)
            #expect(refused.code == "code_invalid")
            Self.expectNothing(refused)
            Self.expectNothing(try await service.call(.get, try Self.path(again)))
        }
    }

    @Test func `a receipt without an assessment leads to none, one made of an inquiry's answers is open`() async throws
    {
        try await withService { service in
            try await service.set("items_after_verification", .bool(true))
            let bare = try await service.submit(phone: "13800000001")
            let page = try await service.call(.get, try service.receipt(of: bare), headers: Self.html)
            #expect(!page.text.contains("/a/") && !page.text.contains("查看完整测算"))
            let scored = try await service.submit(phone: "13800000002", more: #","answers":\#(Self.answers)"#)
            let receipt = try await service.call(.get, try service.receipt(of: scored), headers: Self.html)
            let path = try #require(receipt.text.firstMatch(of: /href="(\/a\/[A-Za-z0-9_-]{43})"/)).1
            #expect(try await service.call(.get, String(path))["items"]["age"].int == 29)
        }
    }

    @Test func `the gate follows its setting's time, and an erasure leaves nothing behind it`() async throws {
        try await withService { service in
            try await service.set("items_after_verification", .bool(true), in: 3600)
            let created = try await service.assess(Self.answers)
            #expect(Set(created.json.names) == Self.whole)
            service.clock.advance(by: 3600)
            Self.expectNothing(try await service.call(.get, try Self.path(created)))
            #expect(try await service.call(.get, "/", headers: Self.html).text.contains("验证手机号后可看"))
            try await service.submit(
                phone: "13800000001", more: #","assessment_id":"\#(created["assessment_id"].string)""#)
            #expect(try await service.call(.get, try Self.path(created))["items"]["age"].int == 29)
            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.call(.get, try Self.path(created)).status == 410)
        }
    }

    @Test func `the page without scripts leads from the total over the code to the whole result`() async throws {
        try await withService { service in
            try await service.set("items_after_verification", .bool(true))
            let created = try await service.assess(Self.answers)
            let id = created["assessment_id"].string
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let done = try await service.call(
                .post, "/inquiry",
                "name=%E7%8E%8B&phone=13800000001&challenge_id=\(challenge)&code=\(code)&consent=true&notice_version=2026-11&assessment_id=\(id)",
                headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"])
            #expect(done.status == 200)
            #expect(done.text.contains("href=\"\(try Self.path(created))\""))
        }
    }

    @Test(arguments: [JSONOutput.string("yes"), .integer(1), .null])
    func `a value that is no yes or no leaves everything open`(value: JSONOutput) async throws {
        try await withService { service in
            try await service.set("items_after_verification", value)
            #expect(Set(try await service.assess(Self.answers).json.names) == Self.whole)
        }
    }
}

extension TestService {
    func assess(_ answers: String) async throws -> Answer {
        let answer = try await self.call(.post, "/api/v1/assessments", #"{"answers":\#(answers)}"#)
        try #require(answer.status == 201, "\(answer.text)")
        return answer
    }

    /// Sets a business rule from now or a later instant on, and has the service read it.
    func set(_ key: String, _ value: JSONOutput, in seconds: TimeInterval = 0) async throws {
        let now = self.clock.now
        let row = (at: now.addingTimeInterval(seconds), text: value.text)
        try await self.database.query(
            """
            INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
            VALUES (\(key), \(row.text)::text::jsonb, \(row.at), 'test', \(now))
            ON CONFLICT (key, effective_at) DO UPDATE SET value = excluded.value
            """)
        try await self.services.settings.reload()
    }
}
