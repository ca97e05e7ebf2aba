import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import TestDatabase
import Testing

/// What a code is good for and how often it may be tried (contract §4.3).
@Suite struct CodeLifeTests {
    @Test func `beside a resent code both are good, whichever challenge is named`() async throws {
        try await withService { service in
            for (number, named) in [(1, 0), (2, 1)] {
                for (own, phone) in [(0, "1380000004\(number)"), (1, "1380000005\(number)")] {
                    var sent: [(id: String, code: String)] = []
                    sent.append(try await service.challenge(for: phone))
                    service.clock.advance(by: 61)
                    sent.append(try await service.challenge(for: phone))
                    let answer = try await service.offer(sent[own].code, sent[named].id, phone: phone)
                    #expect(answer.status == 201, "the code of \(own) with the challenge \(named): \(answer.text)")
                }
            }
        }
    }

    @Test func `five wrong tries kill every live code`() async throws {
        try await withService { service in
            let phone = "13800000041"
            let first = try await service.challenge(for: phone)
            service.clock.advance(by: 61)
            let second = try await service.challenge(for: phone)
            for number in 0..<5 {
                let id = number % 2 == 0 ? first.id : second.id
                #expect(
                    try await service.offer(TestService.wrong(first.code, second.code), id, phone: phone).status == 422)
            }
            for (code, id) in [(first.code, first.id), (second.code, second.id), (first.code, second.id)] {
                #expect(try await service.offer(code, id, phone: phone).code == "code_invalid")
            }
            #expect(try await service.count("SELECT count(*) FROM leads") == 0)
        }
    }

    @Test func `a resend beside a live code refills no tries, the first code after all have ended does`() async throws {
        try await withService { service in
            let phone = "13800000042"
            let first = try await service.challenge(for: phone)
            func miss(_ id: String, times: Int) async throws {
                for _ in 0..<times {
                    let wrong = TestService.wrong(try #require(service.sms.code(to: phone)), first.code)
                    #expect(try await service.offer(wrong, id, phone: phone).status == 422)
                }
            }
            try await miss(first.id, times: 4)
            service.clock.advance(by: 299)
            let beside = try await service.challenge(for: phone)
            try await miss(beside.id, times: 1)
            #expect(try await service.offer(beside.code, beside.id, phone: phone).code == "code_invalid")

            let other = "13800000043"
            let old = try await service.challenge(for: other)
            for _ in 0..<4 { _ = try await service.offer(TestService.wrong(old.code), old.id, phone: other) }
            service.clock.advance(by: 300)
            let fresh = try await service.challenge(for: other)
            for _ in 0..<4 { _ = try await service.offer(TestService.wrong(fresh.code), fresh.id, phone: other) }
            #expect(try await service.offer(fresh.code, fresh.id, phone: other).status == 201)
        }
    }

    @Test func `a right code resets the tries`() async throws {
        try await withService { service in
            for _ in 0..<2 {
                let (id, code) = try await service.challenge(for: "13800000044")
                for _ in 0..<4 { _ = try await service.offer(TestService.wrong(code), id, phone: "13800000044") }
                #expect(try await service.offer(code, id, phone: "13800000044").status == 201)
                service.clock.advance(by: 61)
            }
        }
    }

    @Test func `a try is given back when the lead could not be stored, as often as that happens`() async throws {
        try await withService { service in
            let (id, code) = try await service.challenge(for: "13800000045")
            try await service.database.query(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'")
            try await service.database.query(
                "CREATE TRIGGER fail BEFORE INSERT ON inquiries FOR EACH ROW EXECUTE FUNCTION fail()")
            for _ in 0..<7 {
                let answer = try await service.offer(code, id, phone: "13800000045", key: "k")
                #expect(answer.status == 500 && answer.code == "internal_error", "\(answer.text)")
                #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
            }
            for table in ["leads", "consents", "submit_keys", "submit_locks", "callback_tasks"] {
                #expect(try await service.count("SELECT count(*) FROM \(table)") == 0, "\(table)")
            }
            #expect(try await service.count("SELECT cardinality(wrongs) FROM phone_budgets") == 0)
            try await service.database.query("DROP TRIGGER fail ON inquiries")
            #expect(try await service.offer(code, id, phone: "13800000045", key: "k").status == 201)
        }
    }

    @Test func `a malformed code and refused fields cost no try`() async throws {
        try await withService { service in
            let (id, code) = try await service.challenge(for: "13800000046")
            for malformed in ["12345", "1234567", "abcdef", "", "١٢٣٤٥٦", "1 2 3 4 5"] {
                let answer = try await service.offer(malformed, id, phone: "13800000046")
                #expect(answer.status == 422 && answer.code == "code_malformed")
                #expect(answer["errors"][0]["pointer"].string == "/code")
            }
            let wrong = TestService.wrong(code)
            for more in [#","remark":5"#, #","preferred_window":"night""#, #","unknown":1"#] {
                #expect(try await service.offer(wrong, id, phone: "13800000046", more: more).code != "code_invalid")
            }
            #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
            #expect(try await service.count("SELECT count(*) FROM submit_locks") == 0)
            #expect(try await service.offer(code, id, phone: "13800000046").status == 201)
        }
    }

    @Test(arguments: ["000042", "００００４２", "000 042", "00 00-42"])
    func `leading zeros belong to a code, however it is typed`(typed: String) async throws {
        try await withService { service in
            let phone = try PhoneNumber(parsing: "13800000047")
            let id = try await service.challenge(for: phone.national).id
            let challenge = try #require(UUID(uuidString: id))
            let code = try VerificationCode(parsing: "000042")
            let message = VerificationCode.message(challenge: challenge, purpose: .inquiry, phone: phone, code: code)
            let mac = ByteBuffer(bytes: service.keys.mac(.code, message))
            try await service.database.query("UPDATE verification_challenges SET code_mac = \(mac)")
            #expect(try await service.offer("42", id, phone: phone.national).code == "code_malformed")
            #expect(try await service.offer("420000", id, phone: phone.national).code == "code_invalid")
            #expect(try await service.offer(typed, id, phone: phone.national).status == 201)
        }
    }

    @Test(arguments: [(299.0, 201), (299.999, 201), (300.0, 422), (300.001, 422)])
    func `a code ends at exactly three hundred seconds`(age: Double, status: Int) async throws {
        try await withService { service in
            let (id, code) = try await service.challenge(for: "13800000048")
            service.clock.advance(by: age)
            #expect(try await service.offer(code, id, phone: "13800000048").status == status)
        }
    }

    @Test func `a code serves once, for its number and its purpose`() async throws {
        try await withService { service in
            let phone = "13800000049"
            let privacy = try await service.askForCode(phone, purpose: "privacy")
            try await service.services.outboxWorker.runOnce()
            let secret = try #require(service.sms.code(to: phone))
            #expect(
                try await service.offer(secret, privacy["challenge_id"].string, phone: phone).code == "code_invalid")
            service.clock.advance(by: 61)
            let (id, code) = try await service.challenge(for: phone)
            #expect(try await service.offer(code, privacy["challenge_id"].string, phone: phone).code == "code_invalid")
            #expect(try await service.offer(code, id, phone: "13800000040").code == "code_invalid")
            #expect(try await service.offer(code, id, phone: phone).status == 201)
            #expect(try await service.offer(code, id, phone: phone).code == "code_invalid")
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 1)
        }
    }

    @Test func `of sixty different inquiries at once with one code one is stored`() async throws {
        try await withService(["BUDGET_FACTOR": "1000"]) { service in
            let phone = "13800000050"
            let (id, code) = try await service.challenge(for: phone)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        try await service.offer(
                            code, id, phone: phone, more: #","remark":"第\#(number)份""#, key: "k-\(number)")
                    }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 201 } == 1)
            #expect(answers.allSatisfy { $0.status == 201 || $0.code == "code_invalid" }, "\(answers.map(\.text))")
            for table in ["leads", "inquiries", "consents", "callback_tasks", "submit_keys"] {
                #expect(try await service.count("SELECT count(*) FROM \(table)") == 1, "\(table)")
            }
        }
    }

    @Test func `wrong, expired, dead, used, foreign and unknown get one answer, byte for byte`() async throws {
        try await withService { service in
            let used = try await service.challenge(for: "13800000051")
            #expect(try await service.offer(used.code, used.id, phone: "13800000051").status == 201)
            let dead = try await service.challenge(for: "13800000052")
            for _ in 0..<5 { _ = try await service.offer(TestService.wrong(dead.code), dead.id, phone: "13800000052") }
            let expired = try await service.challenge(for: "13800000053")
            service.clock.advance(by: 300)
            let live = try await service.challenge(for: "13800000054")
            let answers = [
                "wrong": try await service.offer(TestService.wrong(live.code), live.id, phone: "13800000054"),
                "used": try await service.offer(used.code, used.id, phone: "13800000051"),
                "dead": try await service.offer(dead.code, dead.id, phone: "13800000052"),
                "expired": try await service.offer(expired.code, expired.id, phone: "13800000053"),
                "foreign": try await service.offer(live.code, live.id, phone: "13800000055"),
                "unknown": try await service.offer("123456", UUID().text, phone: "13800000056"),
            ]
            let expected = try #require(answers["wrong"])
            #expect(expected.status == 422 && expected.code == "code_invalid")
            for (name, answer) in answers {
                #expect(answer.status == expected.status && answer.text == expected.text, "\(name): \(answer.text)")
                let ignored: Set<HTTPField.Name> = [.init("X-Request-Id")!, .date]
                func headers(_ answer: Answer) -> [String] {
                    answer.headers.filter { !ignored.contains($0.name) }.map { "\($0.name): \($0.value)" }.sorted()
                }
                #expect(headers(answer) == headers(expected), "\(name)")
            }
        }
    }

    @Test func `known, unknown and listed numbers get the same answer to a request for a code`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000057")
            let listed = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: "13800000058")))
            try await service.database.query("INSERT INTO do_not_call VALUES (\(listed), now(), 'test')")
            service.clock.advance(by: 61)
            var shapes: Set<String> = []
            for phone in ["13800000057", "13800000058", "13800000059"] {
                let answer = try await service.askForCode(phone)
                #expect(answer.status == 202)
                shapes.insert(answer.text.replacing(answer["challenge_id"].string, with: "id"))
            }
            #expect(shapes == [#"{"challenge_id":"id","expires_in":300,"resend_after":60}"#], "\(shapes)")
        }
    }
}
