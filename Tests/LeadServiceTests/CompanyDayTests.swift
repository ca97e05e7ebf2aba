import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Days that the firm opens or closes by itself.
@Suite struct CompanyDayTests {
    private static let path = "/api/v1/calendar"

    static func day(
        _ day: String, _ kind: String, _ reason: String? = "公司年会", _ fingerprint: String? = nil
    ) -> String {
        var own: [String: JSONOutput] = ["day": .string(day), "kind": .string(kind)]
        if let reason { own["reason"] = .string(reason) }
        var members: [String: JSONOutput] = ["company_day": .object(own)]
        if let fingerprint { members["fingerprint"] = .string(fingerprint) }
        return JSONOutput.object(members).text
    }

    /// Previews and applies a day of the firm's own.
    static func set(
        _ service: TestService, _ boss: Colleague, _ day: String, _ kind: String, _ reason: String? = "公司年会"
    ) async throws -> Answer {
        let plan = try await service.call(.post, path + "/preview", Self.day(day, kind, reason), token: boss.token)
        try #require(plan.status == 200, "\(plan.text)")
        let done = try await service.call(
            .post, path, Self.day(day, kind, reason, plan["fingerprint"].string), token: boss.token)
        #expect(done.status == 200, "\(done.text)")
        return done
    }

    @Test func `a day of the firm's own counts at once, moves no promise, and can be taken back`() async throws {
        try await withService { service in
            // Promises made after the years were loaded are held against the calendar.
            try await service.database.query("UPDATE calendar_years SET loaded_at = '2026-01-01'")
            try await service.services.calendar.reload()
            let boss = try await service.colleague("boss", .administrator)
            #expect(
                try await service.submit(phone: "13800000001")["due_at"].string == "2026-11-26T18:00:00+08:00")
            service.clock.advance(by: 60)
            let closed = try await Self.set(service, boss, "2026-11-26", "closed")
            #expect(closed["company_days"][0]["before"] == .null)
            #expect(closed["company_days"][0]["after"]["reason"].string == "公司年会")
            #expect(closed["promises"]["on_closed_days"].int == 1 && closed["promises"]["moved"].int == 0)
            service.clock.advance(by: 60)
            #expect(
                try await service.submit(phone: "13800000002")["due_at"].string == "2026-11-27T18:00:00+08:00")
            let listed = try await service.call(.get, Self.path, token: boss.token)["company_days"][0]
            #expect(listed["day"].string == "2026-11-26" && listed["reason"].string == "公司年会")
            let board = try await service.call(.get, "/api/v1/board", token: boss.token)
            #expect(board["on_closed_days"].array.map { $0["due_at"].string } == ["2026-11-26T18:00:00+08:00"])
            #expect(try await service.soundness() == [])

            service.clock.advance(by: 60)
            let back = try await Self.set(service, boss, "2026-11-26", "none", nil)
            #expect(back["company_days"][0]["after"] == .null && back["promises"]["on_closed_days"].int == 0)
            service.clock.advance(by: 60)
            #expect(
                try await service.submit(phone: "13800000003")["due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(try await service.soundness() == [])
            // A Saturday that the firm opens.
            service.clock.set(try #require(RFC3339.date("2026-11-27T10:00:00+08:00")))
            let chief = try await service.colleague("chief", .administrator)
            _ = try await Self.set(service, chief, "2026-11-28", "open", "补上周的班")
            service.clock.advance(by: 60)
            #expect(
                try await service.submit(phone: "13800000004")["due_at"].string == "2026-11-28T18:00:00+08:00")
            #expect(try await service.soundness() == [])
            service.clock.advance(by: 60)
            _ = try await Self.set(service, chief, "2026-11-28", "none", nil)
            #expect(try await service.soundness() == [])
            let auditor = try await service.colleague("auditor", .auditor)
            let events = try await service.call(
                .get, "/api/v1/audit?action=calendar.company_day", token: auditor.token)["items"].array
            #expect(events.count == 4)
            #expect(events[3]["detail"]["before"] == .null && events[3]["detail"]["after"]["kind"].string == "closed")
            #expect(events[2]["detail"]["before"]["kind"].string == "closed" && events[2]["detail"]["after"] == .null)
            #expect(events[3]["object"].string == "2026-11-26" && events[3]["actor"].string == "boss")
        }
    }

    @Test func `a process that has not read the tables again promises by the firm's own days all the same`()
        async throws
    {
        try await withService { service in
            // As another process does it: the calendar in this one's memory stays as it was.
            let other = CalendarImport(
                database: service.services.database, settings: service.services.settings,
                dependencies: service.dependencies)
            let day = try ShanghaiDate(parsing: "2026-11-26")
            let table: [(CompanyDay?, String)] = [
                (CompanyDay(isOpen: false, reason: "公司年会"), "2026-11-27"), (nil, "2026-11-26"),
                (CompanyDay(isOpen: false, reason: "公司年会"), "2026-11-27"),
            ]
            for (index, (own, due)) in table.enumerated() {
                _ = try await other.apply(.companyDay(day, own), by: .command("test"))
                let answer = try await service.submit(phone: "1380000000\(index)")
                #expect(answer["due_at"].string == due + "T18:00:00+08:00")
            }
        }
    }

    @Test func `a day of the firm's own that has passed, lies far ahead or says nothing is refused`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let table: [(String, String)] = [
                (Self.day("2026-11-24", "closed"), "company_day_invalid"),
                (Self.day("2029-01-01", "closed"), "company_day_invalid"),
                (Self.day("2026-12-30", "half"), "company_day_invalid"),
                (Self.day("2026-12-30", "none", nil), "company_day_invalid"),
                (Self.day("2026-12-30", "closed", "  "), "company_day_invalid"),
                (Self.day("2026-12-30", "closed", "请打13800000001"), "company_day_invalid"),
                (Self.day("2026-12-30", "closed", "年会\u{202E}"), "company_day_invalid"),
                (Self.day("2026-12-30", "closed", String(repeating: "会", count: 51)), "company_day_invalid"),
                (Self.day("2026-12-30", "closed", nil), "required"), (Self.day("2026-02-30", "closed"), "date_invalid"),
            ]
            for (body, code) in table {
                let refused = try await service.call(.post, Self.path + "/preview", body, token: boss.token)
                #expect(refused.status == 422 && refused.code == code, "\(body) \(refused.text)")
                #expect(refused["errors"][0]["pointer"].string.hasPrefix("/company_day/"), "\(refused.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM company_days") == 0)
        }
    }
}
