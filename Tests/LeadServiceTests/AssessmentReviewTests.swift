import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

@Suite struct AssessmentReviewTests {
    private static let own = #","answers":{"age":30,"education":"bachelor_with_degree","insured_months":72}"#
    private static let corrected = #"{"age":30,"education":"bachelor_with_degree","insured_months":48}"#

    @Test func `the card shows both assessments and what differs, and the visitor's own stays as it was`() async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await service.submit(phone: "13800000001", more: Self.own)
            let claimed = try await service.claim(anna)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            let before = try await service.call(.get, path, token: anna.token)
            #expect(before["comparison"] == .null && before["assessments"].array.count == 1)
            #expect(before["assessments"][0]["reviewed_by"] == .null)
            let ownTotal = before["total"].int
            #expect(ownTotal == 30 + 90 + 18)
            let stored = try await service.column("SELECT string_agg(a::text, '|') FROM assessments a")

            service.clock.advance(by: 60)
            let note = "学位证书已看过，身份证 310101199001011234，补缴不计"
            let added = try await service.review("13800000001", Self.corrected, note: note, anna)
            #expect(added.status == 201, "\(added.text)")
            let id = added["assessment"]["id"].string
            #expect(added["assessment"]["reviewed_by"].string == "anna")
            #expect(!added.text.contains("310101199001011234"))

            let card = try await service.call(.get, path, token: anna.token)
            #expect(card["assessments"].array.map { $0["id"].string } == [id, before["assessments"][0]["id"].string])
            #expect(card["assessments"][1] == before["assessments"][0])
            #expect(
                card["assessments"][0]["note"].string.hasPrefix("学位证书已看过")
                    && card["assessments"][0]["rule_version"] == card["assessments"][1]["rule_version"])
            let comparison = card["comparison"]
            #expect(comparison == added["comparison"])
            #expect(comparison["self_total"].int == ownTotal && comparison["reviewed_total"].int == ownTotal - 6)
            #expect(comparison["difference"].int == -6)
            let differences = Dictionary(
                uniqueKeysWithValues: comparison["items"].array.map { ($0["key"].string, $0["difference"].int) })
            #expect(differences == ["age": 0, "education_or_title": 0, "insured_years": -6])
            // Task, lead and search tell the newest.
            #expect(card["total"].int == ownTotal - 6)
            // The visitor's row is what it was; who, when and what is in the audit, without what was written.
            #expect(
                try await service.column(
                    "SELECT string_agg(a::text, '|') FROM assessments a WHERE id NOT IN (SELECT assessment_id FROM assessment_reviews)"
                ) == stored)
            #expect(
                try await service.column(
                    "SELECT actor || ' ' || detail::text FROM audit_events WHERE action = 'lead.assess'")
                    == #"anna {"assessment": "\#(id)"}"#)
            // Who does not hold it sees the points, not the note.
            let other = try await service.call(.get, path, token: boris.token)
            #expect(other["comparison"] == comparison && other["assessments"][0]["note"] == .null)
            #expect(!other.text.contains("已看过"))
        }
    }

    @Test func `lists and exports tell the newest: the review, until the visitor asks again with answers`() async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.submit(phone: "13800000001", more: Self.own)
            func totals() async throws -> [Int] {
                let pool = try await service.list("pool", chief)["items"][0]["total"].int
                let lead = try await service.call(.get, "/api/v1/leads", token: chief.token)["items"][0]["total"].int
                let line = try await service.call(
                    .get, "/api/v1/leads/export?format=ndjson", token: chief.token
                ).text
                let row = try StrictJSON.read(Array(line.split(separator: "\n")[0].utf8))
                return [pool, lead, row["total"].int, row["insured_years"].int]
            }
            #expect(try await totals() == [138, 138, 138, 18])
            service.clock.advance(by: 60)
            #expect(try await service.review("13800000001", Self.corrected, chief).status == 201)
            #expect(try await totals() == [132, 132, 132, 12])
            service.clock.advance(by: 60)
            #expect(try await service.review("13800000001", #"{"age":30}"#, chief).status == 201)
            #expect(try await totals()[0] == 30)
            service.clock.advance(by: 60)
            try await service.submit(phone: "13800000001")
            #expect(try await totals()[0] == 30)
            service.clock.advance(by: 60)
            try await service.submit(phone: "13800000001", more: Self.own)
            #expect(try await totals() == [138, 138, 138, 18])
        }
    }

    @Test func `a review sent twice is one, also at once; another answer, note, person or time is another`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await service.submit(phone: "13800000001", more: Self.own)
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let answer = try await service.review("13800000001", Self.corrected, anna)
                        #expect(answer.status == 201)
                        return answer["assessment"]["id"].string
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            #expect(try await service.count("SELECT count(*) FROM assessment_reviews") == 1)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'lead.assess'") == 1)
            _ = try await service.review("13800000001", Self.corrected, note: "另有依据", anna)
            _ = try await service.review("13800000001", Self.corrected, boris)
            _ = try await service.review("13800000001", #"{"age":31}"#, anna)
            #expect(try await service.count("SELECT count(*) FROM assessment_reviews") == 4)
            service.clock.advance(by: 600)
            _ = try await service.review("13800000001", Self.corrected, anna)
            #expect(try await service.count("SELECT count(*) FROM assessment_reviews") == 5)
        }
    }

    @Test func `what is wrong is named, and nothing is kept of it`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.submit(phone: "13800000001")
            let path = "/api/v1/leads/\(try await service.lead("13800000001").text)/assessments"
            let wrong: [(String, [String])] = [
                (#"{"answers":{"age":-1},"note":"x"}"#, ["/answers/age"]),
                (#"{"answers":{"age":30,"colour":"red"},"note":" "}"#, ["/answers/colour", "/note"]),
                (#"{"answers":{"age":30}}"#, ["/note"]), (#"{"note":"x"}"#, ["/answers"]),
                (#"{"answers":{"age":30},"note":"x","total":120}"#, ["/total"]),
                (#"{"answers":{"age":30},"note":"\#(String(repeating: "长", count: 501))"}"#, ["/note"]),
            ]
            for (body, pointers) in wrong {
                let answer = try await service.call(.post, path, body, token: anna.token)
                #expect(answer.status == 422, "\(body)")
                #expect(Set(answer["errors"].array.map { $0["pointer"].string }) == Set(pointers), "\(answer.text)")
            }
            #expect(try await service.call(.post, path, "{", token: anna.token).status == 400)
            #expect(try await service.count("SELECT count(*) FROM assessments") == 0)
        }
    }

    @Test func `a lead that is unknown, erased or only set aside is not found`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.submit(phone: "13800000001")
            try await service.submit(phone: "13800000002", more: #","website":"x""#)
            let (erased, aside) = (try await service.lead("13800000001"), try await service.lead("13800000002"))
            try await service.ask("erase", phone: "13800000001")
            for lead in [erased.text, aside.text, UUID().text, "x"] {
                let answer = try await service.call(
                    .post, "/api/v1/leads/\(lead)/assessments", #"{"answers":{"age":30},"note":"x"}"#,
                    token: anna.token)
                #expect(answer.status == 404, "\(lead)")
                #expect(
                    try await service.call(.get, "/staff/leads/\(lead)/assessment", token: anna.token).status == 404)
            }
            #expect(try await service.count("SELECT count(*) FROM assessments") == 0)
        }
    }

    @Test func `it is in the person's copy without who or why, goes with them, and no inquiry can take it`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna-of-the-desk")
            try await service.submit(phone: "13800000001", more: Self.own)
            try await service.submit(phone: "13800000002", more: Self.own)
            let first = try await service.review("13800000001", Self.corrected, note: "材料齐", anna)
            #expect(try await service.review("13800000002", Self.corrected, anna).status == 201)

            let copy = try await service.result(of: try await service.ask("copy", phone: "13800000001"))
            #expect(copy["assessments"].array.count == 2)
            #expect(copy["assessments"].array.filter { $0["reviewed"].bool }.map { $0["total"].int } == [132])
            #expect(!copy.text.contains("anna-of-the-desk") && !copy.text.contains("材料齐"))

            let (challenge, code) = try await service.challenge(for: "13800000003")
            let body = service.inquiry(
                phone: "13800000003", challenge: challenge, code: code,
                more: #","assessment_id":"\#(first["assessment"]["id"].string)""#)
            let taken = try await service.call(.post, "/api/v1/inquiries", body)
            #expect(taken.status == 422 && taken.code == "assessment_unknown", "\(taken.text)")

            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM assessment_reviews") == 1)
            #expect(try await service.count("SELECT count(*) FROM assessments") == 2)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `retention leaves it with its lead, and takes it with them`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.close("13800000001", "reached_not_interested", adviser, more: #","reason":"价格""#)
            #expect(try await service.review("13800000001", Self.corrected, adviser).status == 201)
            service.clock.set(try #require(RFC3339.date("2027-11-25T10:00:00+08:00")))
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM assessments") == 1)
            service.clock.set(try #require(RFC3339.date("2027-11-26T10:00:00+08:00")))
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM assessments") == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `after a merge it stays with the lead it was made for and is on the card of both`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for phone in ["13800000001", "13800000002"] { try await service.submit(phone: phone, more: Self.own) }
            #expect(try await service.review("13800000001", Self.corrected, anna).status == 201)
            let (source, target) = (try await service.lead("13800000001"), try await service.lead("13800000002"))
            _ = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            let task = try await service.list("mine", anna)["items"][0]["id"].string
            let merged = try await service.call(
                .post, "/api/v1/callbacks/\(task)/attempts",
                #"{"disposition":"duplicate","merge_into":"\#(target.text)"}"#, token: anna.token)
            #expect(merged.status == 200, "\(merged.text)")
            let other = try await service.claim(anna, #"{"phone":"13800000002"}"#)
            let card = try await service.call(.get, "/api/v1/callbacks/\(other["id"].string)", token: anna.token)
            #expect(card["assessments"].array.filter { $0["reviewed_by"] != .null }.count == 1)
            #expect(try await service.number("SELECT count(*) FROM assessment_reviews WHERE lead_id = \(source)") == 1)
        }
    }

    @Test func `the page asks with the newest answers filled in, keeps what was typed, and saves once`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.submit(phone: "13800000001", more: Self.own)
            let path = "/staff/leads/\(try await service.lead("13800000001").text)/assessment"
            let page = try await service.call(.get, path, token: anna.token)
            #expect(page.status == 200 && page.text.contains(#"name="insured_months" inputmode="decimal" value="72""#))
            #expect(!page.text.contains("欧阳晓") && !page.text.contains("13800000001"))
            // Under no-referrer a browser sends its form with `Origin: null`, which is refused.
            #expect(
                page.text.split(separator: #"<meta name="referrer" content=""#).last?.hasPrefix("same-origin") == true)
            func post(_ body: String) async throws -> Answer {
                try await service.call(
                    .post, path, body, token: anna.token,
                    headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"])
            }
            let wrong = try await post("age=x&insured_months=48&note=")
            #expect(
                wrong.status == 422 && wrong.text.contains(##"href="#age""##) && wrong.text.contains(##"href="#note""##)
            )
            #expect(wrong.text.contains(#"name="insured_months" inputmode="decimal" value="48""#))
            #expect(try await service.count("SELECT count(*) FROM assessment_reviews") == 0)
            service.clock.advance(by: 60)
            let saved = try await post("age=30&education=bachelor_with_degree&insured_months=48&note=ok")
            #expect(saved.status == 303 && saved.headers[.location] == path + "#saved", "\(saved.text)")
            let after = try await service.call(.get, path, token: anna.token)
            #expect(after.text.contains(#"name="insured_months" inputmode="decimal" value="48""#))
            #expect(after.text.contains("<td>138</td><td>132</td><td>−6</td>"))
            #expect(try await service.count("SELECT count(*) FROM assessment_reviews") == 1)
        }
    }
}

extension TestService {
    /// Adds an adviser's assessment to the lead of a phone.
    func review(
        _ phone: String, _ answers: String, note: String = "材料已看过", _ colleague: Colleague
    ) async throws -> Answer {
        try await self.call(
            .post, "/api/v1/leads/\(try await self.lead(phone).text)/assessments",
            #"{"answers":\#(answers),"note":"\#(note)"}"#, token: colleague.token)
    }
}
