import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import TestDatabase
import Testing

/// How many codes are sent, and how many wrong ones taken: every ceiling, and that waiting as told is enough.
@Suite struct CodeBudgetTests {
    private static let wide = TestService.behindProxy.merging(["SENDS_PER_MINUTE": "100000", "SENDS_PER_DAY": "100000"])
    { $1 }

    @Test func `ten spellings of a number share one cooldown, five an hour and ten a day`() async throws {
        let spellings = [
            "13800000031", "138 0000 0031", "138-0000-0031", "+8613800000031", "+86 138 0000 0031", "008613800000031",
            "8613800000031", "013800000031", "１３８００００００３１", "(138)0000－0031", "＋86 138–0000–0031",
        ]
        try await withService { service in
            try await Self.take(service, spellings[0])
            for (number, spelling) in spellings.enumerated() {
                let answer = try await service.askForCode(spelling, purpose: number % 2 == 0 ? "inquiry" : "privacy")
                #expect(answer.status == 429 && answer.headers[.retryAfter] == "60", "\(spelling): \(answer.text)")
            }
            for spelling in spellings[1...4] {
                try await Self.waitAsTold(service, until: 60) { try await service.askForCode(spelling) }
            }
            // The five of an hour began at the test's start, four minutes ago.
            try await Self.waitAsTold(service, until: 3600 - 240) { try await service.askForCode(spellings[5]) }
            for spelling in spellings[6...9] {
                _ = try await Self.waitAsTold(service) { try await service.askForCode(spelling) }
            }
            let start = Date(timeIntervalSince1970: 1_795_573_800)
            try await Self.waitAsTold(service, until: 86400 - Int(service.clock.now.timeIntervalSince(start))) {
                try await service.askForCode(spellings[10])
            }
            #expect(try await service.count("SELECT count(*) FROM phone_budgets") == 1)
        }
    }

    /// A ceiling: whose requests it counts, who is beside it, and how many seconds its window has.
    struct Ceiling: Sendable, CustomTestStringConvertible {
        let name: String
        var environment: [String: String] = [:]
        let count: Int
        let window: Int
        let counted: @Sendable (Int) -> (phone: String, address: String)
        var beside: (phone: String, address: String)?

        var testDescription: String { self.name }
    }

    static let ceilings = [
        Ceiling(
            name: "a prefix, 20 an hour", count: 20, window: 3600,
            counted: { ("1380001\(1000 + $0)", "192.0.\($0).1") }, beside: ("13800021000", "192.0.99.1")),
        Ceiling(
            name: "an address, 60 an hour", count: 60, window: 3600,
            counted: { ("138\(1000 + $0)0001", "203.0.113.7") }, beside: ("13899990001", "203.0.113.8")),
        Ceiling(
            name: "an address, 200 a day", environment: ["SENDS_PER_ADDRESS_PER_HOUR": "1000", "BUDGET_FACTOR": "1"],
            count: 200, window: 86400, counted: { ("138\(1000 + $0)0001", "203.0.113.7") },
            beside: ("13899990001", "198.51.100.1")),
        Ceiling(
            name: "an IPv4 /24, 200 an hour", count: 200, window: 3600,
            counted: { ("138\(1000 + $0)0001", "203.0.113.\($0)") }, beside: ("13899990001", "203.0.114.1")),
        Ceiling(
            name: "an IPv6 /64 as one address", count: 60, window: 3600,
            counted: { ("138\(1000 + $0)0001", "2001:db8:1:2::\(String($0 + 1, radix: 16))") },
            beside: ("13899990001", "2001:db8:1:3::1")),
        Ceiling(
            name: "an IPv6 /48, 200 an hour", count: 200, window: 3600,
            counted: { ("138\(1000 + $0)0001", "2001:db8:1:\(String($0 + 1, radix: 16))::1") },
            beside: ("13899990001", "2001:db8:2:1::1")),
        Ceiling(
            name: "all in a minute", environment: ["SENDS_PER_MINUTE": "3"], count: 3, window: 60,
            counted: { ("138\(1000 + $0)0001", "192.0.\($0).1") }),
        Ceiling(
            name: "all in a day", environment: ["SENDS_PER_DAY": "4"], count: 4, window: 86400,
            counted: { ("138\(1000 + $0)0001", "192.0.\($0).1") }),
    ]

    @Test(arguments: ceilings)
    func `a ceiling holds exactly, lets others pass, and ends when it said it would`(ceiling: Ceiling) async throws {
        try await withService(Self.wide.merging(ceiling.environment) { $1 }) { service in
            for number in 0..<ceiling.count {
                let (phone, address) = ceiling.counted(number)
                let answer = try await service.askForCode(phone, from: address)
                try #require(answer.status == 202, "\(number): \(answer.text)")
            }
            if let (phone, address) = ceiling.beside {
                #expect(try await service.askForCode(phone, from: address).status == 202)
            }
            let (phone, address) = ceiling.counted(ceiling.count)
            let elapsed = Int(service.clock.now.timeIntervalSince1970) % ceiling.window
            try await Self.waitAsTold(service, until: ceiling.window - elapsed) {
                try await service.askForCode(phone, from: address)
            }
        }
    }

    @Test func `an address that goes on beyond its ceiling uses up nothing of anybody else's`() async throws {
        let small = ["SENDS_PER_ADDRESS_PER_HOUR": "3", "SENDS_PER_DAY": "6"]
        try await withService(Self.wide.merging(small) { $1 }) { service in
            for number in 0..<20 {
                let answer = try await service.askForCode("138\(1000 + number)0001", from: "203.0.113.7")
                #expect(answer.status == (number < 3 ? 202 : 429))
            }
            for number in 0..<3 {
                let answer = try await service.askForCode("139\(1000 + number)0001", from: "198.51.100.\(number)")
                #expect(answer.status == 202, "\(answer.text)")
            }
            #expect(try await service.askForCode("13910030001", from: "198.51.100.9").status == 429)
        }
    }

    @Test func `sixty requests at once for one number send one code`() async throws {
        try await withService(Self.wide) { service in
            let answers = try await Self.atOnce(60) {
                try await service.askForCode("13800000032", from: "192.0.2.\($0)")
            }
            #expect(answers.count { $0.status == 202 } == 1)
            #expect(answers.allSatisfy { $0.status == 202 || ($0.status == 429 && $0.headers[.retryAfter] != nil) })
            #expect(try await service.count("SELECT count(*) FROM messages") == 1)
        }
    }

    // MARK: Wrong codes

    @Test func `while ten wrong an hour or twenty a day are used up, a number gets no code`() async throws {
        try await withService { service in
            let phone = "13800000033"
            let start = service.clock.now
            for round in 1...4 {
                let (challenge, code) = try await service.challenge(for: phone)
                for _ in 0..<5 {
                    let answer = try await service.offer(TestService.wrong(code), challenge, phone: phone)
                    #expect(answer.code == "code_invalid")
                }
                let elapsed = Int(service.clock.now.timeIntervalSince(start))
                switch round {
                case 2:  // The first wrong code was given at the start.
                    let told = try await service.askForCode(phone, purpose: "privacy")
                    #expect(
                        told.status == 429 && told.headers[.retryAfter] == String(3600 - elapsed), "\(told.headers)")
                    service.clock.advance(by: TimeInterval(3600 - elapsed - 1))
                    #expect(try await service.askForCode(phone).status == 429)
                    service.clock.advance(by: 1)
                case 4:
                    try await Self.waitAsTold(service, until: 86400 - elapsed) { try await service.askForCode(phone) }
                default: service.clock.advance(by: 61)
                }
            }
        }
    }

    @Test func `an address, a network and all of them have so many wrong codes`() async throws {
        try await withService(Self.wide) { service in
            func guess(_ number: Int, from address: String) async throws -> Answer {
                try await service.offer("111111", UUID().text, phone: "139\(10_000_000 + number)", from: address)
            }
            for number in 0..<30 { #expect(try await guess(number, from: "203.0.113.1").status == 422) }
            let hour = 3600 - Int(service.clock.now.timeIntervalSince1970) % 3600
            let full = try await guess(30, from: "203.0.113.1")
            #expect(full.status == 429 && full.headers[.retryAfter] == String(hour), "\(full.text) \(full.headers)")
            // The right code is not compared either.
            let (challenge, code) = try await service.challenge(for: "13800000034")
            #expect(try await service.offer(code, challenge, phone: "13800000034", from: "203.0.113.1").status == 429)
            #expect(try await service.offer(code, challenge, phone: "13800000034", from: "203.0.114.1").status == 201)
            for number in 30..<100 { #expect(try await guess(number, from: "203.0.113.\(number)").status == 422) }
            #expect(try await guess(100, from: "203.0.113.200").status == 429)
            // All of them: five guesses at each of forty codes that were sent.
            let targets = try await Self.targets(40, service)
            for (number, target) in targets.enumerated() {
                for _ in 0..<5 {
                    let answer = try await service.offer(
                        TestService.wrong(target.code), target.challenge, phone: target.phone, from: "198.\(number).0.1"
                    )
                    try #require(answer.status == 422, "\(answer.text)")
                }
            }
            let tenMinutes = 600 - Int(service.clock.now.timeIntervalSince1970) % 600
            let all = try await guess(200, from: "192.0.2.1")
            #expect(all.status == 429 && all.headers[.retryAfter] == String(tenMinutes), "\(all.headers)")
            service.clock.advance(by: TimeInterval(tenMinutes - 1))
            #expect(try await guess(201, from: "192.0.2.1").status == 429)
            service.clock.advance(by: 1)
            #expect(try await guess(202, from: "192.0.2.1").status == 422)
            #expect(try await service.count("SELECT count(*) FROM budgets WHERE used > ceiling") == 0)
        }
    }

    @Test(arguments: ["a made-up challenge", "a dead one", "somebody else's"])
    func `submits that name no live challenge of their number use up nothing that others need`(
        named: String
    )
        async throws
    {
        try await withService(Self.wide) { service in
            let dead = try await service.challenge(for: "13800000037")
            for _ in 0..<5 {
                _ = try await service.offer(TestService.wrong(dead.code), dead.id, phone: "13800000037")
            }
            let (challenge, code) = try await service.challenge(for: "13800000036")
            let before = try await Self.used("wrong-all", "", service)
            #expect(before == 5)
            for number in 0..<210 {
                let (id, phone) =
                    switch named {
                    case "a dead one": (dead.id, "13800000037")
                    case "somebody else's": (challenge, "139\(10_000_000 + number)")
                    default: (UUID().text, "139\(10_000_000 + number)")
                    }
                // Eight addresses in eight networks, each within its own budget.
                let answer = try await service.offer("111111", id, phone: phone, from: "203.0.\(number / 29).7")
                try #require(answer.status == 422 && answer.code == "code_invalid", "\(number): \(answer.text)")
            }
            #expect(try await Self.used("wrong-all", "", service) == before)
            #expect(try await Self.used("wrong-address-hour", "203.0.0.7", service) == 29)
            let right = try await service.offer(code, challenge, phone: "13800000036", from: "198.51.100.1")
            #expect(right.status == 201, "\(right.text)")
        }
    }

    @Test func `of sixty guesses at once for different numbers from one address thirty are compared`() async throws {
        try await withService(Self.wide) { service in
            let targets = try await Self.targets(60, service)
            let answers = try await Self.atOnce(60) { number in
                let (phone, challenge, code) = targets[number]
                return try await service.offer(TestService.wrong(code), challenge, phone: phone, from: "203.0.113.5")
            }
            #expect(answers.count { $0.status == 422 && $0.code == "code_invalid" } == 30, "\(answers.map(\.status))")
            #expect(answers.count { $0.status == 429 && $0.headers[.retryAfter] != nil } == 30)
            #expect(try await service.count("SELECT sum(cardinality(wrongs)) FROM phone_budgets") == 30)
            #expect(try await service.count("SELECT sum(tries) FROM verification_counters") == 30)
            #expect(try await Self.used("wrong-address-hour", "203.0.113.5", service) == 30)
            #expect(try await Self.used("wrong-network-hour", "203.0.113.0/24", service) == 30)
            #expect(try await Self.used("wrong-all", "", service) == 30)
            #expect(try await service.count("SELECT count(*) FROM submit_locks") == 0)
        }
    }

    @Test func `right codes, replays and what fails use up no wrong-code budget`() async throws {
        try await withService(Self.wide) { service in
            let targets = try await Self.targets(20, service)
            let answers = try await Self.atOnce(20) { number in
                let (phone, challenge, code) = targets[number]
                return try await service.offer(code, challenge, phone: phone, from: "203.0.113.5", key: "k")
            }
            #expect(answers.allSatisfy { $0.status == 201 }, "\(answers.map(\.text))")
            let again = try await service.offer(
                targets[0].code, targets[0].challenge, phone: targets[0].phone, key: "k")
            #expect(again.status == 201)
            for (kind, whose) in [("address-hour", "203.0.113.5"), ("network-hour", "203.0.113.0/24"), ("all", "")] {
                #expect(try await Self.used("wrong-\(kind)", whose, service) == 0, "\(kind)")
            }
            let (phone, challenge, code) = try await Self.targets(21, service)[20]
            _ = try await service.offer(TestService.wrong(code), challenge, phone: phone, from: "203.0.113.5")
            _ = try await service.offer(code, challenge, phone: phone, from: "203.0.113.5")
            #expect(try await Self.used("wrong-all", "", service) == 1)
        }
    }

    // MARK: -

    private static func used(_ kind: String, _ whose: String, _ service: TestService) async throws -> Int {
        let key = ByteBuffer(bytes: service.keys.bucket(kind, whose))
        let rows = try await service.database.query(
            "SELECT coalesce(sum(used), 0)::bigint FROM budgets WHERE bucket = \(key)")
        return try #require(rows.first).decode(Int.self)
    }

    /// Numbers with a live code each; those that have one from before are asked for nothing.
    private static func targets(
        _ count: Int, _ service: TestService
    ) async throws -> [(phone: String, challenge: String, code: String)] {
        var targets: [(phone: String, challenge: String, code: String)] = []
        for number in 0..<count {
            let phone = "138\(2000 + number)0001"
            guard service.sms.code(to: phone) == nil else {
                targets.append((phone, "", ""))
                continue
            }
            let answer = try await service.askForCode(phone, from: "192.0.\(number).1")
            try await service.services.outboxWorker.runOnce()
            targets.append((phone, answer["challenge_id"].string, try #require(service.sms.code(to: phone))))
        }
        return targets
    }

    private static func take(_ service: TestService, _ phone: String) async throws {
        let answer = try await service.askForCode(phone)
        try #require(answer.status == 202, "\(answer.text)")
    }

    /// Expects 429, still 429 a second before the told time, and 202 at it.
    @discardableResult
    private static func waitAsTold(
        _ service: TestService, until expected: Int? = nil, _ ask: () async throws -> Answer
    ) async throws -> Int {
        let refused = try await ask()
        try #require(refused.status == 429 && refused.code == "too_many_requests", "\(refused.text)")
        let wait = try #require(refused.headers[.retryAfter].flatMap { Int($0) })
        if let expected { #expect(wait == expected) }
        service.clock.advance(by: TimeInterval(wait - 1))
        #expect(try await ask().status == 429, "a second early")
        service.clock.advance(by: 1)
        let answer = try await ask()
        #expect(answer.status == 202, "\(answer.text) \(answer.headers)")
        return wait
    }

    private static func atOnce(
        _ count: Int, _ ask: @escaping @Sendable (Int) async throws -> Answer
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<count { group.addTask { try await ask(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
