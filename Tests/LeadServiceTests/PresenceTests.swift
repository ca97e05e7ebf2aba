import Foundation
import LeadService
import Leads
import Postgres
import Testing

/// Who looks at a card without holding its task.
@Suite struct PresenceTests {
    @Test func `who looks at a card is seen by the others until they look elsewhere or say no more`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let (one, two) = (try await service.seed(), try await service.seed(TaskSeed(phone: "13800000002")))
            @Sendable func viewers(_ task: SeededTask, for colleague: Colleague) async throws -> [String] {
                try await service.call(.get, task.path, token: colleague.token)["viewers"].array
                    .map(\.["username"].string)
            }
            try await service.listening { port in
                let reader = try await service.watching(port, boris)
                try await service.services.queueWatch.runOnce()
                _ = try await reader.next("queue")
                func told(_ task: SeededTask) async throws -> [String] {
                    try await service.services.queueWatch.runOnce()
                    return try await reader.next("queue") { $0.changed.contains(task.id.text) }
                        .task(task.id)["viewers"].array.map(\.["display_name"].string)
                }
                #expect(try await service.call(.post, one.path + "/presence", token: anna.token).status == 204)
                #expect(try await told(one) == ["anna"])
                #expect(try await viewers(one, for: boris) == ["anna"])
                #expect(try await viewers(one, for: anna) == [])
                _ = try await service.call(.post, two.path + "/presence", token: anna.token)
                #expect(try await told(one) == [])
                #expect(try await viewers(one, for: boris) == [])
                #expect(try await viewers(two, for: boris) == ["anna"])
                service.clock.advance(by: 44)
                _ = try await service.call(.post, two.path + "/presence", token: anna.token)
                service.clock.advance(by: 44)
                #expect(try await viewers(two, for: boris) == ["anna"])
                service.clock.advance(by: 1)
                #expect(try await told(two) == [])
                #expect(try await viewers(two, for: boris) == [])
            }
        }
    }

    @Test func `looking extends no claim of others, and the claimant's own as any request of theirs`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            let claimed = try await service.claim(anna)
            service.clock.advance(by: 60)
            _ = try await service.call(.post, task.path + "/presence", token: boris.token)
            #expect(
                try await service.call(.get, task.path, token: boris.token)["claimed_until"].string
                    == claimed["claimed_until"].string)
            _ = try await service.call(.post, task.path + "/presence", token: anna.token)
            let card = try await service.call(.get, task.path, token: boris.token)
            #expect(card["claimed_until"].string == "2026-11-25T11:01:00+08:00")
            // Who holds it is said by the claim alone.
            #expect(card["viewers"].array.isEmpty)
        }
    }

    @Test func `a task of nobody is looked at by nobody, and looking changes no task`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            let before = try await service.column("SELECT callback_tasks::text FROM callback_tasks")
            for id in [UUID().text, "nobody"] {
                let answer = try await service.call(.post, "/api/v1/callbacks/\(id)/presence", token: anna.token)
                #expect(answer.status == 404)
            }
            _ = try await service.call(.post, task.path + "/presence", token: anna.token)
            #expect(try await service.column("SELECT callback_tasks::text FROM callback_tasks") == before)
        }
    }
}
