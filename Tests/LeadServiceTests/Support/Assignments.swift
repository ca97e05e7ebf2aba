import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

extension TestService {
    /// So many tasks, the oldest first.
    func seeds(_ count: Int, _ change: (inout TaskSeed) -> Void = { _ in }) async throws -> [SeededTask] {
        var tasks: [SeededTask] = []
        for number in 0..<count {
            var seed = TaskSeed(phone: "1380000\(1000 + number)", acceptedAgo: Double(7200 - number))
            change(&seed)
            tasks.append(try await self.seed(seed))
        }
        return tasks
    }

    /// How many tasks are somebody's because they were pushed.
    func pushed(to colleague: Colleague) async throws -> Int {
        try await self.count(
            "SELECT count(*) FROM callback_tasks WHERE owner_id = '\(colleague.id.text)' AND owner_reason = 'pushed'")
    }

    /// What a supervisor says of somebody's skills, weight and cap.
    @discardableResult
    func say(_ body: String, of colleague: Colleague, by chief: Colleague) async throws -> Answer {
        try await self.call(.put, "/api/v1/staff/\(colleague.id.text)/assignment", body, token: chief.token)
    }
}
