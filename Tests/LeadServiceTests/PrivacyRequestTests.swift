import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

@Suite struct PrivacyRequestTests {
    @Test(arguments: ["copy", "correct", "erase", "stop_calls", "withdraw"])
    func `a number we do not know gets the same answers`(kind: String) async throws {
        try await withService { service in
            let more = kind == "correct" ? #","name":"王女士""# : ""
            let answer = try await service.ask(kind, phone: "13800000009", more: more)
            #expect(Set(answer.json.names) == ["request_id", "result_url"])
            let shown = try await service.result(of: answer)
            #expect(shown.status == 200)
            for list in ["leads", "inquiries", "assessments", "consents", "calls", "exports", "messages"] {
                #expect(shown[list] == .array([]), "\(list)")
            }
            #expect(shown.headers[.cacheControl] == "no-store")
            #expect(shown.headers[.referrer] == "no-referrer")
            #expect(try await service.count("SELECT count(*) FROM leads") == 0)
            #expect(try await service.count("SELECT count(*) FROM erasure_tombstones") == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a wrong code learns nothing and five kill it, apart from the code for an inquiry`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            for phone in ["13800000001", "13800000009"] {
                service.clock.advance(by: 61)
                let (challenge, code) = try await service.challenge(for: phone, purpose: "privacy")
                let wrong = code == "000000" ? "000001" : "000000"
                func send(_ code: String) async throws -> Answer {
                    try await service.call(
                        .post, "/api/v1/privacy-requests",
                        #"{"phone":"\#(phone)","challenge_id":"\#(challenge)","code":"\#(code)","kind":"copy"}"#)
                }
                for _ in 0..<5 {
                    let answer = try await send(wrong)
                    #expect(answer.status == 422 && answer.code == "code_invalid")
                }
                #expect(try await send(code).code == "code_invalid")
            }
            #expect(try await service.count("SELECT count(*) FROM privacy_requests") == 0)
            service.clock.advance(by: 61)
            // The inquiry's counter is its own; its code opens nothing here.
            let (challenge, code) = try await service.challenge(for: "13800000001")
            let foreign = try await service.call(
                .post, "/api/v1/privacy-requests",
                #"{"phone":"13800000001","challenge_id":"\#(challenge)","code":"\#(code)","kind":"erase"}"#)
            #expect(foreign.code == "code_invalid")
            let body = service.inquiry(phone: "13800000001", challenge: challenge, code: code)
            #expect(try await service.call(.post, "/api/v1/inquiries", body).status == 201)
        }
    }

    @Test func `sixty tries at once compare five codes`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000001", purpose: "privacy")
            let wrong = code == "000000" ? "000001" : "000000"
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        let answer = try await service.call(
                            .post, "/api/v1/privacy-requests",
                            #"{"phone":"13800000001","challenge_id":"\#(challenge)","code":"\#(wrong)","kind":"copy"}"#)
                        #expect(answer.code == "code_invalid" || answer.status == 429)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await service.column("SELECT tries::text FROM verification_counters") == "5")
            #expect(try await service.column("SELECT cardinality(wrongs)::text FROM phone_budgets") == "5")
        }
    }

    @Test(arguments: [
        ("{}", "required"), (#"{"phone":"1380000000"}"#, "phone_invalid"),
        (#"{"phone":"13800000001","challenge_id":"x","code":"1","kind":"copy"}"#, "malformed_id"),
        (
            #"{"phone":"13800000001","challenge_id":"7d0f4f0e-6a55-4c0e-9a1c-2f1f5f1f0002","code":"12a","kind":"copy"}"#,
            "code_malformed"
        ),
        (
            #"{"phone":"13800000001","challenge_id":"7d0f4f0e-6a55-4c0e-9a1c-2f1f5f1f0002","code":"123456","kind":"COPY"}"#,
            "kind_unknown"
        ),
        (
            #"{"phone":"13800000001","challenge_id":"7d0f4f0e-6a55-4c0e-9a1c-2f1f5f1f0002","code":"123456","kind":"correct"}"#,
            "required"
        ),
        (
            #"{"phone":"13800000001","challenge_id":"7d0f4f0e-6a55-4c0e-9a1c-2f1f5f1f0002","code":"123456","kind":"correct","name":"1"}"#,
            "name_invalid"
        ),
        (
            #"{"phone":"13800000001","challenge_id":"7d0f4f0e-6a55-4c0e-9a1c-2f1f5f1f0002","code":"123456","kind":"erase","name":"王"}"#,
            "not_allowed"
        ),
        (
            #"{"phone":"13800000001","challenge_id":"7d0f4f0e-6a55-4c0e-9a1c-2f1f5f1f0002","code":"123456","kind":"copy","x":1}"#,
            "unknown_member"
        ),
        (
            #"{"phone":"13800000001","challenge_id":"7d0f4f0e-6a55-4c0e-9a1c-2f1f5f1f0002","code":"123456","kind":"copy"}"#,
            "code_invalid"
        ),
    ])
    func `bad input is refused and stores nothing`(body: String, code: String) async throws {
        try await withService { service in
            let answer = try await service.call(.post, "/api/v1/privacy-requests", body)
            #expect(answer.status == 422 && answer.code == code, "\(answer.text)")
            #expect(try await service.count("SELECT count(*) FROM privacy_requests") == 0)
            #expect(try await service.count("SELECT count(*) FROM audit_events") == 0)
        }
    }

    @Test func `a copy shows everything with times, and nobody of the staff`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("linqiang")
            let chief = try await service.colleague("chief", .administrator)
            let accepted = try await service.submit(
                phone: "13800000001", more: #","remark":"周末也可以","answers":{"age":30,"education":"bachelor"}"#)
            let claimed = try await service.claim(adviser)
            let path = "/api/v1/callbacks/" + claimed["id"].string
            try #require(
                try await service.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: adviser.token).status
                    == 200)
            let result = try await service.call(
                .post, path + "/attempts", #"{"disposition":"no_answer","note":"听筒里有人说话"}"#, token: adviser.token)
            try #require(result.status == 200)
            try #require(try await service.call(.get, "/api/v1/leads/export", token: chief.token).status == 200)

            let shown = try await service.result(of: try await service.ask("copy", phone: "13800000001"))
            #expect(shown["leads"][0]["phone"].string == "+8613800000001")
            #expect(shown["inquiries"][0]["inquiry_id"] == accepted["inquiry_id"])
            #expect(shown["inquiries"][0]["name"].string == "欧阳晓")
            #expect(shown["inquiries"][0]["remark"].string == "周末也可以")
            #expect(shown["assessments"][0]["answers"]["age"].int == 30)
            #expect(shown["consents"][0]["purpose"].string == "inquiry")
            #expect(shown["consents"][0]["text_shown"].string.contains("同意"))
            #expect(shown["calls"].array.count == 1)
            #expect(shown["calls"][0]["text"].string == "致电未接")
            #expect(shown["exports"].array.count == 1)
            #expect(shown["exports"][0]["format"].string == "csv")
            #expect(shown["messages"].array.count == 2)
            for secret in ["linqiang", "chief", "听筒"] { #expect(!shown.text.contains(secret)) }
        }
    }

    @Test func `a link shows a result for fifteen minutes, and no other link does`() async throws {
        try await withService { service in
            let answer = try await service.ask("copy", phone: "13800000001")
            let path = try #require(URL(string: answer["result_url"].string)).path
            #expect(path.count == 46 && path.hasPrefix("/p/"))
            for _ in 0..<2 { #expect(try await service.call(.get, path).status == 200) }
            let links = LinkToken(keys: service.keys)
            let id = try #require(UUID(uuidString: answer["request_id"].string))
            #expect(try await service.call(.get, "/p/" + links.token(.receipt, for: id)).status == 404)
            #expect(try await service.call(.get, "/p/" + links.token(.privacyRequest, for: UUID())).status == 410)
            service.clock.advance(by: 899)
            #expect(try await service.call(.get, path).status == 200)
            service.clock.advance(by: 1)
            let gone = try await service.call(.get, path)
            #expect(gone.status == 410)
            #expect(gone.headers[.referrer] == "no-referrer")
        }
    }

    @Test func `stop calls holds in queue, claim, reveal, sending and export at once`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .administrator)
            let task = try await service.seed(TaskSeed(phone: "13800000001"))
            try #require(try await service.claim(anna)["id"].string == task.id.text)
            // A message that is no code, waiting for this number.
            let index = try PhoneNumber(parsing: "13800000001").e164
            let phone = service.keys.index(of: try PhoneNumber(parsing: index))
            try await service.queueNotice(phone: phone, in: 600)

            try await service.ask("stop_calls", phone: "13800000001")
            #expect(try await service.reveal(task, anna).code == "already_closed")
            #expect(try await service.record("no_answer", on: task, anna).code == "already_closed")
            #expect(try await service.claim(boris).status == 204)
            #expect(
                try await service.call(.get, "/api/v1/callbacks?view=pool", token: anna.token)["items"].array.isEmpty)
            #expect(try await service.column("SELECT closed_reason FROM callback_tasks") == "do_not_call")
            let export = try await service.call(.get, "/api/v1/leads/export", token: chief.token)
            #expect(export.headers[.rows] == "0" && export.headers[.excluded] == "1")
            #expect(try await service.column("SELECT state FROM messages WHERE template = 'notice'") == "expired")
            try await service.queueNotice(phone: phone)
            let before = service.sms.messages.count
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.count == before)
            // The seeded inquiry was never agreed to.
            #expect(try await service.soundness() == ["inquiry_without_consent"])

            // What is proven by code afterwards opens a task again, and the list stays.
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            #expect(try await service.claim(boris).status == 200)
            #expect(try await service.count("SELECT count(*) FROM do_not_call") == 1)
        }
    }

    @Test func `withdrawing ends every consent and the call, and a new consent counts again`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.submit(phone: "13800000001")
            try await service.ask("withdraw", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM consents WHERE withdrawn_at IS NULL") == 0)
            #expect(try await service.column("SELECT closed_reason FROM callback_tasks") == "consent_withdrawn")
            let export = try await service.call(.get, "/api/v1/leads/export", token: chief.token)
            #expect(export.headers[.rows] == "0" && export.headers[.excluded] == "1")
            #expect(try await service.soundness() == [])
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            let again = try await service.call(.get, "/api/v1/leads/export", token: chief.token)
            #expect(again.headers[.rows] == "1" && again.headers[.excluded] == "0")
        }
    }

    @Test func `a correction changes name and answers and keeps the old ones sealed for thirty days`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            try await service.submit(phone: "13800000001", name: "王女士", more: #","answers":{"age":30}"#)
            let answer = try await service.ask(
                "correct", phone: "13800000001", more: #","name":"黄女士","answers":{"age":44}"#)
            let shown = try await service.result(of: answer)
            #expect(shown["inquiries"][0]["name"].string == "黄女士")
            #expect(shown["assessments"].array.count == 1)
            #expect(shown["assessments"][0]["answers"]["age"].int == 44)
            for (name, found) in [("王女士", 0), ("黄女士", 1)] {
                let list = try await service.call(
                    .post, "/api/v1/leads/search", #"{"q":"\#(name)"}"#, token: chief.token)
                #expect(list["items"].array.count == found)
            }
            let row = try #require(
                try await service.database.query("SELECT event_id, encode(sealed, 'hex') FROM audit_details").first)
            let (event, hex) = try row.decode((UUID, String).self)
            let sealed = stride(from: 0, to: hex.count, by: 2).compactMap {
                UInt8(hex.dropFirst($0).prefix(2), radix: 16)
            }
            let before = try service.keys.open(sealed, at: SealedPlace("audit_details", "sealed", event))
            #expect(before.contains("王女士") && before.contains("30"))
            #expect(try await service.soundness() == [])

            service.clock.advance(by: 31 * 86400)
            try await service.services.auditChain.runOnce()
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM audit_details") == 0)
            let audit = try await AuditChain(database: service.services.database, keys: service.keys).verify()
            #expect(audit.firstBreak == nil && audit.waiting == 1)
        }
    }

    @Test func `administrator, auditor and privacy officer read the requests, masked`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.ask("copy", phone: "13800000001")
            try await service.ask("stop_calls", phone: "13800000009")
            let path = "/api/v1/privacy-requests"
            for role in Role.allCases {
                let colleague = try await service.colleague("reader-\(role.rawValue)", role)
                let answer = try await service.call(.get, path, token: colleague.token)
                let may = [.administrator, .auditor, .privacy].contains(role)
                #expect(answer.status == (may ? 200 : 403))
                guard may else { continue }
                #expect(answer["items"].array.map(\.["kind"].string) == ["stop_calls", "copy"])
                #expect(answer["items"][0]["phone_masked"] == .null)
                #expect(answer["items"][1]["phone_masked"].string == "138****0001")
                let first = try await service.call(.get, path + "?limit=1", token: colleague.token)
                let second = try await service.call(
                    .get, path + "?limit=1&cursor=" + first["next_cursor"].string, token: colleague.token)
                #expect(second["items"][0]["kind"].string == "copy" && second["next_cursor"] == .null)
            }
        }
    }
}
