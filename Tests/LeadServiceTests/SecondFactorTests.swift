import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// An authenticator, as somebody has it in their pocket.
struct Authenticator: Sendable {
    let totp: TOTP
    let recoveryCodes: [String]

    /// - Parameter secret: base32, as the service told it.
    init(_ secret: String, recoveryCodes: [String]) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bytes, buffer, bits): ([UInt8], Int, Int) = ([], 0, 0)
        for letter in secret {
            (buffer, bits) = ((buffer << 5 | (alphabet.firstIndex(of: letter) ?? 0)) & 0xFFF, bits + 5)
            if bits >= 8 {
                bits -= 8
                bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
            }
        }
        self.totp = TOTP(secret: bytes)
        self.recoveryCodes = recoveryCodes
    }

    func code(at time: Date) -> String { self.totp.code(at: TOTP.step(at: time)) }
}

extension TestService {
    /// Sets a second factor up for whoever a session belongs to.
    func enrol(_ token: String) async throws -> (answer: Answer, authenticator: Authenticator) {
        let draft = try await self.call(.post, "/api/v1/session/totp", token: token)
        #expect(draft.status == 200)
        let authenticator = Authenticator(
            draft["secret"].string, recoveryCodes: draft["recovery_codes"].array.map(\.string))
        let answer = try await self.call(
            .put, "/api/v1/session/totp", #"{"totp":"\#(authenticator.code(at: self.clock.now))"}"#, token: token)
        #expect(answer.status == 200)
        return (answer, authenticator)
    }

    func logIn(_ username: String, _ password: String, totp: String) async throws -> Answer {
        try await self.call(
            .post, "/api/v1/session", #"{"username":"\#(username)","password":"\#(password)","totp":"\#(totp)"}"#)
    }
}

@Suite struct SecondFactorTests {
    @Test func `where it is required, it comes before everything else and is told so`() async throws {
        try await withService(["REQUIRE_TOTP": "always"]) { service in
            let first = try await service.services.accounts.add(username: "chief", role: .supervisor, by: "test")
            let opened = try await service.logIn("chief", first)
            #expect(opened["must_change_password"] == .bool(true) && opened["must_enrol_totp"] == .bool(true))
            // First the password, then the second factor.
            let early = try await service.call(.post, "/api/v1/session/totp", token: opened["token"].string)
            #expect(early.status == 403 && early.code == "password_change_required")
            let changed = try await service.call(
                .post, "/api/v1/session/password", #"{"password":"\#(Console.adminPassword)"}"#,
                token: opened["token"].string)
            #expect(changed["must_change_password"] == .bool(false) && changed["must_enrol_totp"] == .bool(true))
            let token = changed["token"].string
            for (method, path) in [
                (HTTPRequest.Method.get, "/api/v1/callbacks?view=pool"), (.get, "/api/v1/sessions"),
                (.post, "/api/v1/session/step-up"), (.delete, "/api/v1/session/totp"),
            ] {
                let refused = try await service.call(method, path, token: token)
                #expect(refused.status == 403 && refused.code == "totp_required", "\(path)")
            }
            let page = try await service.call(.get, "/staff/desk", token: token, headers: [.accept: "text/html"])
            #expect(page.status == 303 && page.headers[.location] == "/staff/second-factor?next=/staff/desk")
            let (enrolled, _) = try await service.enrol(token)
            #expect(enrolled["must_enrol_totp"] == .bool(false))
            #expect(try await service.call(.get, "/api/v1/callbacks?view=pool", token: token).status == 401)
            let fresh = enrolled["token"].string
            #expect(try await service.call(.get, "/api/v1/callbacks?view=pool", token: fresh).status == 200)
            // An adviser may have one and need not.
            let anna = try await service.colleague("anna")
            #expect(try await service.call(.get, "/api/v1/callbacks?view=pool", token: anna.token).status == 200)
        }
    }

    @Test func `a session that must enrol can log out`() async throws {
        try await withService(["REQUIRE_TOTP": "always"]) { service in
            let chief = try await service.colleague("chief", .supervisor)
            #expect(try await service.call(.delete, "/api/v1/session", token: chief.token).status == 204)
        }
    }

    @Test func `a login needs the code, each code once, and refuses alike whatever is wrong`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            let (_, authenticator) = try await service.enrol(token)
            let used = authenticator.code(at: service.clock.now)
            let refused = [
                try await service.logIn("admin", Console.adminPassword),
                try await service.logIn("admin", Console.adminPassword, totp: "000000"),
                // The code of the enrolment counts as used.
                try await service.logIn("admin", Console.adminPassword, totp: used),
                try await service.logIn("admin", "not the password", totp: authenticator.code(at: service.clock.now)),
            ]
            #expect(refused.allSatisfy { $0.status == 401 && $0.text == refused[0].text })
            service.clock.advance(by: 30)
            let code = authenticator.code(at: service.clock.now)
            // A wrong password uses no code up.
            #expect(try await service.logIn("admin", "not the password", totp: code).status == 401)
            #expect(try await service.logIn("admin", Console.adminPassword, totp: code).status == 200)
            #expect(try await service.logIn("admin", Console.adminPassword, totp: code).status == 401)
            // Nor does an older one come back after a newer one.
            service.clock.advance(by: 30)
            let newer = authenticator.code(at: service.clock.now.addingTimeInterval(30))
            #expect(try await service.logIn("admin", Console.adminPassword, totp: newer).status == 200)
            let older = authenticator.code(at: service.clock.now)
            #expect(try await service.logIn("admin", Console.adminPassword, totp: older).status == 401)
        }
    }

    @Test func `of eight logins at once with one code one opens a session`() async throws {
        try await withService(["BUDGET_FACTOR": "100"]) { service in
            let (_, authenticator) = try await service.enrol(try await service.administrator())
            service.clock.advance(by: 60)
            let code = authenticator.code(at: service.clock.now)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await service.logIn("admin", Console.adminPassword, totp: code).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200] + Array(repeating: 401, count: 7))
        }
    }

    @Test func `a recovery code stands in for the authenticator once, however it is typed`() async throws {
        try await withService(["BUDGET_FACTOR": "100"]) { service in
            let (_, authenticator) = try await service.enrol(try await service.administrator())
            #expect(Set(authenticator.recoveryCodes).count == 10)
            let (first, second) = (authenticator.recoveryCodes[0], authenticator.recoveryCodes[1])
            #expect(first.count { $0 != "-" } >= 20)
            #expect(try await service.logIn("admin", Console.adminPassword, totp: first).status == 200)
            #expect(try await service.logIn("admin", Console.adminPassword, totp: first).status == 401)
            let typed = second.uppercased().replacing("-", with: " ")
            #expect(try await service.logIn("admin", Console.adminPassword, totp: typed).status == 200)
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'staff.recovery_code_use'")
                    == 2)
            let stored = try await service.database.query("SELECT array_length(recovery_hashes, 1) FROM staff_totp")
            #expect(try stored.map { try $0.decode(Int.self) } == [8])
        }
    }

    @Test func `a second factor counts from its confirmation on, and another replaces it`() async throws {
        try await withService(["BUDGET_FACTOR": "100"]) { service in
            let token = try await service.administrator()
            #expect(
                try await service.call(.put, "/api/v1/session/totp", #"{"totp":"123456"}"#, token: token).code
                    == "totp_not_begun")
            _ = try await service.call(.post, "/api/v1/session/totp", token: token)
            let wrong = try await service.call(.put, "/api/v1/session/totp", #"{"totp":"000000"}"#, token: token)
            #expect(wrong.status == 422 && wrong.text.contains("totp_invalid"))
            // Begun and not confirmed: the password alone is enough.
            #expect(try await service.logIn("admin", Console.adminPassword).status == 200)
            let (answer, old) = try await service.enrol(token)
            service.clock.advance(by: 301)
            let late = try await service.call(.post, "/api/v1/session/totp", token: answer["token"].string)
            #expect(late.status == 403 && late.code == "step_up_required")
            let again = try await service.logIn("admin", Console.adminPassword, totp: old.code(at: service.clock.now))
            let (_, new) = try await service.enrol(again["token"].string)
            service.clock.advance(by: 60)
            for code in [old.code(at: service.clock.now), old.recoveryCodes[0]] {
                #expect(try await service.logIn("admin", Console.adminPassword, totp: code).status == 401)
            }
            let code = new.code(at: service.clock.now)
            #expect(try await service.logIn("admin", Console.adminPassword, totp: code).status == 200)
        }
    }

    @Test func `taking it away needs a young login, and a reset takes it away too`() async throws {
        try await withService(["BUDGET_FACTOR": "100"]) { service in
            let token = try await service.administrator()
            #expect(try await service.call(.delete, "/api/v1/session/totp", token: token).status == 404)
            let (answer, _) = try await service.enrol(token)
            let session = answer["token"].string
            service.clock.advance(by: 301)
            #expect(try await service.call(.delete, "/api/v1/session/totp", token: session).code == "step_up_required")
            let proof = #"{"password":"\#(Console.adminPassword)"}"#
            #expect(try await service.call(.post, "/api/v1/session/step-up", proof, token: session).status == 204)
            #expect(try await service.call(.delete, "/api/v1/session/totp", token: session).status == 204)
            let plain = try await service.logIn("admin", Console.adminPassword)
            #expect(plain.status == 200)
            _ = try await service.enrol(plain["token"].string)
            let password = try await service.services.accounts.reset(username: "admin", by: "test")
            #expect(try await service.logIn("admin", password).status == 200)
            #expect(try await service.count("SELECT count(*) FROM staff_totp") == 0)
        }
    }

    @Test func `a step-up takes the password, a code or a recovery code, and counts failures as logins do`()
        async throws
    {
        try await withService { service in
            let (answer, authenticator) = try await service.enrol(try await service.administrator())
            let token = answer["token"].string
            func prove(_ body: String) async throws -> Answer {
                service.clock.advance(by: 301)
                let path = "/api/v1/leads/export?phone=plain&reason=xxxxxxxxxx"
                #expect(try await service.call(.get, path, token: token).code == "step_up_required")
                let answer = try await service.call(.post, "/api/v1/session/step-up", body, token: token)
                let isFresh = try await service.call(.get, path, token: token).status == 200
                #expect(isFresh == (answer.status == 204))
                return answer
            }
            #expect(try await prove(#"{"password":"\#(Console.adminPassword)"}"#).status == 204)
            let code = authenticator.code(at: service.clock.now.addingTimeInterval(301))
            #expect(try await prove(#"{"totp":"\#(code)"}"#).status == 204)
            #expect(try await prove(#"{"totp":"\#(authenticator.recoveryCodes[3])"}"#).status == 204)
            #expect(try await prove(#"{"totp":"\#(code)"}"#).status == 401)
            #expect(try await prove(#"{"password":"not the password"}"#).status == 401)
            #expect(try await prove("{}").status == 422)
            #expect(try await prove(#"{"password":"a","totp":"b"}"#).status == 422)
            for _ in 0..<10 {
                _ = try await service.call(
                    .post, "/api/v1/session/step-up", #"{"password":"not the password"}"#, token: token)
            }
            let refused = try await service.call(
                .post, "/api/v1/session/step-up", #"{"password":"\#(Console.adminPassword)"}"#, token: token)
            #expect(refused.status == 429 && refused.headers[.retryAfter] != nil)
        }
    }

    @Test func `somebody sees their own sessions and ends one of them, nobody else's`() async throws {
        try await withService { service in
            let here = try await service.administrator()
            let there = try await service.logIn("admin", Console.adminPassword)["token"].string
            let anna = try await service.colleague("anna")
            let list = try await service.call(.get, "/api/v1/sessions", token: here)
            #expect(list["items"].array.map { $0["is_current"] }.count { $0 == .bool(true) } == 1)
            #expect(list["items"].array.count == 2)
            let other = try #require(list["items"].array.first { $0["is_current"] == .bool(false) })["id"].string
            let path = "/api/v1/sessions/\(other)"
            #expect(try await service.call(.delete, path, token: anna.token).status == 404)
            #expect(try await service.call(.get, "/api/v1/sessions", token: there).status == 200)
            #expect(try await service.call(.delete, path, token: here).status == 204)
            #expect(try await service.call(.get, "/api/v1/sessions", token: there).status == 401)
            #expect(try await service.call(.delete, path, token: here).status == 404)
        }
    }

    @Test func `neither secret nor recovery code is stored in the clear`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            let draft = try await service.call(.post, "/api/v1/session/totp", token: token)
            let dump = try await service.database.query("SELECT t::text FROM staff_totp t").map {
                try $0.decode(String.self)
            }
            #expect(dump.count == 1)
            #expect(!dump[0].contains(draft["secret"].string))
            for code in draft["recovery_codes"].array { #expect(!dump[0].contains(code.string)) }
        }
    }
}
