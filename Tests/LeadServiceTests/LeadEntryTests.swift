import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

/// Inquiries that the staff take down for somebody.
@Suite struct LeadEntryTests {
    @Test func `an entry is stored and promised as an inquiry accepted now`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let told = try await service.submit(phone: "13800000009")
            let more = #","remark":"想问社保","answers":{"age":30},"extra":{"district":"浦东"}"#
            let entered = try await service.enter(anna, phone: "138 0000 0001", more: more)
            #expect(entered.status == 201 && entered["due_at"].string == told["due_at"].string, "\(entered.text)")
            #expect(entered.json.names.sorted() == ["callback_id", "due_at", "inquiry_id", "lead_id"])
            #expect(
                try await service.call(
                    .post, "/api/v1/callbacks/claim", #"{"lead_id":"\#(entered["lead_id"].string)"}"#,
                    token: anna.token)["id"].string == entered["callback_id"].string)
            let card = try await service.card(entered, anna)
            #expect(card["name"].string == "欧阳晓" && card["phone_masked"].string == "138****0001")
            #expect(card["source"].string == "call_in" && card["total"] != .null)
            #expect(card["inquiries"][0]["remark"].string == "想问社保")
            let consent = card["consents"][0]
            #expect(consent["purpose"].string == "inquiry" && consent["basis"].string == "call_in")
            #expect(consent["recorded_by"].string == "anna" && consent["evidence"].string == "来电时同意明天回电")
            let row = try await service.column(
                "SELECT channel || ' ' || text_shown || ' ' || (challenge_id IS NULL)::text FROM consents WHERE basis IS NOT NULL"
            )
            #expect(row == "staff 客户同意\(try await service.companyName())为这次咨询致电，由员工记录（来电） true")
            let event = try await service.column(
                "SELECT actor || ' ' || (detail->>'basis') FROM audit_events WHERE action = 'inquiry.submit' AND object = \(entered["inquiry_id"].string)"
            )
            #expect(event == "anna call_in")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `what was said is shown to the claimant only, and goes with an erasure`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let entered = try await service.enter(
                anna, phone: "13800000001", evidence: "本人 13800000001 当面同意，证件 310101199003071233")
            #expect(try await service.card(entered, boris)["consents"][0]["evidence"] == .null)
            _ = try await service.claim(anna)
            let said = try await service.card(entered, anna)["consents"][0]["evidence"].string
            #expect(said.contains("当面同意") && !said.contains("199003071233"))
            let found = try await service.count("SELECT count(*) FROM consents c WHERE c::text ~ '当面|1380000'")
            #expect(found == 0)
            try await service.ask("erase", phone: "13800000001")
            let kept = try await service.column(
                "SELECT basis || ' ' || (evidence_sealed IS NULL)::text || ' ' || (recorded_by IS NOT NULL)::text FROM consents"
            )
            #expect(kept == "call_in true true")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a known number joins its lead as a second inquiry does`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(dueIn: 3600, nextAttemptIn: 86400))
            let entered = try await service.enter(anna, phone: "13800000001", name: "欧阳晓")
            #expect(entered["lead_id"].string == task.lead.text && entered["callback_id"].string == task.id.text)
            // The earlier promise is told, and the task may be served now.
            #expect(entered["due_at"].string == "2026-11-25T11:30:00+08:00")
            #expect(try await service.list("pool", anna)["items"][0]["id"].string == task.id.text)
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 2)
        }
    }

    @Test func `a number on the do-not-call list is not entered, and its visitor may still ask by code`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try await service.workThrough("do_not_call", on: task, anna)
            let before = try await service.contents()
            let refused = try await service.enter(anna, phone: "13800000001")
            #expect(refused.status == 422 && refused.code == "do_not_call", "\(refused.text)")
            #expect(refused["errors"][0]["pointer"].string == "/phone")
            #expect(try await service.contents() == before)
            try await service.submit(phone: "13800000001")
            #expect(try await service.enter(anna, phone: "13800000001").code == "do_not_call")
        }
    }

    @Test func `the same key and entry repeat the first answer, and another one is refused`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let key: HTTPFields = [.idempotency: "entry-1"]
            let first = try await service.enter(anna, phone: "13800000001", headers: key)
            let again = try await service.enter(anna, phone: "13800000001", headers: key)
            #expect(first.status == 201 && again.status == 201 && again.text == first.text)
            for (phone, evidence) in [("13800000002", "来电时同意明天回电"), ("13800000001", "另一次")] {
                let other = try await service.enter(anna, phone: phone, evidence: evidence, headers: key)
                #expect(other.status == 409 && other.code == "idempotency_conflict")
            }
            // The key is each person's own.
            #expect(
                try await service.enter(boris, phone: "13800000001", headers: key)["inquiry_id"] != first["inquiry_id"])
            for bad in ["", "no spaces", String(repeating: "k", count: 129)] {
                let refused = try await service.enter(anna, phone: "13800000001", headers: [.idempotency: bad])
                #expect(refused.status == 400 && refused.code == "idempotency_key_invalid", "\(bad)")
            }
            try await service.ask("erase", phone: "13800000001")
            let gone = try await service.enter(anna, phone: "13800000001", headers: key)
            #expect(gone.status == 409 && gone.code == "idempotency_conflict")
        }
    }

    @Test func `sixteen at once under one key are one entry, under keys of their own sixteen of one lead`() async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            func race(_ phone: String, key: @escaping @Sendable (Int) -> String) async throws -> [Answer] {
                try await withThrowingTaskGroup(of: Answer.self) { group in
                    for number in 0..<16 {
                        group.addTask {
                            try await service.enter(
                                anna, phone: phone, more: #","claim":true"#, headers: [.idempotency: key(number)])
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let same = try await race("13800000001") { _ in "one" }
            #expect(same.allSatisfy { $0.status == 201 && $0.text == same[0].text }, "\(same.map(\.text))")
            #expect(same[0]["claimed"].bool)
            let own = try await race("13800000002") { "key-\($0)" }
            #expect(own.allSatisfy { $0.status == 201 && !$0["claimed"].bool }, "\(own.map(\.text))")
            #expect(Set(own.map(\.["lead_id"].string)).count == 1 && Set(own.map(\.["callback_id"].string)).count == 1)
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 17)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 2)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `whoever enters it holds it at once, unless they hold another or somebody else holds it`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let one = try await service.enter(anna, phone: "13800000001", more: #","claim":true"#)
            #expect(one["claimed"].bool)
            let card = try await service.card(one, anna)
            #expect(card["mine"].bool && !card["incoming"].bool && card["claim_token"].string == "1")
            #expect(!(try await service.enter(anna, phone: "13800000002", more: #","claim":true"#)["claimed"].bool))
            #expect(!(try await service.enter(boris, phone: "13800000001", more: #","claim":true"#)["claimed"].bool))
            #expect(try await service.claim(boris)["phone_masked"].string == "138****0002")
            // A claim that has lapsed is none.
            service.clock.advance(by: 1801)
            #expect(try await service.enter(anna, phone: "13800000003", more: #","claim":true"#)["claimed"].bool)
            try await service.expectNoOverlap()
        }
    }

    @Test(arguments: [
        (#"{"phone":"13800000001","consent":{"basis":"call_in","evidence":"x"}}"#, "/name", "required"),
        (#"{"name":"王","consent":{"basis":"call_in","evidence":"x"}}"#, "/phone", "required"),
        (#"{"name":"王","phone":"1380000","consent":{"basis":"call_in","evidence":"x"}}"#, "/phone", "phone_invalid"),
        (#"{"name":"王","phone":"13800000001"}"#, "/consent", "required"),
        (#"{"name":"王","phone":"13800000001","consent":true}"#, "/consent", "type_mismatch"),
        (#"{"name":"王","phone":"13800000001","consent":{"evidence":"x"}}"#, "/consent/basis", "required"),
        (
            #"{"name":"王","phone":"13800000001","consent":{"basis":"guess","evidence":"x"}}"#, "/consent/basis",
            "basis_unknown"
        ),
        (#"{"name":"王","phone":"13800000001","consent":{"basis":"written"}}"#, "/consent/evidence", "required"),
        (
            #"{"name":"王","phone":"13800000001","consent":{"basis":"written","evidence":"  "}}"#, "/consent/evidence",
            "required"
        ),
        (
            #"{"name":"王","phone":"13800000001","consent":{"basis":"written","evidence":"x","accepted":true}}"#,
            "/consent/accepted", "unknown_member"
        ),
        (
            #"{"name":"王","phone":"13800000001","consent":{"basis":"written","evidence":"x"},"answers":{"age":"x"}}"#,
            "/answers/age", "answer_invalid"
        ),
        (
            #"{"name":"王","phone":"13800000001","consent":{"basis":"written","evidence":"x"},"code":"123456"}"#,
            "/code", "unknown_member"
        ),
        (
            #"{"name":"王","phone":"13800000001","consent":{"basis":"written","evidence":"x"},"claim":"yes"}"#, "/claim",
            "type_mismatch"
        ),
    ])
    func `what is wrong with an entry is said at its field, and nothing is stored`(
        body: String, pointer: String, code: String
    ) async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let before = try await service.contents()
            let refused = try await service.call(.post, "/api/v1/leads", body, token: anna.token)
            #expect(refused.status == 422, "\(refused.text)")
            let errors = refused["errors"].array.map { "\($0["pointer"].string) \($0["code"].string)" }
            #expect(errors.contains("\(pointer) \(code)"), "\(errors)")
            #expect(try await service.contents() == before)
        }
    }
}

extension TestService {
    func enter(
        _ colleague: Colleague, phone: String, name: String = "欧阳晓", evidence: String = "来电时同意明天回电",
        more: String = "", headers: HTTPFields = [:]
    ) async throws -> Answer {
        try await self.call(
            .post, "/api/v1/leads",
            #"{"name":"\#(name)","phone":"\#(phone)","consent":{"basis":"call_in","evidence":"\#(evidence)"}\#(more)}"#,
            token: colleague.token, headers: headers)
    }

    fileprivate func card(_ entered: Answer, _ colleague: Colleague) async throws -> Answer {
        try await self.call(.get, "/api/v1/callbacks/\(entered["callback_id"].string)", token: colleague.token)
    }

    fileprivate func companyName() async throws -> String { self.services.settings.current.companyName }
}
