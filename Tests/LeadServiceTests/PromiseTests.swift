import Crypto
import Foundation
import HTTPTypes
import LeadService
import Leads
import TestDatabase
import Testing

/// The window a visitor may choose, and the evidence of what they agreed to.
@Suite struct PromiseTests {
    @Test(arguments: [
        ("morning", "09:00-18:00", "2026-11-26T12:00:00+08:00"),
        ("afternoon", "09:00-18:00", "2026-11-26T18:00:00+08:00"),
        ("evening", "09:00-18:00", nil), ("evening", "09:00-20:00", "2026-11-26T20:00:00+08:00"),
        ("evening", "09:00-19:59", nil), ("morning", "09:30-18:00", nil), ("afternoon", "09:00-17:30", nil),
        ("morning", "08:00-12:00", "2026-11-26T12:00:00+08:00"),
    ])
    func `a window is offered inside the opening hours only, and its end on the due day is the promise`(
        window: String, hours: String, due: String?
    ) async throws {
        try await withService(["OPENING_HOURS": hours]) { service in
            let (id, code) = try await service.challenge(for: "13800000081")
            let answer = try await service.offer(
                code, id, phone: "13800000081", more: #","preferred_window":"\#(window)""#)
            if let due {
                #expect(answer.status == 201 && answer["due_at"].string == due, "\(answer.text)")
                #expect(
                    try await service.column(
                        "SELECT t.preferred_window FROM callback_tasks t JOIN inquiries i ON i.due_at = t.due_at")
                        == window)
            } else {
                #expect(answer.status == 422 && answer.code == "window_unavailable", "\(answer.text)")
                #expect(answer["errors"][0]["pointer"].string == "/preferred_window")
                #expect(try await service.count("SELECT count(*) FROM leads") == 0)
                #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
                #expect(try await service.offer(code, id, phone: "13800000081").status == 201)
            }
        }
    }

    @Test func `the due day is the next working day, also for a window`() async throws {
        try await withService { service in
            // A Friday evening: Monday is next.
            service.clock.set(try #require(RFC3339.date("2026-11-27T19:00:00+08:00")))
            let answer = try await service.submit(phone: "13800000082", more: #","preferred_window":"morning""#)
            #expect(answer["due_at"].string == "2026-11-30T12:00:00+08:00")
            #expect(answer["promise"].string == "我们会在 11月30日（周一）12:00 前致电")
        }
    }

    @Test func `an inquiry is provisional for the deadline it was told, not for an older one of the task`() async throws
    {
        try await withService { service in
            service.clock.set(try #require(RFC3339.date("2026-12-29T10:00:00+08:00")))
            try await service.submit(phone: "13800000085")
            // The notice for 2027 has not come, and the first promise is broken.
            service.clock.set(try #require(RFC3339.date("2026-12-31T10:00:00+08:00")))
            let second = try await service.submit(phone: "13800000085")
            #expect(second["due_at"].string == "2027-01-04T18:00:00+08:00")
            let stored = try await service.column(
                "SELECT string_agg(provisional::text, ' ' ORDER BY accepted_at) FROM inquiries")
            #expect(stored == "false true")
            #expect(try await service.column("SELECT provisional::text FROM callback_tasks") == "false")
        }
    }

    @Test func `without consent, or under an older notice, nothing at all is stored`() async throws {
        try await withService { service in
            let (id, code) = try await service.challenge(for: "13800000083")
            let before = try await service.contents()
            for (consent, expected) in [
                ("", "consent_required"), (#","consent":null"#, "consent_required"),
                (#","consent":{"notice_version":"2026-11","accepted":false}"#, "consent_required"),
                (#","consent":{"notice_version":"2026-11","accepted":false,"marketing":true}"#, "consent_required"),
                (#","consent":{"notice_version":"2025-01","accepted":true}"#, "consent_outdated"),
            ] {
                let body = #"{"name":"王女士","phone":"13800000083","challenge_id":"\#(id)","code":"\#(code)"\#(consent)}"#
                let answer = try await service.call(.post, "/api/v1/inquiries", body)
                #expect(answer.status == 422 && answer.code == expected, "\(consent): \(answer.text)")
            }
            #expect(try await service.contents() == before)
        }
    }

    @Test func `a consent says who agreed to what, when, from where and with which words`() async throws {
        try await withService(TestService.behindProxy) { service in
            try await service.set(
                "consent_recipients",
                #"[{"id":"partner-a","name":"甲公司","contact":"021-12345678","purpose":"代办材料","manner":"加密文件","kinds":"称呼和号码"}]"#
            )
            let (id, code) = try await service.challenge(for: "13800000084")
            let consent =
                #"{"notice_version":"2026-11","accepted":true,"marketing":true,"recipients":["partner-a"],"reminder":{"valid_until":"2027-03-01"}}"#
            let body =
                #"{"name":"王女士","phone":"13800000084","challenge_id":"\#(id)","code":"\#(code)","consent":\#(consent)}"#
            let agent = "Firefox/1 " + String(repeating: "x", count: 600)
            let answer = try await service.call(
                .post, "/api/v1/inquiries", body,
                headers: [
                    .forwardedFor: "2001:db8::17",
                    .userAgent: agent,
                ])
            try #require(answer.status == 201, "\(answer.text)")
            let text = try await service.call(.get, "/api/v1/privacy-notice/2026-11")["text"].string
            let rows = try await service.database.query(
                """
                SELECT c.purpose, c.notice_version, encode(c.notice_sha256, 'hex'), c.given_at, host(c.address), encode(c.user_agent_hash, 'hex'),
                       coalesce(c.reminder_valid_until::text, 'none'), (c.withdrawn_at IS NULL AND i.id = c.inquiry_id AND i.lead_id = c.lead_id)
                FROM consents c JOIN inquiries i ON i.id = c.inquiry_id ORDER BY c.purpose
                """
            ).map { try $0.decode((String, String, String, Date, String, String, String, Bool).self) }
            #expect(rows.map(\.0) == ["inquiry", "marketing", "recipient:partner-a", "reminder"])
            let hash = Hex.text(SHA256.hash(data: Data(text.utf8)))
            let agentHash = Hex.text(SHA256.hash(data: Data(agent.prefix(512).utf8)))
            for row in rows {
                #expect(row.1 == "2026-11" && row.2 == hash && row.3 == service.clock.now && row.4 == "2001:db8::17")
                #expect(row.5 == agentHash)
                #expect(row.6 == (row.0 == "reminder" ? "2027-03-01" : "none") && row.7)
            }
        }
    }
}
