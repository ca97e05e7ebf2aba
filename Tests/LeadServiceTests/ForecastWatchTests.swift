import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// What the forecast names is told while it can still be kept.
@Suite struct ForecastWatchTests {
    private static func alerts(_ service: TestService, _ who: Colleague) async throws -> [JSONValue] {
        try await service.call(.get, "/api/v1/alerts?limit=200", token: who.token)["items"].array
            .filter { $0["kind"].string == "forecast_late" }
    }

    @Test
    func `what the board says will be late is told to supervisors two working hours before, once however many look`()
        async throws
    {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            service.clock.set(try SLATests.time("2026-11-25T15:59"))
            _ = try await service.call(.get, "/api/v1/me", token: anna.token)
            for number in 1...60 {
                _ = try await service.seed(
                    TaskSeed(phone: "1380000\(1000 + number)", acceptedAgo: 86400, dueIn: 2 * 3600 + 60))
            }
            let named = try await service.call(.get, "/api/v1/forecast", token: chief.token)["today"]["late_count"].int
            #expect(named > 20 && named < 60)
            let told = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 { group.addTask { try await service.services.forecastWatch.runOnce() } }
                return try await group.reduce(0, +)
            }
            let alerts = try await Self.alerts(service, chief)
            #expect(told == named && alerts.count == named)
            #expect(Set(alerts.map { $0["text"].string }) == ["按现在的速度可能超时，11月25日（周三）18:00 前要打，在公共池"])
            #expect(alerts.allSatisfy { $0["created_at"].string == "2026-11-25T15:59:00+08:00" })
            #expect(try await Self.alerts(service, anna).isEmpty)
            // Later only what was not told yet; whatever was rung meanwhile is no news.
            service.clock.advance(by: 600)
            _ = try await service.services.forecastWatch.runOnce()
            let ids = try await Self.alerts(service, chief).map { $0["callback_id"].string }
            #expect(Set(ids).count == ids.count && ids.count >= named)
            try await service.database.query("UPDATE callback_tasks SET met_at = due_at")
            service.clock.advance(by: 600)
            #expect(try await service.services.forecastWatch.runOnce() == 0)
        }
    }

    @Test func `nobody is told while the firm is closed, and nothing of promises that will be kept`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            // Saturday: nobody makes calls, so everything due is named.
            service.clock.set(try SLATests.time("2026-11-28T10:00"))
            _ = try await service.seed(TaskSeed(acceptedAgo: 86400, dueIn: 3600))
            #expect(
                try await service.call(.get, "/api/v1/forecast", token: chief.token)["today"]["late_count"].int == 1)
            #expect(try await service.services.forecastWatch.runOnce() == 0)
            // Monday: one task, somebody there.
            _ = try await service.colleague("anna")
            service.clock.set(try SLATests.time("2026-11-30T09:10"))
            _ = try await service.seed(TaskSeed(phone: "13800000002", acceptedAgo: 86400, dueIn: 8 * 3600))
            #expect(try await service.services.forecastWatch.runOnce() == 0)
            #expect(try await Self.alerts(service, chief).isEmpty)
        }
    }
}
