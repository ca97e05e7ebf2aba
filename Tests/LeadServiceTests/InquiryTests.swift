import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

@Suite struct InquiryTests {
    @Test func `an inquiry with the right code is promised a call on the next working day`() async throws {
        try await withService { service in
            let answer = try await service.submit(phone: "13800000001")
            #expect(answer["due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(answer["promise"].string == "我们会在 11月26日（周四）18:00 前致电")
            let tasks = try await service.database.query("SELECT 1 FROM callback_tasks WHERE state = 'open'")
            #expect(tasks.count == 1)
        }
    }

    @Test func `consent is never inferred`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000002")
            for consent in [
                "", #","consent":{"notice_version":"2026-11","accepted":false}"#,
                #","consent":{"notice_version":"2026-11"}"#,
            ] {
                let body =
                    #"{"name":"王女士","phone":"13800000002","challenge_id":"\#(challenge)","code":"\#(code)"\#(consent)}"#
                let answer = try await service.call(.post, "/api/v1/inquiries", body)
                #expect(answer.status == 422)
                #expect(answer.code == "consent_required")
            }
            let stored = try await service.database.query("SELECT 1 FROM leads")
            #expect(stored.isEmpty)
        }
    }

    @Test func `a problem in English has an English title`() async throws {
        try await withService { service in
            let answer = try await service.call(
                .post, "/api/v1/inquiries", "{}", headers: [.acceptLanguage: "en"])
            #expect(answer["title"].string == "Content needs a change", "\(answer.text)")
        }
    }

    @Test func `a repeat under the same key gets the first answer, another inquiry a conflict`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000003")
            let key: HTTPFields = [HTTPField.Name("Idempotency-Key")!: "key-1"]
            let body = service.inquiry(phone: "13800000003", challenge: challenge, code: code)
            let first = try await service.call(.post, "/api/v1/inquiries", body, headers: key)
            let again = try await service.call(.post, "/api/v1/inquiries", body, headers: key)
            #expect(first.status == 201)
            #expect(again.status == 201)
            #expect(again.text == first.text)
            let other = try await service.call(
                .post, "/api/v1/inquiries",
                service.inquiry(
                    phone: "13800000003", challenge: challenge, code: code, more: #","remark":"另外"# + #"""#),
                headers: key)
            #expect(other.status == 409)
            #expect(other.code == "idempotency_conflict")
            let used = try await service.call(.post, "/api/v1/inquiries", body)
            #expect(used.status == 422)
            #expect(used.code == "code_invalid")
        }
    }

    @Test func `sixty equal submits at once make one lead`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000004")
            let body = service.inquiry(
                phone: "13800000004", challenge: challenge, code: code,
                more: #","id":"0198c0de-0000-7000-8000-000000000001""#)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<60 { group.addTask { try await service.call(.post, "/api/v1/inquiries", body) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 })
            #expect(Set(answers.map(\.text)).count == 1)
            #expect(try await service.database.query("SELECT 1 FROM leads").count == 1)
            #expect(try await service.database.query("SELECT 1 FROM inquiries").count == 1)
            #expect(try await service.database.query("SELECT 1 FROM callback_tasks").count == 1)
        }
    }

    @Test func `a right code and wrong ones of one number at once never wait for each other in a circle`() async throws
    {
        try await withService(["BUDGET_FACTOR": "1000"]) { service in
            var offers: [(phone: String, challenge: String, code: String)] = []
            for number in 0..<30 {
                let phone = "138\(1000 + number)0001"
                let (challenge, code) = try await service.challenge(for: phone)
                offers += [TestService.wrong(code), code, TestService.wrong(code), TestService.wrong(code)]
                    .map { (phone, challenge, $0) }
            }
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for (phone, challenge, code) in offers {
                    group.addTask { try await service.offer(code, challenge, phone: phone).status }
                }
                return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(statuses == [201: 30, 422: 90])
            // A connection tells what it counted when it ends.
            let ours = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            _ = try await service.database.query(PostgresQuery(unsafeSQL: "SELECT pg_terminate_backend(pid) \(ours)"))
            #expect(
                try await eventually(within: .seconds(30)) { try await service.count("SELECT count(*) \(ours)") == 0 })
            #expect(
                try await service.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
                    == 0)
        }
    }

    @Test func `two second inquiries at once join the one open task`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000005")
            service.clock.advance(by: 61)
            let first = try await service.challenge(for: "13800000005")
            service.clock.advance(by: 61)
            let second = try await service.challenge(for: "13800000005")
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for (id, code) in [first, second] {
                    group.addTask {
                        try await service.call(
                            .post, "/api/v1/inquiries", service.inquiry(phone: "13800000005", challenge: id, code: code)
                        )
                    }
                }
                for try await answer in group {
                    #expect(answer.status == 201)
                    #expect(answer["due_at"].string == "2026-11-26T18:00:00+08:00")
                }
            }
            #expect(try await service.database.query("SELECT 1 FROM leads").count == 1)
            #expect(try await service.database.query("SELECT 1 FROM inquiries").count == 3)
            #expect(try await service.database.query("SELECT 1 FROM callback_tasks").count == 1)
        }
    }

    @Test func `a filled honeypot is answered alike and quarantined`() async throws {
        try await withService { service in
            let answer = try await service.submit(
                phone: "13800000006", more: #","website":"http://spam.example"# + #"""#)
            #expect(answer.status == 201)
            #expect(try await service.database.query("SELECT 1 FROM inquiries WHERE quarantined").count == 1)
            #expect(try await service.database.query("SELECT 1 FROM callback_tasks").isEmpty)
        }
    }
}
