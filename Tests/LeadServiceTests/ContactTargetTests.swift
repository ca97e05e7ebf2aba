import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// The target on contact; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct ContactTargetTests {
    private static func attempt(
        _ service: TestService, _ task: SeededTask, _ who: Colleague, _ disposition: String, at text: String,
        counts: Bool = true
    ) async throws {
        let at = try SLATests.time(text)
        try await service.database.query(
            """
            INSERT INTO callback_claims (task_id, claim_number, adviser_id, kind, claimed_at, revealed_at, ended_at, end_reason)
            VALUES (\(task.id), 1, \(who.id), 'ordinary', \(at), \(counts ? at : nil), \(at), 'result')
            """)
        try await service.database.query(
            """
            INSERT INTO call_attempts (id, task_id, claim_number, adviser_id, at, disposition, counts)
            VALUES (\(service.dependencies.makeID()), \(task.id), 1, \(who.id), \(at), \(disposition), \(counts))
            """)
        try await service.database.query("UPDATE inquiries SET met_at = \(at) WHERE id = \(task.inquiry) AND \(counts)")
        try await service.database.query("UPDATE callback_tasks SET met_at = \(at) WHERE id = \(task.id) AND \(counts)")
    }

    @Test func `the board says how many were spoken to within the target, by working time`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            try await service.put("contact_target_hours", "9")
            // Accepted on Wednesday at 10:30: the target is Thursday at 10:30.
            var tasks: [SeededTask] = []
            for number in 1...5 {
                tasks.append(try await service.seed(TaskSeed(phone: "1380000070\(number)", acceptedAgo: 0)))
            }
            try await Self.attempt(service, tasks[0], anna, "reached_interested", at: "2026-11-26T10:30")
            try await Self.attempt(service, tasks[1], anna, "reached_interested", at: "2026-11-26T10:31")
            // Nobody was spoken to, or no number was looked at.
            try await Self.attempt(service, tasks[2], anna, "no_answer", at: "2026-11-26T09:00")
            try await Self.attempt(service, tasks[3], anna, "reached_interested", at: "2026-11-26T09:00", counts: false)
            // Over without a call: left out.
            try await service.database.query(
                "UPDATE callback_tasks SET state = 'closed', closed_at = \(service.clock.now), closed_reason = 'spam' WHERE id = \(tasks[4].id)"
            )
            func contact(_ text: String) async throws -> JSONValue {
                service.clock.set(try SLATests.time(text))
                return try await service.call(.get, "/api/v1/forecast", token: chief.token)["contact"]
            }
            let early = try await contact("2026-11-26T10:30")
            #expect(early["target_hours"].int == 9 && early["due"].int == 2 && early["kept"].int == 1)
            let late = try await contact("2026-11-26T10:32")
            #expect(late["due"].int == 4 && late["kept"].int == 1)
        }
    }

    @Test func `who was rung and not reached is told to owner and supervisors before the target, once`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            try await service.put("contact_target_hours", "10")
            let owned = TaskSeed(phone: "13800000711", acceptedAgo: 0, owner: anna.id, ownerReason: "contacted")
            let missed = try await service.seed(owned)
            try await Self.attempt(service, missed, anna, "no_answer", at: "2026-11-25T11:00")
            let reached = try await service.seed(TaskSeed(phone: "13800000712", acceptedAgo: 0))
            try await Self.attempt(service, reached, anna, "reached_need_materials", at: "2026-11-25T11:00")
            // Eight of ten working hours after Wednesday, 10:30.
            for (text, told) in [("2026-11-26T09:29", 0), ("2026-11-26T09:30", 1), ("2026-11-26T09:35", 0)] {
                service.clock.set(try SLATests.time(text))
                #expect(try await service.services.forecastWatch.runOnce() == told, "\(text)")
            }
            for who in [anna, chief] {
                let alerts = try await service.call(.get, "/api/v1/alerts", token: who.token)["items"].array
                #expect(alerts.map { $0["text"].string } == ["打过还没有联系上，目标是 11月26日（周四）11:30 前联系上"])
                #expect(alerts[0]["callback_id"].string == missed.id.text)
            }
            #expect(try await service.call(.get, "/api/v1/alerts", token: boris.token)["items"].array.isEmpty)
        }
    }
}
