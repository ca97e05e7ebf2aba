import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// Warnings about promises that nobody keeps; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct SLATests {
    static func time(_ text: String) throws -> Date { try #require(RFC3339.date("\(text):00+08:00")) }

    /// What somebody's list says, the oldest first.
    static func kinds(_ service: TestService, _ colleague: Colleague) async throws -> [String] {
        let answer = try await service.call(.get, "/api/v1/alerts", token: colleague.token)
        try #require(answer.status == 200, "\(answer.text)")
        return answer["items"].array.map { $0["kind"].string }.reversed()
    }

    /// One round at a time of day; returns how many alerts were told.
    static func look(_ service: TestService, at text: String) async throws -> Int {
        service.clock.set(try self.time(text))
        return try await service.services.sla.runOnce()
    }

    @Test func `the owner is told first, then the pool, then who can still help, each once`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            let root = try await service.colleague("root", .administrator)
            let task = try await service.seed(TaskSeed(acceptedAgo: 0, owner: anna.id, ownerReason: "assigned"))
            for (text, told) in [
                ("2026-11-25T10:30", 0), ("2026-11-26T08:59", 0), ("2026-11-26T09:44", 0), ("2026-11-26T09:45", 1),
                ("2026-11-26T09:46", 0), ("2026-11-26T14:41", 0), ("2026-11-26T14:42", 1), ("2026-11-26T17:59", 0),
                // Broken at 18:00, and nobody is told at night.
                ("2026-11-26T18:00", 0), ("2026-11-26T22:00", 0), ("2026-11-27T09:00", 1), ("2026-11-27T12:59", 0),
                ("2026-11-27T13:00", 1), ("2026-11-27T13:01", 0), ("2026-11-30T10:00", 0),
            ] { #expect(try await Self.look(service, at: text) == told, "\(text)") }
            #expect(try await Self.kinds(service, anna) == ["sla_half", "sla_most", "sla_broken"])
            #expect(try await Self.kinds(service, boris) == ["sla_most"])
            #expect(try await Self.kinds(service, chief) == ["sla_broken", "sla_late"])
            #expect(try await Self.kinds(service, root) == [])
            let list = try await service.call(.get, "/api/v1/alerts", token: chief.token)
            #expect(list["items"][0]["callback_id"].string == task.id.text)
            #expect(list["items"][0]["text"].string.contains("11月26日（周四）18:00"))
            #expect(!list.text.contains("欧阳") && !list.text.contains("13800000001"))
        }
    }

    @Test func `eight processes that look at once tell each stage once`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            _ = try await service.colleague("chief", .supervisor)
            for number in 1...5 {
                try await _ = service.seed(TaskSeed(phone: "1380000010\(number)", acceptedAgo: 0))
            }
            for text in ["2026-11-26T09:45", "2026-11-26T14:42", "2026-11-27T09:00", "2026-11-27T13:00"] {
                service.clock.set(try Self.time(text))
                let told = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<8 { group.addTask { try await service.services.sla.runOnce() } }
                    return try await group.reduce(0, +)
                }
                #expect(told == 5, "\(text)")
            }
            #expect(try await service.count("SELECT count(*) FROM staff_alerts") == 20)
            // What nobody owns is told to the pool from the beginning.
            #expect(try await Self.kinds(service, anna).count { $0 == "sla_half" } == 5)
        }
    }

    @Test func `after a time without a worker only where it stands now is told`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            let anna = try await service.colleague("anna")
            _ = try await service.seed(TaskSeed(acceptedAgo: 0))
            #expect(try await Self.look(service, at: "2026-11-27T10:00") == 1)
            #expect(try await Self.kinds(service, chief) == ["sla_broken"])
            #expect(try await Self.kinds(service, anna) == [])
            #expect(try await service.count("SELECT count(*) FROM staff_alerts") == 3)
        }
    }

    @Test func `a call in time, an end and a pause silence it`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let kept = try await service.seed(TaskSeed(phone: "13800000111", acceptedAgo: 0))
            try await service.workThrough("no_answer", on: kept, anna)
            _ = try await service.seed(TaskSeed(phone: "13800000112", acceptedAgo: 0, state: "paused"))
            #expect(try await Self.look(service, at: "2026-11-26T15:00") == 0)
            #expect(try await Self.look(service, at: "2026-11-27T15:00") == 0)
        }
    }

    @Test func `a new promise on the same task begins anew, from its own inquiry`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(acceptedAgo: 0))
            #expect(try await Self.look(service, at: "2026-11-26T15:00") == 1)
            try await service.workThrough("no_answer", on: task, anna)
            // The same person asks again on Friday evening and is promised Monday.
            service.clock.set(try Self.time("2026-11-27T19:00"))
            #expect(try await service.submit(phone: task.phone).status == 201)
            #expect(
                try await service.task(task.id, "met_at IS NULL AND due_at = '2026-11-30T18:00:00+08:00'") == "true")
            #expect(try await Self.look(service, at: "2026-11-30T13:29") == 0)
            #expect(try await Self.look(service, at: "2026-11-30T13:30") == 1)
            #expect(try await Self.look(service, at: "2026-11-30T16:12") == 1)
            #expect(try await Self.kinds(service, anna) == ["sla_most", "sla_half", "sla_most"])
        }
    }

    @Test func `an owner who left is passed over, and with no adviser those who lead are told`() async throws {
        try await withService { service in
            let gone = try await service.colleague("gone")
            let chief = try await service.colleague("chief", .supervisor)
            try await service.database.query("UPDATE staff SET active = false WHERE username = 'gone'")
            _ = try await service.seed(TaskSeed(acceptedAgo: 0, owner: gone.id, ownerReason: "assigned"))
            #expect(try await Self.look(service, at: "2026-11-26T09:45") == 1)
            #expect(try await Self.kinds(service, chief) == ["sla_half"])
        }
    }

    @Test func `who holds it now is told in the owner's place`() async throws {
        try await withService(["CLAIM_MINUTES": "720"]) { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            _ = try await service.seed(TaskSeed(acceptedAgo: 0))
            service.clock.set(try Self.time("2026-11-26T09:40"))
            #expect(try await service.claim(anna).status == 200)
            #expect(try await Self.look(service, at: "2026-11-26T09:45") == 1)
            #expect(try await Self.kinds(service, anna) == ["sla_half"])
            #expect(try await Self.kinds(service, boris) == [])
        }
    }

    @Test func `the card says why the deadline is when it is`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            service.clock.set(try Self.time("2026-09-30T17:00"))
            let task = try await service.seed(TaskSeed(acceptedAgo: 0, dueIn: 8 * 86400 + 3600))
            let card = try await service.call(.get, task.path, token: anna.token)
            let days = card["deadline_trace"].array
            #expect(days.count == 8)
            #expect(days.dropLast().allSatisfy { $0["reason"].string == "holiday" && !$0["counted"].bool })
            #expect(days.last?["date"].string == "2026-10-08" && days.last?["counted"].bool == true)
        }
    }
}
