import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// Who may what, and from where: every route of the staff's side.
@Suite struct StaffRoleTests {
    private struct Route: Sendable {
        var method: HTTPRequest.Method
        var path: String
        var body: String?
        var roles: Set<Role>
    }

    private static let callers: Set<Role> = [.adviser, .supervisor, .administrator]
    private static let chiefs: Set<Role> = [.supervisor, .administrator]
    private static let id = "00000000-0000-7000-8000-000000000000"

    /// Contract §3: an auditor reads no leads and no callbacks.
    private static let routes = [
        Route(method: .get, path: "/api/v1/callbacks?view=pool", roles: callers),
        Route(method: .post, path: "/api/v1/callbacks/claim", body: "{}", roles: callers),
        Route(method: .get, path: "/api/v1/callbacks/\(id)", roles: callers),
        Route(method: .post, path: "/api/v1/callbacks/\(id)/reveal", body: #"{"purpose":"x"}"#, roles: callers),
        Route(
            method: .post, path: "/api/v1/callbacks/\(id)/attempts", body: #"{"disposition":"spam"}"#, roles: callers),
        Route(method: .post, path: "/api/v1/callbacks/\(id)/release", body: "{}", roles: callers),
        Route(method: .post, path: "/api/v1/callbacks/\(id)/assign", body: #"{"adviser":"a"}"#, roles: chiefs),
        Route(method: .post, path: "/api/v1/callbacks/\(id)/presence", roles: callers),
        Route(method: .get, path: "/api/v1/leads?q=13800000001", roles: callers),
        Route(method: .post, path: "/api/v1/leads/search", body: #"{"q":"13800000001"}"#, roles: callers),
        Route(method: .get, path: "/api/v1/leads/\(id)", roles: chiefs),
        Route(
            method: .post, path: "/api/v1/leads/\(id)/assessments", body: #"{"answers":{"age":30},"note":"x"}"#,
            roles: callers),
        Route(method: .get, path: "/staff/leads/\(id)/assessment", roles: callers),
        Route(method: .get, path: "/api/v1/leads/export", roles: [.administrator]),
        Route(method: .get, path: "/staff/desk", roles: callers),
        Route(method: .get, path: "/staff/leads", roles: callers),
    ]

    @Test func `the accounts of who administers are named to those who may assign only`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let (chief, boss) = (
                try await service.colleague("chief", .supervisor), try await service.colleague("boss", .administrator)
            )
            for (colleague, names) in [
                (anna, ["anna", "chief"]), (chief, ["anna", "boss", "chief"]),
                (boss, ["anna", "boss", "chief"]),
            ] {
                for path in ["/staff/desk", "/staff/leads"] {
                    let page = try await service.call(
                        .get, path, token: colleague.token, headers: [.accept: "text/html"])
                    let list = try #require(page.text.firstMatch(of: /(?s)<datalist id="people">(.*?)<\/datalist>/)).1
                    #expect(list.matches(of: /value="([^"]+)"/).map { String($0.1) }.sorted() == names, "\(path)")
                }
            }
        }
    }

    @Test(arguments: Role.allCases) func `a role is let into its routes and no others`(role: Role) async throws {
        try await withService { service in
            let colleague = try await service.colleague("somebody", role)
            for route in Self.routes {
                let answer = try await service.call(route.method, route.path, route.body, token: colleague.token)
                if route.roles.contains(role) {
                    #expect([200, 204, 404].contains(answer.status), "\(role) \(route.path): \(answer.text)")
                } else {
                    #expect(answer.status == 403 && answer.code == "forbidden", "\(role) \(route.path): \(answer.text)")
                }
                for token in [nil, "x", String(repeating: "A", count: 43)] {
                    let stranger = try await service.call(route.method, route.path, route.body, token: token)
                    #expect(stranger.status == 401 && stranger.code == "unauthenticated", "\(route.path)")
                }
            }
        }
    }

    @Test func `advisers find at most ten leads and only by a search, supervisors browse`() async throws {
        try await withService { service in
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            for number in 0..<12 { _ = try await service.seed(TaskSeed(phone: "138000010\(10 + number)")) }
            let bare = try await service.call(.get, "/api/v1/leads", token: anna.token)
            #expect(bare.status == 422 && bare.code == "q_required")
            #expect(try await service.call(.get, "/api/v1/leads?state=open", token: anna.token).code == "q_required")
            let found = try await service.call(
                .post, "/api/v1/leads/search", #"{"q":"欧阳晓","limit":200}"#, token: anna.token)
            #expect(found["items"].array.count == 10 && found["next_cursor"] == .null)
            #expect(!found.text.contains("欧阳晓") && !found.text.contains("1380000101"))
            let all = try await service.call(.get, "/api/v1/leads?limit=200", token: chief.token)
            #expect(all["items"].array.count == 12)
        }
    }

    @Test func `a write with the cookie from anywhere but our own pages is refused on every route`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
            let cookie = "__Host-sid=\(chief.token)"
            let foreign: [HTTPFields] = [
                [:], [site: "cross-site"], [site: "same-site"], [site: "nonsense"], [.origin: "https://example.org"],
                [.origin: "null"], [.origin: "http://127.0.0.1:9999"], [.origin: "https://127.0.0.1:8080"],
                [site: "same-origin", .origin: "https://example.org"],
                [site: "cross-site", .origin: "http://127.0.0.1:8080"],
            ]
            let own: [HTTPFields] = [
                [site: "same-origin"], [site: "none"], [.origin: "http://127.0.0.1:8080"],
                [.origin: "http://localhost:8080"], [site: "same-origin", .origin: "http://127.0.0.1:8080"],
            ]
            func send(_ route: Route, _ headers: HTTPFields) async throws -> Answer {
                var headers = headers
                headers[.cookie] = cookie
                return try await service.call(route.method, route.path, route.body, headers: headers)
            }
            let writes =
                Self.routes.filter { $0.method == .post }
                + [Route(method: .post, path: "/api/v1/session/password", body: #"{"password":"short"}"#, roles: [])]
            for route in writes {
                for headers in foreign {
                    let answer = try await send(route, headers)
                    #expect(answer.status == 403 && answer.code == "cross_site", "\(route.path) \(headers)")
                }
                for headers in own {
                    #expect(try await send(route, headers).code != "cross_site", "\(route.path) \(headers)")
                }
                // A bearer token is nothing that another site could make a browser send.
                let bearer = try await service.call(
                    route.method, route.path, route.body, token: chief.token, headers: [site: "cross-site"])
                #expect(bearer.code != "cross_site", "\(route.path)")
            }
            // Reading is no write.
            #expect(try await send(Self.routes[0], [site: "cross-site"]).status == 200)
        }
    }

    @Test(arguments: ["admin", "nobody"])
    func `ten failures of a name are free, known or not, then each waits twice as long`(_ name: String) async throws {
        try await withService { service in
            _ = try await service.services.accounts.bootstrap(password: Console.adminPassword)
            for _ in 1...10 { #expect(try await service.logIn(name, "not the password").status == 401) }
            for wait in [1, 2, 4, 8, 16, 32, 64, 128] {
                let refused = try await service.logIn(name, Console.adminPassword)
                #expect(refused.status == 429 && refused.headers[.retryAfter] == "\(wait)", "\(wait)")
                service.clock.advance(by: Double(wait) - 0.5)
                #expect(try await service.logIn(name, Console.adminPassword).status == 429)
                service.clock.advance(by: 0.5)
                #expect(try await service.logIn(name, "not the password").status == 401)
            }
            // Never a lock: after the wait the right password opens.
            service.clock.advance(by: 300)
            #expect(try await service.logIn(name, Console.adminPassword).status == (name == "admin" ? 200 : 401))
        }
    }

    @Test func `thirty failures of an address are free, over any names`() async throws {
        try await withService { service in
            for number in 1...30 {
                #expect(try await service.logIn("name-\(number % 5)", "not the password").status == 401)
            }
            let refused = try await service.logIn("another", "not the password")
            #expect(refused.status == 429 && refused.code == "too_many_requests" && refused.headers[.retryAfter] == "1")
            service.clock.advance(by: 15 * 60 + 1)
            #expect(try await service.logIn("another", "not the password").status == 401)
        }
    }
}
