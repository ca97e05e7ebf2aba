import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What a process remembers of a flood: it asks for proofs by it, for a second, and neither sends nor refuses by it.
@Suite struct RecentWarmthTests {
    private static let narrow = ["PROOF_OF_WORK": "auto", "SENDS_PER_MINUTE": "6"]

    /// Takes the half that is sent without a proof, and is asked for the first one.
    private func warm(_ service: TestService) async throws -> Answer {
        for number in 0..<3 { #expect(try await service.sendCode("139\(number)0000000").status == 202) }
        return try await service.sendCode("13800000001")
    }

    @Test func `a proof asked for a moment ago is asked for without a look, and good as any`() async throws {
        try await withService(Self.narrow) { service in
            #expect(try await self.warm(service).code == "proof_of_work_required")
            // Whoever looked at the tables now would find them empty.
            try await service.database.query("DELETE FROM send_budgets")
            let remembered = try await service.sendCode("13800000002")
            #expect(remembered.code == "proof_of_work_required")
            #expect(remembered["challenge"]["maxnumber"].int == 50_000)
            let proof = try solve(remembered["challenge"])
            #expect(try await service.sendCode("13800000002", proof: proof).status == 202)
            #expect(try await service.sendCode("13800000003", proof: proof).code == "proof_of_work_required")
            service.clock.advance(by: 1)
            #expect(try await service.sendCode("13800000003").status == 202)
        }
    }

    @Test func `a database that stands still does not hinder the asking`() async throws {
        try await withService(Self.narrow) { service in
            _ = try await self.warm(service)
            try await service.database.query("ALTER TABLE send_budgets RENAME TO away")
            for number in 0..<20 {
                #expect(try await service.sendCode("1370000\(1000 + number)").code == "proof_of_work_required")
            }
            try await service.database.query("ALTER TABLE away RENAME TO send_budgets")
        }
    }

    @Test func `nothing is remembered beyond the window it was seen in, nor of one address for another`() async throws {
        let rules = Self.narrow.merging(["SENDS_PER_ADDRESS_PER_HOUR": "2", "TRUSTED_PROXIES": "127.0.0.1/32"]) { $1 }
        try await withService(rules) { service in
            #expect(try await service.sendCode("13900000000", address: "203.0.113.1").status == 202)
            let asked = try await service.sendCode("13910000000", address: "203.0.113.1")
            #expect(asked.code == "proof_of_work_required")
            #expect(try await service.sendCode("13910000000", address: "203.0.114.1").status == 202)
        }
        try await withService(Self.narrow) { service in
            service.clock.advance(by: 59.5)
            let asked = try await self.warm(service)
            #expect(asked.code == "proof_of_work_required")
            service.clock.advance(by: 0.5)
            #expect(try await service.sendCode("13800000002").status == 202)
        }
    }

    @Test func `what is full is looked at anew before anybody is refused`() async throws {
        try await withService(Self.narrow) { service in
            let asked = try await self.warm(service)
            var challenge = asked["challenge"]
            for number in 1...3 {
                let phone = "1380000100\(number)"
                #expect(try await service.sendCode(phone, proof: try solve(challenge)).status == 202)
                service.clock.advance(by: 1)
                challenge = try await service.sendCode("13800002000")["challenge"]
            }
            let used = try await service.count("SELECT sum(used) FROM send_budgets")
            let numbers = try await service.count("SELECT count(*) FROM phone_budgets")
            for number in 0..<5 {
                let full = try await service.sendCode("1360000\(1000 + number)")
                #expect(full.status == 429 && full.headers[.retryAfter] == "57")
            }
            #expect(try await service.count("SELECT sum(used) FROM send_budgets") == used)
            #expect(
                try await service.count("SELECT count(*) FROM phone_budgets") == numbers,
                "a look leaves no trace of a number")
            try await service.database.query("DELETE FROM send_budgets")
            #expect(try await service.sendCode("13600001000").status == 202)
        }
    }
}
