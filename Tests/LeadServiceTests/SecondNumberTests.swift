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
            #expect(none.json.names.sorted() == ["phone", "qr", "second_phone"] && none["second_phone"] == .null)
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
            let code = try #require(QRCode("tel:+862155550100;ext=8"))
            #expect(shown["second_phone"]["qr"]["path"].string == code.svgPath)
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
                try await service.reveal(task, anna)["second_phone"]["phone"].string == "+8613800000009")
            #expect(try await service.reveal(task, anna)["second_phone"]["extension"] == .null)
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

    @Test func `apart again each has its own, and a call stays with whom it rang`() async throws {
        try await withTelephone { place in
            let service = place.service
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let (lead, target) = (try await service.seed(), try await service.seed(TaskSeed(phone: "13800000002")))
            try await service.database.query(
                "UPDATE callback_tasks SET next_attempt_at = '2030-01-01' WHERE id = \(target.id)")
            #expect(try await Self.put(service, lead, chief).status == 204)
            #expect(try await Self.put(service, target, chief, #"{"number":"13800000009"}"#).status == 204)
            _ = try await service.claim(anna)
            #expect(try await place.dial(lead, anna, #"{"number":"second"}"#).status == 202)
            #expect(try await place.work() == 1 && place.taken.last?.phone == "+862155550100")
            let merged = try await service.record(
                "duplicate", on: lead, anna, more: #","merge_into":"\#(target.lead.text)""#)
            try #require(merged.status == 200, "\(merged.text)")
            let call = try await place.ring(target, anna)
            try await place.say("ended", of: call, more: #","duration_seconds":65"#)
            try #require(try await service.record("no_answer", on: target, anna).status == 200)
            let apart = try await service.call(
                .post, "/api/v1/leads/\(lead.lead.text)/unmerge", token: chief.token)
            try #require(apart.status == 204, "\(apart.text)")

            for (task, masked) in [(lead, "021****0100"), (target, "138****0009")] {
                let card = try await service.call(.get, task.path, token: chief.token)
                #expect(card["phone_lead_id"].string == task.lead.text, "\(card.text)")
                #expect(card["second_phone_masked"].string == masked)
            }
            // Both calls rang a number of the one that was dialled, whatever was linked meanwhile.
            let calls = try await service.column(
                """
                SELECT string_agg(l.id::text || ' ' || d.number, ', ' ORDER BY d.requested_at, d.id) FROM calls d
                JOIN callback_claims c ON c.task_id = d.task_id AND c.claim_number = d.claim_number JOIN leads l ON l.id = c.phone_lead_id
                """)
            let rung = Set((calls ?? "").components(separatedBy: ", "))
            #expect(rung.contains("\(lead.lead.text) second"), "\(calls ?? "")")
            let phones = place.taken.map(\.phone)
            let other = phones[1] == "+8613800000001" ? lead : target
            #expect(rung.contains("\(other.lead.text) first"), "\(calls ?? "") \(phones)")
            let copies = [
                (lead, try await service.result(of: try await service.ask("copy", phone: "13800000001"))),
                (target, try await service.result(of: try await service.ask("copy", phone: "13800000002"))),
            ]
            for (task, copy) in copies {
                let own = (task.id == lead.id ? 1 : 0) + (task.id == other.id ? 1 : 0)
                #expect(copy["dialled"].array.count == own, "\(copy.text)")
            }
            try await service.ask("erase", phone: "13800000001")
            #expect(
                try await service.column("SELECT lead_id::text FROM second_numbers") == target.lead.text)
            #expect(try await service.unsoundness() == [])
        }
    }

    @Test func `it goes with a lead that is kept no longer, and with what was made up`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let chief = try await service.colleague("chief", .supervisor)
            let before = try await service.tables()
            let desk = try service.demoDesk()
            guard case .filled = try await desk.fill() else {
                Issue.record("nothing was filled")
                return
            }
            let made = try await service.column(
                "SELECT lead_id::text FROM callback_tasks WHERE state = 'open' ORDER BY id LIMIT 1")
            let path = "/api/v1/leads/\(try #require(made))/second-number"
            #expect(try await service.call(.put, path, Self.landline, token: chief.token).status == 204)
            #expect(try await service.count("SELECT count(*) FROM second_numbers") == 1)
            _ = try await desk.clear()
            let after = try await service.tables()
            for name in ["second_numbers", "leads", "calls", "missed_call_messages"] {
                #expect(after[name] == before[name], "\(name)")
            }

            try await service.close("13800000001", "reached_not_interested", adviser, more: #","reason":"价格""#)
            let lead = try await service.lead("13800000001")
            let own = "/api/v1/leads/\(lead.text)/second-number"
            #expect(try await service.call(.put, own, Self.landline, token: chief.token).status == 204)
            service.clock.set(try #require(RFC3339.date("2027-11-26T10:00:00+08:00")))
            #expect(try await service.count("SELECT count(*) FROM second_numbers") == 1)
            try await service.services.housekeeping.runOnce()
            #expect(try await service.erased() == [1])
            #expect(try await service.count("SELECT count(*) FROM second_numbers") == 0)
            #expect(try await service.soundness() == [])
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
