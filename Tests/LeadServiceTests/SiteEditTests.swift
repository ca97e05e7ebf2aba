import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Forms on other sites as administrators make and change them from the office.
@Suite struct SiteEditTests {
    private static let path = "/api/v1/sites"

    @Test func `a form is made, takes inquiries from its site, is changed and closed, each with before and after`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let added = try await service.call(
                .post, Self.path,
                #"{"name":"partner","origins":["https://Partner.example/","https://m.partner.example"],"quota":1}"#,
                token: boss.token)
            try #require(added.status == 201, "\(added.text)")
            #expect(
                added["origins"].array.map(\.string) == ["https://partner.example", "https://m.partner.example"])
            let key = added["form_key"].string
            let asked = try await service.askForCode("13800000001", key: key, origin: "https://m.partner.example")
            #expect(asked.status == 202, "\(asked.text)")
            #expect(
                try await service.submit(phone: "13800000002", more: #","form_key":"\#(key)""#).status == 201)
            // What was taken meanwhile is no other version.
            let listed = try await service.call(.get, Self.path, token: boss.token)["items"][0]
            #expect(listed["taken"].int == 1 && listed["version"] == added["version"])
            let full = try await service.askForCode("13800000003", key: key)
            #expect(full.code == "form_closed")

            let version = added["version"].string
            let changed = try await service.call(
                .patch, Self.path + "/partner",
                #"{"version":"\#(version)","quota":null,"closes_on":"2026-12-31","closed_text":" 名额已满 "}"#,
                token: boss.token)
            #expect(changed.status == 200 && changed["quota"] == .null && changed["closed_text"].string == "名额已满")
            #expect(changed["closes_on"].string == "2026-12-31" && changed["origins"] == added["origins"])
            #expect(try await service.askForCode("13800000003", key: key).status == 202)
            let stale = try await service.call(
                .patch, Self.path + "/partner", #"{"version":"\#(version)","active":false}"#, token: boss.token)
            #expect(stale.status == 412 && stale.code == "site_changed", "\(stale.text)")
            let closed = try await service.call(
                .patch, Self.path + "/partner", #"{"version":"\#(changed["version"].string)","active":false}"#,
                token: boss.token)
            #expect(closed["active"] == .bool(false))
            #expect(try await service.askForCode("13800000004", key: key).text.contains("名额已满"))
            let told = try await service.column(
                """
                SELECT string_agg(actor || ' ' || action || ' ' || coalesce(detail->'before'->>'quota', '-') || ' '
                    || coalesce(detail->>'quota', '-') || ' ' || (detail->>'active'), ', ' ORDER BY action, detail->>'active' DESC)
                FROM audit_events WHERE action LIKE 'site.%'
                """)
            #expect(
                told == "boss site.add - 1 true, boss site.change 1 - true, boss site.change - - false", "\(told ?? "")"
            )
        }
    }

    @Test(
        arguments: [
            (#"{"origins":["https://a.example"]}"#, "required"), (#"{"name":"a"}"#, "required"),
            (#"{"name":"default","origins":["https://a.example"]}"#, "site_name_invalid"),
            (#"{"name":"Ä","origins":["https://a.example"]}"#, "site_name_invalid"),
            (#"{"name":"a","origins":[]}"#, "origins_invalid"),
            (#"{"name":"a","origins":"https://a.example"}"#, "origins_invalid"),
            (#"{"name":"a","origins":["https://*.a.example"]}"#, "origin_invalid"),
            (#"{"name":"a","origins":["https://a.example/path"]}"#, "origin_invalid"),
            (#"{"name":"a","origins":["null"]}"#, "origin_invalid"), (#"{"name":"a","origins":[7]}"#, "origin_invalid"),
            (#"{"name":"a","origins":["https://a.example"],"quota":0}"#, "out_of_range"),
            (#"{"name":"a","origins":["https://a.example"],"quota":1.5}"#, "type_mismatch"),
            (#"{"name":"a","origins":["https://a.example"],"closes_on":"2026-02-30"}"#, "date_invalid"),
            (#"{"name":"a","origins":["https://a.example"],"closed_text":"  "}"#, "closed_text_invalid"),
            (#"{"name":"a","origins":["https://a.example"],"form_key":"x"}"#, "unknown_member"),
        ])
    func `what cannot be is said, and nothing is stored`(_ body: String, _ code: String) async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let refused = try await service.call(.post, Self.path, body, token: boss.token)
            #expect(refused.status == 422 && refused.code == code, "\(refused.text)")
            #expect(try await service.count("SELECT count(*) FROM sites") == 0)
        }
    }

    @Test func `the office reads it, administrators with a young login alone write`() async throws {
        try await withService { service in
            _ = try await service.addSite()
            let body = #"{"name":"a","origins":["https://a.example"]}"#
            for role in [Role.adviser, .supervisor, .auditor] {
                let person = try await service.colleague("p-\(role.rawValue)", role)
                let isReader = role.may(.readOffice)
                #expect(try await service.call(.get, Self.path, token: person.token).status == (isReader ? 200 : 403))
                #expect(try await service.call(.post, Self.path, body, token: person.token).code == "forbidden")
                let page = try await service.call(
                    .get, "/staff/sites", token: person.token, headers: [.accept: "text/html"])
                #expect(page.status == (isReader ? 200 : 403) && !page.text.contains("新建表单"))
            }
            let boss = try await service.colleague("boss", .administrator)
            service.clock.advance(by: 301)
            #expect(try await service.call(.post, Self.path, body, token: boss.token).code == "step_up_required")
        }
    }
}
