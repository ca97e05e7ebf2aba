import Foundation
import LeadService
import Leads
import Postgres
import Testing

/// Permits that end, as advisers wrote them down; the clock starts on 2026-11-25.
@Suite struct PermitCallTests {
    private static func record(
        _ service: TestService, _ date: String?, of lead: UUID, _ colleague: Colleague
    ) async throws -> Answer {
        let value = date.map { "\"\($0)\"" } ?? "null"
        return try await service.call(
            .put, "/api/v1/leads/\(lead.text)/permit", #"{"valid_until":\#(value)}"#, token: colleague.token)
    }

    /// A lead whose task has ended.
    private static func ended(_ service: TestService, _ anna: Colleague, phone: String) async throws -> SeededTask {
        let task = try await service.seed(TaskSeed(phone: phone))
        try await service.workThrough("converted", on: task, anna)
        return task
    }

    private static func go(_ service: TestService, to day: String, minute: Int = 0) throws {
        service.clock.set(try ShanghaiDate(parsing: day).at(minute: minute))
    }

    @Test func `thirty days before, the adviser who wrote it down is to call, once for each end`() async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (anna, boris) = (
                try await service.colleague("anna", days: 900), try await service.colleague("boris", days: 900)
            )
            let chief = try await service.colleague("chief", .supervisor, days: 900)
            let task = try await Self.ended(service, anna, phone: "13800000001")
            let answer = try await Self.record(service, "2027-03-01", of: task.lead, anna)
            #expect(answer.status == 200 && answer["call_on"].string == "2027-01-30", "\(answer.text)")
            try Self.go(service, to: "2027-01-29", minute: 1439)
            #expect(try await service.services.permits.runOnce() == 0)
            // A Saturday: the owner's time begins on Monday, when people may be rung.
            try Self.go(service, to: "2027-01-30")
            #expect(try await service.services.permits.runOnce() == 1)
            #expect(try await service.services.permits.runOnce() == 0)
            try Self.go(service, to: "2027-02-01", minute: 540)
            #expect(try await service.claim(boris).status == 204)
            let claimed = try await service.claim(anna)
            #expect(claimed["lead_id"].string == task.lead.text && claimed["id"].string != task.id.text)
            #expect(claimed["source"].string == "permit_renewal")
            #expect(claimed["due_at"].string == "2027-02-01T18:00:00+08:00", "\(claimed.text)")
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            let card = try await service.call(.get, path, token: anna.token)
            #expect(card["permit_due"].string == "2027-03-01" && card["permit"]["recorded_by"].string == "anna")
            #expect(card["history"].array.contains { $0["kind"].string == "permit_due" })
            // No visitor was promised anything.
            let stats = try await service.call(.get, "/api/v1/stats?from=2027-01-01&to=2027-02-28", token: chief.token)
            #expect(stats["funnel"]["accepted"].int == 0 && stats["promise"]["open"].int == 0, "\(stats.text)")
            _ = try await service.call(.post, path + "/attempts", #"{"disposition":"spam"}"#, token: anna.token)
            // The same date again is no news; another one is.
            _ = try await Self.record(service, "2027-03-01", of: task.lead, boris)
            #expect(try await service.services.permits.runOnce() == 0)
            _ = try await Self.record(service, "2028-03-01", of: task.lead, boris)
            try Self.go(service, to: "2028-02-15")
            #expect(try await service.services.permits.runOnce() == 1)
            #expect(try await service.count("SELECT count(*) FROM permit_calls") == 2)
            #expect(try await service.seededSoundness() == [])
        }
    }

    @Test func `an open task is told of the end and changes in nothing else`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna", days: 900)
            let task = try await service.seed(
                TaskSeed(nextAttemptIn: 100 * 86400, callAgainIn: 100 * 86400))
            _ = try await Self.record(service, "2027-01-15", of: task.lead, anna)
            let before = try await service.task(task.id, "to_jsonb(callback_tasks)")
            try Self.go(service, to: "2026-12-16", minute: 600)
            #expect(try await service.services.permits.runOnce() == 1)
            #expect(try await service.task(task.id, "to_jsonb(callback_tasks)") == before)
            #expect(
                try await service.call(.get, task.path, token: anna.token)["permit_due"].string == "2027-01-15")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 1)
        }
    }

    @Test func `whoever is not to be called, whose day had come, or whose date was taken back has no task`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna", days: 900)
            for (number, kind) in ["stop_calls", "withdraw", "erase"].enumerated() {
                let phone = "1380000001\(number)"
                try await service.submit(phone: phone)
                let claimed = try await service.claim(anna)
                _ = try await service.call(
                    .post, "/api/v1/callbacks/\(claimed["id"].string)/attempts", #"{"disposition":"spam"}"#,
                    token: anna.token)
                let lead = try #require(UUID(uuidString: claimed["lead_id"].string))
                #expect(try await Self.record(service, "2027-01-15", of: lead, anna).status == 200)
                try await service.ask(kind, phone: phone)
            }
            #expect(try await service.count("SELECT count(*) FROM lead_permits") == 2)
            let late = try await Self.ended(service, anna, phone: "13800000021")
            #expect(try await Self.record(service, "2026-12-20", of: late.lead, anna)["call_on"] == .null)
            let taken = try await Self.ended(service, anna, phone: "13800000022")
            _ = try await Self.record(service, "2027-01-15", of: taken.lead, anna)
            #expect(try await Self.record(service, nil, of: taken.lead, anna)["valid_until"] == .null)
            try Self.go(service, to: "2026-12-16", minute: 600)
            #expect(try await service.services.permits.runOnce() == 0)
        }
    }

    @Test func `only a real date that is near is taken, of a lead there is`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            for (date, code) in [
                ("2027-02-30", "date_invalid"), ("soon", "date_invalid"), ("2040-01-01", "permit_date_unlikely"),
                ("2025-01-01", "permit_date_unlikely"),
            ] {
                let refused = try await Self.record(service, date, of: task.lead, anna)
                #expect(refused.status == 422 && refused.code == code, "\(refused.text)")
            }
            let path = "/api/v1/leads/\(task.lead.text)/permit"
            #expect(try await service.call(.put, path, "{}", token: anna.token).code == "required")
            #expect(try await Self.record(service, "2027-03-01", of: UUID(), anna).status == 404)
            let auditor = try await service.colleague("auditor", .auditor)
            #expect(try await Self.record(service, "2027-03-01", of: task.lead, auditor).status == 403)
        }
    }

    @Test func `four processes that look at once open one task`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna", days: 900)
            for number in 0..<5 {
                let task = try await Self.ended(service, anna, phone: "1380000003\(number)")
                _ = try await Self.record(service, "2027-01-15", of: task.lead, anna)
            }
            try Self.go(service, to: "2026-12-16", minute: 600)
            let opened = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await service.services.permits.runOnce() } }
                return try await group.reduce(0, +)
            }
            #expect(opened == 5)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 5)
            #expect(try await service.count("SELECT count(*) FROM callback_events") == 5)
        }
    }
}
