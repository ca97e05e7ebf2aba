import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Forms that close, quotas, and the budgets of each site.
@Suite struct SiteTests {
    private static let filled = #"{"company_telephone":"021-5555 0100"}"#

    private struct Offer: Sendable {
        var phone: String
        var challenge: String
        var code: String
    }

    /// So many numbers, each with its code.
    private static func offers(_ count: Int, _ service: TestService) async throws -> [Offer] {
        var offers: [Offer] = []
        for number in 0..<count {
            let phone = "1380000\(1000 + number)"
            let (challenge, code) = try await service.challenge(for: phone)
            offers.append(Offer(phone: phone, challenge: challenge, code: code))
        }
        return offers
    }

    /// All of them at once.
    private static func answers(to offers: [Offer], _ more: String, _ service: TestService) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for offer in offers {
                group.addTask {
                    try await service.offer(offer.code, offer.challenge, phone: offer.phone, more: more)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test(arguments: ["switched off", "past its last day", "used up"])
    func `a closed form says so in the site's words and names the telephone`(_ reason: String) async throws {
        try await withService { service in
            try await service.set(Self.filled)
            let key = try await service.addSite { site in
                site.closedText = "春季咨询名额已满"
                switch reason {
                case "switched off": site.isActive = false
                case "past its last day": site.closesOn = ShanghaiDate(service.clock.now)
                default: site.quota = 1
                }
            }
            switch reason {
            case "past its last day":
                // Open to the end of the day, closed from midnight on in Shanghai.
                service.clock.advance(by: 13.4 * 3600)
                #expect(try await service.call(.get, "/embed/inquiry?form=\(key)").status == 200)
                service.clock.advance(by: 0.2 * 3600)
            case "used up":
                let first = try await service.submit(phone: "13800000001", more: #","form_key":"\#(key)""#)
                #expect(first.status == 201)
            default: break
            }
            let (challenge, code) = try await service.challenge(for: "13900000001")
            let before = try await service.contents()
            let answers = [
                try await service.askForCode("13900000002", key: key, origin: "https://partner.example"),
                try await service.offer(code, challenge, phone: "13900000001", more: #","form_key":"\#(key)""#),
            ]
            for answer in answers {
                #expect(answer.status == 410 && answer.code == "form_closed", "\(answer.text)")
                #expect(answer["detail"].string == "春季咨询名额已满。您可以致电 021-5555 0100（工作日 09:00–18:00）。")
                #expect(answer["telephone"].string == "021-5555 0100")
            }
            let person = [
                ("form_key", key), ("embedded", "1"), ("name", "王"), ("phone", "13900000001"), ("consent", "true"),
            ]
            let submit = [("challenge_id", challenge), ("code", code), ("notice_version", "2026-11")]
            let pages = [
                try await service.call(.get, "/embed/inquiry?form=\(key)"),
                try await service.post("/inquiry/code", person),
                try await service.post("/inquiry", person + submit),
            ]
            for page in pages {
                #expect(page.status == 410, "\(page.text)")
                #expect(page.frameAncestors == "https://partner.example")
                #expect(page.text.contains("春季咨询名额已满") && page.text.contains("tel:02155550100"))
            }
            #expect(try await service.contents() == before)
            // The code is still good for the default form.
            #expect(try await service.offer(code, challenge, phone: "13900000001").status == 201)
        }
    }

    @Test func `sixty submits at once take exactly the quota, and who is refused loses neither code nor try`()
        async throws
    {
        try await withService(["BUDGET_FACTOR": "1000"]) { service in
            let key = try await service.addSite { $0.quota = 7 }
            let form = #","form_key":"\#(key)""#
            let offers = try await Self.offers(60, service)
            let answers = try await Self.answers(to: offers, form, service)
            #expect(answers.count { $0.status == 201 } == 7)
            #expect(answers.count { $0.code == "form_closed" } == 53)
            #expect(try await service.count("SELECT taken FROM sites") == 7)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE site = 'partner'") == 7)
            #expect(try await service.count("SELECT count(*) FROM leads") == 7)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 7)
            #expect(try await service.count("SELECT sum(tries) FROM verification_counters") == 0)
            #expect(try await service.count("SELECT coalesce(sum(used), 0) FROM budgets") == 0)
            #expect(try await service.count("SELECT count(*) FROM submit_locks") == 0)
            // A new quota begins anew, and the same codes are good for it.
            let changed = try await service.services.sites.change("partner", { $0.quota = 53 }, by: .command("test"))
            #expect(changed?.taken == 0)
            let later = try await Self.answers(to: offers, form, service)
            #expect(later.count { $0.status == 201 } == 53)
            #expect(later.count { $0.code == "code_invalid" || $0.code == "form_closed" } == 7)
            #expect(try await service.askForCode("13900000001", key: key).code == "form_closed")
            let report = try await Fsck(
                database: service.services.database, now: { service.clock.now }, budgetFactor: 1000,
                keys: service.keys
            ).run()
            #expect(report.violations == [])
        }
    }

    @Test func `what is put aside uses no place, and a repeat outlives its form`() async throws {
        try await withService { service in
            let key = try await service.addSite { $0.quota = 2 }
            let form = #","form_key":"\#(key)""#
            try await service.submit(phone: "13800000001", more: form + #","website":"http://spam.example""#)
            #expect(try await service.count("SELECT taken FROM sites") == 0)
            let (challenge, code) = try await service.challenge(for: "13800000002")
            let first = try await service.offer(code, challenge, phone: "13800000002", more: form, key: "k-1")
            _ = try await service.services.sites.change("partner", { $0.isActive = false }, by: .command("test"))
            let again = try await service.offer(code, challenge, phone: "13800000002", more: form, key: "k-1")
            #expect(first.status == 201 && again.status == 201 && again.text == first.text)
            #expect(try await service.count("SELECT taken FROM sites") == 1)
            let other = try await service.offer(code, challenge, phone: "13800000002", key: "k-1")
            #expect(other.code == "idempotency_conflict")
        }
    }

    @Test func `a site without a quota has no row that submits wait for`() async throws {
        try await withService { service in
            let key = try await service.addSite()
            try await service.submit(phone: "13800000001", more: #","form_key":"\#(key)""#)
            #expect(try await service.count("SELECT taken FROM sites") == 0)
            #expect(
                try await service.count("SELECT count(*) FROM inquiries WHERE site = 'partner'") == 1)
        }
    }

    @Test func `each site's form has its own budget of codes and its own alarm`() async throws {
        try await withService { service in
            try await service.set(#"{"sends_per_site_per_hour":2}"#)
            let (key, other) = (try await service.addSite(), try await service.addSite("other"))
            var phones = [
                "13500000000", "13600000000", "13700000000", "13800000000", "13900000000", "15000000000", "15100000000",
            ]
            .makeIterator()
            func ask(_ key: String?) async throws -> Int {
                try await service.askForCode(try #require(phones.next()), key: key).status
            }
            #expect([try await ask(key), try await ask(key), try await ask(key)] == [202, 202, 429])
            #expect(
                [try await ask(other), try await ask(nil), try await ask(nil), try await ask(nil)] == [
                    202, 202, 202, 429,
                ])
            let sources = try await service.database.query(
                "SELECT source, count(*) FROM verification_challenges GROUP BY 1 ORDER BY 1")
            #expect(
                try sources.map { try $0.decode((String, Int).self) }.map { "\($0.0) \($0.1)" }
                    == ["default/script 2", "other/script 1", "partner/script 2"])
            try await service.services.sendWatch.runOnce()
            let lines = service.logs.lines.filter { $0.contains("send budget filling up") && $0.contains("site_hour") }
            #expect(
                lines.count { $0.contains("partner") } == 3 && lines.count { $0.contains("other") } == 1, "\(lines)")
        }
    }

    @Test func `a code for a privacy request is never kept back by a form that closed`() async throws {
        try await withService { service in
            let key = try await service.addSite { $0.isActive = false }
            let answer = try await service.call(
                .post, "/api/v1/verification-codes",
                #"{"phone":"13800000001","purpose":"privacy","form_key":"\#(key)"}"#)
            #expect(answer.status == 202)
        }
    }

    @Test func `the command adds, changes and lists sites, and says what is wrong`() async throws {
        try await Executable.withInstallation { huifang in
            let added = try await huifang.run(
                "site", "add", "partner", "--origin", "https://Partner.example/", "--origin", "http://127.0.0.1:8000",
                "--closes-on", "2026-12-31")
            #expect(added.code == 0, "\(added.errors)")
            let key = added.output.trimmingCharacters(in: .newlines)
            #expect(key.utf8.count == 22)
            let changed = try await huifang.run(
                "site", "set", "partner", "--quota", "100", "--closes-on", "none", "--no-active", "--closed-text",
                "名额已满")
            #expect(changed.code == 0, "\(changed.errors)")
            let listed = try await huifang.run("site", "list")
            let site = try StrictJSON.read(Array(listed.output.utf8))
            #expect(site["form_key"].string == key && site["quota"].int == 100 && site["taken"].int == 0)
            #expect(site["origins"].array.map(\.string) == ["https://partner.example", "http://127.0.0.1:8000"])
            #expect(
                site["closes_on"] == .null && site["active"] == .bool(false) && site["closed_text"].string == "名额已满")
            #expect(try await huifang.run("site", "add", "partner", "--origin", "https://a.example").code != 0)
            #expect(try await huifang.run("site", "set", "nobody", "--active").code == 78)
            for arguments in [
                ["site", "add", "x", "--origin", "https://*.example"], ["site", "add", "x"],
                ["site", "set", "partner", "--quota", "0"], ["site", "set", "partner", "--closes-on", "2026-02-30"],
                ["site", "set", "partner", "--closed-text", ""],
            ] {
                let refused = try await huifang.start(arguments).end()
                #expect(refused.code == 64 && !refused.errors.isEmpty, "\(arguments) \(refused.errors)")
            }
            let named = try await huifang.run("site", "add", "default", "--origin", "https://a.example")
            #expect(named.code != 0 && named.errors.contains("default"))
            let audited = try await huifang.database.query(
                "SELECT string_agg(action || ' ' || object, ',' ORDER BY at) FROM audit_events WHERE action LIKE 'site.%'"
            )
            #expect(try audited.first?.decode(String.self) == "site.add partner,site.change partner")
        }
    }
}
