import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// Requests that come in by letter or telephone; the clock starts on 2026-11-25.
@Suite struct PrivacyCaseTests {
    private static let path = "/api/v1/privacy-cases"

    private static func draft(
        _ phone: String = "13800000001", kind: String = "erase", by: String = "person", on day: String = "2026-11-25",
        note: String = "来信，核对了签名"
    ) -> String {
        #"{"kind":"\#(kind)","asked_by":"\#(by)","channel":"letter","phone":"\#(phone)","received_on":"\#(day)","note":"\#(note)"}"#
    }

    private static func open(_ service: TestService, _ officer: Colleague, _ body: String) async throws -> String {
        let opened = try await service.call(.post, Self.path, body, token: officer.token)
        try #require(opened.status == 201, "\(opened.text)")
        return Self.path + "/" + opened["id"].string
    }

    @Test func `a case has fifteen days, is done with the visitor's statements and ends; its texts are sealed`()
        async throws
    {
        try await withService { service in
            let officer = try await service.colleague("hu", .privacy)
            try await service.submit(phone: "13800000001", name: "王女士")
            let path = try await Self.open(service, officer, Self.draft(by: "next_of_kin", on: "2026-11-20"))
            let list = try await service.call(.get, Self.path, token: officer.token)
            let listed = list["items"][0]
            #expect(listed["due_on"].string == "2026-12-05" && listed["late"] == .bool(false), "\(list.text)")
            #expect(!list.text.contains("签名") && !list.text.contains("13800000001"))
            #expect(try await service.call(.get, path, token: officer.token)["note"].string == "来信，核对了签名")
            let copied = try await service.call(
                .post, path + "/requests", #"{"phone":"13800000001","kind":"copy"}"#, token: officer.token)
            #expect(copied.status == 202, "\(copied.text)")
            #expect(try await service.result(of: copied)["inquiries"][0]["name"].string == "王女士")
            let erased = try await service.call(
                .post, path + "/requests", #"{"phone":"138 0000 0001","kind":"erase"}"#, token: officer.token)
            #expect(erased.status == 202, "\(erased.text)")
            #expect(try await service.count("SELECT count(*) FROM leads WHERE erased_at IS NOT NULL") == 1)
            #expect(
                try await service.call(.post, path + "/close", #"{"outcome":"done"}"#, token: officer.token).status
                    == 204)
            for (action, body) in [
                ("/close", #"{"outcome":"done"}"#), ("/requests", #"{"phone":"13800000001","kind":"copy"}"#),
            ] {
                let again = try await service.call(.post, path + action, body, token: officer.token)
                #expect(again.code == "already_closed", "\(again.text)")
            }
            let closed = try await service.call(.get, Self.path + "?state=closed", token: officer.token)["items"][0]
            #expect(
                closed["outcome"].string == "done" && closed["requests"].int == 2 && closed["closed_by"].string == "hu")
            #expect(try await service.call(.get, path, token: officer.token)["note"] == .null, "gone with the erasure")
            let own = try await service.call(.get, "/api/v1/privacy-requests", token: officer.token)
            #expect(own["items"].array.allSatisfy { path.hasSuffix($0["case_id"].string) }, "\(own.text)")
            let told = try await service.database.query(
                "SELECT action FROM audit_events WHERE actor = 'hu' AND action LIKE 'privacy.%' ORDER BY 1")
            #expect(
                try told.map { try $0.decode(String.self) } == [
                    "privacy.case_close", "privacy.case_open", "privacy.case_view", "privacy.case_view", "privacy.copy",
                    "privacy.erase",
                ])
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `another number than the case's is refused, and nothing is done to it`() async throws {
        try await withService { service in
            let officer = try await service.colleague("hu", .privacy)
            try await service.submit(phone: "13800000002")
            let path = try await Self.open(service, officer, Self.draft())
            let refused = try await service.call(
                .post, path + "/requests", #"{"phone":"13800000002","kind":"erase"}"#, token: officer.token)
            #expect(refused.status == 422 && refused.code == "phone_mismatch", "\(refused.text)")
            #expect(try await service.count("SELECT count(*) FROM leads WHERE erased_at IS NOT NULL") == 0)
            #expect(try await service.count("SELECT count(*) FROM privacy_requests") == 0)
            service.clock.advance(by: 301)
            let late = try await service.call(
                .post, path + "/requests", #"{"phone":"13800000001","kind":"erase"}"#, token: officer.token)
            #expect(late.code == "step_up_required")
        }
    }

    @Test func `a wish beyond what a case was opened for is refused, and the page offers what may be done`()
        async throws
    {
        try await withService { service in
            let officer = try await service.colleague("hu", .privacy)
            try await service.submit(phone: "13800000001")
            let page = try await service.call(
                .get, "/staff/privacy", token: officer.token, headers: [.accept: "text/html"])
            let allowed = [
                "access": "copy", "transfer": "copy", "explain": "copy", "correct": "correct copy",
                "erase": "erase copy",
                "restrict": "stop_calls withdraw", "withdraw": "withdraw stop_calls erase",
            ]
            for (kind, wishes) in allowed {
                #expect(page.text.contains(#"data-wishes="\#(wishes)" value="\#(kind)""#), "\(kind)")
                let path = try await Self.open(service, officer, Self.draft(kind: kind))
                for wish in ["copy", "correct", "erase", "stop_calls", "withdraw"]
                where !wishes.split(separator: " ").contains(Substring(wish)) {
                    let name = wish == "correct" ? #","name":"王五""# : ""
                    let refused = try await service.call(
                        .post, path + "/requests", #"{"phone":"13800000001","kind":"\#(wish)"\#(name)}"#,
                        token: officer.token)
                    #expect(refused.status == 422 && refused.code == "wish_not_of_case", "\(kind) \(refused.text)")
                }
            }
            #expect(try await service.count("SELECT count(*) FROM privacy_requests") == 0)
        }
    }

    @Test func `a later erasure by code takes the texts of closed cases with it, and leaves those of an open one`()
        async throws
    {
        try await withService { service in
            let officer = try await service.colleague("hu", .privacy)
            let (closed, open) = (
                try await Self.open(service, officer, Self.draft(kind: "explain")),
                try await Self.open(service, officer, Self.draft(kind: "access"))
            )
            let refusal = #"{"outcome":"refused","reason":"无法核实身份"}"#
            try #require(try await service.call(.post, closed + "/close", refusal, token: officer.token).status == 204)
            try await service.ask("erase", phone: "13800000001")
            let gone = try await service.call(.get, closed, token: officer.token)
            #expect(gone["note"] == .null && gone["reason"] == .null && gone["outcome"].string == "refused")
            #expect(try await service.call(.get, open, token: officer.token)["note"].string == "来信，核对了签名")
            let answer = #"{"outcome":"done","reason":"已答复"}"#
            #expect(try await service.call(.post, open + "/close", answer, token: officer.token).status == 204)
            #expect(try await service.call(.get, open, token: officer.token)["note"] == .null)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a refusal has its reason, and what cannot be is said`() async throws {
        try await withService { service in
            let officer = try await service.colleague("hu", .privacy)
            let path = try await Self.open(service, officer, Self.draft())
            for body in [#"{"outcome":"refused"}"#, #"{"outcome":"refused","reason":"  "}"#] {
                let answer = try await service.call(.post, path + "/close", body, token: officer.token)
                #expect(answer.status == 422 && answer.code == "reason_required", "\(answer.text)")
            }
            let reason = #"{"outcome":"refused","reason":"无法核实身份"}"#
            #expect(try await service.call(.post, path + "/close", reason, token: officer.token).status == 204)
            #expect(try await service.call(.get, path, token: officer.token)["reason"].string == "无法核实身份")
            for (body, code) in [
                (Self.draft("1380000"), "phone_invalid"), (Self.draft(kind: "buy"), "choice_unknown"),
                (Self.draft(by: "neighbour"), "choice_unknown"), (Self.draft(on: "2026-11-26"), "date_invalid"),
                (Self.draft(on: "2025-11-24"), "date_invalid"), (Self.draft(on: "2026-02-30"), "date_invalid"),
                (Self.draft(note: " "), "required"),
            ] {
                let answer = try await service.call(.post, Self.path, body, token: officer.token)
                #expect(answer.status == 422 && answer.code == code, "\(body): \(answer.text)")
            }
            #expect(
                try await service.call(.get, Self.path + "?state=lost", token: officer.token).code == "state_unknown")
            let unknown = Self.path + "/00000000-0000-7000-8000-000000000000"
            #expect(try await service.call(.get, unknown, token: officer.token).status == 404)
            #expect(try await service.call(.post, unknown + "/close", reason, token: officer.token).status == 404)
            #expect(try await service.count("SELECT count(*) FROM privacy_cases") == 1)
        }
    }

    @Test(arguments: Role.allCases)
    func `who works cases, who reads the list, and who has nothing to do with them`(role: Role) async throws {
        try await withService { service in
            let officer = try await service.colleague("hu", .privacy)
            let path = try await Self.open(service, officer, Self.draft())
            let somebody = try await service.colleague("somebody", role)
            let (works, reads) = (role.may(.workPrivacyRequests), role.may(.readPrivacyRequests))
            #expect(try await service.call(.get, Self.path, token: somebody.token).status == (reads ? 200 : 403))
            #expect(try await service.call(.get, path, token: somebody.token).status == (works ? 200 : 403))
            #expect(
                try await service.call(.post, Self.path, Self.draft(), token: somebody.token).status
                    == (works ? 201 : 403))
            let page = try await service.call(
                .get, "/staff/privacy", token: somebody.token, headers: [.accept: "text/html"])
            #expect(page.status == (reads ? 200 : 403))
            #expect(page.text.contains("id=\"add\"") == works)
        }
    }

    @Test func `a case is told of three days before its last one and when that is over, and forgotten in the end`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let path = try await Self.open(service, chief, Self.draft(on: "2026-11-20"))
            func told() async throws -> [String] {
                try await service.services.watch.runOnce()
                return try await service.database.query(
                    "SELECT parameters->>'day' || coalesce(parameters->>'late', '') FROM staff_alerts WHERE kind = 'privacy_due' ORDER BY created_at"
                ).map { try $0.decode(String.self) }
            }
            service.clock.set(try #require(RFC3339.date("2026-12-01T10:00:00+08:00")))
            #expect(try await told() == [])
            service.clock.set(try #require(RFC3339.date("2026-12-02T10:00:00+08:00")))
            #expect(try await told() == ["12月5日（周六）"])
            #expect(try await told().count == 1)
            service.clock.set(try #require(RFC3339.date("2026-12-06T10:00:00+08:00")))
            #expect(try await told() == ["12月5日（周六）", "12月5日（周六）yes"])
            let token = try await service.login("boss", .administrator)
            #expect(try await service.call(.get, Self.path, token: token)["items"][0]["late"] == .bool(true))
            #expect(try await service.call(.post, path + "/close", #"{"outcome":"done"}"#, token: token).status == 204)
            service.clock.set(try #require(RFC3339.date("2031-01-01T10:00:00+08:00")))
            try await Retention(
                database: service.services.database, dependencies: service.dependencies,
                settings: service.services.settings
            ).runOnce()
            #expect(try await service.count("SELECT count(*) FROM privacy_cases") == 0)
        }
    }
}
