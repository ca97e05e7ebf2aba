import Foundation
import HTTPTypes
import Leads
import NIOCore
import Postgres
import TestDatabase
import Testing

@testable import LeadService

/// What is refused: guessing, other sites, pages without a login; and how passwords are stored.
@Suite struct StaffAccessTests {
    @Test(arguments: ["admin", "nobody"])
    func `a name with too many failures waits, longer each time, known or not`(_ name: String) async throws {
        try await withService(["BUDGET_FACTOR": "0.3"]) { service in
            _ = try await service.services.accounts.bootstrap(password: Console.adminPassword)
            for _ in 1...3 { #expect(try await service.logIn(name, "not the password").status == 401) }
            for wait in [1, 2] {
                let refused = try await service.logIn(name, "not the password")
                #expect(refused.status == 429)
                #expect(refused.headers[.retryAfter] == "\(wait)")
                #expect(refused.code == "too_many_requests")
                service.clock.advance(by: Double(wait))
                #expect(try await service.logIn(name, "not the password").status == 401)
            }
            service.clock.advance(by: 15 * 60)
            #expect(try await service.logIn(name, "not the password").status == 401)
            #expect(try await service.logIn(name, "not the password").status == 401)
        }
    }

    @Test func `a success forgets the failures of its name`() async throws {
        try await withService(["BUDGET_FACTOR": "0.3"]) { service in
            _ = try await service.administrator()
            for _ in 1...2 {
                for _ in 1...2 { #expect(try await service.logIn("admin", "not the password").status == 401) }
                #expect(try await service.logIn("admin", Console.adminPassword).status == 200)
            }
        }
    }

    @Test func `an address with too many failures waits, whatever the names, and a success does not clear it`()
        async throws
    {
        try await withService(["BUDGET_FACTOR": "0.1"]) { service in
            for name in ["one", "two"] { #expect(try await service.logIn(name, "not the password").status == 401) }
            _ = try await service.administrator()
            #expect(try await service.logIn("three", "not the password").status == 401)
            #expect(try await service.logIn("four", "not the password").status == 429)
        }
    }

    @Test func `failures of the past are thrown away, those that still count are kept`() async throws {
        try await withService { service in
            #expect(try await service.logIn("nobody", "not the password").status == 401)
            for (hours, left) in [(0.5, 2), (1, 0)] {
                service.clock.advance(by: hours * 3600)
                try await service.services.housekeeping.runOnce()
                let rows = try await service.database.query("SELECT count(*) FROM login_failures")
                #expect(try rows.first?.decode(Int.self) == left)
            }
        }
    }

    @Test func `of thirty guesses at once ten are compared`() async throws {
        try await withService { service in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...30 {
                    group.addTask { try await service.logIn("nobody", "guess number \(number)").status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 401 }.count == 10)
            #expect(statuses.filter { $0 == 429 }.count == 20)
        }
    }

    @Test func `the wait doubles from one second to five minutes and never grows further`() {
        let now = Date(timeIntervalSince1970: 1_795_573_800)
        func wait(_ failures: Int) -> Double {
            LoginThrottle.wait(after: Array(repeating: now, count: failures), limit: 10, at: now)
        }
        #expect([0, 9].map(wait) == [0, 0])
        #expect((10...19).map(wait) == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300])
        #expect(wait(100_000) == 300)
    }

    @Test func `a login sent by another site is refused`() async throws {
        try await withService { service in
            _ = try await service.services.accounts.bootstrap(password: Console.adminPassword)
            let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
            let foreign: [HTTPFields] = [
                [site: "cross-site"], [site: "same-site"], [.origin: "https://example.org"], [.origin: "null"],
                [site: "same-origin", .origin: "https://example.org"], [.cookie: "__Host-sid=x"],
            ]
            for headers in foreign {
                let answer = try await service.logIn("admin", Console.adminPassword, headers: headers)
                #expect(answer.status == 403)
                #expect(answer.code == "cross_site")
            }
            let own: [HTTPFields] = [
                [site: "same-origin", .origin: "http://127.0.0.1:8080"], [.origin: "http://localhost:8080"], [:],
            ]
            for headers in own {
                #expect(try await service.logIn("admin", Console.adminPassword, headers: headers).status == 200)
            }
        }
    }

    @Test func `a write with the cookie must say that it comes from our own pages`() async throws {
        try await withService { service in
            let cookie = "__Host-sid=\(try await service.administrator())"
            let bare = try await service.call(.delete, "/api/v1/session", headers: [.cookie: cookie])
            #expect(bare.status == 403)
            #expect(bare.code == "cross_site")
            let own = try await service.call(
                .delete, "/api/v1/session", headers: [.cookie: cookie, .origin: "http://127.0.0.1:8080"])
            #expect(own.status == 204)
        }
    }

    @Test func `a browser without a login is sent to the login page, one with a one-time password to its change`()
        async throws
    {
        try await withService { service in
            let html: HTTPFields = [.accept: "text/html"]
            let stranger = try await service.call(.get, "/staff/desk", headers: html)
            #expect(stranger.status == 303)
            #expect(stranger.headers[.location] == "/staff/login?next=/staff/desk")
            #expect(try await service.call(.get, "/staff", headers: html).headers[.location] == "/staff/desk")
            let oneTime = try await service.services.accounts.add(username: "lin", role: .adviser, by: "test")
            let cookie = "__Host-sid=\(try await service.logIn("lin", oneTime)["token"].string)"
            let newcomer = try await service.call(
                .get, "/staff/desk", headers: [.accept: "text/html", .cookie: cookie])
            #expect(newcomer.status == 303)
            #expect(newcomer.headers[.location] == "/staff/password?next=/staff/desk")
            for page in ["login", "password", "logout"] {
                let answer = try await service.call(.get, "/staff/\(page)", headers: html)
                #expect(answer.status == 200)
                #expect(answer.text.contains("<main"))
            }
        }
    }

    @Test func `a hash with other parameters is renewed at login`() async throws {
        try await withService { service in
            _ = try await service.services.accounts.bootstrap(password: Console.adminPassword)
            // RFC 7914 §12, cut to 32 bytes: "pleaseletmein", "SodiumChloride", N = 16384, r = 8, p = 1.
            let old = "scrypt$16384$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI="
            try await service.database.query("UPDATE staff SET password_hash = \(old)")
            #expect(try await service.logIn("admin", "pleaseletmein").status == 200)
            let row = try await service.database.query("SELECT password_hash FROM staff").first
            let stored = try #require(try row?.decode(String.self))
            #expect(stored.hasPrefix("scrypt$16$8$1$"))
            #expect(PasswordHash.matches("pleaseletmein", stored))
            #expect(!PasswordHash.matches("pleaseletmeout", stored))
        }
    }

    @Test func `a password is stored as scrypt with N 32768, r 8 and p 3, a salt of 16 and a hash of 32 bytes`() throws
    {
        let stored = try PasswordHash("kranich-leuchtet", salt: Array(1...16), cost: .standard).encoded
        #expect(stored.wholeMatch(of: /scrypt\$32768\$8\$3\$AQIDBAUGBwgJCgsMDQ4PEA==\$[A-Za-z0-9+\/]{43}=/) != nil)
        #expect(PasswordHash.matches("kranich-leuchtet", stored))
        #expect(!PasswordHash.isOutdated(stored, cost: .standard))
        #expect(!PasswordHash.matches("kranich-leuchtet", PasswordHash.decoy(cost: .standard)))
    }

    @Test(arguments: [
        "", "scrypt", "scrypt$0$0$0$$", "scrypt$16384$8$1$U29kaXVtQ2hsb3JpZGU=$", "bcrypt$1$1$1$AA==$AA==",
    ])
    func `a stored hash that cannot be read matches nothing`(_ stored: String) {
        #expect(!PasswordHash.matches("", stored))
    }

    @Test func `thirty-two passwords wait for their turn and the next is answered 503`() async throws {
        let hasher = PasswordHasher(width: 1)
        let gate = DispatchSemaphore(value: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...33 { group.addTask { try await hasher.run { gate.wait() } } }
            while await hasher.load < 33 { await Task.yield() }
            let problem = await #expect(throws: Problem.self) { try await hasher.run {} }
            #expect(problem?.status == .serviceUnavailable)
            #expect(problem?.retryAfter != nil)
            for _ in 1...33 { gate.signal() }
            try await group.waitForAll()
        }
        #expect(await hasher.load == 0)
    }

    @Test func `the database keeps the SHA-256 of a token`() throws {
        let file = try #require(Bundle.module.url(forResource: "Vectors/misc-vectors", withExtension: "json"))
        guard case .object(let all) = try StrictJSON.read(Array(try Data(contentsOf: file))),
            case .array(let vectors)? = all["session_token"]
        else { throw StrictJSON.Malformed() }
        for case .object(let vector) in vectors {
            guard case .string(let token)? = vector["cookie_value"],
                case .string(let hash)? = vector["stored_sha256_hex"]
            else { continue }
            #expect(StaffSessions.hash(token).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined() == hash)
        }
        #expect(!vectors.isEmpty)
    }
}
