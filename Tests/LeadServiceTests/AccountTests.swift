import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The staff's accounts, as an administrator works on them in the console.
@Suite struct AccountTests {
    @Test func `an administrator adds somebody, who then chooses a password`() async throws {
        try await withService { service in
            let admin = try await service.administrator()
            let added = try await service.call(
                .post, "/api/v1/staff", #"{"username":"anna","display_name":" 安娜 ","role":"adviser"}"#, token: admin)
            #expect(added.status == 201)
            let opened = try await service.logIn("anna", added["one_time_password"].string)
            #expect(opened["must_change_password"] == .bool(true) && opened["role"] == .string("adviser"))
            let list = try await service.call(.get, "/api/v1/staff", token: admin)
            let anna = try #require(list["items"].array.first { $0["username"] == .string("anna") })
            #expect(anna["id"] == added["id"] && anna["display_name"] == .string("安娜"))
            #expect(anna["active"] == .bool(true) && anna["must_change_password"] == .bool(true))
            #expect(!list.text.contains(added["one_time_password"].string))
            let taken = try await service.call(
                .post, "/api/v1/staff", #"{"username":"anna","display_name":"另一位","role":"adviser"}"#, token: admin)
            #expect(taken.status == 409 && taken.code == "username_taken")
        }
    }

    @Test(arguments: [
        #"{"username":"Anna","display_name":"安娜","role":"adviser"}"#,
        #"{"username":"anna","display_name":"","role":"adviser"}"#,
        #"{"username":"anna","display_name":"13800000001","role":"adviser"}"#,
        #"{"username":"anna","display_name":"安娜","role":"owner"}"#,
        #"{"username":"anna","display_name":"安娜"}"#, #"{"display_name":"安娜","role":"adviser"}"#,
        #"{"username":"anna","display_name":"安娜","role":"adviser","password":"x"}"#,
    ])
    func `what is wrong with a new account is said, and nothing is stored`(body: String) async throws {
        try await withService { service in
            let admin = try await service.administrator()
            #expect(try await service.call(.post, "/api/v1/staff", body, token: admin).status == 422)
            #expect(try await service.count("SELECT count(*) FROM staff") == 1)
        }
    }

    @Test func `a change of role and an end close all sessions, a new name does not`() async throws {
        try await withService { service in
            let admin = try await service.administrator()
            for (change, ends) in [
                (#"{"display_name":"安安"}"#, false), (#"{"role":"adviser"}"#, false), (#"{"active":true}"#, false),
                (#"{"role":"supervisor"}"#, true), (#"{"active":false}"#, true),
            ] {
                let anna = try await service.colleague("anna\(change.count)\(ends)")
                let answer = try await service.call(.patch, "/api/v1/staff/\(anna.id)", change, token: admin)
                #expect(answer.status == 200, "\(change)")
                let after = try await service.call(.get, "/api/v1/sessions", token: anna.token)
                #expect(after.status == (ends ? 401 : 200), "\(change)")
            }
            let changes = try await service.database.query(
                "SELECT detail::text FROM audit_events WHERE action = 'staff.change'")
            #expect(
                try changes.map { try $0.decode(String.self).filter { $0 != " " } }.sorted() == [
                    #"{"active":{"after":false,"before":true}}"#, #"{"display_name":true}"#,
                    #"{"role":{"after":"supervisor","before":"adviser"}}"#,
                ])
            // Opened again, the account is as it was.
            let boris = try await service.colleague("boris")
            for isActive in [false, true] {
                _ = try await service.call(
                    .patch, "/api/v1/staff/\(boris.id)", #"{"active":\#(isActive)}"#, token: admin)
            }
            let list = try await service.call(.get, "/api/v1/staff", token: admin)
            #expect(
                list["items"].array.first { $0["username"] == .string("boris") }?["active"] == .bool(true))
        }
    }

    @Test func `the last administrator stays one, also when two end each other at once`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            for change in [#"{"role":"adviser"}"#, #"{"active":false}"#] {
                let refused = try await service.call(.patch, "/api/v1/staff/\(boss.id)", change, token: boss.token)
                #expect(refused.status == 409 && refused.code == "last_administrator")
            }
            let second = try await service.colleague("second", .administrator)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for (by, whom) in [(boss, second), (second, boss)] {
                    group.addTask {
                        try await service.call(
                            .patch, "/api/v1/staff/\(whom.id)", #"{"active":false}"#, token: by.token
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // The other one finds their session ended, or themselves the last.
            #expect(statuses.count { $0 == 200 } == 1 && statuses.allSatisfy { [200, 401, 409].contains($0) })
            #expect(
                try await service.count("SELECT count(*) FROM staff WHERE role = 'administrator' AND active") == 1)
        }
    }

    @Test func `a reset gives a one-time password and ends the sessions`() async throws {
        try await withService { service in
            let admin = try await service.administrator()
            let anna = try await service.colleague("anna")
            let reset = try await service.call(.post, "/api/v1/staff/\(anna.id)/reset", token: admin)
            #expect(reset.status == 201 && reset["id"] == .string(anna.id.uuidString.lowercased()))
            #expect(try await service.call(.get, "/api/v1/sessions", token: anna.token).status == 401)
            #expect(try await service.logIn("anna", reset["one_time_password"].string).status == 200)
            _ = try await service.call(.patch, "/api/v1/staff/\(anna.id)", #"{"active":false}"#, token: admin)
            #expect(
                try await service.call(.post, "/api/v1/staff/\(anna.id)/reset", token: admin).code == "account_ended")
        }
    }

    @Test func `whoever is deactivated holds nothing any more: what they held is served to the next`() async throws {
        try await withService { service in
            let admin = try await service.administrator()
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            _ = try await service.claim(anna)
            #expect(try await service.reveal(task, anna).status == 200)
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 60)
            let change = #"{"active":false}"#
            #expect(
                try await service.call(.patch, "/api/v1/staff/\(anna.id)", change, token: admin).status == 200)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            #expect(
                try await service.column(
                    "SELECT concat_ws(' ', end_reason, ended_at - claimed_at) FROM callback_claims WHERE claim_number = 1"
                ) == "expired 00:01:00")
        }
    }

    @Test func `writes need a young login, reading does not`() async throws {
        try await withService { service in
            let admin = try await service.administrator()
            let anna = try await service.colleague("anna")
            service.clock.advance(by: 301)
            let body = #"{"username":"boris","display_name":"博","role":"adviser"}"#
            for (method, path, body) in [
                (HTTPRequest.Method.post, "/api/v1/staff", body as String?),
                (.patch, "/api/v1/staff/\(anna.id)", #"{"active":false}"#),
                (.post, "/api/v1/staff/\(anna.id)/reset", nil),
            ] {
                let refused = try await service.call(method, path, body, token: admin)
                #expect(refused.status == 403 && refused.code == "step_up_required", "\(path)")
            }
            #expect(try await service.call(.get, "/api/v1/staff", token: admin).status == 200)
            #expect(try await service.call(.get, "/api/v1/sessions", token: anna.token).status == 200)
        }
    }

    @Test func `accounts come in pages by username`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            for name in ["anna", "carl", "dora"] { _ = try await service.colleague(name) }
            var (names, cursor): ([String], String?) = ([], nil)
            repeat {
                let from = cursor.map { "&cursor=\($0)" } ?? ""
                let page = try await service.call(.get, "/api/v1/staff?limit=2\(from)", token: boss.token)
                names += page["items"].array.map { $0["username"].string }
                cursor = page["next_cursor"] == .null ? nil : page["next_cursor"].string
            } while cursor != nil
            #expect(names == ["anna", "boss", "carl", "dora"])
        }
    }
}
