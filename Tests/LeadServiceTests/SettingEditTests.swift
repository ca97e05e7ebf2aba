import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The settings as administrators change them from the office.
@Suite struct SettingEditTests {
    private static let path = "/api/v1/settings"

    private static func item(_ key: String, _ list: Answer) -> JSONValue {
        list["groups"].array.flatMap { $0["items"].array }.first { $0["key"].string == key } ?? .null
    }

    @Test func `every setting is on the page with a title, but terms and numbers of people`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let list = try await service.call(.get, Self.path, token: boss.token)
            let shown = list["groups"].array.flatMap { $0["items"].array.map { $0["key"].string } }
            let expected = Settings.standardValues.map(\.key).filter {
                $0 != "test_numbers" && !$0.hasPrefix("retention_")
            }
            #expect(Set(shown) == Set(expected) && shown.count == expected.count)
            #expect(
                Set(list["groups"].array.flatMap { $0["items"].array.map { $0["title"].string } }).count == shown.count)
        }
    }

    @Test func `a change is shown first, counts at once or later, and is audited with before and after`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let change =
                #"{"values":{"company_name":"明泽","resend_seconds":90},"seen":{"company_name":"","resend_seconds":60}}"#
            let preview = try await service.call(.post, Self.path + "/preview", change, token: boss.token)
            #expect(preview["changes"].array.map { $0["key"].string } == ["company_name", "resend_seconds"])
            #expect(try await service.count("SELECT count(*) FROM settings") == 0)
            #expect(try await service.call(.patch, Self.path, change, token: boss.token).status == 200)
            #expect(try await service.askForCode("13800000001")["resend_after"].int == 90)
            #expect(try await service.call(.get, "/").text.contains("明泽"))

            let later =
                #"{"values":{"resend_seconds":30},"seen":{"resend_seconds":90},"effective_at":"2026-11-25T12:00:00+08:00"}"#
            #expect(try await service.call(.patch, Self.path, later, token: boss.token).status == 200)
            let item = Self.item("resend_seconds", try await service.call(.get, Self.path, token: boss.token))
            #expect(item["value"].int == 90 && item["later"][0]["value"].int == 30)
            service.clock.set(try #require(RFC3339.date("2026-11-25T12:00:01+08:00")))
            #expect(try await service.askForCode("13800000002")["resend_after"].int == 30)
            let audited = try await service.count(
                "SELECT count(*) FROM audit_events WHERE action = 'settings.change' AND actor = 'boss' AND role = 'administrator'"
            )
            #expect(audited == 3)
        }
    }

    @Test func `of eight changes from the same view at once one wins, the others are told`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for minutes in 1...8 {
                    group.addTask {
                        try await service.call(
                            .patch, Self.path, #"{"values":{"claim_minutes":\#(minutes)},"seen":{"claim_minutes":30}}"#,
                            token: boss.token)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.status == 412 && $0.code == "setting_changed" } == 7)
            #expect(try await service.count("SELECT count(*) FROM settings") == 1)
        }
    }

    @Test(
        arguments: [
            (#"{"values":{"claim_minutes":0},"seen":{"claim_minutes":30}}"#, "setting_invalid"),
            (#"{"values":{"claim_minutes":"x"},"seen":{"claim_minutes":30}}"#, "setting_invalid"),
            (#"{"values":{"claim_minutes":20}}"#, "required"),
            (#"{"values":{"claim_minutes":20},"seen":{}}"#, "seen_missing"),
            (#"{"values":{"pigeons":20},"seen":{"pigeons":1}}"#, "setting_unknown"),
            (#"{"values":{"test_numbers":[]},"seen":{"test_numbers":[]}}"#, "setting_unknown"),
            (#"{"values":{"retention_leads_months":1},"seen":{"retention_leads_months":12}}"#, "setting_unknown"),
            (#"{"values":{"opening_hours":"25:00-26:00"},"seen":{"opening_hours":"09:00-18:00"}}"#, "setting_invalid"),
            (
                #"{"values":{"claim_minutes":20},"seen":{"claim_minutes":30},"effective_at":"2020-01-01T00:00:00+08:00"}"#,
                "effective_at_past"
            ),
        ])
    func `what cannot be is said, and nothing is stored`(_ body: String, _ code: String) async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            for (method, path) in [(HTTPRequest.Method.post, Self.path + "/preview"), (.patch, Self.path)] {
                let refused = try await service.call(method, path, body, token: boss.token)
                #expect(refused.status == 422 && refused.code == code, "\(refused.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM settings") == 0)
        }
    }

    @Test func `administrators with a young login alone write, the office reads`() async throws {
        try await withService { service in
            let body = #"{"values":{"claim_minutes":20},"seen":{"claim_minutes":30}}"#
            for role in [Role.adviser, .supervisor, .auditor] {
                let person = try await service.colleague("p-\(role.rawValue)", role)
                let isReader = role.may(.readOffice)
                #expect(try await service.call(.get, Self.path, token: person.token).status == (isReader ? 200 : 403))
                #expect(try await service.call(.patch, Self.path, body, token: person.token).code == "forbidden")
                #expect(try await service.call(.post, Self.path + "/preview", body, token: person.token).status == 403)
            }
            let boss = try await service.colleague("boss", .administrator)
            service.clock.advance(by: 301)
            #expect(try await service.call(.patch, Self.path, body, token: boss.token).code == "step_up_required")
        }
    }
}
