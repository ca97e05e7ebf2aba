import Foundation
import HTTPTypes
import LeadService
import TestDatabase
import Testing

/// How many assessments strangers may store.
@Suite struct AssessmentBudgetTests {
    private static func assess(_ service: TestService, from address: String) async throws -> Answer {
        try await service.call(
            .post, "/api/v1/assessments", #"{"answers":{"age":30}}"#, headers: [.forwardedFor: address])
    }

    /// Takes so many from wherever `address` says, and expects the next one to be refused until `seconds` are over.
    private static func fill(
        _ service: TestService, _ count: Int, seconds: Int, next: String, _ address: (Int) -> String
    ) async throws {
        for number in 0..<count {
            let answer = try await self.assess(service, from: address(number))
            try #require(answer.status == 201, "\(number): \(answer.text)")
        }
        let wait = seconds - Int(service.clock.now.timeIntervalSince1970) % seconds
        let refused = try await self.assess(service, from: next)
        #expect(refused.status == 429 && refused.code == "too_many_requests", "\(refused.text)")
        #expect(refused.headers[.retryAfter] == String(wait))
        #expect(try await service.count("SELECT count(*) FROM assessments") == count)
        service.clock.advance(by: TimeInterval(wait - 1))
        #expect(try await self.assess(service, from: next).status == 429, "a second early")
        service.clock.advance(by: 1)
        #expect(try await self.assess(service, from: next).status == 201)
    }

    @Test func `an address has a bound, and beyond it takes nothing from others`() async throws {
        try await withService(TestService.behindProxy.merging(["BUDGET_FACTOR": "0.01"]) { $1 }) { service in
            try await Self.fill(service, 3, seconds: 3600, next: "203.0.113.7") { _ in "203.0.113.7" }
            for _ in 0..<20 { _ = try await Self.assess(service, from: "203.0.113.7") }
            #expect(try await Self.assess(service, from: "198.51.100.1").status == 201)
        }
    }

    @Test func `a network has a bound, and all of them have`() async throws {
        try await withService(TestService.behindProxy.merging(["BUDGET_FACTOR": "0.01"]) { $1 }) { service in
            try await Self.fill(service, 10, seconds: 3600, next: "203.0.113.200") { "203.0.113.\($0)" }
        }
        try await withService(TestService.behindProxy.merging(["BUDGET_FACTOR": "0.01"]) { $1 }) { service in
            try await Self.fill(service, 30, seconds: 3600, next: "198.51.100.1") { "203.0.\($0).1" }
        }
    }

    @Test func `sixty at once store as many as the bound says, and no inquiry waits for them`() async throws {
        let few = TestService.behindProxy.merging(["BUDGET_FACTOR": "0.05"]) { $1 }
        try await withService(few) { service in
            let (challenge, code) = try await service.challenge(for: "13800000301")
            let waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            let tasks = try await service.services.database.transaction { tx in
                try await tx.execute("LOCK TABLE send_budgets IN ACCESS EXCLUSIVE MODE")
                let tasks = (0..<60).map { _ in
                    Task { try await Self.assess(service, from: "203.0.113.7").status }
                }
                #expect(try await eventually(within: .seconds(20)) { try await service.count(waiting) == 2 })
                let answer = try await service.offer(code, challenge, phone: "13800000301", from: "203.0.113.7")
                #expect(answer.status == 201, "\(answer.text)")
                return tasks
            }
            var statuses: [Int] = []
            for task in tasks { statuses.append(try await task.value) }
            #expect(statuses.count { $0 == 201 } == 15 && statuses.count { $0 == 429 } == 45, "\(statuses)")
            #expect(try await service.count("SELECT count(*) FROM assessments") == 15)
            #expect(try await service.count("SELECT count(*) FROM assessment_items WHERE position = 1") == 15)
        }
    }

    @Test func `a browser is told on a page, and its inquiry is taken with the answers all the same`() async throws {
        try await withService(["BUDGET_FACTOR": "0.01"]) { service in
            for _ in 0..<3 {
                #expect(try await service.form("/assessment", "birth_year=1992&birth_month=5").status == 303)
            }
            let page = try await service.form("/assessment", "birth_year=1992&birth_month=5")
            #expect(
                page.status == 429 && page.text.contains("操作过于频繁") && page.headers[.retryAfter] != nil, "\(page.text)")
            let script = try await service.form(
                "/assessment", "birth_year=1992&birth_month=5", accept: "application/json")
            #expect(script.status == 429 && script.code == "too_many_requests")
            let (challenge, code) = try await service.challenge(for: "13800000302")
            let answer = try await service.offer(
                code, challenge, phone: "13800000302", more: #","answers":{"age":30}"#)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE assessment_id IS NOT NULL") == 1)
        }
    }
}
