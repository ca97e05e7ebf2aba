import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

/// The last press of the forms without JavaScript, when it finds no room: the page that answers is the same form again.
@Suite struct LastStepTests {
    private static let person = [("name", "王女士"), ("phone", "13800000001")]

    /// The fields of the code step as they would be posted, code and all.
    private func step(_ service: TestService) async throws -> [(String, String)] {
        let step = try await service.post(
            "/inquiry/code", Self.person + [("consent", "true"), ("notice_version", "2026-11")])
        try #require(step.status == 200, "\(step.text)")
        try await service.services.outboxWorker.runOnce()
        service.clock.advance(by: 10)
        let code = try #require(service.sms.code(to: "13800000001"))
        return step.hiddenFields + Self.person + [("code", code)]
    }

    /// Presses again on the page that turned it away, and is taken as one lead.
    private func pressAgain(
        _ service: TestService, _ page: Answer, after first: [(String, String)]
    ) async throws {
        #expect(page.text.contains(##"href="#hand-in""##) && page.text.contains(#"id="hand-in""#))
        let hidden = page.hiddenFields
        for name in ["id", "challenge_id", "form_token", "consent", "notice_version"] {
            let kept = hidden.filter { $0.0 == name }.map(\.1)
            #expect(kept == first.filter { $0.0 == name }.map(\.1) && kept.count == 1, "\(name)")
        }
        let code = first.filter { $0.0 == "code" }
        for _ in 0..<2 {
            let done = try await service.post("/inquiry", hidden + Self.person + code)
            #expect(done.status == 200 && done.text.contains("提交成功"), "\(done.text)")
        }
        #expect(try await service.count("SELECT count(*) FROM leads") == 1)
        #expect(try await service.count("SELECT count(*) FROM inquiries") == 1)
    }

    @Test func `a press that the database had no room for is given the same form, and pressed again is one lead`()
        async throws
    {
        try await withService { service in
            let fields = try await self.step(service)
            try await service.database.query(
                "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''full'' USING ERRCODE = ''53300''; END'"
            )
            try await service.database.query(
                "CREATE TRIGGER full_up BEFORE INSERT ON inquiries FOR EACH ROW EXECUTE FUNCTION full_up()")
            let page = try await service.post("/inquiry", fields)
            #expect(page.status == 503 && page.headers[.retryAfter] == "2", "\(page.text)")
            #expect(page.text.contains("服务暂时繁忙，请稍后再试"))
            try await service.database.query("DROP TRIGGER full_up ON inquiries")
            service.clock.advance(by: 10)
            try await self.pressAgain(service, page, after: fields)
        }
    }

    @Test
    func `a press that waited in vain for the one before it is given the same form, and pressed again is one lead`()
        async throws
    {
        try await withService { service in
            let fields = try await self.step(service)
            let id = try #require(fields.first { $0.0 == "id" }.flatMap { UUID(uuidString: $0.1) })
            let key = ByteBuffer(bytes: service.keys.bucket("submit-id", id.uuidString))
            let until = service.clock.now.addingTimeInterval(6)
            try await service.database.query(
                "INSERT INTO submit_locks (key, holder, until) VALUES (\(key), \(UUID()), \(until))")
            let page = try await service.post("/inquiry", fields)
            #expect(page.status == 503 && page.headers[.retryAfter] == "2", "\(page.text)")
            service.clock.advance(by: 6)
            try await self.pressAgain(service, page, after: fields)
        }
    }

    @Test func `a press beyond the tries of its address is given the same form, and an hour's turn later is one lead`()
        async throws
    {
        try await withService(["BUDGET_FACTOR": "0.1"]) { service in
            service.clock.set(try #require(RFC3339.date("2026-11-25T10:58:00+08:00")))
            let fields = try await self.step(service)
            for number in 2..<5 {
                _ = try await service.offer("111111", UUID().uuidString.lowercased(), phone: "1390000000\(number)")
            }
            let page = try await service.post("/inquiry", fields)
            #expect(page.status == 429 && page.headers[.retryAfter] == "110", "\(page.headers)")
            #expect(page.text.contains("操作过于频繁，请在 110 秒后再试"))
            service.clock.advance(by: 110)
            try await self.pressAgain(service, page, after: fields)
        }
    }

    @Test func `a privacy request that the database had no room for is given the same form, and sent again is done`()
        async throws
    {
        try await withService { service in
            let step = try await service.post("/privacy/code", [("phone", "13800000001"), ("kind", "correct")])
            try #require(step.status == 200, "\(step.text)")
            try await service.services.outboxWorker.runOnce()
            let code = try #require(service.sms.code(to: "13800000001"))
            try await service.database.query(
                "CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''full'' USING ERRCODE = ''53300''; END'"
            )
            try await service.database.query(
                "CREATE TRIGGER full_up BEFORE INSERT ON privacy_requests FOR EACH ROW EXECUTE FUNCTION full_up()")
            let typed = [("code", code), ("name", "王小姐")]
            let page = try await service.post("/privacy/requests", step.hiddenFields + typed)
            #expect(page.status == 503 && page.headers[.retryAfter] == "2", "\(page.text)")
            #expect(page.text.contains("服务暂时繁忙，请稍后再试") && page.text.contains(##"href="#hand-in""##))
            #expect(page.text.contains(#"value="王小姐""#) && page.text.contains(#"id="hand-in""#))
            try await service.database.query("DROP TRIGGER full_up ON privacy_requests")
            let done = try await service.post("/privacy/requests", page.hiddenFields + typed)
            #expect(done.status == 303, "\(done.text)")
        }
    }
}
