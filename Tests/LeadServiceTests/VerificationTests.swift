import Foundation
import LeadService
import NIOCore
import Synchronization
import TestDatabase
import Testing

@Suite struct VerificationTests {
    /// What has been answered so far.
    private final class Told: Sendable {
        let answers = Mutex<[Answer]>([])
    }

    @Test func `a number cools down whatever its spelling`() async throws {
        try await withService { service in
            _ = try await service.challenge(for: "13800000011")
            for spelling in ["+86 13800000011", "１３８００００００１１", "0086-138-0000-0011"] {
                let answer = try await service.call(
                    .post, "/api/v1/verification-codes", #"{"phone":"\#(spelling)","purpose":"privacy"}"#)
                #expect(answer.status == 429)
                #expect(answer.headers[.retryAfter] == "60")
            }
            service.clock.advance(by: 60)
            _ = try await service.challenge(for: "13800000011")
        }
    }

    @Test func `five an hour and ten a day are sent to a number`() async throws {
        try await withService { service in
            for _ in 0..<5 {
                _ = try await service.challenge(for: "13800000012")
                service.clock.advance(by: 61)
            }
            let sixth = try await service.call(
                .post, "/api/v1/verification-codes", #"{"phone":"13800000012","purpose":"inquiry"}"#)
            #expect(sixth.status == 429)
            service.clock.advance(by: 3600)
            for _ in 0..<5 {
                _ = try await service.challenge(for: "13800000012")
                service.clock.advance(by: 61)
            }
            service.clock.advance(by: 3600)
            let eleventh = try await service.call(
                .post, "/api/v1/verification-codes", #"{"phone":"13800000012","purpose":"inquiry"}"#)
            #expect(eleventh.status == 429)
        }
    }

    @Test func `an expired code is refused`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000013")
            service.clock.advance(by: 300)
            let answer = try await service.call(
                .post, "/api/v1/inquiries", service.inquiry(phone: "13800000013", challenge: challenge, code: code))
            #expect(answer.code == "code_invalid")
        }
    }

    @Test func `after five wrong tries the right code is refused, and a new code starts afresh`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000014")
            let wrong = code == "000000" ? "000001" : "000000"
            for _ in 0..<5 {
                let answer = try await service.call(
                    .post, "/api/v1/inquiries", service.inquiry(phone: "13800000014", challenge: challenge, code: wrong)
                )
                #expect(answer.code == "code_invalid")
            }
            let sixth = try await service.call(
                .post, "/api/v1/inquiries", service.inquiry(phone: "13800000014", challenge: challenge, code: code))
            #expect(sixth.code == "code_invalid")
            service.clock.advance(by: 61)
            let fresh = try await service.challenge(for: "13800000014")
            let old = try await service.call(
                .post, "/api/v1/inquiries", service.inquiry(phone: "13800000014", challenge: challenge, code: code))
            #expect(old.code == "code_invalid")
            let right = try await service.call(
                .post, "/api/v1/inquiries", service.inquiry(phone: "13800000014", challenge: fresh.id, code: fresh.code)
            )
            #expect(right.status == 201)
        }
    }

    @Test func `of sixty wrong codes at once at most five are compared`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: "13800000015")
            let wrong = code == "000000" ? "000001" : "000000"
            try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<60 {
                    group.addTask {
                        try await service.call(
                            .post, "/api/v1/inquiries",
                            service.inquiry(phone: "13800000015", challenge: challenge, code: wrong))
                    }
                }
                for try await answer in group { #expect(answer.code == "code_invalid" || answer.status == 429) }
            }
            let counted = try await service.database.query("SELECT cardinality(wrongs) FROM phone_budgets")
            let wrong5 = try counted[0].decode(Int32.self)
            #expect(wrong5 == Int32(5))
        }
    }

    @Test func `of guesses that wait for the last use of a budget one is compared`() async throws {
        try await withService(TestService.behindProxy) { service in
            let address = "203.0.113.9"
            var targets: [(phone: String, id: String)] = []
            for number in 0..<6 {
                let phone = "138\(3000 + number)0001"
                let answer = try await service.askForCode(phone, from: "192.0.\(number).1")
                targets.append((phone, answer["challenge_id"].string))
            }
            let known = targets
            for number in 0..<29 {
                let answer = try await service.offer(
                    "111111", UUID().text, phone: "139\(10_000_000 + number)", from: address)
                try #require(answer.code == "code_invalid", "\(answer.text)")
            }
            // All of them have seen the budget with one use left before any of them gets to take it.
            let key = ByteBuffer(bytes: service.keys.bucket("wrong-address-hour", address))
            let guesses = try await service.services.database.transaction { tx in
                try await tx.execute("SELECT 1 FROM budgets WHERE bucket = \(key) FOR UPDATE")
                let guesses = known.map { target in
                    Task { try await service.offer("111111", target.id, phone: target.phone, from: address) }
                }
                let waiting =
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                _ = try await eventually(within: .seconds(20)) { try await service.count(waiting) == 6 }
                return guesses
            }
            var statuses: [Int] = []
            for guess in guesses { statuses.append(try await guess.value.status) }
            #expect(statuses.sorted() == [422, 429, 429, 429, 429, 429])
            #expect(try await service.count("SELECT sum(tries) FROM verification_counters") == 1)
            #expect(try await service.count("SELECT sum(cardinality(wrongs)) FROM phone_budgets") == 1)
            #expect(try await service.count("SELECT max(used) FROM budgets WHERE ceiling IN (30, 100, 200)") == 30)
        }
    }

    @Test func `code requests that stand still leave the other connections to submits`() async throws {
        try await withService(["BUDGET_FACTOR": "1000"]) { service in
            let (challenge, code) = try await service.challenge(for: "13800000017")
            let waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            let requests = try await service.services.database.transaction { tx in
                try await tx.execute("LOCK TABLE send_budgets IN ACCESS EXCLUSIVE MODE")
                let requests = (0..<20).map { number in
                    Task { try await service.askForCode("138\(4000 + number)0001").status }
                }
                #expect(try await eventually(within: .seconds(20)) { try await service.count(waiting) == 2 })
                // The pool of this test has eight connections.
                #expect(try await service.offer(code, challenge, phone: "13800000017").status == 201)
                #expect(try await service.count(waiting) == 2)
                return requests
            }
            for request in requests { #expect(try await request.value == 202) }
        }
    }

    @Test(arguments: ["auto", "off"])
    func `a flood that fills the queue is asked for a proof, and who brings one comes in`(
        _ proofs: String
    )
        async throws
    {
        try await withService(["BUDGET_FACTOR": "1000", "PROOF_OF_WORK": proofs]) { service in
            let told = Told()
            let isAsked = proofs == "auto"
            // Two are at work and so many wait.
            let held = isAsked ? 130 : 258
            let tasks = try await service.services.database.transaction { tx in
                try await tx.execute("LOCK TABLE send_budgets IN ACCESS EXCLUSIVE MODE")
                var tasks = (0..<held + 40).map { number in
                    Task {
                        let answer = try await service.sendCode("138\(1000 + number)0001")
                        told.answers.withLock { $0.append(answer) }
                        return answer.status
                    }
                }
                let isFull = try await eventually(within: .seconds(30)) { told.answers.withLock { $0.count } == 40 }
                try #require(isFull)
                let answers = told.answers.withLock { $0 }
                guard isAsked else {
                    #expect(answers.allSatisfy { $0.status == 503 && $0.headers[.retryAfter] != nil })
                    return tasks
                }
                #expect(answers.allSatisfy { $0.code == "proof_of_work_required" })
                let page = try await service.form(
                    "/inquiry/code", "name=%E7%8E%8B&phone=13900000001&consent=true&notice_version=2026-11")
                #expect(page.status == 429 && page.headers[.retryAfter] == "10", "\(page.text)")
                let proof = try solve(answers[0]["challenge"])
                tasks.append(Task { try await service.sendCode("13900000002", proof: proof).status })
                return tasks
            }
            var statuses: [Int] = []
            for task in tasks { statuses.append(try await task.value) }
            #expect(statuses.count { $0 == 202 } == held + (isAsked ? 1 : 0), "\(Set(statuses))")
            if isAsked { #expect(statuses.last == 202) }
        }
    }

    @Test func `who need not queue so far is let in, and who would have to is told at once`() async throws {
        let turns = Turns(width: 1, longestQueue: 8)
        let (gate, open) = AsyncStream<Void>.makeStream()
        let first = Task { try await turns.run { for await _ in gate {} } }
        while await turns.load == 0 { await Task.yield() }
        #expect(try await turns.run(behind: 0) { 1 } == nil)
        let second = Task { try await turns.run(behind: 1) { 2 } }
        while await turns.load == 1 { await Task.yield() }
        #expect(try await turns.run(behind: 1) { 3 } == nil)
        open.finish()
        try await first.value
        #expect(try await second.value == 2)
        #expect(await turns.load == 0)
    }

    @Test func `an earlier code stays good beside a resent one`() async throws {
        try await withService { service in
            let first = try await service.challenge(for: "13800000016")
            service.clock.advance(by: 61)
            let second = try await service.challenge(for: "13800000016")
            let answer = try await service.call(
                .post, "/api/v1/inquiries",
                service.inquiry(phone: "13800000016", challenge: second.id, code: first.code))
            #expect(answer.status == 201)
        }
    }
}
