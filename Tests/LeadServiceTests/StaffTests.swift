import Foundation
import HTTPTypes
import Leads
import NIOCore
import Postgres
import TestDatabase
import Testing

@testable import LeadService

/// Logging in, sessions, the first password, and who is let in.
@Suite struct StaffTests {
    @Test func `admin logs in with the given password and has nothing to change`() async throws {
        try await withService { service in
            #expect(try await service.services.accounts.bootstrap(password: Console.adminPassword) == nil)
            let answer = try await service.logIn("admin", Console.adminPassword)
            #expect(answer.status == 200)
            let session = answer
            #expect(session["role"] == .string("administrator"))
            #expect(session["must_change_password"] == .bool(false))
            #expect(session["must_enrol_totp"] == .bool(false))
            #expect(session["expires_at"] == .string(RFC3339.text(service.clock.now.addingTimeInterval(12 * 3600))))
            let token = answer["token"].string
            #expect(
                answer.headers[.setCookie]
                    == "__Host-sid=\(token); Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict")
            let stored = try await service.database.query("SELECT token_hash FROM staff_sessions")
            let hashes = try stored.map { Array(try $0.decode(ByteBuffer.self).readableBytesView) }
            #expect(hashes == [StaffSessions.hash(token)])
        }
    }

    @Test func `logging out ends the session and clears the browser`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            let answer = try await service.call(.delete, "/api/v1/session", token: token)
            #expect(answer.status == 204)
            #expect(answer.headers[.setCookie] == "__Host-sid=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict")
            #expect(answer.headers[HTTPField.Name("Clear-Site-Data")!] == "\"cookies\", \"storage\"")
            #expect(try await service.call(.delete, "/api/v1/session", token: token).status == 401)
        }
    }

    @Test func `every cause of a refused login gets the same answer`() async throws {
        try await withService { service in
            _ = try await service.administrator()
            let expired = try await service.services.accounts.add(username: "expired", role: .adviser, by: "test")
            let ended = try await service.services.accounts.add(username: "ended", role: .adviser, by: "test")
            try await service.database.query("UPDATE staff SET active = false WHERE username = 'ended'")
            service.clock.advance(by: 72 * 3600)
            let answers = [
                try await service.logIn("admin", "not the password"), try await service.logIn("admin", ""),
                try await service.logIn("nobody", "not the password"), try await service.logIn("expired", expired),
                try await service.logIn("ended", ended),
            ]
            #expect(answers.allSatisfy { $0.status == 401 && $0.text == answers[0].text })
            #expect(answers.allSatisfy { $0.headers[.setCookie] == nil })
        }
    }

    @Test(arguments: [
        ("13800000001", "小林"), ("lin-8613800000001", "小林"), ("lin", "小林13800000001"), ("lin", "１３８０００００００１"),
        ("lin", "小林 138-0000-0001"), ("lin", "小林110101199003078515"), ("lin", "小\u{202E}林"), ("lin", " "),
    ])
    func `nobody is called by somebody's number`(username: String, name: String) async throws {
        try await withService { service in
            let problem = await #expect(throws: Problem.self) {
                try await service.services.accounts.add(
                    username: username, displayName: name, role: .adviser, by: "test")
            }
            #expect(["username_invalid", "display_name_invalid"].contains(problem?.code))
            #expect(problem?.detail.contains("1380") == false)
            let others = try await service.count("SELECT count(*) FROM staff WHERE username <> 'admin'")
            #expect(others == 0)
        }
    }

    @Test func `a one-time password opens nothing but the choice of another`() async throws {
        try await withService { service in
            let oneTime = try await service.services.accounts.add(
                username: "lin", displayName: "小林", role: .adviser, by: "test")
            let first = try await service.logIn("lin", oneTime)
            #expect(first["must_change_password"] == .bool(true))
            let token = first["token"].string
            let refused = try await service.call(.get, "/api/v1/callbacks?view=pool", token: token)
            #expect(refused.status == 403)
            #expect(refused.code == "password_change_required")
            for weak in ["short", "password1234", oneTime, String(repeating: "长", count: 129)] {
                let answer = try await service.changePassword(to: weak, token: token)
                #expect(answer.status == 422)
                #expect(answer.code == "password_weak")
            }
            let other = try await service.logIn("lin", oneTime)["token"].string
            let changed = try await service.changePassword(to: "kranich-leuchtet-lin", token: token)
            #expect(changed.status == 200)
            #expect(changed["must_change_password"] == .bool(false))
            for old in [token, other] {
                #expect(try await service.call(.get, "/api/v1/callbacks?view=pool", token: old).status == 401)
            }
            #expect(
                try await service.call(.get, "/api/v1/callbacks?view=pool", token: changed["token"].string).status
                    == 200)
            #expect(try await service.logIn("lin", oneTime).status == 401)
            #expect(try await service.logIn("lin", "kranich-leuchtet-lin").status == 200)
        }
    }

    @Test func `a later change of the password needs a login of the last five minutes`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            service.clock.advance(by: 301)
            let late = try await service.changePassword(to: "kranich-leuchtet-spät", token: token)
            #expect(late.status == 403)
            #expect(late.code == "step_up_required")
            let fresh = try await service.logIn("admin", Console.adminPassword)["token"].string
            #expect(try await service.changePassword(to: "kranich-leuchtet-spät", token: fresh).status == 200)
            // "ä" typed as two characters is the same password.
            #expect(try await service.logIn("admin", "kranich-leuchtet-spa\u{308}t").status == 200)
        }
    }

    @Test func `two changes at once by one session: the second finds it ended`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...2 {
                    group.addTask {
                        try await service.changePassword(to: "kranich-leuchtet-\(number)", token: token).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [200, 401])
        }
    }

    @Test func `a session ends after half an hour without a request`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            for _ in 1...3 {
                service.clock.advance(by: 29 * 60)
                #expect(try await service.isOpen(token))
            }
            service.clock.advance(by: 30 * 60)
            #expect(try await !service.isOpen(token))
        }
    }

    @Test func `a session ends after twelve hours, however busy`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            for _ in 1..<(12 * 3) {
                service.clock.advance(by: 20 * 60)
                #expect(try await service.isOpen(token))
            }
            service.clock.advance(by: 20 * 60)
            #expect(try await !service.isOpen(token))
        }
    }

    @Test func `the eleventh session ends the oldest`() async throws {
        try await withService(["BUDGET_FACTOR": "10"]) { service in
            var tokens = [try await service.administrator()]
            for _ in 2...11 {
                service.clock.advance(by: 1)
                tokens.append(try await service.logIn("admin", Console.adminPassword)["token"].string)
            }
            #expect(try await !service.isOpen(tokens[0]))
            for token in tokens[1...] { #expect(try await service.isOpen(token)) }
        }
    }

    @Test func `a reset gives a new one-time password and ends every session`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            let oneTime = try await service.services.accounts.reset(username: "admin", by: "test")
            #expect(try await !service.isOpen(token))
            #expect(try await service.logIn("admin", Console.adminPassword).status == 401)
            #expect(try await service.logIn("admin", oneTime)["must_change_password"] == .bool(true))
        }
    }

    @Test func `an ended account is logged out and in no more until it is opened again`() async throws {
        try await withService { service in
            let token = try await service.administrator()
            let accounts = service.services.accounts
            #expect(try await accounts.setActive(false, username: "admin", by: "test"))
            #expect(try await !accounts.setActive(false, username: "admin", by: "test"))
            #expect(try await !service.isOpen(token))
            #expect(try await service.logIn("admin", Console.adminPassword).status == 401)
            #expect(try await accounts.setActive(true, username: "admin", by: "test"))
            #expect(try await !service.isOpen(token))
            #expect(try await service.logIn("admin", Console.adminPassword).status == 200)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM audit_events WHERE action = 'staff.change' AND actor = 'test'"
                ) == 2)
        }
    }

    @Test func `of two processes that start at once one prints a password`() async throws {
        try await withService { service in
            let accounts = service.services.accounts
            async let one = accounts.bootstrap(password: nil)
            async let two = accounts.bootstrap(password: nil)
            let printed = [try await one, try await two].compactMap { $0 }
            #expect(printed.count == 1)
            #expect(try await service.logIn("admin", try #require(printed.first)).status == 200)
        }
    }

    @Test(arguments: ["a", "Admin", "名字", "x y", String(repeating: "a", count: 33)])
    func `a username outside its rule is refused`(_ username: String) async throws {
        try await withService { service in
            let problem = await #expect(throws: Problem.self) {
                try await service.services.accounts.add(username: username, role: .adviser, by: "test")
            }
            #expect(problem?.code == "username_invalid")
        }
    }

    @Test func `logins, refusals and changes are audited, and no unknown name is kept`() async throws {
        try await withService { service in
            let oneTime = try await service.services.accounts.add(username: "lin", role: .adviser, by: "test")
            _ = try await service.logIn("lin", "not the password")
            _ = try await service.logIn("somebody-private", "not the password")
            let first = try await service.logIn("lin", oneTime)["token"].string
            let second = try await service.changePassword(to: "kranich-leuchtet-lin", token: first)["token"].string
            _ = try await service.call(.delete, "/api/v1/session", token: second)
            let rows = try await service.database.query("SELECT action, actor FROM audit_events ORDER BY id")
            let events = try rows.map { try $0.decode((String, String).self) }.map { "\($0.0) \($0.1)" }
            #expect(
                Set(events) == [
                    "staff.add test", "staff.login_failed lin", "staff.login_failed unknown", "staff.login lin",
                    "staff.password_change lin", "staff.logout lin",
                ])
            let secrets = [oneTime, first, second, "kranich-leuchtet-lin", "somebody-private"]
            #expect(!service.logs.lines.contains { line in secrets.contains { line.contains($0) } })
        }
    }
}

/// Requests as a program or the console's pages make them.
enum Console {
    static let adminPassword = "correct-horse-battery-9"
}

extension TestService {
    func logIn(_ username: String, _ password: String, headers: HTTPFields = [:]) async throws -> Answer {
        let body = JSONOutput.object(["username": .string(username), "password": .string(password)])
        return try await self.call(.post, "/api/v1/session", body.text, headers: headers)
    }

    func changePassword(to password: String, token: String) async throws -> Answer {
        try await self.call(
            .post, "/api/v1/session/password", JSONOutput.object(["password": .string(password)]).text, token: token)
    }

    /// The token of a new session of `admin`, who is made where absent.
    func administrator() async throws -> String {
        _ = try await self.services.accounts.bootstrap(password: Console.adminPassword)
        let answer = try await self.logIn("admin", Console.adminPassword)
        try #require(answer.status == 200, "\(answer.text)")
        return answer["token"].string
    }

    /// Whether a session is still good for a request.
    func isOpen(_ token: String) async throws -> Bool {
        try await self.call(.get, "/api/v1/callbacks?view=pool", token: token).status == 200
    }
}
