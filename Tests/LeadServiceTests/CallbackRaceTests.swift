import Foundation
import LeadService
import Leads
import Postgres
import Testing

@Suite struct CallbackRaceTests {
    @Test(.timeLimit(.minutes(15))) func `eight advisers on five hundred tasks claim each exactly once`() async throws {
        try await withService { service in
            for number in 0..<500 {
                _ = try await service.seed(
                    TaskSeed(phone: "1380000\(1000 + number)", acceptedAgo: Double(3600 + number)))
            }
            let claimed = try await withThrowingTaskGroup(of: [String].self) { group in
                for number in 0..<8 {
                    let colleague = try await service.colleague("adviser-\(number)")
                    group.addTask {
                        var ids: [String] = []
                        while true {
                            let answer = try await service.claim(colleague)
                            guard answer.status == 200 else { return ids }
                            let id = answer["id"].string
                            ids.append(id)
                            let result = try await service.call(
                                .post, "/api/v1/callbacks/\(id)/attempts", #"{"disposition":"spam"}"#,
                                token: colleague.token)
                            try #require(result.status == 200, "\(result.text)")
                        }
                    }
                }
                return try await group.reduce(into: [String]()) { $0 += $1 }
            }
            #expect(claimed.count == 500 && Set(claimed).count == 500)
        }
    }

    @Test func `a claim that expires while its result is written has one winner`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            for number in 0..<30 {
                let task = try await service.seed(TaskSeed(phone: "1380000\(1000 + number)"))
                try #require(try await service.claim(anna)["id"].string == task.id.text)
                service.clock.advance(by: 1801)
                async let result = service.record("converted", on: task, anna)
                async let claim = service.claim(boris)
                let (written, taken) = (try await result.status, try await claim.status)
                #expect((written, taken) == (200, 204) || (written, taken) == (409, 200))
                if taken == 200 { try #require(try await service.record("spam", on: task, boris).status == 200) }
                #expect(
                    try await service.column(
                        "SELECT count(*)::text FROM call_attempts WHERE task_id = \(task.id) AND refused IS NULL")
                        == "1")
            }
        }
    }

    @Test func `one adviser who asks many times at once has one claim`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for number in 0..<10 { _ = try await service.seed(TaskSeed(phone: "1380000100\(number)")) }
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<12 { group.addTask { try await service.claim(anna)["id"].string } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 1 && !ids.contains(""))
            #expect(try await service.column("SELECT count(*)::text FROM callback_claims") == "1")
        }
    }
}
