import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

@Suite struct CallbackResultTests {
    @Test func `a revealed call that nobody answers keeps the promise and comes again in two hours`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            let answer = try await service.workThrough("no_answer", on: task, anna)
            #expect(answer.members == ["state", "due_at", "next_attempt_at", "closed_reason"])
            #expect(answer["state"].string == "open" && answer["next_attempt_at"].string == "2026-11-25T12:30:00+08:00")
            #expect(answer["due_at"].string == "2026-11-26T18:00:00+08:00" && answer["closed_reason"] == .null)
            #expect(
                try await service.task(
                    task.id, "concat_ws(' ', attempts, met_at IS NOT NULL, first_attempt_at IS NOT NULL)") == "1 t t")
            #expect(
                try await service.task(task.id, "first_contact_at IS NULL AND claimed_by IS NULL AND owner_id IS NULL")
                    == "true")
            #expect(try await service.column("SELECT (met_at IS NOT NULL)::text FROM inquiries") == "true")
        }
    }

    @Test func `a result without a reveal is stored, ends the claim and keeps no promise`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            let answer = try await service.record("no_answer", on: task, anna)
            #expect(answer["state"].string == "open" && answer["next_attempt_at"].string == "2026-11-25T10:29:00+08:00")
            #expect(
                try await service.task(task.id, "concat_ws(' ', attempts, met_at IS NULL, first_attempt_at IS NULL)")
                    == "0 t t")
            #expect(try await service.column("SELECT counts::text FROM call_attempts") == "false")
            #expect(try await service.claim(anna)["claim_token"].string == "2")
            #expect(
                try await service.record("reached_not_interested", on: task, anna, more: #","reason":"费用""#)["state"]
                    .string == "closed")
            #expect(try await service.column("SELECT (met_at IS NULL)::text FROM inquiries") == "true")
        }
    }

    @Test func `spam never counts, and closes`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            #expect(try await service.workThrough("spam", on: task, anna)["closed_reason"].string == "spam")
            #expect(try await service.task(task.id, "concat_ws(' ', attempts, met_at IS NULL)") == "0 t")
        }
    }

    @Test(arguments: [
        (#"{"disposition":"call_back_at"}"#, "required"), (#"{"disposition":"reached_interested"}"#, "required"),
        (#"{"disposition":"reached_not_interested","reason":" "}"#, "required"),
        (#"{"disposition":"duplicate"}"#, "required"), (#"{"disposition":"not_eligible"}"#, "required"),
        (#"{"disposition":"powered_off","reason":"asleep"}"#, "reason_unknown"),
        (#"{"disposition":"hung_up"}"#, "disposition_unknown"),
        (#"{}"#, "required"), (#"{"disposition":"spam","claim_token":"x"}"#, "claim_token_invalid"),
        (#"{"disposition":"spam","mood":1}"#, "unknown_member"), (#"{"disposition":7}"#, "type_mismatch"),
        (#"{"disposition":"call_back_at","call_again_at":"2026-02-30T10:00:00+08:00"}"#, "malformed_time"),
    ])
    func `a result that lacks what it needs is refused and changes nothing`(body: String, code: String) async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            let answer = try await service.call(.post, task.path + "/attempts", body, token: anna.token)
            #expect(answer.status == 422 && answer.code == code, "\(answer.text)")
            #expect(answer["errors"].array.count == 1, "\(answer.text)")
            #expect(try await service.column("SELECT count(*)::text FROM call_attempts") == "0")
            #expect(try await service.task(task.id, "claimed_by IS NOT NULL") == "true")
        }
    }

    @Test(arguments: [
        ("2026-11-25T10:00:00+08:00", "2026-11-25T10:30:00+08:00"),
        ("2026-11-25T12:30:00+08:00", "2026-11-25T13:30:00+08:00"),
        ("2026-11-25T21:00:00+08:00", "2026-11-26T09:00:00+08:00"),
        ("2026-11-28T10:00:00+08:00", "2026-11-30T09:00:00+08:00"),
    ])
    func `a time to call again that has passed, or lies outside hours or working days, is refused`(
        time: String, allowed: String
    ) async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            let answer = try await service.record("call_back_at", on: task, anna, more: #","call_again_at":"\#(time)""#)
            #expect(answer.status == 422 && answer.code == "outside_calling_hours", "\(answer.text)")
            #expect(answer["next_allowed_at"].string == allowed)
        }
    }

    @Test func `a call is agreed for a year ahead at most`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            for (time, status) in [("2027-11-27T10:30:00+08:00", 422), ("2027-11-26T10:00:00+08:00", 200)] {
                let answer = try await service.record(
                    "call_back_at", on: task, anna, more: #","call_again_at":"\#(time)""#)
                #expect(answer.status == status && (status == 200 || answer.code == "too_late"), "\(answer.text)")
            }
        }
    }

    @Test func `an agreed time makes an appointment of the adviser, anybody's half an hour late`() async throws {
        try await withService { service in
            let (anna, boris, task) = (
                try await service.colleague("anna"), try await service.colleague("boris"),
                try await service.seed(TaskSeed(window: "morning"))
            )
            let more = #","call_again_at":"2026-11-25T14:00:00+08:00""#
            let answer = try await service.workThrough("call_back_at", on: task, anna, more: more)
            #expect(answer["next_attempt_at"].string == "2026-11-25T14:00:00+08:00")
            #expect(
                try await service.task(task.id, "concat_ws(' ', owner_reason, preferred_window IS NULL)")
                    == "appointment t")
            service.clock.advance(by: 3.5 * 3600)
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 1800)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
        }
    }

    @Test func `a result after the lease is taken while nobody claimed since, else its note alone is kept`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let one = try await service.seed()
            _ = try await service.claim(anna)
            _ = try await service.reveal(one, anna)
            service.clock.advance(by: 3600)
            #expect(try await service.record("reached_need_materials", on: one, anna).status == 200)
            #expect(try await service.task(one.id, "concat_ws(' ', attempts, owner_reason)") == "1 contacted")

            let two = try await service.seed(TaskSeed(phone: "13800000002"))
            _ = try await service.claim(anna)
            service.clock.advance(by: 3600)
            _ = try await service.claim(boris)
            let refused = try await service.record("no_answer", on: two, anna, more: #","note":"请下午再打""#)
            #expect(refused.status == 409 && refused.code == "not_claimant")
            let history = try await service.call(.get, two.path, token: boris.token)["history"].array
            let kept = try #require(history.first { $0["kind"].string == "attempt" })
            #expect(kept["refused"].bool && kept["note"].string == "请下午再打" && !kept["counts"].bool)
            #expect(try await service.task(two.id, "claimed_by") == boris.id.text)
        }
    }

    @Test func `a refused result that is sent again keeps its note once, another note beside it`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            _ = try await service.claim(anna)
            service.clock.advance(by: 3600)
            _ = try await service.claim(boris)
            for note in ["请下午再打", "请下午再打", "换个时间", "请下午再打"] {
                var headers = HTTPFields()
                headers[.init("Idempotency-Key")!] = "key-\(note.count)"
                let refused = try await service.record(
                    "no_answer", on: task, anna, more: #","note":"\#(note)""#, headers: headers)
                #expect(refused.status == 409 && refused.code == "not_claimant")
            }
            let history = try await service.call(.get, task.path, token: boris.token)["history"].array
            #expect(
                history.filter { $0["kind"].string == "attempt" }.map { $0["note"].string }.sorted()
                    == ["换个时间", "请下午再打"].sorted())
        }
    }

    @Test func `a refused time or target changes nothing but keeps the note, and the right result follows`()
        async throws
    {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            _ = try await service.reveal(task, anna)
            let refusals = [
                ("call_back_at", #","call_again_at":"2026-11-25T12:30:00+08:00""#, "outside_calling_hours"),
                ("duplicate", #","merge_into":"\#(task.lead.text)""#, "lead_unknown"),
                ("duplicate", #","merge_into":"\#(UUID().text)""#, "lead_unknown"),
            ]
            for (disposition, more, code) in refusals {
                let silent = try await service.record(disposition, on: task, anna, more: more)
                #expect(silent.status == 422 && silent.code == code, "\(silent.text)")
                let noted = try await service.record(disposition, on: task, anna, more: more + #","note":"\#(code)说""#)
                #expect(noted.status == 422 && noted.code == code)
            }
            #expect(
                try await service.task(task.id, "concat_ws(' ', attempts, met_at IS NULL, claimed_by IS NOT NULL)")
                    == "0 t t")
            let history = try await service.call(.get, task.path, token: anna.token)["history"].array
            let kept = history.filter { $0["kind"].string == "attempt" }
            #expect(kept.count == 3 && kept.allSatisfy { $0["refused"].bool && !$0["counts"].bool })
            #expect(Set(kept.map { $0["note"].string }) == ["outside_calling_hours说", "lead_unknown说"])
            #expect(try await service.column("SELECT count(*)::text FROM leads WHERE merged_into IS NOT NULL") == "0")
            let right = #","call_again_at":"2026-11-25T14:00:00+08:00""#
            #expect(try await service.record("call_back_at", on: task, anna, more: right).status == 200)
            #expect(try await service.task(task.id, "attempts") == "1")
        }
    }

    @Test func `a second result on a closed task is refused`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            try await service.workThrough("converted", on: task, anna)
            let again = try await service.record("no_answer", on: task, anna)
            #expect(again.status == 409 && again.code == "already_closed")
            // With nothing said there is nothing to keep.
            #expect(try await service.column("SELECT count(*)::text FROM call_attempts") == "1")
            #expect(try await service.reveal(task, anna).code == "already_closed")
        }
    }

    @Test func `the same key and body repeat the first answer, another body conflicts`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            let key: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "\"k-1\""]
            _ = try await service.claim(anna)
            _ = try await service.reveal(task, anna)
            let first = try await service.record("no_answer", on: task, anna, headers: key)
            let second = try await service.record("no_answer", on: task, anna, headers: key)
            #expect(first.status == 200 && second.status == 200 && second.text == first.text)
            #expect(
                try await service.record("powered_off", on: task, anna, headers: key).code == "idempotency_conflict")
            #expect(try await service.column("SELECT count(*)::text FROM call_attempts") == "1")
        }
    }

    @Test func `six calls without contact go over five working days, then the task is closed as unreachable`()
        async throws
    {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            var times: [String] = []
            for number in 1...6 {
                let answer = try await service.workThrough("no_answer", on: task, anna)
                #expect(answer["state"].string == (number < 6 ? "open" : "closed"))
                #expect(answer["closed_reason"].string == (number < 6 ? "" : "unreachable"))
                times.append(answer["next_attempt_at"].string)
                service.clock.set(RFC3339.date(answer["next_attempt_at"].string) ?? service.clock.now)
            }
            #expect(
                times.map { $0.prefix(16) } == [
                    "2026-11-25T13:30", "2026-11-26T09:30", "2026-11-27T14:00", "2026-11-30T09:30", "2026-12-01T14:00",
                    "",
                ])
            let most = try await service.count(
                "SELECT max(n) FROM (SELECT count(*) n FROM call_attempts GROUP BY (at AT TIME ZONE 'Asia/Shanghai')::date) d"
            )
            #expect(most == 2)
        }
    }

    @Test func `an inquiry that comes after the reveal leaves the task open with its own deadline`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.submit(phone: "13800000001")
            let claimed = try await service.claim(anna)
            let id = try #require(UUID(uuidString: claimed["id"].string))
            let lead = try #require(UUID(uuidString: claimed["lead_id"].string))
            let task = SeededTask(id: id, lead: lead, inquiry: lead, phone: "13800000001")
            _ = try await service.reveal(task, anna)
            service.clock.advance(by: 120)
            try await service.submit(phone: "13800000001")
            let answer = try await service.record("converted", on: task, anna)
            #expect(answer["state"].string == "open" && answer["closed_reason"] == .null, "\(answer.text)")
            #expect(answer["due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(
                try await service.column(
                    "SELECT count(*) FILTER (WHERE met_at IS NULL)::text || '/' || count(*)::text FROM inquiries")
                    == "1/2")
            #expect(try await service.task(id, "met_at IS NULL") == "true")
            #expect(try await service.claim(anna)["id"].string == id.text)
        }
    }
}
