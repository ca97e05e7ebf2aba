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
            try await service.expectNoOverlap()
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

    @Test func `an assignment and a result at once have one winner`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            _ = try await service.colleague("boris")
            for number in 0..<20 {
                let task = try await service.seed(TaskSeed(phone: "1380000\(1000 + number)"))
                try #require(try await service.claim(anna)["id"].string == task.id.text)
                service.clock.advance(by: 1)
                async let result = service.record("converted", on: task, anna)
                async let assignment = service.call(
                    .post, task.path + "/assign", #"{"adviser":"boris"}"#, token: chief.token)
                let (written, assigned) = (try await result, try await assignment)
                #expect(
                    (written.status, assigned.code) == (200, "already_closed")
                        || (written.code, assigned.status) == ("not_claimant", 204))
                service.clock.advance(by: 1)
                if assigned.status == 204 {
                    try await service.database.query(
                        "UPDATE callback_tasks SET state = 'paused', paused_reason = 'other', paused_until = due_at WHERE id = \(task.id)"
                    )
                }
            }
            try await service.expectNoOverlap()
        }
    }

    @Test func `a release and another's claim of the lapsed task at once leave one holder`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            for number in 0..<20 {
                let task = try await service.seed(TaskSeed(phone: "1380000\(1000 + number)"))
                try #require(try await service.claim(anna)["id"].string == task.id.text)
                service.clock.advance(by: 1801)
                async let release = service.call(.post, task.path + "/release", token: anna.token)
                async let claim = service.claim(boris)
                let (released, claimed) = (try await release, try await claim)
                // A claim that met the lock of the release goes away empty-handed; the next one gets the task.
                #expect(released.status == 204 || released.code == "not_claimant", "\(released.text)")
                #expect(
                    claimed.status == 200 || (claimed.status == 204 && released.status == 204),
                    "\(claimed.text) \(released.text) \(service.logs.lines.filter { $0.contains("failure") || $0.contains("error") })"
                )
                #expect(try await service.claim(boris)["id"].string == task.id.text)
                try #require(try await service.record("spam", on: task, boris).status == 200)
                service.clock.advance(by: 1)
            }
            try await service.expectNoOverlap()
        }
    }

    @Test func `an incoming and an ordinary claim of one task at once have one winner`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            for number in 0..<20 {
                let task = try await service.seed(TaskSeed(phone: "1380000\(1000 + number)"))
                async let incoming = service.claim(anna, #"{"phone":"\#(task.phone)"}"#)
                async let ordinary = service.claim(boris)
                let (rung, next) = (try await incoming, try await ordinary)
                #expect(
                    (rung.status, next.status) == (200, 204) || (rung.code, next.status) == ("claimed_by_other", 200))
                let winner = rung.status == 200 ? anna : boris
                try #require(try await service.record("spam", on: task, winner).status == 200)
                service.clock.advance(by: 1)
            }
            try await service.expectNoOverlap()
        }
    }

    @Test func `one adviser's two tabs record one result, whichever is first`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for number in 0..<20 {
                let task = try await service.seed(TaskSeed(phone: "1380000\(1000 + number)"))
                try #require(try await service.claim(anna)["id"].string == task.id.text)
                async let one = service.record("converted", on: task, anna)
                async let two = service.record("spam", on: task, anna)
                let answers = [try await one, try await two].sorted { $0.status < $1.status }
                #expect(answers[0].status == 200 && answers[1].code == "already_closed", "\(answers[1].text)")
                #expect(
                    try await service.column(
                        "SELECT count(*)::text FROM call_attempts WHERE task_id = \(task.id) AND refused IS NULL")
                        == "1")
            }
        }
    }

    @Test func `two merges the other way round at once leave one lead linked to the other`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            for number in 0..<20 {
                let one = try await service.seed(TaskSeed(phone: "1380000\(1000 + number)"))
                try #require(try await service.claim(anna)["id"].string == one.id.text)
                let two = try await service.seed(TaskSeed(phone: "1380000\(2000 + number)"))
                try #require(try await service.claim(boris)["id"].string == two.id.text)
                async let linkingOne = service.record(
                    "duplicate", on: one, anna, more: #","merge_into":"\#(two.lead.text)""#)
                async let linkingTwo = service.record(
                    "duplicate", on: two, boris, more: #","merge_into":"\#(one.lead.text)""#)
                let (there, back) = (try await linkingOne, try await linkingTwo)
                let (won, lost) = there.status == 200 ? (there, back) : (back, there)
                #expect(won.status == 200, "\(won.text)")
                #expect(lost.status == 422 && lost.code == "lead_unknown", "\(lost.text)")
                let linked = "id IN ('\(one.lead)', '\(two.lead)') AND merged_into IS NOT NULL"
                #expect(try await service.count("SELECT count(*) FROM leads WHERE \(linked)") == 1)
                let (rest, caller) = there.status == 200 ? (two, boris) : (one, anna)
                try #require(try await service.record("spam", on: rest, caller).status == 200)
                service.clock.advance(by: 1)
            }
            try await service.expectNoOverlap()
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

extension TestService {
    /// No instant at which a task was held twice, and no adviser with two ordinary claims at once.
    func expectNoOverlap() async throws {
        let overlapping = try await self.column(
            """
            SELECT count(*)::text FROM callback_claims a JOIN callback_claims b
            ON a.task_id = b.task_id AND a.claim_number < b.claim_number AND (a.ended_at IS NULL OR a.ended_at > b.claimed_at)
            """)
        #expect(overlapping == "0")
        let reversed = try await self.column(
            "SELECT count(*)::text FROM callback_claims WHERE ended_at < claimed_at")
        #expect(reversed == "0")
    }
}
