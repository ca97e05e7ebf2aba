import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let key = HTTPField.Name("Idempotency-Key")!
}

extension TestService {
    func undo(_ task: SeededTask, _ colleague: Colleague, givingBack other: SeededTask? = nil) async throws -> Answer {
        let body = other.map { #"{"give_back":"\#($0.id.text)"}"# }
        return try await self.call(.post, task.path + "/undo", body, token: colleague.token)
    }

    /// What fsck finds beside the consents that seeded inquiries never had.
    func seededSoundness() async throws -> [String] {
        try await self.soundness().filter { $0 != "inquiry_without_consent" }
    }

    /// Everything of a task but its fence, its lease and who changed it last, with what became of its promises and the list.
    fileprivate func whole(_ task: SeededTask) async throws -> String? {
        try await self.column(
            """
            SELECT (to_jsonb(t) - 'claim_number' - 'claimed_until' - 'changed_in')::text
                || (SELECT jsonb_agg(to_jsonb(i) ORDER BY i.id)::text FROM inquiries i)
                || (SELECT count(*)::text FROM do_not_call)
            FROM callback_tasks t WHERE t.id = \(task.id)
            """)
    }
}

@Suite struct UndoTests {
    @Test(arguments: [
        ("reached_interested", #","call_again_at":"2026-11-26T10:00:00+08:00""#), ("reached_need_materials", ""),
        ("call_back_at", #","call_again_at":"2026-11-26T10:00:00+08:00""#), ("no_answer", ""), ("busy_or_rejected", ""),
        ("powered_off", #","reason":"off""#), ("wrong_person", ""), ("reached_not_interested", #","reason":"费用""#),
        ("do_not_call", ""), ("not_eligible", #","item":"permit_not_valid""#), ("converted", #","reference":"HT-1""#),
        ("spam", ""),
    ])
    func `an undone result leaves the task as it was, in its adviser's hands, and counts nowhere`(
        disposition: String, more: String
    ) async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(window: "morning", owner: anna.id, ownerReason: "assigned"))
            let first = try await service.claim(anna)
            service.clock.advance(by: 1)
            _ = try await service.reveal(task, anna)
            service.clock.advance(by: 61)
            let before = try await service.whole(task)
            let recorded = try await service.record(disposition, on: task, anna, more: more + #","note":"按错了""#)
            try #require(recorded.status == 200, "\(recorded.text)")
            #expect(try await service.whole(task) != before)
            service.clock.advance(by: 29)
            let undone = try await service.undo(task, anna)
            try #require(undone.status == 200, "\(undone.text)")
            #expect(try await service.whole(task) == before)
            #expect(undone["claimed_by"].string == "anna" && undone["claim_token"].string == "2")
            #expect(undone["claimed_until"].string == RFC3339.text(service.clock.now.addingTimeInterval(1800)))
            #expect(
                try await service.count("SELECT count(*) FROM call_attempts WHERE counts OR closed_reason IS NOT NULL")
                    == 0)
            let card = try await service.call(.get, task.path, token: anna.token)
            let kinds = card["history"].array.map { $0["kind"].string }
            #expect(kinds == ["undone", "attempt", "revealed", "claimed", "inquiry"], "\(kinds)")
            #expect(card["history"][1]["undone"].bool && card["history"][1]["note"].string == "按错了")
            let loads = try await service.call(
                .get, "/api/v1/stats?from=2026-11-25&to=2026-11-25",
                token: try await service.colleague("chief", .supervisor).token)
            let load = loads["advisers"].array.first { $0["username"].string == "anna" }
            #expect(load?["attempts"].int == 0 && load?["reveals"].int == 1, "\(loads.text)")
            // The fence of before is no good any more; the call goes on under the new one, and counts.
            let stale = try await service.record(
                "converted", on: task, anna, more: #","claim_token":"\#(first["claim_token"].string)""#)
            #expect(stale.code == "not_claimant", "\(stale.text)")
            #expect(try await service.record("converted", on: task, anna)["state"].string == "closed")
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE met_at IS NULL") == 0)
            #expect(try await service.seededSoundness() == [])
            try await service.expectNoOverlap()
        }
    }

    @Test func `whom an adviser had on WeChat is as before`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            let known = "SELECT count(*) FROM wechat_contacts WHERE added_by = '\(anna.id)'"
            _ = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            _ = try await service.record("reached_need_materials", on: task, anna, more: #","wechat_added":true"#)
            #expect(try await service.count(known) == 1)
            try #require(try await service.undo(task, anna).status == 200)
            #expect(try await service.count(known) == 0, "added by what was undone")
            _ = try await service.record("reached_need_materials", on: task, anna, more: #","wechat_added":true"#)
            service.clock.advance(by: 3600)
            _ = try await service.claim(boris, #"{"phone":"13800000001"}"#)
            let removed = try await service.record("no_answer", on: task, boris, more: #","wechat_added":false"#)
            try #require(removed.status == 200, "\(removed.text)")
            #expect(try await service.count("SELECT count(*) FROM wechat_contacts") == 0)
            try #require(try await service.undo(task, boris).status == 200)
            #expect(try await service.count(known) == 1, "taken away by what was undone, with who had added them")
        }
    }

    @Test func `an undone call that came in still answers only what was asked before it`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try #require(try await service.claim(anna, #"{"phone":"13800000001"}"#).status == 200)
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            service.clock.advance(by: 61)
            _ = try await service.record("no_answer", on: task, anna)
            let unmet = "SELECT count(*) FROM inquiries WHERE met_at IS NULL"
            #expect(try await service.count(unmet) == 1)
            try #require(try await service.undo(task, anna).status == 200)
            #expect(try await service.count(unmet) == 2)
            #expect(try await service.task(task.id, "claim_kind") == "incoming")
            let again = try await service.record("converted", on: task, anna)
            #expect(again["state"].string == "open", "\(again.text)")
            #expect(try await service.count(unmet) == 1)
            #expect(try await service.seededSoundness() == [])
        }
    }

    @Test func `after thirty seconds, or by another, nothing is undone`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            #expect(try await service.undo(task, anna).code == "undo_too_late")
            try await service.workThrough("no_answer", on: task, anna)
            #expect(try await service.undo(task, boris).code == "undo_not_yours")
            service.clock.advance(by: 30)
            let late = try await service.undo(task, anna)
            #expect(late.status == 409 && late.code == "undo_too_late", "\(late.text)")
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM call_undos") == 1)
            service.clock.advance(by: 1)
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM call_undos") == 0)
            let unknown = try await service.call(.post, "/api/v1/callbacks/\(UUID().text)/undo", token: anna.token)
            #expect(unknown.status == 404)
            let strange = try await service.call(.post, task.path + "/undo", #"{"x":1}"#, token: anna.token)
            #expect(strange.code == "unknown_member")
        }
    }

    @Test func `what somebody or something went on from is not undone`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            func refused(_ task: SeededTask, _ code: String) async throws {
                let answer = try await service.undo(task, anna)
                #expect(answer.status == 409 && answer.code == code, "\(answer.text)")
                #expect(try await service.count("SELECT count(*) FROM call_attempts WHERE refused = 'undone'") == 0)
            }
            // Not looked at, so that the task can be served at once.
            let taken = try await service.seed(TaskSeed(phone: "13800000001"))
            _ = try await service.claim(anna)
            _ = try await service.record("no_answer", on: taken, anna)
            try #require(try await service.claim(boris)["id"].string == taken.id.text)
            try await refused(taken, "undo_changed")
            _ = try await service.record("spam", on: taken, boris)

            let given = try await service.seed(TaskSeed(phone: "13800000002"))
            try await service.workThrough("no_answer", on: given, anna)
            _ = try await service.call(.post, given.path + "/assign", #"{"adviser":"boris"}"#, token: chief.token)
            try await refused(given, "undo_changed")

            let asked = try await service.seed(TaskSeed(phone: "13800000003"))
            try await service.workThrough("converted", on: asked, anna)
            try await service.submit(phone: "13800000003")
            try await refused(asked, "undo_changed")

            let stopped = try await service.seed(TaskSeed(phone: "13800000004", dueIn: 600))
            let (challenge, code) = try await service.challenge(for: "13800000004", purpose: "privacy")
            try await service.workThrough("do_not_call", on: stopped, anna)
            let asks = try await service.call(
                .post, "/api/v1/privacy-requests",
                #"{"phone":"13800000004","challenge_id":"\#(challenge)","code":"\#(code)","kind":"stop_calls"}"#)
            try #require(asks.status == 202, "\(asks.text)")
            try await refused(stopped, "undo_changed")
            #expect(try await service.count("SELECT count(*) FROM do_not_call") == 1)

            let one = try await service.seed(TaskSeed(phone: "13800000005", dueIn: 300))
            try await service.workThrough("duplicate", on: one, anna, more: #","merge_into":"\#(taken.lead.text)""#)
            try await refused(one, "undo_merged")
        }
    }

    @Test func `what was sent because of a result keeps it, and what still waits is not sent`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try await service.workThrough("no_answer", on: task, anna)
            let (now, id) = (service.clock.now, UUID())
            try await service.database.query(
                """
                INSERT INTO messages (id, template, phone_index, state, created_at, send_at, expires_at, finished_at)
                SELECT \(id), 'missed_call', phone_index, 'sent', \(now), \(now), \(now.addingTimeInterval(600)), \(now)
                FROM leads WHERE id = \(task.lead)
                """)
            let answer = try await service.undo(task, anna)
            #expect(answer.status == 409 && answer.code == "undo_sent", "\(answer.text)")
            try await service.database.query("UPDATE messages SET state = 'queued', finished_at = NULL")
            #expect(try await service.undo(task, anna).status == 200)
            #expect(try await service.column("SELECT state || ' ' || failure FROM messages") == "expired undone")
        }
    }

    @Test func `a number that was listed before stays listed`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try await service.database.query(
                """
                INSERT INTO do_not_call (phone_index, added_at, added_by)
                SELECT phone_index, \(service.clock.now.addingTimeInterval(-9000)), 'chief' FROM leads
                """)
            try await service.workThrough("do_not_call", on: task, anna)
            try #require(try await service.undo(task, anna).status == 200)
            #expect(try await service.column("SELECT added_by FROM do_not_call") == "chief")
        }
    }

    @Test func `whoever has the next call already gives it back in the same moment, or keeps it when the undo fails`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let first = try await service.seed(TaskSeed(phone: "13800000001"))
            let second = try await service.seed(TaskSeed(phone: "13800000002", dueIn: 60 * 3600))
            try await service.workThrough("no_answer", on: first, anna)
            try #require(try await service.claim(anna)["id"].string == second.id.text)
            let refused = try await service.undo(first, anna)
            #expect(refused.status == 409 && refused.code == "undo_claim_open", "\(refused.text)")
            // Somebody else's call is not given back by this.
            let none = try await service.undo(first, boris, givingBack: second)
            #expect(none.code == "undo_not_yours")
            #expect(try await service.task(second.id, "claimed_by") == anna.id.text)
            #expect(try await service.undo(first, anna, givingBack: second).status == 200)
            #expect(try await service.task(second.id, "claimed_by") == nil)
            #expect(
                try await service.column("SELECT end_reason FROM callback_claims WHERE task_id = \(second.id)")
                    == "released")
            _ = try await service.record("no_answer", on: first, anna)
            _ = try await service.claim(anna)
            service.clock.advance(by: 31)
            #expect(try await service.undo(first, anna, givingBack: second).code == "undo_too_late")
            #expect(try await service.task(second.id, "claimed_by") == anna.id.text)
            try await service.expectNoOverlap()
        }
    }

    @Test func `a result sent again after it was undone is told so`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            _ = try await service.claim(anna)
            _ = try await service.reveal(task, anna)
            let headers: HTTPFields = [.key: "one"]
            _ = try await service.record("no_answer", on: task, anna, headers: headers)
            _ = try await service.undo(task, anna)
            let again = try await service.record("no_answer", on: task, anna, headers: headers)
            #expect(again.status == 409 && again.code == "result_undone", "\(again.text)")
            #expect(try await service.record("no_answer", on: task, anna).status == 200)
        }
    }

    @Test func `an undo and another's claim at once have one winner`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            var undos = 0
            for number in 0..<30 {
                let task = try await service.seed(
                    TaskSeed(phone: "1380000\(1000 + number)", dueIn: 31.5 * 3600 - Double(number)))
                try #require(try await service.claim(anna)["id"].string == task.id.text)
                _ = try await service.record("no_answer", on: task, anna)
                async let undo = service.undo(task, anna)
                async let claim = service.claim(boris)
                let (undone, claimed) = (try await undo, try await claim)
                #expect(
                    (undone.status, claimed.status) == (200, 204)
                        || (undone.code, claimed.status) == ("undo_changed", 200),
                    "\(undone.text) \(claimed.text)")
                undos += undone.status == 200 ? 1 : 0
                let winner = undone.status == 200 ? anna : boris
                #expect(try await service.task(task.id, "claimed_by") == winner.id.text)
                try #require(try await service.record("spam", on: task, winner).status == 200)
                service.clock.advance(by: 1)
            }
            print("undone before the other claimed: \(undos) of 30")
            try await service.expectNoOverlap()
            #expect(try await service.seededSoundness() == [])
        }
    }
}
