import Foundation
import LeadService
import Leads
import Postgres
import Testing

/// The chips over the queue: by source, score and age.
@Suite struct CallbackFilterTests {
    /// Twelve tasks: two sources and none, four scores, three ages, in turn.
    private static func fill(_ service: TestService, view: String = "pool") async throws -> [SeededTask] {
        var tasks: [SeededTask] = []
        for number in 0..<12 {
            let source = ["{}", #"{"utm":{"source":"article"}}"#, #"{"utm":{"source":"搜索 &"}}"#][number % 3]
            let task = try await service.seed(
                TaskSeed(
                    phone: "138000010\(number + 10)",
                    acceptedAgo: [600, 86400, 200_000][number / 4] + (view == "overdue" ? 7200 : 0),
                    dueIn: (view == "overdue" ? -3600 : 86400) - Double(number / 2),
                    nextAttemptIn: view == "scheduled" ? 60 : -60, source: source))
            let total = [126, 110, 80, nil][number % 4]
            if let total {
                try await service.database.query(
                    """
                    WITH one AS (
                        INSERT INTO assessments SELECT (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'total', \(total)))).*
                        FROM assessments a ORDER BY created_at LIMIT 1 RETURNING id
                    ) UPDATE inquiries SET assessment_id = (SELECT id FROM one) WHERE id = \(task.inquiry)
                    """)
            }
            tasks.append(task)
        }
        return tasks
    }

    private static func seedAssessment(_ service: TestService) async throws {
        #expect(
            try await service.call(.post, "/api/v1/assessments", #"{"answers":{"age":30}}"#).status == 201)
    }

    @Test func `a chip leaves what it says, two leave what both say, in the view's order`() async throws {
        try await withService { service in
            try await Self.seedAssessment(service)
            let anna = try await service.colleague("anna")
            let tasks = try await Self.fill(service)
            func listed(_ more: String) async throws -> [Int] {
                let page = try await service.list("pool", anna, more: more)
                #expect(page.status == 200, "\(page.text)")
                return page["items"].array.compactMap { item in
                    tasks.firstIndex { $0.id.text == item["id"].string }
                }
            }
            // The later number is due sooner, by pairs.
            let all = try await listed("")
            #expect(all.map { $0 / 2 } == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0, 0])
            func found(_ more: String) async throws -> [Int] {
                let found = try await listed(more)
                #expect(found == all.filter { found.contains($0) }, "\(more)")
                return found.sorted()
            }
            #expect(try await found("&source=article") == [1, 4, 7, 10])
            #expect(try await found("&source=%E6%90%9C%E7%B4%A2%20%26") == [2, 5, 8, 11])
            #expect(try await found("&source=") == [0, 3, 6, 9])
            #expect(try await found("&score=reached") == [0, 4, 8])
            #expect(try await found("&score=near") == [1, 5, 9])
            #expect(try await found("&score=far") == [2, 6, 10])
            #expect(try await found("&score=none") == [3, 7, 11])
            #expect(try await found("&age=today") == [0, 1, 2, 3])
            #expect(try await found("&age=yesterday") == [4, 5, 6, 7])
            #expect(try await found("&age=earlier") == [8, 9, 10, 11])
            #expect(try await found("&age=yesterday&score=reached&source=article") == [4])
            #expect(try await found("&age=earlier&score=none&source=article") == [])
        }
    }

    @Test(arguments: ["mine", "pool", "scheduled", "overdue"])
    func `pages of a filtered view follow each other without a gap or a repeat`(view: String) async throws {
        try await withService { service in
            try await Self.seedAssessment(service)
            let anna = try await service.colleague("anna")
            let tasks = try await Self.fill(service, view: view)
            if view == "mine" {
                try await service.database.query(
                    "UPDATE callback_tasks SET owner_id = \(anna.id), owner_reason = 'assigned'")
            }
            let all = try await service.list(view, anna)["items"].array.map { $0["id"].string }
            #expect(all.count == 12)
            let wanted = Set(tasks.indices.filter { $0 % 3 == 1 }.map { tasks[$0].id.text })
            var seen: [String] = []
            var more = "&source=article&limit=1"
            for _ in 0..<4 {
                let page = try await service.list(view, anna, more: more)
                seen += page["items"].array.map { $0["id"].string }
                more = "&source=article&limit=1&cursor=\(page["next_cursor"].string)"
            }
            #expect(more.hasSuffix("cursor="))
            #expect(seen == all.filter { wanted.contains($0) })
        }
    }

    @Test func `an unknown chip, and any on what is closed, is refused`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for (query, code) in [
                ("pool&score=high", "score_unknown"), ("pool&age=old", "age_unknown"),
                ("pool&sources=a", "unknown_member"),
                ("pool&source=\(String(repeating: "a", count: 201))", "too_long"),
                ("closed&source=article", "not_allowed"),
                ("closed&score=near", "not_allowed"), ("closed&age=today", "not_allowed"),
                ("pool&age=today&age=today", "repeated"),
            ] {
                let answer = try await service.list(query, anna)
                #expect(answer.status == 422 && answer["errors"][0]["code"].string == code, "\(query) \(answer.text)")
            }
        }
    }

    @Test func `a chip is looked for among the open tasks, from an index, however many are closed`() async throws {
        try await withService { service in
            try await service.database.query(
                """
                INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                SELECT gen_random_uuid(), sha256(n::text::bytea), 1, 'x', sha256('x'), '2026-11-25' FROM generate_series(1, 30000) n
                """)
            try await service.database.query(
                """
                INSERT INTO inquiries (id, lead_id, name_sealed, name_index, source, accepted_at, due_at, provisional)
                SELECT gen_random_uuid(), id, 'x', sha256('x'), '{"utm":{"source":"article"}}', '2026-11-25', '2026-11-26', false FROM leads
                """)
            try await service.database.query(
                """
                INSERT INTO callback_tasks (id, lead_id, latest_inquiry_id, state, accepted_at, newest_inquiry_at, due_at, provisional,
                                            next_attempt_at, closed_at, closed_reason)
                SELECT gen_random_uuid(), lead_id, id, CASE WHEN n > 1000 THEN 'closed' ELSE 'open' END, '2026-11-24', '2026-11-24',
                       timestamptz '2026-11-24' + n * interval '1 minute', false, timestamptz '2026-11-24' + n * interval '1 minute',
                       CASE WHEN n > 1000 THEN timestamptz '2026-11-25' END, CASE WHEN n > 1000 THEN 'converted' END
                FROM (SELECT *, row_number() OVER () AS n FROM inquiries) i
                """)
            try await service.database.query("ANALYZE leads, inquiries, callback_tasks")
            let anna = try await service.colleague("anna")
            let queue = CallbackQueue(
                database: service.services.database, dependencies: service.dependencies,
                settings: service.services.settings, calendar: service.services.calendar)
            let filters = [
                CallbackFilter(source: "article"), CallbackFilter(score: .unassessed), CallbackFilter(age: .yesterday),
                CallbackFilter(source: "", score: .near, age: .today),
            ]
            @Sendable func plan(_ view: CallbackView, _ filter: CallbackFilter) async throws -> String {
                let asked = queue.query(view, filter, for: anna.id, limit: 51)
                return try await service.database.query(
                    PostgresQuery(unsafeSQL: "EXPLAIN " + asked.sql, binds: asked.binds)
                )
                .map { try $0.decode(String.self) }.joined(separator: "\n")
            }
            for view in CallbackView.allCases where view != .closed {
                for filter in filters {
                    let plan = try await plan(view, filter)
                    #expect(!plan.contains("Seq Scan on callback_tasks"), "\(view) \(filter)\n\(plan)")
                    #expect(plan.contains("callback_tasks_"), "\(view) \(filter)\n\(plan)")
                }
            }
            // As in life: whole days of tasks are due at one time, and a page sorts none of them.
            try await service.database.query(
                "UPDATE callback_tasks SET due_at = '2026-11-24T10:00:00Z', next_attempt_at = '2026-11-24'")
            try await service.database.query("ANALYZE callback_tasks")
            for view in [CallbackView.pool, .overdue] {
                let plan = try await plan(view, CallbackFilter())
                #expect(plan.contains("Index Scan using callback_tasks_due"), "\(view)\n\(plan)")
                #expect(!plan.contains("Sort Key: t.due_at"), "\(view)\n\(plan)")
            }
        }
    }
}
