import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Accounts, the second factor and step-up for `OpenAPIAnswerTests`.
extension DescribedService {
    func manageAccounts() async throws {
        let boss = try await self.service.colleague("director", .administrator)
        let draft = #"{"username":"newcomer","display_name":"新人","role":"adviser"}"#
        let added = try await self.call(.post, "/api/v1/staff", draft, token: boss.token)
        #expect(added.status == 201)
        #expect(try await self.call(.post, "/api/v1/staff", draft, token: boss.token).code == "username_taken")
        #expect(try await self.call(.get, "/api/v1/staff?limit=2", token: boss.token).status == 200)
        #expect(try await self.call(.get, "/api/v1/staff?limit=0", token: boss.token).status == 422)
        let path = "/api/v1/staff/\(added["id"].string)"
        #expect(try await self.call(.patch, path, #"{"role":"nobody"}"#, token: boss.token).status == 422)
        #expect(try await self.call(.post, path + "/reset", #"{"x":1}"#, token: boss.token).status == 422)
        let reset = try await self.call(.post, path + "/reset", token: boss.token)
        #expect(reset.status == 201)
        let first = try await self.call(
            .post, "/api/v1/session", #"{"username":"newcomer","password":"\#(reset["one_time_password"].string)"}"#)
        for early in ["/staff/account", "/api/v1/sessions"] {
            #expect(
                try await self.call(.get, early, token: first["token"].string).code == "password_change_required")
        }
        #expect(try await self.call(.patch, path, #"{"active":false}"#, token: boss.token).status == 200)
        #expect(try await self.call(.post, path + "/reset", token: boss.token).code == "account_ended")
        try await self.service.database.query("UPDATE staff SET active = false WHERE username <> 'director'")
        let own = "/api/v1/staff/\(boss.id.text)"
        #expect(try await self.call(.patch, own, #"{"active":false}"#, token: boss.token).code == "last_administrator")
        for page in ["/staff/people", "/staff/account"] {
            #expect(
                try await self.call(.get, page, token: boss.token, headers: [.accept: "text/html"]).status == 200)
            #expect(try await self.call(.get, page).status == 401)
            #expect(try await self.call(.get, page, headers: [.accept: "text/html"]).status == 303)
        }
        try await self.manageKeys(boss)
        try await self.readOffice(boss)
        try await self.exportInBackground(boss)
        try await self.watchJobs(boss)
        try await self.useSecondFactor(boss)
    }

    private func manageKeys(_ boss: Colleague) async throws {
        let path = "/api/v1/api-keys"
        let draft = #"{"name":"crm","scopes":["stats:read"]}"#
        let made = try await self.call(.post, path, draft, token: boss.token)
        #expect(made.status == 201)
        #expect(try await self.call(.post, path, draft, token: boss.token).code == "key_name_taken")
        #expect(try await self.call(.get, path, token: boss.token).status == 200)
        #expect(try await self.call(.get, path + "?limit=0", token: boss.token).status == 422)
        let turned = try await self.call(.post, "\(path)/\(made["id"].string)/rotate", token: boss.token)
        #expect(turned.status == 201)
        #expect(try await self.call(.get, path, token: turned["key"].string).code == "scope_missing")
        #expect(try await self.call(.delete, "\(path)/\(made["id"].string)", token: boss.token).status == 204)
        #expect(
            try await self.call(.get, "/staff/api-keys", token: boss.token, headers: [.accept: "text/html"]).status
                == 200)
    }

    private func readOffice(_ boss: Colleague) async throws {
        for name in ["audit", "calendar", "retention"] {
            let path = "/api/v1/\(name)"
            #expect(try await self.call(.get, path, token: boss.token).status == 200)
            #expect(try await self.call(.get, path + "?x=1", token: boss.token).status == 422)
        }
        #expect(try await self.call(.get, "/api/v1/audit/export?actor=nobody", token: boss.token).status == 200)
        #expect(try await self.call(.get, "/api/v1/audit/export?x=1", token: boss.token).status == 422)
        #expect(try await self.call(.get, "/api/v1/conversions", token: boss.token).status == 200)
        #expect(try await self.call(.get, "/api/v1/conversions?from=x", token: boss.token).status == 422)
        let costs = "/api/v1/advertising-costs?dry_run="
        let csv: HTTPFields = [.contentType: "text/csv"]
        let file = "day,source,yuan\r\n2026-11-25,article,128.50\r\n2026-11-25,,1\r\n"
        for (tried, status) in [("true", 200), ("false", 422)] {
            #expect(try await self.call(.post, costs + tried, file, token: boss.token, headers: csv).status == status)
        }
        let leads =
            #"{"file":"bmFtZSxwaG9uZQrnjossMTM4MDAwMDAwOTUKeCwxCg==","consent":{"basis":"written","evidence":"表"},"dry_run":"#
        for (tried, status) in [("true", 200), ("false", 201), ("false", 409), ("0", 422)] {
            #expect(
                try await self.call(.post, "/api/v1/imports", leads + tried + "}", token: boss.token).status == status)
        }
        let html: HTTPFields = [.accept: "text/html"]
        #expect(try await self.call(.get, "/staff/audit", token: boss.token, headers: html).status == 200)
        #expect(try await self.call(.get, "/staff/audit?from=x", token: boss.token, headers: html).status == 422)
    }

    private func useSecondFactor(_ boss: Colleague) async throws {
        let (totp, proof) = ("/api/v1/session/totp", "/api/v1/session/step-up")
        #expect(try await self.call(.get, "/api/v1/sessions?x=1", token: boss.token).status == 422)
        #expect(try await self.call(.delete, totp, token: boss.token).status == 404)
        #expect(try await self.call(.put, totp, #"{"totp":"000000"}"#, token: boss.token).code == "totp_not_begun")
        let begun = try await self.call(.post, totp, token: boss.token)
        let authenticator = Authenticator(
            begun["secret"].string, recoveryCodes: begun["recovery_codes"].array.map(\.string))
        #expect(try await self.call(.put, totp, #"{"totp":"x"}"#, token: boss.token).status == 422)
        let code = authenticator.code(at: self.service.clock.now)
        let opened = try await self.call(.put, totp, #"{"totp":"\#(code)"}"#, token: boss.token)
        let token = opened["token"].string
        let sessions = try await self.call(.get, "/api/v1/sessions", token: token)
        self.service.clock.advance(by: 301)
        for (method, path, body) in [
            (HTTPRequest.Method.post, totp, nil), (.put, totp, #"{"totp":"1"}"#), (.delete, totp, nil),
            (.post, "/api/v1/staff", #"{"username":"a","display_name":"b","role":"adviser"}"#),
        ] {
            #expect(try await self.call(method, path, body, token: token).code == "step_up_required", "\(path)")
        }
        #expect(try await self.call(.post, proof, #"{"password":"x"}"#, token: token).status == 401)
        #expect(try await self.call(.post, proof, "{}", token: token).status == 422)
        let later = authenticator.code(at: self.service.clock.now)
        #expect(try await self.call(.post, proof, #"{"totp":"\#(later)"}"#, token: token).status == 204)
        #expect(try await self.call(.delete, totp, token: token).status == 204)
        for _ in 0..<12 { _ = try await self.call(.post, proof, #"{"password":"x"}"#, token: token) }
        #expect(try await self.call(.post, proof, #"{"password":"x"}"#, token: token).status == 429)
        let path = "/api/v1/sessions/\(sessions["items"][0]["id"].string)"
        #expect(try await self.call(.delete, path, token: token).status == 204)
    }
}
