import Foundation
import LeadService
import Leads
import Postgres
import Testing

@Suite struct CallbackClaimTests {
    private static let shape: Set<String> = [
        "id", "lead_id", "state", "name_masked", "phone_masked", "due_at", "overdue", "next_attempt_at", "attempts",
        "total", "gap",
        "source", "claimed_by", "claimed_until",
    ]

    @Test func `a claim is the task shape with the whole name and a token, a list item the shape alone`() async throws {
        try await withService { service in
            let (anna, _) = (try await service.colleague("anna"), try await service.seed())
            let claimed = try await service.claim(anna)
            #expect(claimed.status == 200)
            #expect(claimed.members == Self.shape.union(["name", "claim_token"]))
            #expect(claimed["name"].string == "欧阳晓" && claimed["name_masked"].string == "欧**")
            #expect(claimed["phone_masked"].string == "138****0001")
            #expect(claimed["claimed_by"].string == "anna" && claimed["source"].string == "article")
            let item = try await service.list("mine", anna)["items"][0]
            #expect(Set(item.names) == Self.shape)
        }
    }

    @Test func `a second claim is the same one with a longer lease`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            _ = try await service.seed()
            _ = try await service.seed(TaskSeed(phone: "13800000002"))
            let first = try await service.claim(anna)
            service.clock.advance(by: 600)
            let second = try await service.claim(anna, "{}")
            #expect(second["id"] == first["id"] && second["claim_token"] == first["claim_token"])
            #expect(RFC3339.date(second["claimed_until"].string) == service.clock.now.addingTimeInterval(1800))
        }
    }

    @Test func `nothing to claim is 204`() async throws {
        try await withService { service in
            let answer = try await service.claim(try await service.colleague("anna"))
            #expect(answer.status == 204 && answer.text.isEmpty)
        }
    }

    @Test func `an abandoned claim returns by itself and is recorded as expired when its lease ended`() async throws {
        try await withService { service in
            let (anna, boris, task) = (
                try await service.colleague("anna"), try await service.colleague("boris"), try await service.seed()
            )
            let lease = try await service.claim(anna)["claimed_until"].string
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 1801)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            let ended = try await service.column(
                """
                SELECT end_reason || ' ' || extract(epoch FROM ended_at)::bigint::text FROM callback_claims
                WHERE task_id = \(task.id) AND claim_number = 1
                """)
            #expect(ended == "expired \(Int(try #require(RFC3339.date(lease)).timeIntervalSince1970))")
        }
    }

    @Test func `any request by the claimant on the task extends the lease, a refused one too`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            let requests: [@Sendable () async throws -> Answer] = [
                { try await service.call(.get, task.path, token: anna.token) },
                { try await service.reveal(task, anna) },
                { try await service.record("reached_not_interested", on: task, anna) },
                { try await service.call(.post, task.path + "/attempts", "{", token: anna.token) },
                { try await service.call(.post, task.path + "/reveal", "not JSON", token: anna.token) },
                { try await service.call(.post, task.path + "/release", #"{"why":1}"#, token: anna.token) },
                {
                    try await service.call(
                        .post, task.path + "/attempts", "disposition=no_answer", token: anna.token,
                        headers: [.contentType: "text/plain"])
                },
                {
                    try await service.record(
                        "no_answer", on: task, anna, headers: [.idempotency: String(repeating: "k", count: 129)])
                },
                // Not what she may do, but still her task.
                { try await service.record("no_answer", on: task, anna, more: #","claim_token":"99""#) },
            ]
            for request in requests {
                service.clock.advance(by: 1500)
                _ = try await request()
                let until = try await service.list("mine", anna)["items"][0]["claimed_until"].string
                #expect(RFC3339.date(until) == service.clock.now.addingTimeInterval(1800))
            }
        }
    }

    @Test func `claims follow the order of the contract`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let hour: TimeInterval = 3600
            func seed(_ last: Int, _ change: (inout TaskSeed) -> Void) async throws -> String {
                var seed = TaskSeed(phone: "1380000\(1000 + last)")
                change(&seed)
                return try await service.seed(seed).id.text
            }
            let expected = [
                try await seed(1) {
                    ($0.owner, $0.ownerReason, $0.isMet, $0.nextAttemptIn) = (anna.id, "assigned", true, -2 * hour)
                },
                try await seed(2) {
                    ($0.owner, $0.ownerReason, $0.callAgainIn, $0.nextAttemptIn) = (
                        anna.id, "appointment", -hour, -hour
                    )
                },
                try await seed(3) {
                    ($0.owner, $0.ownerReason, $0.callAgainIn, $0.nextAttemptIn) = (
                        boris.id, "appointment", -hour, -hour
                    )
                },
                try await seed(4) { $0.acceptedAgo = 120 },
                try await seed(5) { $0.acceptedAgo = 600 },
                try await seed(6) { ($0.acceptedAgo, $0.dueIn) = (30 * hour, -20 * hour) },
                try await seed(7) { ($0.acceptedAgo, $0.dueIn) = (30 * hour, 7.5 * hour) },
                try await seed(8) { ($0.isMet, $0.nextAttemptIn) = (true, -2 * hour) },
                try await seed(9) { ($0.isMet, $0.nextAttemptIn) = (true, -hour) },
                try await seed(10) { $0.acceptedAgo = 2 * hour },
                try await seed(11) { $0.acceptedAgo = hour },
            ]
            let hidden = [
                try await seed(12) { $0.nextAttemptIn = 60 }, try await seed(13) { $0.state = "paused" },
                try await seed(14) { ($0.owner, $0.ownerReason, $0.nextAttemptIn) = (boris.id, "contacted", -600) },
            ]
            var served: [String] = []
            while let id = try await service.next(for: anna) { served.append(id) }
            #expect(served == expected)
            #expect(!hidden.contains { served.contains($0) })
        }
    }

    @Test func `a promise within the hour goes before a fresh inquiry`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let fresh = try await service.seed(TaskSeed(acceptedAgo: 60))
            let urgent = try await service.seed(TaskSeed(phone: "13800000002", acceptedAgo: 30 * 3600, dueIn: 3000))
            #expect(try await service.next(for: anna) == urgent.id.text)
            #expect(try await service.next(for: anna) == fresh.id.text)
        }
    }

    @Test func `a task waits for its visitor's window, not for calling hours`() async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(window: "afternoon"))
            #expect(try await service.claim(anna).status == 204)
            service.clock.advance(by: 3.5 * 3600)
            #expect(try await service.claim(anna)["id"].string == task.id.text)
            let late = try await service.seed(TaskSeed(phone: "13800000002", dueIn: 86400))
            service.clock.advance(by: 9 * 3600)
            #expect(try await service.claim(try await service.colleague("boris"))["id"].string == late.id.text)
        }
    }

    @Test func `a released task can be claimed again, an assigned one only by its adviser`() async throws {
        try await withService { service in
            let (anna, boris, task) = (
                try await service.colleague("anna"), try await service.colleague("boris"), try await service.seed()
            )
            let chief = try await service.colleague("chief", .supervisor)
            _ = try await service.claim(anna)
            service.clock.advance(by: 1)
            #expect(
                try await service.call(.post, task.path + "/release", #"{"reason":"换班"}"#, token: boris.token).code
                    == "not_claimant")
            #expect(
                try await service.call(.post, task.path + "/release", #"{"reason":"换班"}"#, token: anna.token).status
                    == 204)
            service.clock.advance(by: 1)
            _ = try await service.claim(anna)
            let assign = task.path + "/assign"
            #expect(try await service.call(.post, assign, #"{"adviser":"boris"}"#, token: anna.token).status == 403)
            #expect(try await service.call(.post, assign, #"{"adviser":"nobody"}"#, token: chief.token).status == 422)
            service.clock.advance(by: 1)
            #expect(try await service.call(.post, assign, #"{"adviser":"boris"}"#, token: chief.token).status == 204)
            service.clock.advance(by: 1)
            #expect(try await service.record("no_answer", on: task, anna).code == "not_claimant")
            #expect(try await service.claim(anna).status == 204)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            let actions = try await service.column(
                "SELECT string_agg(action, ' ' ORDER BY id) FROM audit_events WHERE object = \(task.id.text)")
            #expect(actions == "callback.claim callback.release callback.claim callback.assign callback.claim")
        }
    }
}

extension TestService {
    /// Claims what is next and closes it, so that the one after can be claimed.
    func next(for colleague: Colleague) async throws -> String? {
        let claimed = try await self.claim(colleague)
        guard claimed.status == 200 else { return nil }
        let id = claimed["id"].string
        let closed = try await self.call(
            .post, "/api/v1/callbacks/\(id)/attempts", #"{"disposition":"spam"}"#, token: colleague.token)
        try #require(closed["state"].string == "closed", "\(closed.text)")
        return id
    }
}

extension Answer {
    /// The names of the members.
    var members: Set<String> { Set(self.json.names) }
}

extension JSONValue {
    var names: [String] { if case .object(let members) = self { Array(members.keys) } else { [] } }
}
