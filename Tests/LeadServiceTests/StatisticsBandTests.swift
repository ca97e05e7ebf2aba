import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The bands of the statistics that stand beside the funnel; the clock starts on Wednesday, 2026-11-25 at 10:30.
@Suite struct StatisticsBandTests {
    private func call(_ service: TestService, _ anna: Colleague, _ phone: String, _ result: String) async throws {
        let claimed = try await service.claim(anna, #"{"phone":"\#(phone)"}"#)
        let path = "/api/v1/callbacks/\(claimed["id"].string)"
        try #require(
            try await service.call(.post, path + "/reveal", #"{"purpose":"回访"}"#, token: anna.token).status == 200)
        let ended = try await service.call(.post, path + "/attempts", result, token: anna.token)
        try #require(ended.status == 200, "\(ended.text)")
    }

    /// One inquiry kept, one met too late, one never met, one due in an hour, one just come.
    private func days(_ service: TestService, _ anna: Colleague) async throws {
        for number in 1...3 {
            try await service.submit(phone: "1380000000\(number)", more: #","source":{"utm":{"source":"article"}}"#)
        }
        service.clock.advance(by: 1800)
        try await self.call(service, anna, "13800000001", #"{"disposition":"reached_not_interested","reason":"费用"}"#)
        service.clock.set(try #require(RFC3339.date("2026-11-26T10:00:00+08:00")))
        try await service.submit(phone: "13800000004")
        service.clock.set(try #require(RFC3339.date("2026-11-26T18:30:00+08:00")))
        try await self.call(service, anna, "13800000002", #"{"disposition":"no_answer"}"#)
        service.clock.set(try #require(RFC3339.date("2026-11-27T17:00:00+08:00")))
        try await service.submit(phone: "13800000005")
        try await service.submit(phone: "13800000006", more: #","website":"x""#)
    }

    @Test func `the bands say what plain statements say`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .administrator)
            try await self.days(service, anna)
            let export = try await service.call(.get, "/api/v1/leads/export?format=csv", token: chief.token)
            #expect(export.status == 200)
            try await service.ask("withdraw", phone: "13800000005")
            try await service.ask("erase", phone: "13800000004")
            let stats = try await service.call(.get, "/api/v1/stats", token: chief.token)
            try #require(stats.status == 200, "\(stats.text)")
            let (now, at) = (stats["now"], stats["as_of"].string)
            let open = "SELECT count(*) FROM callback_tasks WHERE state = 'open'"
            #expect(now["open"].int == (try await service.count(open)))
            #expect(now["overdue"].int == 1)
            #expect(try await service.count("\(open) AND met_at IS NULL AND due_at < '\(at)'") == 1)
            #expect(now["oldest_at"].string == "2026-11-25T10:30:00+08:00")
            // Nobody was there within the last half hour but whoever asks, who makes no calls.
            #expect(now["paused"].int == 0 && now["on_shift"].int <= 1)
            // Of seven codes today none has a report, and the day's budget is what was sent of it.
            #expect(now["delivered_percent"] == .null && now["budget_percent"].int >= 0)

            let recent = stats["recent"].array
            #expect(recent.map { $0["name"].string } == ["today", "7_days", "30_days"])
            #expect(recent[0]["kept"].int == 0 && recent[0]["broken"].int == 0 && recent[0]["kept_percent"] == .null)
            for whole in recent.dropFirst() {
                #expect(whole["kept"].int == 1 && whole["broken"].int == 2 && whole["kept_percent"].int == 33)
                #expect(whole["first_attempt"]["count"].int == 2 && whole["first_attempt"]["p50_minutes"].int == 30)
                #expect(whole["first_contact"]["p95_minutes"].int == 30)
            }
            let breaches = stats["breaches"].array
            #expect(breaches.count == stats["promise"]["broken"].int)
            #expect(
                breaches.map { $0["met_at"] == .null ? "never" : $0["met_at"].string }.sorted() == [
                    "2026-11-26T18:30:00+08:00", "never",
                ])
            #expect(Set(breaches.map { $0["source"].string }) == ["article"])

            let care = Dictionary(
                uniqueKeysWithValues: stats["care"]["numbers"].array.map { ($0["name"].string, $0["value"].int) })
            #expect(care["exports"] == 1 && care["plain_exports"] == 0)
            #expect(care["exported_rows"] == (try await service.count("SELECT sum(rows) FROM export_records")))
            #expect(
                care["reveals"]
                    == (try await service.count("SELECT count(*) FROM callback_claims WHERE revealed_at IS NOT NULL")))
            #expect(
                care["withdrawn"]
                    == (try await service.count(
                        "SELECT count(*) FROM consents WHERE purpose = 'inquiry' AND withdrawn_at IS NOT NULL")))
            #expect(care["erased"] == 1 && care["quarantined"] == 1)
            #expect(care["requests_withdraw"] == 1 && care["requests_erase"] == 1 && care["requests_copy"] == 0)
            #expect(stats["care"]["exporters"].array.map { $0["actor"].string } == ["chief"])

            let jobs = try await service.call(.get, "/api/v1/jobs", token: chief.token)["items"].array
            #expect(stats["system"]["jobs"].array.map { $0["name"].string } == jobs.map { $0["name"].string })
            let calendar = stats["system"]["calendar"].array
            #expect(calendar.map { $0["year"].int } == [2026, 2027])
            #expect(calendar[0]["loaded"] == .bool(true))
        }
    }

    @Test func `a heading of the page is the heading of its file`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let chief = try await service.colleague("chief", .administrator)
            try await self.days(service, anna)
            _ = try await service.call(.get, "/api/v1/leads/export?format=csv", token: chief.token)
            let page = try await service.call(
                .get, "/staff/statistics", token: chief.token, headers: [.accept: "text/html"])
            try #require(page.status == 200)
            for id in [
                "h-now", "h-promise", "h-before", "h-funnel", "h-advisers", "h-scores", "h-care", "h-system",
                "h-messages",
            ] {
                #expect(page.text.contains("aria-labelledby=\"\(id)\""), "\(id)")
            }
            let tables = page.text.components(separatedBy: "<caption id=\"c-").dropFirst()
            #expect(tables.count >= 13)
            for table in tables {
                let name = String(table.prefix { $0 != "\"" })
                let file = try await service.call(.get, "/api/v1/stats/\(name)", token: chief.token)
                let heading = try #require(file.text.dropFirst().split(separator: "\r\n").first)
                let columns = heading.split(separator: ",").map {
                    $0.trimmingCharacters(in: CharacterSet(charactersIn: "\""))
                }
                let shown = table.matches(of: /<th scope="col"[^>]*>([^<]*)<\/th>/).map { String($0.1) }
                #expect(!shown.isEmpty)
                // What the page leaves out are the ids behind a row.
                for (title, column) in zip(shown, columns) {
                    #expect(column == title || column.hasPrefix(title + "（"), "\(name): \(title), \(column)")
                }
                let rows = table.components(separatedBy: "<tr>").count - 2
                #expect(file.text.components(separatedBy: "\r\n").count - 2 == rows, "\(name)")
            }
        }
    }
}
