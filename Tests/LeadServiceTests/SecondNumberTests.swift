import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import TestDatabase
import Testing

/// The second call-back number of a lead.
@Suite struct SecondNumberTests {
    private static let landline = #"{"number":"０２１－５５５５ ０１００","extension":"8"}"#

    private static func put(
        _ service: TestService, _ task: SeededTask, _ colleague: Colleague, _ body: String = landline
    ) async throws -> Answer {
        try await service.call(.put, "/api/v1/leads/\(task.lead.text)/second-number", body, token: colleague.token)
    }

    @Test func `it is shown with the first one, to the claimant alone, and stopped with it`() async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            _ = try await service.claim(anna)
            let none = try await service.reveal(task, anna)
            #expect(none.json.names.sorted() == ["phone", "second_phone"] && none["second_phone"] == .null)
            #expect(try await Self.put(service, task, anna).status == 204)
            for colleague in [anna, boris] {
                let card = try await service.call(.get, task.path, token: colleague.token)
                #expect(card["second_phone_masked"].string == "021****0100", "\(card.text)")
                #expect(card["phone_lead_id"].string == task.lead.text && !card.text.contains("55550100"))
            }
            let shown = try await service.reveal(task, anna)
            #expect(shown["phone"].string == "+8613800000001")
            #expect(
                shown["second_phone"]["phone"].string == "+862155550100"
                    && shown["second_phone"]["extension"].string == "8")
            #expect(try await service.reveal(task, boris).code == "not_claimant")
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'callback.reveal'") == 2)
            for view in ["mine", "pool", "overdue"] {
                #expect(try await !service.list(view, anna).text.contains("021****"))
            }
            #expect(try await service.unsoundness() == [])
            try await service.list("13800000001")
            #expect(try await service.reveal(task, anna).code == "do_not_call")
        }
    }

    @Test func `the claimant and who assigns tasks may set it, nobody else`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed()
            #expect(try await Self.put(service, task, anna).code == "not_claimant")
            _ = try await service.claim(anna)
            #expect(try await Self.put(service, task, boris).code == "not_claimant")
            service.clock.advance(by: 1799)
            #expect(try await Self.put(service, task, anna).status == 204)
            service.clock.advance(by: 1799)
            #expect(
                try await Self.put(service, task, anna, #"{"number":"13800000009"}"#).status == 204,
                "what the claimant does extends the lease")
            #expect(
                try await service.reveal(task, anna)["second_phone"]
                    == (try StrictJSON.read(Array(#"{"extension":null,"phone":"+8613800000009"}"#.utf8))))
            service.clock.advance(by: 1801)
            #expect(try await Self.put(service, task, anna).code == "not_claimant")
            #expect(try await Self.put(service, task, chief, #"{"number":null}"#).status == 204)
            #expect(try await service.count("SELECT count(*) FROM second_numbers") == 0)
            #expect(
                try await service.call(
                    .put, "/api/v1/leads/\(UUID().text)/second-number", Self.landline, token: chief.token
                ).status == 404)
            for (body, code) in [
                (#"{"number":"55550100"}"#, "second_number_invalid"),
                (#"{"number":"021-55550100","extension":"1234567"}"#, "extension_invalid"),
                (#"{"number":"13800000009","extension":"8"}"#, "extension_invalid"),
                (#"{"extension":"8"}"#, "not_allowed"),
                (#"{"number":5}"#, "type_mismatch"), (#"{"number":""}"#, "second_number_invalid"),
                (#"{"number":"13800000009","name":"王"}"#, "unknown_member"),
            ] {
                let refused = try await Self.put(service, task, chief, body)
                #expect(refused.status == 422 && refused.code == code, "\(body) \(refused.text)")
                #expect(!refused.text.contains("13800000009"))
            }
        }
    }

    @Test func `a merged lead keeps its own, and the task shows that of whom it dials`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let (first, second) = (try await service.seed(), try await service.seed(TaskSeed(phone: "13800000002")))
            _ = try await service.claim(anna, #"{"lead_id":"\#(first.lead.text)"}"#)
            #expect(try await Self.put(service, first, anna).status == 204)
            let merged = try await service.record(
                "duplicate", on: first, anna, more: #","merge_into":"\#(second.lead.text)""#)
            #expect(merged.status == 200, "\(merged.text)")
            _ = try await service.claim(anna, #"{"lead_id":"\#(second.lead.text)"}"#)
            let card = try await service.call(.get, second.path, token: anna.token)
            #expect(card["phone_lead_id"].string == second.lead.text && card["second_phone_masked"] == .null)
            // Whoever holds the task of the target may set that of a number that was merged into it.
            #expect(try await Self.put(service, first, anna, #"{"number":null}"#).status == 204)
        }
    }

    @Test func `it is erased, and in the copy until then`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            _ = try await service.claim(anna)
            #expect(try await Self.put(service, task, anna).status == 204)
            let answer = try await service.ask("copy", phone: "13800000001")
            let copy = try await service.result(of: answer)
            #expect(copy["leads"][0]["second_phone"].string == "+862155550100 转 8", "\(copy.text)")
            let path = try #require(URL(string: answer["result_url"].string)).path
            let page = try await service.call(.get, path, headers: [.accept: "text/html"])
            #expect(page.text.contains("+862155550100 转 8"))
            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM second_numbers") == 0)
            #expect(try await Self.put(service, task, try await service.colleague("chief", .supervisor)).status == 404)
            #expect(try await service.unsoundness() == [])
        }
    }
}
