import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The visitor's pages of an operator who has filled in nothing: whole all the same.
@Suite struct BarePagesTests {
    @Test func `without an operator no page has an empty link or button, a heading of nothing, or a gap`() async throws
    {
        try await withService { service in
            for (name, page) in try await Self.pages(service) {
                #expect(Self.findings(page) == [], "\(name)")
                #expect(!page.contains("想直接找人谈"), "\(name)")
                if name == "result deleted" {
                    #expect(page.contains("删除了的不能恢复") && !page.contains("填过的内容还在"))
                }
                #expect(!page.contains("未填写") && page.contains("非政府机构"), "\(name)")
            }
        }
    }

    @Test func `where nothing is offered, no page has a heading for it`() async throws {
        try await withService { service in
            try await service.set("benefits", .array([]))
            for (name, page) in try await Self.pages(service) {
                #expect(Self.findings(page) == [], "\(name)")
            }
        }
    }

    @Test(arguments: [
        (#"<a class="main" href="tel:"></a>"#, "empty"), (#"<a href="tel:">致电</a>"#, "leads nowhere"),
        ("<button><span> </span></button>", "empty"), (#"<a href="">去</a>"#, "leads nowhere"),
        ("<h2>标题</h2><ul> </ul><h2>下一个</h2><p>字</p>", "nothing under 标题"), ("<h2>标题</h2><p></p>", "nothing under 标题"),
        ("<h2></h2><p>字</p>", "empty heading"), (##"<a href="#gone">去</a>"##, "leads nowhere"),
    ])
    func `what is looked for would be found`(body: String, finding: String) {
        let found = Self.findings("<main id=\"main\">\(body)</main><footer></footer>")
        #expect(found.contains { $0.contains(finding) }, "\(found)")
    }

    /// Every page a visitor can come to, by a name of its own.
    private static func pages(_ service: TestService) async throws -> [(String, String)] {
        let html: HTTPFields = [.accept: "text/html"]
        var pages: [(String, String)] = []
        func get(_ path: String, _ name: String? = nil) async throws {
            pages.append((name ?? path, try await service.call(.get, path, headers: html).text))
        }
        func post(_ path: String, _ fields: String, _ name: String) async throws {
            pages.append((name, try await service.form(path, fields).text))
        }
        for path in ["/", "/permit-renewal", "/privacy", "/nowhere", "/embed/inquiry"] { try await get(path) }
        try await post("/permit-renewal", "valid_until=2026-11-01", "renewal")
        try await post("/assessment", "birth_year=often", "assessment refused")

        let scored = try await service.form("/assessment", "birth_year=1992&birth_month=5")
        let result = try #require(scored.headers[.location])
        try await get(result, "result")
        try await post(result + "/delete", "", "deletion")
        try await get(result, "result deleted")

        let contact = "name=%E7%8E%8B&consent=true&notice_version=2026-11"
        try await post("/inquiry/code", contact + "&phone=1", "contact refused")
        try await post("/inquiry/code", contact + "&phone=13800000011&sends=2", "code")
        try await service.services.outboxWorker.runOnce()
        let code = try #require(service.sms.code(to: "13800000011"))
        let step = pages.last?.1 ?? ""
        let challenge = try #require(step.firstMatch(of: /name="challenge_id" value="([^"]+)"/)?.1)
        service.clock.advance(by: 61)
        try await post(
            "/inquiry", contact + "&phone=13800000011&challenge_id=\(challenge)&code=\(code)", "accepted")
        let accepted = pages.last?.1 ?? ""
        #expect(accepted.contains("提交成功"))
        let receipt = String(try #require(accepted.firstMatch(of: /href="(\/r\/[^"]+)"/)?.1))
        try await get(receipt, "receipt")
        try await get(receipt + "/benefits/guide", "benefit")
        try await post(receipt + "/window", "preferred_window=night", "window refused")
        _ = try await service.form(receipt + "/cancel", "")
        try await get(receipt, "receipt cancelled")

        try await post("/privacy/code", "phone=13800000011&kind=correct", "privacy code")
        let answer = try await service.ask("copy", phone: "13800000011")
        try await get(try #require(URL(string: answer["result_url"].string)).path, "privacy result")
        // The small budget of pages without scripts, and then the page that says what else can be done.
        try await service.set("sends_per_minute", .integer(1), in: -1)
        for number in 0..<4 {
            try await post("/inquiry/code", contact + "&phone=1390000000\(number)", "budget \(number)")
        }
        #expect(pages.contains { $0.1.contains("暂时发不出短信验证码") })
        return pages
    }

    /// What a visitor would stumble over; sections that are still hidden are left out.
    private static func findings(_ page: String) -> [String] {
        var text = page
        for tag in ["main", "section", "div", "p"] {
            text = text.replacingOccurrences(
                of: "(?s)<\(tag)\\b[^>]*\\shidden>.*?</\(tag)>", with: "", options: [.regularExpression])
        }
        func words(_ markup: some StringProtocol) -> String {
            markup.replacingOccurrences(of: "<[^>]*>", with: "", options: [.regularExpression])
                .trimmingCharacters(in: .whitespacesAndNewlines)
        }
        var findings = text.matches(of: /<p>\s*<\/p>/).map { "empty: \($0.output)" }
        for match in text.matches(of: /(?s)<(a|button)\b([^>]*)>(.*?)<\/\1>/) {
            if words(match.3).isEmpty { findings.append("empty: \(match.0)") }
            if match.2.contains(/href="(tel:)?"/) { findings.append("leads nowhere: \(match.0)") }
            if let anchor = match.2.firstMatch(of: /href="#([^"]+)"/)?.1, !page.contains("id=\"\(anchor)\"") {
                findings.append("leads nowhere: \(match.0)")
            }
        }
        // Nothing under a heading until the next one that is not below it, or the end of its section.
        let headings = text.matches(of: /(?s)<h([1-6])\b[^>]*>(.*?)<\/h\1>/)
        for match in headings {
            if words(match.2).isEmpty { findings.append("empty heading: \(match.0)") }
            let rest = text[match.range.upperBound...]
            let end = rest.firstMatch(of: /<h[1-6]\b|<\/(main|section|article)>|<footer/)
            let next = end.flatMap { Int(String(text[$0.range.lowerBound...].dropFirst(2).prefix(1))) }
            let isParent = next.map { $0 > (Int(match.1) ?? 0) } ?? false
            if !isParent, words(rest[..<(end?.range.lowerBound ?? rest.endIndex)]).isEmpty,
                !rest[..<(end?.range.lowerBound ?? rest.endIndex)].contains(/<(input|img|svg)\b/)
            {
                findings.append("nothing under \(words(match.2))")
            }
        }
        return findings
    }
}
