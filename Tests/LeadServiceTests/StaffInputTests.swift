import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// Whatever is wrong with a request on the staff's side: a 4xx problem with a code, and nothing stored.
@Suite struct StaffInputTests {
    /// Routes that take a JSON body; `{id}` is a task that the caller holds.
    private static let bodies = [
        "/api/v1/session", "/api/v1/session/password", "/api/v1/callbacks/claim", "/api/v1/callbacks/{id}/reveal",
        "/api/v1/callbacks/{id}/attempts", "/api/v1/callbacks/{id}/release", "/api/v1/callbacks/{id}/assign",
        "/api/v1/leads/search",
    ]

    @Test(arguments: bodies) func `a body that is no proper JSON object of ours is refused`(route: String) async throws
    {
        try await withService { service in
            let (chief, path, before) = try await service.prepare(route)
            let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
            let malformed = [
                "{", "}", "{\"a\":1,\"a\":2}", #"{"a":"\u0000"}"#, #"{"a":"\ud800"}"#, "{\"a\":\(deep)}", "nonsense",
                "{\"a\":1}{}", "{\"a\":01}", "{'a':1}", "{\"a\":NaN}",
            ]
            for body in malformed {
                let answer = try await service.call(.post, path, body, token: chief.token)
                #expect(answer.status == 400 && answer.code == "malformed_json", "\(body.prefix(40)): \(answer.text)")
            }
            for body in ["[]", "null", "7", "\"x\"", "true"] {
                let answer = try await service.call(.post, path, body, token: chief.token)
                #expect(answer.status == 422 && answer.code == "type_mismatch", "\(body): \(answer.text)")
            }
            let unknown = try await service.call(.post, path, #"{"nobody_knows":1}"#, token: chief.token)
            #expect(unknown.status == 422 && unknown.code == "unknown_member", "\(unknown.text)")
            let large = "{\"a\":\"\(String(repeating: "a", count: 65 * 1024))\"}"
            #expect(try await service.call(.post, path, large, token: chief.token).status == 413)
            for headers: HTTPFields in [
                [.contentType: "text/plain"], [.contentType: "application/x-www-form-urlencoded"],
                [.contentType: "application/json", .contentEncoding: "gzip"],
            ] {
                let answer = try await service.call(.post, path, "{}", token: chief.token, headers: headers)
                #expect(answer.status == 415 && answer.code == "unsupported_media_type", "\(answer.text)")
            }
            #expect(try await service.everythingStored() == before)
        }
    }

    @Test func `a value of the wrong type, size or meaning is refused`() async throws {
        try await withService { service in
            let (chief, path, before) = try await service.prepare("/api/v1/callbacks/{id}")
            let long = String(repeating: "长", count: 5000)
            let wrong: [(String, [String])] = [
                (
                    "/api/v1/session",
                    [
                        "{}", #"{"username":"admin"}"#, #"{"username":1,"password":"x"}"#,
                        #"{"username":"admin","password":null}"#,
                        #"{"username":"\#(long)","password":"x"}"#, #"{"username":"admin","password":["x"]}"#,
                    ]
                ),
                ("/api/v1/session/password", ["{}", #"{"password":12345678901234}"#, #"{"password":"short"}"#]),
                (
                    "/api/v1/callbacks/claim",
                    [
                        #"{"phone":13800000001}"#, #"{"phone":"12345"}"#, #"{"phone":"-1"}"#, #"{"phone":""}"#,
                        #"{"lead_id":"x"}"#, #"{"lead_id":{}}"#, #"{"lead_id":7}"#,
                        #"{"phone":"13800000001","lead_id":"00000000-0000-7000-8000-000000000000"}"#,
                    ]
                ),
                (
                    path + "/reveal",
                    ["{}", #"{"purpose":7}"#, #"{"purpose":""}"#, #"{"purpose":" "}"#, #"{"purpose":"\#(long)"}"#]
                ),
                (
                    path + "/attempts",
                    [
                        "{}", #"{"disposition":null}"#, #"{"disposition":"spam","claim_token":-1}"#,
                        #"{"disposition":"spam","claim_token":"-1"}"#,
                        #"{"disposition":"spam","claim_token":"99999999999999999999"}"#,
                        #"{"disposition":"spam","claim_token":"0"}"#, #"{"disposition":"no_answer","note":"\#(long)"}"#,
                        #"{"disposition":"no_answer","note":7}"#, #"{"disposition":"no_answer","note":"\u202e"}"#,
                        #"{"disposition":"call_back_at","call_again_at":"2026-13-01T10:00:00+08:00"}"#,
                        #"{"disposition":"call_back_at","call_again_at":"2026-11-31T10:00:00+08:00"}"#,
                        #"{"disposition":"call_back_at","call_again_at":"9999-01-01T10:00:00+08:00"}"#,
                        #"{"disposition":"call_back_at","call_again_at":"0001-01-01T10:00:00+08:00"}"#,
                        #"{"disposition":"call_back_at","call_again_at":1795573800}"#,
                        #"{"disposition":"call_back_at","call_again_at":"2026-11-26"}"#,
                        #"{"disposition":"call_back_at","call_again_at":"2020-11-26T10:00:00+08:00"}"#,
                        #"{"disposition":"converted","call_again_at":"2026-11-26T10:00:00+08:00"}"#,
                        #"{"disposition":"duplicate","merge_into":"x"}"#,
                        #"{"disposition":"duplicate","merge_into":"00000000-0000-7000-8000-000000000000"}"#,
                        #"{"disposition":"reached_not_interested","reason":"\#(long)"}"#,
                        #"{"disposition":"not_eligible","item":"\#(long)"}"#,
                        #"{"disposition":"converted","reference":[]}"#,
                    ]
                ),
                (path + "/release", [#"{"reason":7}"#, #"{"reason":"\#(long)"}"#]),
                (
                    path + "/assign",
                    [
                        "{}", #"{"adviser":7}"#, #"{"adviser":""}"#, #"{"adviser":"nobody"}"#,
                        #"{"adviser":"\#(long)"}"#,
                        #"{"adviser":"auditor"}"#, #"{"adviser":"gone"}"#,
                    ]
                ),
                (
                    "/api/v1/leads/search",
                    [
                        #"{"q":"138"}"#, #"{"q":7}"#, #"{"q":"\#(long)"}"#, #"{"state":"asleep"}"#,
                        #"{"disposition":"hung_up"}"#,
                        #"{"limit":0}"#, #"{"limit":201}"#, #"{"limit":-1}"#, #"{"limit":1.5}"#, #"{"limit":1e300}"#,
                        #"{"limit":"ten"}"#, #"{"limit":[]}"#, #"{"cursor":"abc"}"#, #"{"cursor":7}"#,
                        #"{"from":"2026-02-30"}"#,
                        #"{"to":"0000-00-00"}"#, #"{"from":"-1"}"#, #"{"to":20261126}"#, #"{"adviser":{}}"#,
                        #"{"source":7}"#,
                    ]
                ),
            ]
            _ = try await service.colleague("auditor", .auditor)
            _ = try await service.colleague("gone")
            try await service.database.query("UPDATE staff SET active = false WHERE username = 'gone'")
            for (route, bodies) in wrong {
                for body in bodies {
                    let answer = try await service.call(.post, route, body, token: chief.token)
                    #expect(answer.status == 422 && !answer.code.isEmpty, "\(route) \(body.prefix(90)): \(answer.text)")
                }
            }
            #expect(try await service.everythingStored() == before)
        }
    }

    @Test func `a wrong member of a query is refused on every list`() async throws {
        try await withService { service in
            let (chief, _, before) = try await service.prepare("/api/v1/callbacks/{id}")
            func cursor(_ text: String) -> String { "cursor=" + Base64URL.encode(Array(text.utf8)) }
            let id = "00000000-0000-7000-8000-000000000000"
            let common = [
                "limit=0", "limit=201", "limit=-1", "limit=1.5", "limit=", "limit=%2B5", "limit=99999999999999999999",
                "limit=5&limit=6", "cursor=", "cursor=abc", "cursor=%00", "cursor=%FF", cursor("|"), cursor("1|x"),
                cursor("9223372036854775807|\(id)"), cursor("-9223372036854775808|\(id)"), cursor("-1|\(id)"),
                "nobody_knows=1", "%00=1",
            ]
            let wrong: [(String, [String])] = [
                (
                    "/api/v1/callbacks",
                    common + [
                        "view=", "view=yours", "view=pool%00", cursor("pool|9223372036854775807|\(id)"),
                        cursor("pool|-1|\(id)"),
                    ]
                ),
                (
                    "/api/v1/leads",
                    common + [
                        "q=%00", "q=138", "state=%00", "adviser=%00", "adviser=a%00b", "source=%00", "from=2026-02-30",
                        "from=2026-00-01", "to=99999-01-01", "to=%00", "from=2026-11-26T25:00:00Z", "disposition=x",
                    ]
                ),
                (
                    "/api/v1/leads/export",
                    [
                        "reason=%00", "adviser=%00", "source=x%00", "format=%00", "columns=%00", "phone=%00", "limit=5",
                        cursor("1|\(id)"),
                    ]
                ),
            ]
            for (route, queries) in wrong {
                for query in queries {
                    let answer = try await service.call(.get, route + "?" + query, token: chief.token)
                    #expect(
                        answer.status == 422 && !answer.code.isEmpty,
                        "\(route)?\(query): \(answer.status) \(answer.text)")
                }
            }
            #expect(try await service.everythingStored() == before)
        }
    }

    @Test func `an id that is none, or nobody's, is nothing, and another's is not mine`() async throws {
        try await withService { service in
            let (chief, path, before) = try await service.prepare("/api/v1/callbacks/{id}")
            let boris = try await service.colleague("boris")
            let bodies = [
                "/reveal": #"{"purpose":"x"}"#, "/attempts": #"{"disposition":"spam"}"#, "/release": "{}",
                "/assign": #"{"adviser":"boris"}"#,
            ]
            for id in [
                "abc", "0", "-1", "%00", "..%2F..",
                "' OR 1=1 --".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
                String(repeating: "a", count: 300), UUID().text,
            ] {
                for (more, body) in bodies {
                    let answer = try await service.call(
                        .post, "/api/v1/callbacks/\(id)\(more)", body, token: chief.token)
                    #expect(answer.status == 404, "\(id)\(more): \(answer.text)")
                }
                #expect(try await service.call(.get, "/api/v1/callbacks/\(id)", token: chief.token).status == 404)
                #expect(try await service.call(.get, "/api/v1/leads/\(id)", token: chief.token).status == 404)
            }
            for more in ["/reveal", "/attempts", "/release"] {
                let answer = try await service.call(.post, path + more, bodies[more], token: boris.token)
                #expect(answer.status == 409 && answer.code == "not_claimant", "\(more): \(answer.text)")
            }
            let keyName = try #require(HTTPField.Name("Idempotency-Key"))
            for key in ["", "a b", "\"", String(repeating: "k", count: 129), "ключ"] {
                let answer = try await service.call(
                    .post, path + "/attempts", #"{"disposition":"spam"}"#, token: chief.token, headers: [keyName: key])
                #expect(answer.status == 400 && answer.code == "idempotency_key_invalid", "\(key): \(answer.text)")
            }
            var twice = HTTPFields()
            twice.append(HTTPField(name: keyName, value: "a"))
            twice.append(HTTPField(name: keyName, value: "b"))
            #expect(
                try await service.call(
                    .post, path + "/attempts", #"{"disposition":"spam"}"#, token: chief.token, headers: twice
                ).status == 400)
            #expect(try await service.everythingStored() == before)
        }
    }
}

extension TestService {
    /// Somebody who may everything and holds a task, the route on that task, and what is stored before anything is refused.
    fileprivate func prepare(_ route: String) async throws -> (Colleague, path: String, stored: String) {
        let chief = try await self.colleague("chief", .administrator)
        let task = try await self.seed()
        try #require(try await self.claim(chief)["id"].string == task.id.text)
        let path = route.replacingOccurrences(of: "{id}", with: task.id.text)
        return (chief, path, try await self.everythingStored())
    }

    /// A digest of every row that a request could have changed.
    fileprivate func everythingStored() async throws -> String {
        let tables = [
            "leads", "inquiries", "consents", "callback_tasks", "callback_claims", "call_attempts", "do_not_call",
            "export_records", "messages",
        ]
        let digests = tables.map { "(SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM \($0) t)" }
        // A refused login is audited, and nothing else that was refused.
        let audited =
            "(SELECT string_agg(action, ' ' ORDER BY id) FROM audit_events WHERE action <> 'staff.login_failed')"
        return try await self.column(
            PostgresQuery(unsafeSQL: "SELECT concat_ws(' ', \((digests + [audited]).joined(separator: ", ")))")) ?? ""
    }
}
