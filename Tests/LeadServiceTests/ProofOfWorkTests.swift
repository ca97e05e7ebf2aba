import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

@Suite struct ProofOfWorkTests {
    @Test func `a code that the page's script proved its work for leads on, however many the address has had`()
        async throws
    {
        try await withService(["PROOF_OF_WORK": "always"]) { service in
            var challenge = ""
            for number in 1...5 {
                let phone = "1380000000\(number)"
                let refused = try await service.sendCode(phone, purpose: "privacy")
                let sent = try await service.sendCode(
                    phone, purpose: "privacy", proof: try solve(refused["challenge"]))
                challenge = sent["challenge_id"].string
                let page = try await service.form("/privacy/code", "phone=\(phone)&kind=copy&sent=\(challenge)")
                #expect(page.status == 200, "\(page.text)")
                #expect(page.text.contains("name=\"challenge_id\" value=\"\(challenge)\""))
                #expect(page.text.contains("138 **** 000\(number)") && page.text.contains("秒后再发"))
            }
            #expect(try await service.count("SELECT count(*) FROM messages") == 5)
            try await service.services.outboxWorker.runOnce()
            let code = try #require(service.sms.code(to: "13800000005"))
            let done = try await service.form(
                "/privacy/requests", "phone=13800000005&kind=copy&challenge_id=\(challenge)&code=\(code)")
            #expect(done.status == 303 && done.headers[.location]?.hasPrefix("/p/") == true)
            // Without the script: three, then another way.
            for number in 6...9 {
                let page = try await service.form("/privacy/code", "phone=1380000000\(number)&kind=copy&sent=none")
                #expect(page.status == (number < 9 ? 200 : 429))
            }
            #expect(try await service.count("SELECT count(*) FROM messages") == 8)
        }
    }

    @Test func `with always a code costs a proof, and the problem carries it as ALTCHA v1 does`() async throws {
        try await withService(["PROOF_OF_WORK": "always"]) { service in
            let refused = try await service.sendCode("13800000101")
            #expect(refused.status == 403)
            #expect(refused.code == "proof_of_work_required")
            #expect(refused.headers[.cacheControl] == "no-store")
            let challenge = refused["challenge"]
            #expect(challenge["algorithm"].string == "SHA-256")
            #expect(challenge["maxnumber"].int == 50_000 && challenge["maxNumber"].int == 50_000)
            #expect(challenge["salt"].string.hasSuffix("&action=verification-codes&"))
            #expect(try await service.count("SELECT count(*) FROM messages") == 0)
            let taken = try await service.sendCode("13800000101", proof: try solve(challenge))
            #expect(taken.status == 202, "\(taken.text)")
            #expect(try await service.count("SELECT count(*) FROM messages") == 1)
        }
    }

    @Test func `forged, spliced, expired and foreign proofs are asked for again and send nothing`() async throws {
        try await withService(["PROOF_OF_WORK": "always"]) { service in
            let challenge = try await service.sendCode("13800000102")["challenge"]
            let salt = challenge["salt"].string
            let foreign = ProofOfWork.challenge(
                action: "something-else", nonce: Array(0..<12), number: 7, maxNumber: 10, at: service.clock.now,
                key: try #require(service.keys.key(.proofOfWork)))
            let stranger = ProofOfWork.challenge(
                action: "verification-codes", nonce: Array(0..<12), number: 7, maxNumber: 10, at: service.clock.now,
                key: try #require(service.keys.key(.formToken)))
            var proofs = [
                "", "@@@@", "bnVsbA==", try solve(challenge, salt: salt + "0"),
                try solve(challenge, salt: salt.replacing("expires=1", with: "expires=2")),
                try solve(challenge, algorithm: "SHA-1"), try solve(challenge) + " ",
            ]
            for made in [foreign, stranger] {
                proofs.append(
                    try solve(
                        .object([
                            "challenge": .string(made.challenge), "salt": .string(made.salt),
                            "signature": .string(made.signature), "maxnumber": .number(10),
                        ])))
            }
            for proof in proofs {
                let answer = try await service.sendCode("13800000102", proof: proof)
                #expect(answer.status == 403 && answer.code == "proof_of_work_required", "\(proof) \(answer.text)")
            }
            let late = try solve(challenge)
            service.clock.advance(by: 301)
            #expect(try await service.sendCode("13800000102", proof: late).code == "proof_of_work_required")
            #expect(try await service.count("SELECT count(*) FROM messages") == 0)
            #expect(try await service.count("SELECT count(*) FROM used_proofs") == 0)
        }
    }

    @Test func `with auto it is asked when a budget is half used, and dearer as the budget warms`() async throws {
        try await withService(["PROOF_OF_WORK": "auto", "SENDS_PER_MINUTE": "20"]) { service in
            for number in 0..<10 {
                #expect(try await service.sendCode("139\(number)0000000").status == 202)
            }
            var asked: [Int] = []
            for number in 0..<10 {
                let refused = try await service.sendCode("137\(number)0000000")
                #expect(refused.code == "proof_of_work_required")
                asked.append(refused["challenge"]["maxnumber"].int)
                let taken = try await service.sendCode("137\(number)0000000", proof: try solve(refused["challenge"]))
                #expect(taken.status == 202, "\(taken.text)")
                // What a look found counts for a second.
                service.clock.advance(by: 1)
            }
            #expect(asked == [50_000, 50_000, 50_000, 200_000, 200_000, 200_000, 400_000, 400_000, 500_000, 500_000])
            let full = try await service.sendCode("13600000000")
            #expect(full.status == 429)
            #expect(Int(full.headers[.retryAfter] ?? "") == 50)
            service.clock.advance(by: 50)
            #expect(try await service.sendCode("13600000000").status == 202)
        }
    }

    @Test func `with off nothing is asked and a proof is not looked at`() async throws {
        try await withService(["PROOF_OF_WORK": "off", "SENDS_PER_MINUTE": "3"]) { service in
            for number in 0..<3 {
                let answer = try await service.sendCode("139\(number)0000000", proof: "@@@@")
                #expect(answer.status == 202)
            }
            #expect(try await service.sendCode("13900000001").status == 429)
        }
    }

    @Test func `without JavaScript a small budget serves, then a page with the telephone`() async throws {
        try await withService(["PROOF_OF_WORK": "always"]) { service in
            func post(_ phone: String) async throws -> Answer {
                try await service.call(
                    .post, "/inquiry/code",
                    "name=%E7%8E%8B%E5%A5%B3%E5%A3%AB&phone=\(phone)&consent=true&notice_version=2026-11",
                    headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"])
            }
            for number in 0..<3 {
                let page = try await post("139\(number)0000000")
                #expect(page.status == 200)
                #expect(page.text.contains("填写短信验证码"))
            }
            let again = try await post("13900000000")
            #expect(again.status == 429 && again.text.contains("秒后再发"))
            let fourth = try await post("13930000000")
            #expect(fourth.status == 429)
            #expect(fourth.text.contains("暂时发不出验证码") && fourth.text.contains(/\d+ (分钟|小时)后再试/))
            #expect(fourth.headers[.retryAfter] != nil)
            #expect(try await service.count("SELECT count(*) FROM messages") == 3)
            service.clock.advance(by: 3600)
            #expect(try await post("13930000000").status == 200)
        }
    }

    @Test func `a page takes none of the last fifth, which is for solved proofs`() async throws {
        try await withService(["PROOF_OF_WORK": "auto", "SENDS_PER_DAY": "5", "TRUSTED_PROXIES": "127.0.0.1/32"]) {
            service in
            func post(_ number: Int) async throws -> Answer {
                try await service.call(
                    .post, "/inquiry/code",
                    "name=%E7%8E%8B%E5%A5%B3%E5%A3%AB&phone=139\(number)0000000&consent=true&notice_version=2026-11",
                    headers: [.contentType: "application/x-www-form-urlencoded", .accept: "text/html"])
            }
            let answers = [try await post(0), try await post(1), try await post(2), try await post(3)]
            #expect(answers.map(\.status) == [200, 200, 200, 200])
            #expect(try await post(4).text.contains("暂时发不出短信验证码"))
            let refused = try await service.sendCode("13700000000")
            #expect(refused.code == "proof_of_work_required")
            #expect(try await service.sendCode("13700000000", proof: try solve(refused["challenge"])).status == 202)
            service.clock.advance(by: 1)
            #expect(try await service.sendCode("13710000000").status == 429)
        }
    }
}

/// The same over real processes, and through a restart.
@Suite(.serialized) struct ProofOfWorkProcessTests {
    @Test func `fifty uses of one proof at once at two processes send one message, and none after a restart`()
        async throws
    {
        try await withInstallation { place in
            let always = ["HUIFANG_PROOF_OF_WORK": "always"]
            let servers = [try await place.start(always), try await place.start(always)]
            func send(_ phone: String, _ proof: String, to server: ServerProcess) async throws -> Answer {
                try await server.call(
                    .post, "/api/v1/verification-codes",
                    #"{"phone":"\#(phone)","purpose":"inquiry","proof_of_work":"\#(proof)"}"#)
            }
            let proof = try solve(try await send("13800000103", "", to: servers[0])["challenge"])
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for number in 0..<50 {
                    group.addTask { try await send("138\(10_000_000 + number)", proof, to: servers[number % 2]) }
                }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 202 } == 1)
            #expect(answers.count { $0.code == "proof_of_work_required" } == 49)
            #expect(try await place.count("SELECT count(*) FROM messages") == 1)
            // What was refused was counted nowhere.
            #expect(try await place.count("SELECT count(*) FROM phone_budgets") == 1)
            #expect(try await place.count("SELECT max(used) FROM send_budgets") == 1)
            // In other words it is the same proof, and a new process knows it.
            let json = String(decoding: try #require(Data(base64Encoded: proof)), as: UTF8.self)
            let respelled = Data(json.replacing("}", with: #","took":1}"#).utf8).base64EncodedString()
            for server in servers { try await server.kill() }
            let restarted = try await place.start(always)
            for spelling in [proof, respelled] {
                let answer = try await send("13800000104", spelling, to: restarted)
                #expect(answer.code == "proof_of_work_required", "\(answer.text)")
            }
        }
    }

    @Test func `budgets outlive the process that counted`() async throws {
        try await withInstallation { place in
            let few = ["HUIFANG_SENDS_PER_DAY": "4", "HUIFANG_BUDGET_FACTOR": "1"]
            func send(_ number: Int, to server: ServerProcess) async throws -> Int {
                try await server.call(
                    .post, "/api/v1/verification-codes", #"{"phone":"139\#(number)0000000","purpose":"inquiry"}"#
                ).status
            }
            let first = try await place.start(few)
            for number in 0..<3 { #expect(try await send(number, to: first) == 202) }
            try await first.kill()
            let second = try await place.start(few)
            #expect(try await send(3, to: second) == 202)
            #expect(try await send(4, to: second) == 429)
        }
    }
}
