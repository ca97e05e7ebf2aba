import Foundation
import LeadService
import Leads
import NIOCore
import TestDatabase
import Testing

/// Further inquiries of somebody who is waiting already (contract §4.2).
///
/// The clock stands at Wednesday, 25 November 2026, 10:30, so the first promise is Thursday, 18:00.
@Suite struct JoinTests {
    private static let phone = "13800000071"
    private static let thursday = "2026-11-26T18:00:00+08:00"
    private static let friday = "2026-11-27T18:00:00+08:00"

    @Test func `a second inquiry is told the earlier deadline, and each keeps what it was told`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            service.clock.advance(by: 86400)
            let second = try await service.submit(phone: Self.phone)
            #expect(second["due_at"].string == Self.thursday)
            #expect(second["promise"].string == "我们会在 11月26日（周四）18:00 前致电")
            #expect(try await Self.told(service) == [Self.thursday, Self.thursday])
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 1)
            #expect(try await service.count("SELECT count(*) FROM leads") == 1)
        }
    }

    @Test func `a second inquiry after the deadline is told its own, while the task stays due at the broken one`()
        async throws
    {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            try Self.set(service, "2026-11-26T18:00:00+08:00")
            let second = try await service.submit(phone: Self.phone)
            #expect(second["due_at"].string == Self.friday)
            #expect(try await Self.task(service, "due_at") == Self.thursday)
            #expect(try await Self.told(service) == [Self.thursday, Self.friday])
        }
    }

    @Test func `an earlier promise of the second inquiry pulls the task forward`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            service.clock.advance(by: 61)
            let second = try await service.submit(phone: Self.phone, more: #","preferred_window":"morning""#)
            #expect(second["due_at"].string == "2026-11-26T12:00:00+08:00")
            #expect(try await Self.task(service, "due_at") == "2026-11-26T12:00:00+08:00")
            #expect(try await Self.told(service) == [Self.thursday, "2026-11-26T12:00:00+08:00"])
        }
    }

    @Test func `the next attempt is the acceptance, or the start of the window`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            #expect(try await Self.task(service, "next_attempt_at") == "2026-11-25T10:30:00+08:00")
            try await service.database.query("UPDATE callback_tasks SET next_attempt_at = '2026-11-26T15:00:00+08'")
            service.clock.advance(by: 3600)
            try await service.submit(phone: Self.phone)
            #expect(try await Self.task(service, "next_attempt_at") == "2026-11-25T11:30:00+08:00")
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone, more: #","preferred_window":"afternoon""#)
            #expect(try await Self.task(service, "next_attempt_at") == "2026-11-25T13:30:00+08:00")
            #expect(try await service.column("SELECT preferred_window FROM callback_tasks") == "afternoon")
        }
    }

    @Test func `the window is taken over, also by none, unless it opens after the deadline`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone, more: #","preferred_window":"morning""#)
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone, more: #","preferred_window":"afternoon""#)
            #expect(try await service.column("SELECT preferred_window FROM callback_tasks") == "afternoon")
            #expect(try await Self.task(service, "due_at") == "2026-11-26T12:00:00+08:00")
            // At eleven on the due day the afternoon opens after the deadline, which is at noon.
            try Self.set(service, "2026-11-26T11:00:00+08:00")
            try await service.database.query("UPDATE callback_tasks SET preferred_window = 'morning'")
            let late = try await service.submit(phone: Self.phone, more: #","preferred_window":"afternoon""#)
            #expect(late["due_at"].string == "2026-11-26T12:00:00+08:00")
            #expect(try await service.column("SELECT preferred_window FROM callback_tasks") == "morning")
            #expect(try await Self.task(service, "next_attempt_at") == "2026-11-26T11:00:00+08:00")
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone)
            #expect(try await service.column("SELECT preferred_window FROM callback_tasks") == nil)
            let windows = try await service.column(
                "SELECT string_agg(coalesce(preferred_window, 'none'), ' ' ORDER BY accepted_at) FROM inquiries")
            #expect(windows == "morning afternoon afternoon none")
        }
    }

    @Test(arguments: [
        ("2026-11-26T15:00:00+08:00", true), ("2026-11-26T17:59:59+08:00", true),
        ("2026-11-26T18:00:00+08:00", false), ("2026-11-27T10:00:00+08:00", false),
    ])
    func `an agreed time is kept only if it lies before the deadline`(agreed: String, isKept: Bool) async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            let time = try #require(RFC3339.date(agreed))
            try await service.database.query(
                "UPDATE callback_tasks SET call_again_at = \(time), next_attempt_at = \(time)")
            service.clock.advance(by: 3600)
            try await service.submit(phone: Self.phone)
            #expect(try await Self.task(service, "call_again_at") == (isKept ? agreed : "none"))
            #expect(try await Self.task(service, "next_attempt_at") == (isKept ? agreed : "2026-11-25T11:30:00+08:00"))
        }
    }

    @Test func `the total of attempts starts again, those of the day stay`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.submit(phone: Self.phone)
            let claimed = try await service.claim(anna)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            _ = try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
            let result = try await service.call(
                .post, path + "/attempts", #"{"disposition":"no_answer"}"#, token: anna.token)
            try #require(result.status == 200, "\(result.text)")
            #expect(try await service.count("SELECT attempts FROM callback_tasks") == 1)
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone)
            #expect(try await service.count("SELECT attempts FROM callback_tasks") == 0)
            #expect(try await service.count("SELECT count(*) FROM call_attempts WHERE counts") == 1)
        }
    }

    @Test func `an inquiry after the promise was met makes a new promise on the same task`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            try await service.database.query(
                "UPDATE callback_tasks SET met_at = '2026-11-25T11:00:00+08', next_attempt_at = '2026-12-01T10:00:00+08'"
            )
            try await service.database.query("UPDATE inquiries SET met_at = '2026-11-25T11:00:00+08'")
            try Self.set(service, "2026-11-26T09:00:00+08:00")
            let second = try await service.submit(phone: Self.phone)
            #expect(second["due_at"].string == Self.friday)
            #expect(try await Self.task(service, "due_at") == Self.friday)
            #expect(try await Self.task(service, "met_at") == "none")
            #expect(try await Self.task(service, "next_attempt_at") == "2026-11-26T09:00:00+08:00")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 1)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE met_at IS NULL") == 1)
        }
    }

    @Test func `after the task was closed a new inquiry opens another, and a paused one wakes`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            try await service.database.query(
                "UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'converted'")
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 2)
            try await service.database.query(
                "UPDATE callback_tasks SET state = 'paused', paused_reason = 'other', paused_until = due_at WHERE state = 'open'"
            )
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 2)
        }
    }

    @Test func `a quarantined inquiry has no task and changes none`() async throws {
        try await withService { service in
            let website = #","website":"http://a.example""#
            try await service.submit(phone: Self.phone, more: website)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 0)
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone)
            let before = try await service.column("SELECT t::text FROM callback_tasks t")
            service.clock.advance(by: 61)
            let third = try await service.submit(phone: Self.phone, more: website + #","preferred_window":"afternoon""#)
            #expect(third["due_at"].string == Self.thursday)
            #expect(try await service.column("SELECT t::text FROM callback_tasks t") == before)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE quarantined") == 2)
        }
    }

    @Test func `fill time counts only with a form token, and a request without any is never quarantined`() async throws
    {
        try await withService { service in
            func token() async throws -> String {
                let text = try await service.call(.get, "/api/v1/form-token")["form_token"].string
                return #","form_token":"\#(text)""#
            }
            var expected: [(String, Bool)] = [("13800000075", false)]
            try await service.submit(phone: "13800000075", more: #","website":"""#)
            let fresh = try await token()
            service.clock.advance(by: 1.9)
            try await service.submit(phone: "13800000072", more: fresh)
            expected.append(("13800000072", true))
            service.clock.advance(by: 0.2)
            try await service.submit(phone: "13800000073", more: fresh)
            expected.append(("13800000073", false))
            try await service.submit(phone: "13800000074", more: #","form_token":"1795573800000.AAAA""#)
            expected.append(("13800000074", true))
            for (phone, isQuarantined) in expected {
                let index = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: phone)))
                let stored = try await service.column(
                    "SELECT i.quarantined::text FROM inquiries i JOIN leads l ON l.id = i.lead_id WHERE l.phone_index = \(index)"
                )
                #expect(stored == String(isQuarantined), "\(phone)")
            }
        }
    }

    @Test func `a number on the do-not-call list that is proven by code opens a task and stays on the list`()
        async throws
    {
        try await withService { service in
            let index = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: Self.phone)))
            try await service.database.query("INSERT INTO do_not_call VALUES (\(index), \(service.clock.now), 'test')")
            let answer = try await service.submit(phone: Self.phone)
            #expect(answer["due_at"].string == Self.thursday)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            #expect(try await service.count("SELECT count(*) FROM do_not_call") == 1)
            let anna = try await service.colleague("anna")
            let claimed = try await service.claim(anna)
            #expect(claimed.status == 200, "\(claimed.text)")
            let path = "/api/v1/callbacks/\(claimed["id"].string)/reveal"
            let revealed = try await service.call(.post, path, #"{"purpose":"callback"}"#, token: anna.token)
            #expect(revealed["phone"].string == "+86\(Self.phone)", "\(revealed.text)")
        }
    }

    @Test func `a new inquiry of a merged lead joins the other lead's task`() async throws {
        try await withService { service in
            try await service.submit(phone: Self.phone)
            try await service.submit(phone: "13800000076")
            let leads = try await service.database.query("SELECT id FROM leads ORDER BY created_at, id").map {
                try $0.decode(UUID.self)
            }
            let merged = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: "13800000076")))
            let target = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: Self.phone)))
            #expect(leads.count == 2)
            try await service.database.query(
                "UPDATE leads SET merged_into = (SELECT id FROM leads WHERE phone_index = \(target)) WHERE phone_index = \(merged)"
            )
            try await service.database.query(
                """
                UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'duplicate'
                WHERE lead_id = (SELECT id FROM leads WHERE phone_index = \(merged))
                """)
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000076")
            #expect(
                try await service.column(
                    """
                    SELECT (l.phone_index = \(target))::text FROM callback_tasks t JOIN leads l ON l.id = t.lead_id
                    WHERE t.state = 'open'
                    """) == "true")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            #expect(
                try await service.column(
                    "SELECT count(*)::text FROM inquiries i JOIN leads l ON l.id = i.lead_id WHERE l.phone_index = \(merged)"
                )
                    == "2")
        }
    }

    @Test func `who waits for whom is found by an index`() async throws {
        try await withService { service in
            try await service.database.query(
                """
                INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                SELECT gen_random_uuid(), sha256(n::text::bytea), 1, 'x', sha256('x'), now() FROM generate_series(1, 20000) n
                """)
            try await service.database.query("ANALYZE leads")
            let lead = UUID()
            let plan = try await service.database.query(
                "EXPLAIN SELECT i.id FROM inquiries i JOIN leads l ON i.lead_id = l.id WHERE \(isOrMergedInto: lead)"
            ).map { try $0.decode(String.self) }.joined(separator: "\n")
            #expect(plan.contains("leads_pkey") && !plan.contains("Seq Scan on leads"), "\(plan)")
            let alone = try await service.database.query(
                "EXPLAIN SELECT l.id FROM leads l WHERE \(isOrMergedInto: lead)"
            ).map { try $0.decode(String.self) }.joined(separator: "\n")
            #expect(alone.contains("leads_pkey") && alone.contains("leads_merged"), "\(alone)")
        }
    }

    // MARK: -

    private static func set(_ service: TestService, _ time: String) throws {
        service.clock.set(try #require(RFC3339.date(time)))
    }

    /// A time of the open task, as our JSON writes it.
    private static func task(_ service: TestService, _ column: String) async throws -> String {
        let rows = try await service.database.query(
            "SELECT \(unescaped: column) FROM callback_tasks WHERE state = 'open'")
        return try #require(rows.first).decode(Date?.self).map { RFC3339.text($0) } ?? "none"
    }

    /// The deadlines the inquiries keep, in the order they came.
    private static func told(_ service: TestService) async throws -> [String] {
        try await service.database.query("SELECT due_at FROM inquiries ORDER BY accepted_at, id").map {
            RFC3339.text(try $0.decode(Date.self))
        }
    }
}
