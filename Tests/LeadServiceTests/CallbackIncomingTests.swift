import Foundation
import LeadService
import Leads
import Postgres
import Testing

@Suite struct CallbackIncomingTests {
    @Test func `somebody who rings is claimed by number or lead, whatever the next attempt`() async throws {
        try await withService(["CALLING_HOURS": "01:00-02:00"]) { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(nextAttemptIn: 86400))
            let claimed = try await service.claim(anna, #"{"phone":"138 0000 0001"}"#)
            #expect(claimed["id"].string == task.id.text)
            #expect(try await service.reveal(task, anna)["phone"].string == "+8613800000001")
            let later = #","call_again_at":"2026-11-26T01:30:00+08:00""#
            let answer = try await service.record("call_back_at", on: task, anna, more: later)
            #expect(answer["next_attempt_at"].string == "2026-11-26T01:30:00+08:00", "\(answer.text)")
        }
    }

    @Test func `an incoming call counts without a reveal and stands beside one ordinary claim`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let one = try await service.seed()
            let two = try await service.seed(TaskSeed(phone: "13800000002", nextAttemptIn: 3600))
            let three = try await service.seed(TaskSeed(phone: "13800000003", nextAttemptIn: 3600))
            #expect(try await service.claim(anna)["id"].string == one.id.text)
            #expect(try await service.claim(anna, #"{"lead_id":"\#(two.lead.text)"}"#)["id"].string == two.id.text)
            #expect(try await service.claim(anna, #"{"lead_id":"\#(three.lead.text)"}"#).code == "claim_open")
            let held = try await service.claim(boris, #"{"phone":"13800000002"}"#)
            #expect(held.status == 409 && held.code == "claimed_by_other" && held["claimed_by"].string == "anna")
            #expect(try await service.record("converted", on: two, anna)["closed_reason"].string == "converted")
            #expect(try await service.task(two.id, "attempts") == "1")
            #expect(try await service.task(two.id, "met_at IS NOT NULL") == "true")
            #expect(try await service.claim(anna)["id"].string == one.id.text)
        }
    }

    @Test func `the adviser's own claim becomes the incoming one when that person rings`() async throws {
        try await withService(["CALLING_HOURS": "01:00-02:00"]) { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            let ordinary = try await service.claim(anna)
            #expect(try await service.reveal(task, anna).code == "outside_calling_hours")
            let incoming = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            #expect(incoming["claim_token"] == ordinary["claim_token"])
            #expect(try await service.reveal(task, anna).status == 200)
        }
    }

    @Test func `what is in quarantine carries the call of somebody only where there is nothing else`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let real = try await service.submit(phone: "13800000001")
            let ended = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            let path = "/api/v1/callbacks/\(ended["id"].string)/attempts"
            try #require(
                try await service.call(.post, path, #"{"disposition":"wrong_person"}"#, token: anna.token).status == 200
            )
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001", more: #","website":"http://spam.example""#)
            let again = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            #expect(again["id"].string != ended["id"].string, "\(again.text)")
            #expect(
                try await service.column("SELECT latest_inquiry_id::text FROM callback_tasks WHERE state <> 'closed'")
                    == real["inquiry_id"].string)
        }
    }

    @Test func `a closed task's caller gets a new one with a deadline as for an inquiry now`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            try await service.workThrough("converted", on: task, anna)
            let claimed = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            #expect(claimed.status == 200 && claimed["id"].string != task.id.text)
            #expect(claimed["due_at"].string == "2026-11-26T18:00:00+08:00")
            let path = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
            let answer = try await service.call(
                .post, path, #"{"disposition":"reached_not_interested","reason":"费用"}"#, token: anna.token)
            #expect(answer["closed_reason"].string == "not_interested")
        }
    }

    @Test(arguments: [
        (#"{"phone":"13800009999"}"#, 404, "lead_unknown"),
        (#"{"lead_id":"00000000-0000-7000-8000-000000000000"}"#, 404, "lead_unknown"),
        (#"{"phone":"1380000"}"#, 422, "phone_invalid"),
        (#"{"phone":"13800000001","lead_id":"x"}"#, 422, "malformed_id"),
        (#"{"nobody":1}"#, 422, "unknown_member"), ("[]", 422, "type_mismatch"), ("{", 400, "malformed_json"),
    ])
    func `a claim for nobody we know is refused`(body: String, status: Int, code: String) async throws {
        try await withService { service in
            let answer = try await service.claim(try await service.colleague("anna"), body)
            #expect(answer.status == status && answer.code == code, "\(answer.text)")
        }
    }
}
