import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// Tasks that rest by hand; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct CallbackPauseTests {
    private func until(_ service: TestService, in seconds: TimeInterval) -> String {
        RFC3339.text(service.clock.now.addingTimeInterval(seconds))
    }

    private func pause(
        _ service: TestService, _ task: SeededTask, by colleague: Colleague, in seconds: TimeInterval = 86400,
        _ reason: String = "awaiting_visitor", more: String = ""
    ) async throws -> Answer {
        let body = #"{"reason":"\#(reason)","until":"\#(self.until(service, in: seconds))"\#(more)}"#
        return try await service.call(.post, task.path + "/pause", body, token: colleague.token)
    }

    private func resume(_ service: TestService, _ task: SeededTask, by colleague: Colleague) async throws -> Answer {
        try await service.call(.post, task.path + "/resume", token: colleague.token)
    }

    @Test func `the claimant pauses, is free, and nobody is served it until its time has come; the promise stands`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            let due = try await service.task(task.id, "due_at")
            _ = try await service.claim(anna)
            #expect(try await self.pause(service, task, by: boris).code == "not_claimant")
            #expect(try await self.pause(service, task, by: anna, more: #","note":"等孩子的学籍证明""#).status == 204)
            #expect(
                try await service.task(task.id, "concat_ws(' ', state, paused_reason, claimed_by IS NULL)")
                    == "paused awaiting_visitor t")
            #expect(try await service.task(task.id, "due_at") == due)
            #expect(try await service.column("SELECT end_reason FROM callback_claims") == "paused")
            for colleague in [anna, boris] { #expect(try await service.claim(colleague).status == 204) }
            #expect(try await service.record("no_answer", on: task, anna).code == "not_claimant")
            let later = try await service.list("scheduled", boris)["items"].array
            #expect(later.map { $0["state"].string } == ["paused"])
            #expect(later.first?["next_attempt_at"].string == self.until(service, in: 86400))
            service.clock.advance(by: 86399)
            #expect(try await service.services.pauses.runOnce() == 0)
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 1)
            #expect(try await service.services.pauses.runOnce() == 1)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            #expect(try await service.task(task.id, "due_at") == due)
        }
    }

    @Test func `what a pause needs is asked for, and a supervisor takes it from nobody`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let task = try await service.seed()
            #expect(try await self.pause(service, task, by: chief, "tired").code == "reason_unknown")
            #expect(try await self.pause(service, task, by: chief, "other").code == "required")
            for seconds: TimeInterval in [-60, 0, 30 * 86400 + 1] {
                #expect(try await self.pause(service, task, by: chief, in: seconds).code == "pause_until_invalid")
            }
            let endless = #"{"reason":"visitor_away"}"#
            #expect(
                try await service.call(.post, task.path + "/pause", endless, token: chief.token).code == "required")
            _ = try await service.claim(anna)
            let held = try await self.pause(service, task, by: chief)
            #expect(held.code == "claimed_by_other" && held["claimed_by"].string == "anna")
            // A lease that ran out holds nothing, and the history says when it did.
            service.clock.advance(by: 1801)
            #expect(try await self.pause(service, task, by: chief, in: 30 * 86400).status == 204)
            #expect(try await service.column("SELECT end_reason FROM callback_claims") == "expired")
            #expect(try await self.pause(service, task, by: chief).code == "already_paused")
            _ = try await service.call(
                .post, "/api/v1/callbacks/claim", #"{"phone":"\#(task.phone)"}"#, token: anna.token)
            #expect(try await service.record("spam", on: task, anna).status == 200)
            #expect(try await self.pause(service, task, by: chief).code == "already_closed")
            #expect(try await self.resume(service, task, by: chief).code == "already_closed")
        }
    }

    @Test func `whoever paused it, its owner and a supervisor go on; it waits for what it waited for`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed()
            #expect(try await self.resume(service, task, by: chief).code == "not_paused")
            try await service.workThrough("no_answer", on: task, anna)
            let next = try await service.task(task.id, "next_attempt_at")
            #expect(try await self.pause(service, task, by: chief).status == 204)
            #expect(try await self.resume(service, task, by: anna).code == "forbidden")
            #expect(try await self.resume(service, task, by: chief).status == 204)
            // A pause and its end are no way round the two hours between two calls.
            #expect(try await service.task(task.id, "next_attempt_at") == next)
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 7200)
            _ = try await service.claim(boris)
            #expect(try await self.pause(service, task, by: boris).status == 204)
            #expect(try await self.resume(service, task, by: anna).code == "forbidden")
            #expect(try await self.resume(service, task, by: boris).status == 204)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            _ = try await service.call(.post, task.path + "/assign", #"{"adviser":"anna"}"#, token: chief.token)
            #expect(try await self.pause(service, task, by: chief).status == 204)
            #expect(try await self.resume(service, task, by: anna).status == 204)
            for action in ["callback.pause", "callback.resume"] {
                #expect(try await service.number("SELECT count(*) FROM audit_events WHERE action = \(action)") == 3)
            }
        }
    }

    @Test func `the card says why, until when and by whom, and its history keeps it; the note is the claimant's`()
        async throws
    {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let task = try await service.seed()
            _ = try await service.claim(anna)
            let note = #","note":"等 13900000009 的回复""#
            service.clock.advance(by: 60)
            #expect(try await self.pause(service, task, by: anna, "other", more: note).status == 204)
            let until = self.until(service, in: 86400)
            var card = try await service.call(.get, task.path, token: chief.token)
            #expect(card["pause"]["reason"].string == "other" && card["pause"]["until"].string == until)
            #expect(card["pause"]["by"].string == "anna" && !card.text.contains("回复"))
            service.clock.advance(by: 60)
            #expect(try await self.resume(service, task, by: chief).status == 204)
            _ = try await service.claim(anna)
            card = try await service.call(.get, task.path, token: anna.token)
            #expect(card["pause"] == .null)
            let kinds = card["history"].array.map { $0["kind"].string }
            #expect(kinds == ["claimed", "resumed", "paused", "claimed", "inquiry"])
            #expect(card["history"][1]["by"].string == "chief" && card["history"][2]["until"].string == until)
            #expect(card["history"][2]["note"].string.contains("等") && !card["history"][2]["note"].string.isEmpty)
        }
    }

    @Test func `an inquiry, the visitor's new window and a call they make open it, and stopping calls closes it`()
        async throws
    {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let answer = try await service.submit(phone: "13800000005")
            let id = try #require(try await service.column("SELECT id::text FROM callback_tasks"))
            let row = try #require(UUID(uuidString: id))
            let task = SeededTask(id: row, lead: row, inquiry: row, phone: "13800000005")
            let state = { try await service.task(row, "concat_ws(' ', state, paused_until IS NULL)") }
            // Another inquiry.
            #expect(try await self.pause(service, task, by: chief).status == 204)
            service.clock.advance(by: 61)
            _ = try await service.submit(phone: "13800000005")
            #expect(try await state() == "open t")
            // Another window.
            #expect(try await self.pause(service, task, by: chief).status == 204)
            let window = try await service.call(
                .post, try service.receipt(of: answer) + "/window", #"{"preferred_window":"afternoon"}"#)
            #expect(window.status == 200)
            #expect(try await state() == "open t")
            // They ring: the task is theirs to talk about while it rests, and the result opens it.
            #expect(try await self.pause(service, task, by: chief).status == 204)
            let incoming = try await service.claim(anna, #"{"phone":"13800000005"}"#)
            #expect(incoming["state"].string == "paused")
            #expect(try await service.record("reached_need_materials", on: task, anna).status == 200)
            #expect(try await state() == "open t")
            // No more calls.
            #expect(try await self.pause(service, task, by: chief).status == 204)
            try await service.ask("stop_calls", phone: "13800000005")
            #expect(try await state() == "closed t")
        }
    }

    @Test func `an agreed time that the rest goes over is no longer one, a later one is kept`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            for (number, ahead, kept) in [(1, 3600.0, "false"), (2, 2 * 86400.0, "true")] {
                var seed = TaskSeed(phone: "1380000001\(number)", nextAttemptIn: ahead)
                (seed.isMet, seed.callAgainIn) = (true, ahead)
                let task = try await service.seed(seed)
                #expect(try await self.pause(service, task, by: chief).status == 204)
                #expect(try await service.task(task.id, "call_again_at IS NOT NULL") == kept)
            }
        }
    }

    @Test func `nobody hides a breach by pausing: the board lists it, and the statistics say broken`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed(TaskSeed(acceptedAgo: 0))
            var met = TaskSeed(phone: "13800000002")
            met.isMet = true
            #expect(try await self.pause(service, task, by: chief, in: 3 * 86400).status == 204)
            #expect(try await self.pause(service, try await service.seed(met), by: chief).status == 204)
            let board = try await service.call(.get, "/api/v1/board", token: chief.token)
            #expect(board["paused"].array.map { $0["id"].string } == [task.id.text])
            #expect(board["paused"][0]["pause"]["by"].string == "chief")
            #expect(board["paused"][0]["phone_masked"].string == "138****0001" && !board.text.contains("13800000001"))
            // 18:01 of the promised day.
            service.clock.advance(by: 31.5 * 3600 + 60)
            #expect(try await service.services.sla.runOnce() == 0)
            let stats = try await service.call(.get, "/api/v1/stats", token: chief.token)
            #expect(stats["promise"]["broken"].int == 1)
        }
    }

    @Test func `of eight who pause or claim at once each finds the other's work whole`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            var people: [Colleague] = []
            for number in 1...4 { people.append(try await service.colleague("adviser\(number)")) }
            for round in 1...10 {
                let task = try await service.seed(TaskSeed(phone: "138000001\(10 + round)"))
                let body = #"{"reason":"visitor_away","until":"\#(self.until(service, in: 86400))"}"#
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for person in people {
                        group.addTask { try await service.claim(person).status }
                        group.addTask {
                            try await service.call(.post, task.path + "/pause", body, token: chief.token).status
                        }
                    }
                    return try await group.reduce(into: [Int]()) { $0.append($1) }
                }
                #expect(!statuses.contains { $0 >= 500 }, "\(statuses)")
                let state = try await service.task(task.id, "concat_ws(' ', state, claimed_by IS NULL)")
                #expect(state == "paused t" || state == "open f")
                try await service.services.database.transaction { tx in
                    try await tx.execute(
                        "UPDATE callback_claims SET ended_at = claimed_at, end_reason = 'closed' WHERE ended_at IS NULL"
                    )
                    try await tx.execute(
                        """
                        UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'spam', paused_reason = NULL,
                            paused_until = NULL, claimed_by = NULL, claim_kind = NULL, claimed_until = NULL WHERE state <> 'closed'
                        """)
                }
            }
        }
    }
}
