import Foundation
import LeadService
import Leads
import Postgres
import Testing

/// Leads that were not eligible; the clock starts on 2026-11-25, the next rules are in force from 2026-11-27 on.
@Suite struct EligibilityTests {
    /// A visitor with these answers, rung and found not eligible.
    private static func ineligible(
        _ service: TestService, _ anna: Colleague, _ phone: String, _ answers: String?,
        item: String = "points_below_120"
    ) async throws -> Answer {
        service.clock.advance(by: 61)
        try await service.submit(phone: phone, more: answers.map { #","answers":\#($0)"# } ?? "")
        let claimed = try await service.claim(anna, #"{"phone":"\#(phone)"}"#)
        let path = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
        let ended = try await service.call(
            .post, path, #"{"disposition":"not_eligible","item":"\#(item)"}"#, token: anna.token)
        try #require(ended["closed_reason"].string == "not_eligible", "\(ended.text)")
        return claimed
    }

    private static func addRules(_ service: TestService, _ change: (String) -> String = { $0 }) async throws {
        let file = Data(change(try RuleText.shipped(version: "next", from: "2026-11-27", pointsAt44: 31)).utf8)
        _ = try await RulesImport(database: service.services.database, dependencies: service.dependencies)
            .add(try RulesImport.read(file), file: file, by: "test")
        try await service.services.rules.reload()
    }

    private static func comeIntoForce(_ service: TestService) throws {
        service.clock.set(try #require(RFC3339.date("2026-11-27T09:30:00+08:00")))
    }

    private static func list(_ service: TestService, _ chief: Colleague) async throws -> Answer {
        try await service.call(.get, "/api/v1/eligible-leads", token: chief.token)
    }

    @Test func `who reaches the standard under new rules is listed once, and nobody is called by it`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            // 119 points of the rules of now and 121 of the next; 120 under both; far from it; nothing known.
            let near = try await Self.ineligible(
                service, anna, "13800000001", #"{"age":44,"education":"bachelor_with_degree"}"#)
            _ = try await Self.ineligible(
                service, anna, "13800000002", #"{"age":40,"education":"bachelor_with_degree"}"#, item: "other")
            _ = try await Self.ineligible(service, anna, "13800000003", #"{"age":44}"#)
            _ = try await Self.ineligible(service, anna, "13800000004", nil)
            try await Self.addRules(service)
            #expect(try await service.services.eligibility.runOnce() == 0)
            #expect(try await Self.list(service, chief)["count"].int == 0)
            try Self.comeIntoForce(service)
            #expect(try await service.services.eligibility.runOnce() == 1)
            #expect(try await service.services.eligibility.runOnce() == 0)
            let list = try await Self.list(service, chief)
            #expect(list["count"].int == 1 && list["rule_version"].string == "next", "\(list.text)")
            let offered = list["items"][0]
            #expect(offered["callback"]["id"].string == near["id"].string && offered["total"].int == 121)
            #expect(offered["item"].string == "points_below_120")
            #expect(offered["rule_version"].string == "cn-sh-points-2022")
            #expect(offered["callback"]["phone_masked"].string == "138****0001")
            #expect(try await Self.list(service, anna).status == 403)
            #expect(try await service.count("SELECT count(*) FROM eligibility_checks") == 3)
            #expect(try await service.claim(anna).status == 204)
            // A supervisor opens it again: it is off the list, and comes to nobody twice.
            let opened = try await service.call(
                .post, "/api/v1/callbacks/\(near["id"].string)/reopen", #"{"reason":"新规则"}"#, token: chief.token)
            #expect(opened.status == 200, "\(opened.text)")
            #expect(try await Self.list(service, chief)["count"].int == 0)
            service.clock.advance(by: 86400)
            #expect(try await service.services.eligibility.runOnce() == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `an adviser's answers count before the visitor's, also when they come later`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let near = #"{"age":44,"education":"bachelor_with_degree"}"#
            let corrected = try await Self.ineligible(service, anna, "13800000001", near)
            let unknown = try await Self.ineligible(service, anna, "13800000002", nil)
            // What an adviser heard on the telephone is in no answers of the visitor's, so that rules cannot change it.
            let blocked = try await Self.ineligible(
                service, anna, "13800000003", #"{"age":30}"#, item: "permit_not_valid")
            _ = try await Self.ineligible(service, anna, "13800000004", #"{"age":30}"#, item: "permit_not_valid")
            func review(_ lead: Answer, _ answers: String) async throws {
                let added = try await service.call(
                    .post, "/api/v1/leads/\(lead["lead_id"].string)/assessments",
                    #"{"answers":\#(answers),"note":"看过证书"}"#, token: anna.token)
                try #require(added.status == 201, "\(added.text)")
            }
            try await review(corrected, #"{"age":44}"#)
            try await review(blocked, #"{"age":30,"permit_valid":true}"#)
            try await Self.addRules(service)
            try Self.comeIntoForce(service)
            #expect(try await service.services.eligibility.runOnce() == 1)
            #expect(try await Self.list(service, chief)["items"][0]["callback"]["id"].string == blocked["id"].string)
            try await review(unknown, near)
            service.clock.advance(by: 86400)
            #expect(try await service.services.eligibility.runOnce() == 1)
            #expect(try await Self.list(service, chief)["items"][0]["callback"]["id"].string == unknown["id"].string)
        }
    }

    @Test func `whoever is not to be called is not offered, and erasing forgets the offer`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let near = #"{"age":44,"education":"bachelor_with_degree"}"#
            let phones = (1...4).map { "1380000000\($0)" }
            for phone in phones { _ = try await Self.ineligible(service, anna, phone, near) }
            try await Self.addRules(service)
            try await service.ask("stop_calls", phone: phones[0])
            try Self.comeIntoForce(service)
            #expect(try await service.services.eligibility.runOnce() == 3)
            let copy = try await service.result(of: try await service.ask("copy", phone: phones[3]))
            #expect(
                copy["eligibility"][0]["total"].int == 121 && copy["eligibility"][0]["offered"].bool, "\(copy.text)")
            try await service.ask("withdraw", phone: phones[1])
            try await service.ask("erase", phone: phones[2])
            let list = try await Self.list(service, chief)
            #expect(
                list["items"].array.map { $0["callback"]["phone_masked"].string } == ["138****0004"], "\(list.text)")
            #expect(try await service.count("SELECT count(*) FROM eligibility_checks") == 2)
        }
    }
}
