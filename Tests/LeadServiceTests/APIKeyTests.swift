import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Keys with which programs call the API.
@Suite struct APIKeyTests {
    private static let entry =
        #"{"name":"欧阳晓","phone":"13800000001","consent":{"basis":"written","evidence":"合同附件"}}"#

    private func make(
        _ service: TestService, _ name: String, _ scopes: String, _ token: String, more: String = ""
    ) async throws -> (id: String, key: String) {
        let made = try await service.call(
            .post, "/api/v1/api-keys", #"{"name":"\#(name)","scopes":[\#(scopes)]\#(more)}"#, token: token)
        #expect(made.status == 201)
        return (made["id"].string, made["key"].string)
    }

    @Test func `a key opens what its scope says and nothing else, and only its hash is kept`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let writer = try await self.make(service, "crm", #""leads:write""#, boss.token)
            let reader = try await self.make(service, "report", #""leads:read","stats:read""#, boss.token)
            let entered = try await service.call(.post, "/api/v1/leads", Self.entry, token: writer.key)
            #expect(entered.status == 201)
            let lead = "/api/v1/leads/\(entered["lead_id"].string)"
            for (path, key, status) in [
                (lead, reader.key, 200), ("/api/v1/leads", reader.key, 200), ("/api/v1/stats", reader.key, 200),
                (lead, writer.key, 403), ("/api/v1/leads/export", reader.key, 403),
                ("/api/v1/callbacks?view=pool", reader.key, 403), ("/api/v1/api-keys", reader.key, 403),
                ("/staff/desk", reader.key, 403),
            ] {
                let answer = try await service.call(.get, path, token: key)
                #expect(answer.status == status, "\(path)")
                #expect(status == 200 || answer.code == "scope_missing", "\(path)")
                #expect(!answer.text.contains("13800000001") && !answer.text.contains("欧阳晓"), "\(path)")
            }
            #expect(try await service.call(.get, lead, token: reader.key)["source"] == .string("crm"))
            let claiming = String(Self.entry.dropLast()) + #","claim":true}"#
            #expect(try await service.call(.post, "/api/v1/leads", claiming, token: writer.key).status == 403)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM consents WHERE basis = 'written' AND recorded_by IS NOT NULL")
                    == 1)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM audit_events WHERE actor = 'key:crm' AND role = 'api_key'")
                    == 2)
            let list = try await service.call(.get, "/api/v1/api-keys", token: boss.token)
            #expect(list["items"].array.count == 2 && !list.text.contains(writer.key))
        }
    }

    @Test func `unknown, revoked and expired keys get one answer, a turned one is good for a day more`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let first = try await self.make(
                service, "crm", #""stats:read""#, boss.token, more: #","expires_at":"2026-11-28T10:00:00+08:00""#)
            let turned = try await service.call(.post, "/api/v1/api-keys/\(first.id)/rotate", token: boss.token)
            #expect(turned.status == 201)
            let status = { (key: String) in try await service.call(.get, "/api/v1/stats", token: key).status }
            #expect(try await status(first.key) == 200)
            #expect(try await status(turned["key"].string) == 200)
            service.clock.advance(by: 24 * 3600)
            #expect(try await status(first.key) == 401)
            #expect(try await status(turned["key"].string) == 200)
            service.clock.advance(by: 2 * 86400)
            let expired = try await service.call(.get, "/api/v1/stats", token: turned["key"].string)
            let unknown = try await service.call(
                .get, "/api/v1/stats", token: "hf_" + String(repeating: "x", count: 43))
            #expect(expired.status == 401 && expired.text == unknown.text)
        }
    }

    @Test func `a revoked key ends at once, and wrong ones slow their address down but no good key`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let good = try await self.make(service, "good", #""stats:read""#, boss.token)
            let key = try await self.make(service, "crm", #""stats:read""#, boss.token)
            let again = try await service.call(
                .post, "/api/v1/api-keys", #"{"name":"crm","scopes":["stats:read"]}"#, token: boss.token)
            #expect(again.code == "key_name_taken")
            #expect(try await service.call(.delete, "/api/v1/api-keys/\(key.id)", token: boss.token).status == 204)
            for _ in 0..<30 { #expect(try await service.call(.get, "/api/v1/stats", token: key.key).status == 401) }
            #expect(try await service.call(.get, "/api/v1/stats", token: key.key).status == 429)
            #expect(try await service.call(.get, "/api/v1/stats", token: good.key).status == 200)
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'key.refused'") == 1)
        }
    }

    @Test func `administrators write after a step-up, auditors read, nobody else sees keys`() async throws {
        try await withService { service in
            let body = #"{"name":"crm","scopes":["stats:read"]}"#
            for role in Role.allCases {
                let somebody = try await service.colleague("a-\(role.rawValue)", role)
                let read = try await service.call(.get, "/api/v1/api-keys", token: somebody.token)
                #expect(read.status == (role == .administrator || role == .auditor ? 200 : 403), "\(role)")
                let write = try await service.call(.post, "/api/v1/api-keys", body, token: somebody.token)
                #expect(write.status == (role == .administrator ? 201 : 403), "\(role)")
            }
            let boss = try await service.colleague("boss", .administrator)
            for bad in [
                #"{"name":"C","scopes":["stats:read"]}"#, #"{"name":"c2","scopes":[]}"#,
                #"{"name":"c2","scopes":["all"]}"#,
                #"{"name":"c2","scopes":["stats:read"],"expires_at":"2020-01-01T00:00:00+08:00"}"#,
            ] {
                #expect(
                    try await service.call(.post, "/api/v1/api-keys", bad, token: boss.token).status == 422, "\(bad)")
            }
            service.clock.advance(by: 301)
            let late = try await service.call(.post, "/api/v1/api-keys", body, token: boss.token)
            #expect(late.code == "step_up_required")
        }
    }
}
