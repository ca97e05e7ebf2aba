import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// What an imported year does to promises that visitors look at and move.
///
/// 31 December 2026 is a Thursday, and 2027 ships without its notice: its first promise, on Monday the 4th, is provisional.
@Suite struct CalendarReceiptTests {
    private func load(
        _ service: TestService, off: [String], makeup: [String] = []
    ) async throws
        -> CalendarImport.Outcome
    {
        let load = CalendarImport(
            database: service.services.database, settings: service.services.settings,
            dependencies: service.dependencies)
        let notice = Notices.official(2027, off: off, makeup: makeup)
        let outcome = try await load.load(try StrictJSON.read(Array(notice.utf8)), by: "test")
        try await service.services.calendar.reload()
        return outcome
    }

    private func promised(_ service: TestService, _ phone: String) async throws -> String {
        let answer = try await service.submit(phone: phone)
        try #require(answer["due_at"].string == "2027-01-04T18:00:00+08:00")
        return try service.receipt(of: answer)
    }

    @Test func `a deadline that an import moved is on the receipt, with the old one`() async throws {
        try await withService { service in
            service.clock.set(try #require(RFC3339.date("2026-12-31T10:00:00+08:00")))
            let receipt = try await self.promised(service, "13800000001")
            let html: HTTPFields = [.accept: "text/html"]
            #expect(try await !service.call(.get, receipt, headers: html).text.contains("国家公布"))
            service.clock.advance(by: 3600)
            #expect(try await self.load(service, off: ["2027-01-04"]).moved == 1)
            let words = "致电期限由 1月4日（周一）18:00 调整为 1月5日（周二）18:00"
            let page = try await service.call(.get, receipt, headers: html).text
            #expect(page.contains("国家公布节假日安排后，" + words) && page.contains("<dd>1月5日（周二）18:00 前</dd>"))
            let shown = try await service.call(.get, receipt)
            #expect(shown["due_at"].string == "2027-01-05T18:00:00+08:00")
            #expect(shown["events"].array.map(\.["kind"].string) == ["accepted", "deadline_moved"])
            #expect(shown["events"][1]["text"].string == "国家公布节假日安排，" + words)
            #expect(shown["events"][1]["at"].string == "2026-12-31T11:00:00+08:00")

            // Once the visitor has chosen, the old move is history.
            let changed = try await service.call(
                .post, receipt + "/window", #"{"preferred_window":"morning","on":"2027-01-05"}"#)
            #expect(changed["due_at"].string == "2027-01-05T12:00:00+08:00", "\(changed.text)")
            let after = try await service.call(.get, receipt, headers: html).text
            #expect(!after.contains("国家公布节假日安排后") && after.contains(words))
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a day that the visitor chose is not overridden by an import`() async throws {
        try await withService { service in
            service.clock.set(try #require(RFC3339.date("2026-12-31T10:00:00+08:00")))
            let chosen = try await self.promised(service, "13800000001")
            let left = try await self.promised(service, "13800000002")
            let choice = #"{"preferred_window":"morning","on":"2027-01-04"}"#
            #expect(
                try await service.call(.post, chosen + "/window", choice)["due_at"].string
                    == "2027-01-04T12:00:00+08:00")
            #expect(try await service.soundness() == [])
            service.clock.advance(by: 3600)
            let outcome = try await self.load(service, off: ["2027-01-04"])
            // The one that was left alone moves; the other is kept and listed, because its day is closed now.
            #expect(outcome.moved == 1 && outcome.onClosedDays.count == 1)
            #expect(try await service.call(.get, left)["due_at"].string == "2027-01-05T18:00:00+08:00")
            let kept = try await service.call(.get, chosen)
            #expect(kept["due_at"].string == "2027-01-04T12:00:00+08:00")
            #expect(kept["events"].array.map(\.["kind"].string) == ["accepted", "window_changed"])
            for table in ["inquiries", "callback_tasks"] {
                let due = try await service.column(
                    PostgresQuery(
                        unsafeSQL:
                            "SELECT string_agg(to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'DD HH24') || ' ' || provisional, ', ' ORDER BY due_at) FROM \(table)"
                    ))
                #expect(due == "04 12 false, 05 18 false", "\(table)")
            }
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a promise of a year that nobody knows is sound, moved or not`() async throws {
        try await withService { service in
            // A Monday before the two fixed days of May, which no table of days holds for that year.
            service.clock.set(try #require(RFC3339.date("2029-04-30T10:00:00+08:00")))
            let answer = try await service.submit(phone: "13800000001")
            #expect(answer["due_at"].string == "2029-05-03T18:00:00+08:00")
            #expect(try await service.soundness() == [])
            let moved = try await service.call(
                .post, try service.receipt(of: answer) + "/window",
                #"{"preferred_window":"morning","on":"2029-05-03"}"#)
            #expect(moved["due_at"].string == "2029-05-03T12:00:00+08:00", "\(moved.text)")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `another time for a call that is late leaves the broken promise as it was told`() async throws {
        try await withService { service in
            service.clock.set(try #require(RFC3339.date("2026-12-31T10:00:00+08:00")))
            let receipt = try await self.promised(service, "13800000001")
            service.clock.set(try #require(RFC3339.date("2027-01-04T19:00:00+08:00")))
            let choice = #"{"preferred_window":"afternoon","on":"2027-01-06"}"#
            try #require(try await service.call(.post, receipt + "/window", choice).status == 200)
            #expect(try await self.load(service, off: ["2027-01-04"]).moved == 0)
            let shown = try await service.call(.get, receipt)
            #expect(shown["due_at"].string == "2027-01-04T18:00:00+08:00")
            #expect(shown["next_attempt_at"].string == "2027-01-06T13:30:00+08:00")
            #expect(try await service.soundness() == [])
        }
    }
}
