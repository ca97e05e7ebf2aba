import Foundation
import LeadService
import Leads
import Postgres
import Testing

@Suite struct CallbackClosingTests {
    @Test(arguments: [
        ("wrong_person", "", "bad_number"), ("reached_not_interested", #","reason":"费用""#, "not_interested"),
        ("do_not_call", "", "do_not_call"), ("not_eligible", #","item":"permit_not_valid""#, "not_eligible"),
        ("converted", #","reference":"HT-1""#, "converted"), ("spam", "", "spam"),
    ])
    func `a closing disposition closes with its reason`(disposition: String, more: String, reason: String) async throws
    {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            let answer = try await service.workThrough(disposition, on: task, anna, more: more)
            #expect(answer["state"].string == "closed" && answer["closed_reason"].string == reason, "\(answer.text)")
            #expect(answer["next_attempt_at"] == .null)
            #expect(try await service.list("closed", anna)["items"][0]["id"].string == task.id.text)
            let listed = try await service.column("SELECT count(*)::text FROM do_not_call")
            #expect(listed == (disposition == "do_not_call" ? "1" : "0"))
        }
    }

    @Test func `a duplicate is linked to the other lead, whose task takes over the promise`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let one = try await service.seed(TaskSeed(dueIn: 7200))
            let two = try await service.seed(TaskSeed(phone: "13800000002", nextAttemptIn: 5 * 86400))
            _ = try await service.claim(anna)
            for target in [one.lead.text, UUID().text] {
                let refused = try await service.record("duplicate", on: one, anna, more: #","merge_into":"\#(target)""#)
                #expect(refused.status == 422 && refused.code == "lead_unknown", "\(refused.text)")
            }
            let answer = try await service.record(
                "duplicate", on: one, anna, more: #","merge_into":"\#(two.lead.text)""#)
            #expect(answer["closed_reason"].string == "duplicate", "\(answer.text)")
            #expect(
                try await service.column("SELECT merged_into::text FROM leads WHERE id = \(one.lead)") == two.lead.text)
            let taken = try await service.claim(anna)
            #expect(taken["id"].string == two.id.text && taken["due_at"].string == "2026-11-25T12:30:00+08:00")
            _ = try await service.reveal(two, anna)
            _ = try await service.record("converted", on: two, anna)
            #expect(try await service.column("SELECT count(*)::text FROM inquiries WHERE met_at IS NULL") == "0")
        }
    }

    @Test func `whoever was spoken to is not called again, not whoever of linked leads asked meanwhile`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let one = try await service.seed()
            let two = try await service.seed(TaskSeed(phone: "13800000002"))
            _ = try await service.claim(anna)
            _ = try await service.record("duplicate", on: one, anna, more: #","merge_into":"\#(two.lead.text)""#)
            let claimed = try await service.claim(anna)
            #expect(claimed["id"].string == two.id.text)
            #expect(try await service.reveal(two, anna)["phone"].string == "+8613800000002")
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            #expect(try await service.record("do_not_call", on: two, anna).status == 200)
            let listed = try await service.column(
                "SELECT string_agg(l.id::text, ' ') FROM do_not_call d JOIN leads l USING (phone_index)")
            #expect(listed == two.lead.text)
        }
    }

    @Test func `a duplicate of a lead without a task opens one for the promise`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let two = try await service.seed(TaskSeed(phone: "13800000002"))
            try await service.workThrough("converted", on: two, anna)
            let one = try await service.seed()
            _ = try await service.claim(anna)
            _ = try await service.record("duplicate", on: one, anna, more: #","merge_into":"\#(two.lead.text)""#)
            let opened = try await service.claim(anna)
            #expect(opened["lead_id"].string == two.lead.text && opened["id"].string != two.id.text, "\(opened.text)")
        }
    }
}
