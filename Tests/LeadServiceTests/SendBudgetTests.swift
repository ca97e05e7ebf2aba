import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

@Suite struct SendBudgetTests {
    /// Sends from so many numbers at once and counts what was issued.
    private func atOnce(
        _ count: Int, _ service: TestService, address: @escaping @Sendable (Int) -> String
    ) async throws -> (issued: Int, refused: Int) {
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<count {
                group.addTask {
                    // No two numbers share a prefix.
                    try await service.sendCode("13\(5 + number % 5)\(1000 + number)0000", address: address(number))
                        .status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return (statuses.count { $0 == 202 }, statuses.count { $0 == 429 })
    }

    @Test func `a budget that is split into slots admits exactly its number, from everywhere at once`() async throws {
        try await withService(["SENDS_PER_MINUTE": "37", "TRUSTED_PROXIES": "127.0.0.1/32"]) { service in
            let came = try await self.atOnce(120, service) { "203.0.\($0).7" }
            #expect(came == (37, 83))
            #expect(try await service.count("SELECT count(*) FROM messages") == 37)
            // The minute, and the day with it; a refused send is given back to its address and to nobody else.
            #expect(try await service.count("SELECT sum(used) FROM send_budgets WHERE ceiling BETWEEN 2 AND 3") == 37)
            #expect(try await service.count("SELECT sum(used) FROM send_budgets WHERE ceiling = 125") == 37)
            #expect(try await service.count("SELECT count(*) FROM send_budgets WHERE ceiling = 125") > 4)
        }
    }

    @Test func `an address, its network, and an IPv6 household have budgets of their own`() async throws {
        try await withService([
            "SENDS_PER_ADDRESS_PER_HOUR": "6", "SENDS_PER_MINUTE": "1000", "BUDGET_FACTOR": "0.5",
            "TRUSTED_PROXIES": "127.0.0.1/32",
        ]) { service in
            let household = try await self.atOnce(9, service) { _ in "203.0.113.9" }
            let newer = try await self.atOnce(9, service) { "2001:db8:1:2::\($0 + 1)" }
            #expect(household == (3, 6) && newer == (3, 6))
            // A refusal for the address counted nothing for all.
            #expect(
                try await service.count("SELECT sum(used) FROM send_budgets WHERE ceiling = 62 OR ceiling = 63") == 6)
        }
    }

    @Test(arguments: [
        (#"{"sends_per_hour":3}"#, "all_hour"), (#"{"sends_per_site_per_hour":3}"#, "site_hour"),
        (#"{"sends_per_site_per_day":3}"#, "site_day"),
        (#"{"message_price":0.045,"money_per_day":0.17}"#, "money_day"),
    ])
    func `a site, an hour and the day's money can be bounded by a setting`(
        _ settings: String, _ name: String
    )
        async throws
    {
        try await withService { service in
            try await service.set(settings)
            for number in 0..<3 { #expect(try await service.sendCode("139\(number)0000000").status == 202) }
            let fourth = try await service.sendCode("13930000000")
            #expect(fourth.status == 429)
            try await service.services.sendWatch.runOnce()
            let lines = service.logs.lines.filter { $0.contains("send budget filling up") && $0.contains(name) }
            #expect(lines.count == 3, "\(lines)")
            try await service.services.sendWatch.runOnce()
            #expect(service.logs.lines.count { $0.contains("send budget filling up") && $0.contains(name) } == 3)
        }
    }

    @Test func `a prefix has a budget, and who has used it up takes nothing from the others`() async throws {
        try await withService(["BUDGET_FACTOR": "0.1"]) { service in
            for number in 1..<3 {
                let answer = try await service.sendCode("1380000000\(number)")
                #expect(answer.status == 202)
            }
            for number in 3..<8 { #expect(try await service.sendCode("1380000000\(number)").status == 429) }
            #expect(try await service.sendCode("13900000001").status == 202)
            #expect(try await service.count("SELECT sum(used) FROM send_budgets WHERE ceiling IN (12, 13)") == 3)
        }
    }

    @Test func `administrators are told once of a prefix that asks for more than its hour has`() async throws {
        try await withService(["BUDGET_FACTOR": "0.1"]) { service in
            let chief = try await service.colleague("chief", .administrator)
            for number in 1..<6 { _ = try await service.sendCode("1380000000\(number)") }
            let list = try await service.call(.get, "/api/v1/alerts", token: chief.token)
            let told = list["items"].array.filter { $0["kind"].string == "prefix_full" }.map { $0["text"].string }
            #expect(told == ["号段 1380000 的号码这一小时要的验证码太多（上限 2 条），先不发给它们；若是刷量，可在设置里列入不发的号段"], "\(list.text)")
            service.clock.advance(by: 3600)
            for number in 1..<6 { _ = try await service.sendCode("1380000000\(number)") }
            #expect(try await service.count("SELECT count(*) FROM staff_alerts WHERE kind = 'prefix_full'") == 2)
        }
    }

    @Test func `to be asked for a proof is no news of a prefix`() async throws {
        try await withService(["BUDGET_FACTOR": "0.1", "PROOF_OF_WORK": "auto"]) { service in
            #expect(try await service.sendCode("13800000001").status == 202)
            let asked = try await service.sendCode("13800000002")
            #expect(asked.code == "proof_of_work_required")
            #expect(try await service.count("SELECT count(*) FROM staff_alerts") == 0)
            #expect(try await service.sendCode("13800000002", proof: try solve(asked["challenge"])).status == 202)
            let again = try await service.sendCode("13800000003")
            let proof = again.code == "proof_of_work_required" ? try solve(again["challenge"]) : nil
            #expect(try await service.sendCode("13800000003", proof: proof).status == 429)
        }
    }

    @Test func `codes that do not come back make sending dearer, then stop it for a quarter of an hour`() async throws {
        try await withService([
            "PROOF_OF_WORK": "auto", "BUDGET_FACTOR": "0.2", "SENDS_PER_DAY": "1000000", "SENDS_PER_MINUTE": "1000000",
            "TRUSTED_PROXIES": "127.0.0.1/32",
        ]) { service in
            // Ten of fifty, as the factor says; one of twelve comes back.
            try await service.submit(phone: "13900000000")
            for number in 0..<11 {
                let answer = try await service.sendCode("138\(1000 + number)0000", address: "203.0.\(number).7")
                #expect(answer.status == 202)
            }
            // Nobody can have typed them yet.
            try await service.services.sendWatch.runOnce()
            #expect(service.logs.lines.count { $0.contains("every send costs work") } == 0)
            service.clock.advance(by: 120)
            try await service.services.sendWatch.runOnce()
            let dear = try await service.sendCode("13700000000")
            #expect(dear.code == "proof_of_work_required")
            #expect(dear["challenge"]["maxnumber"].int == 400_000)
            #expect(service.logs.lines.count { $0.contains("every send costs work") } == 1)
            #expect(!service.logs.lines.contains { $0.contains("sending is stopped") })
            #expect(try await service.sendCode("13700000000", proof: try solve(dear["challenge"])).status == 202)
            // Ten minutes later none of the new ones has come back.
            service.clock.advance(by: 601)
            for number in 0..<10 {
                let answer = try await service.sendCode("136\(1000 + number)0000", address: "198.51.\(number).7")
                #expect(answer.status == 202)
            }
            service.clock.advance(by: 120)
            try await service.services.sendWatch.runOnce()
            try await service.services.sendWatch.runOnce()
            let stopped = try await service.sendCode("13510000000")
            #expect(stopped.status == 429)
            #expect(Int(stopped.headers[.retryAfter] ?? "") == 900)
            #expect(service.logs.lines.count { $0.contains("sending is stopped") } == 1)
            service.clock.advance(by: 899)
            try await service.services.sendWatch.runOnce()
            #expect(try await service.sendCode("13510000000").status == 429)
            service.clock.advance(by: 1)
            #expect(try await service.sendCode("13510000000").status == 202)
        }
    }

    @Test(arguments: [(1, false), (4, false), (5, true)])
    func `codes that a few networks asked for raise the price for all and stop nobody`(
        _ networks: Int, _ isStopped: Bool
    ) async throws {
        try await withService([
            "PROOF_OF_WORK": "auto", "SENDS_PER_DAY": "1000000", "SENDS_PER_MINUTE": "1000000",
            "SENDS_PER_ADDRESS_PER_HOUR": "1000", "TRUSTED_PROXIES": "127.0.0.1/32",
        ]) { service in
            for number in 0..<60 {
                // Several addresses of a network are one network.
                let address = "203.0.\(number % networks).\(number + 1)"
                #expect(try await service.sendCode("138\(1000 + number)0000", address: address).status == 202)
            }
            service.clock.advance(by: 120)
            try await service.services.sendWatch.runOnce()
            #expect(service.logs.lines.contains { $0.contains("every send costs work") })
            #expect(service.logs.lines.contains { $0.contains("sending is stopped") } == isStopped)
            let other = try await service.sendCode("13700000000", address: "198.51.100.1")
            #expect(other.status == (isStopped ? 429 : 403))
            guard !isStopped else { return }
            let proof = try solve(other["challenge"])
            #expect(try await service.sendCode("13700000000", proof: proof, address: "198.51.100.1").status == 202)
        }
    }

    @Test func `numbers of machines and satellites, and listed ones, are answered alike and reach no gateway`()
        async throws
    {
        try await withService { service in
            try await service.set(#"{"withheld_prefixes":["170","1655"]}"#)
            let usual = try await service.sendCode("13900000000")
            for phone in [
                "13490000001", "14400000001", "14600000001", "14800000001", "17400000001", "17000000001", "16550000001",
            ] {
                let answer = try await service.sendCode(phone)
                #expect(answer.status == 202)
                #expect(answer.text.utf8.count == usual.text.utf8.count)
                #expect(try await service.sendCode(phone).status == 429)
            }
            #expect(try await service.sendCode("16500000001").status == 202)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.map(\.phone).sorted() == ["+8613900000000", "+8616500000001"])
            #expect(try await service.count("SELECT count(*) FROM withheld_codes") == 0)
        }
    }

    @Test func `a test number reaches no gateway until its day, and an administrator alone reads its code`()
        async throws
    {
        try await withService { service in
            try await service.set(#"{"test_numbers":[{"phone":"13800000200","until":"2026-11-25"}]}"#)
            let issued = try await service.sendCode("13800000200")
            #expect(issued.status == 202)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.isEmpty)
            let (chief, boss) = (
                try await service.colleague("chief", .administrator), try await service.colleague("boss", .supervisor)
            )
            let body = #"{"phone":"13800000200"}"#
            #expect(try await service.call(.post, "/api/v1/test-codes", body, token: boss.token).status == 403)
            let read = try await service.call(.post, "/api/v1/test-codes", body, token: chief.token)
            #expect(read.status == 200)
            let accepted = try await service.call(
                .post, "/api/v1/inquiries",
                service.inquiry(
                    phone: "13800000200", challenge: issued["challenge_id"].string, code: read["code"].string))
            #expect(accepted.status == 201)
            #expect(try await service.call(.post, "/api/v1/test-codes", body, token: chief.token).status == 404)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'test_code.read'") == 1)
            // The next day in Shanghai it is a number like any other.
            service.clock.advance(by: 86400)
            #expect(try await service.sendCode("13800000200").status == 202)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.count == 1)
        }
    }

    @Test
    func `a test number need not wait between codes, has no more of them, and waits like any other after its day`()
        async throws
    {
        try await withService { service in
            try await service.set(#"{"test_numbers":[{"phone":"13800000200","until":"2026-11-25"}]}"#)
            for _ in 0..<5 { #expect(try await service.sendCode("13800000200").status == 202) }
            #expect(try await service.sendCode("13800000200").status == 429)
            service.clock.advance(by: 86400)
            #expect(try await service.sendCode("13800000200").status == 202)
            service.clock.advance(by: 59)
            #expect(try await service.sendCode("13800000200").status == 429)
        }
    }

    @Test(arguments: [
        #"{"test_numbers":[{"phone":"13800000200"}]}"#, #"{"test_numbers":[{"phone":"13800000200","until":"soon"}]}"#,
        #"{"withheld_prefixes":["1a"]}"#, #"{"money_per_day":0}"#, #"{"sends_per_hour":0}"#,
    ])
    func `a setting without its end, or that cannot be, is not taken`(_ settings: String) throws {
        guard case .object(let members) = try StrictJSON.read(Array(settings.utf8)) else { return }
        var rules = Settings()
        for (key, value) in members {
            let isTaken = rules.apply(key, value)
            #expect(!isTaken)
        }
        #expect(rules.sends == SendRules())
    }

    @Test func `codes nobody submitted are counted by source, and are gone within seven days`() async throws {
        try await withService { service in
            try await service.submit(phone: "13900000000")
            for number in 1..<4 { _ = try await service.sendCode("139\(number)0000000") }
            service.clock.advance(by: 301)
            _ = try await service.sendCode("13940000000")
            let now = service.clock.now
            let counts = try await service.services.database.autocommit {
                try await $0.rows(
                    "SELECT source, count(*) FROM verification_challenges WHERE consumed_at IS NULL AND expires_at <= \(now) GROUP BY 1"
                )
            }
            let (source, abandoned) = try counts[0].decode((String, Int).self)
            #expect(source == "default/script" && abandoned == 3)
            try await service.services.sendWatch.measureAbandonment()
            service.clock.advance(by: 7 * 86400 - 600)
            try await service.services.housekeeping.runOnce()
            for table in ["verification_challenges", "phone_budgets", "send_budgets", "send_alarms", "used_proofs"] {
                #expect(try await service.count("SELECT count(*) FROM \(table)") == 0, "\(table)")
            }
        }
    }
}

extension TestService {
    /// Stores settings that are in force at once.
    func set(_ settings: String) async throws {
        guard case .object(let members) = try StrictJSON.read(Array(settings.utf8)) else { return }
        let now = self.clock.now
        for key in members.keys {
            try await self.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
                SELECT \(key), \(settings)::text::jsonb -> \(key), \(now), 'test', \(now)
                """)
        }
        try await self.services.settings.reload()
    }
}
