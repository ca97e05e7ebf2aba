import Foundation
import HTTPTypes
import LeadService
import TestDatabase
import Testing

/// Real processes of the built program, killed, doubled, cut off from their database and moved in time.
@Suite(.serialized) struct ProcessFaultTests {
    @Test func `sixty equal submits to two processes make one lead`() async throws {
        try await withInstallation { place in
            let servers = try await Self.two(in: place)
            let (challenge, code) = try await place.code(for: "13800003001", from: servers[0])
            let body = ProcessInstallation.inquiry(phone: "13800003001", challenge: challenge, code: code)
            let answers = try await Self.atOnce(60) {
                try await servers[$0 % 2].call(.post, "/api/v1/inquiries", body, key: "one")
            }
            let accepted = answers.filter { $0.status == 201 }
            #expect(!accepted.isEmpty)
            #expect(Set(accepted.map(\.text)).count == 1)
            #expect(answers.allSatisfy { $0.status == 201 || $0.status == 503 }, "\(Set(answers.map(\.status)))")
            for table in ["leads", "inquiries", "callback_tasks", "consents"] {
                #expect(try await place.count("SELECT count(*) FROM \(table)") == 1, "\(table)")
            }
        }
    }

    @Test func `of sixty wrong codes to two processes at most five are compared`() async throws {
        try await withInstallation { place in
            let servers = try await Self.two(in: place)
            let (challenge, code) = try await place.code(for: "13800003002", from: servers[0])
            let wrong = code == "000000" ? "111111" : "000000"
            let body = ProcessInstallation.inquiry(phone: "13800003002", challenge: challenge, code: wrong)
            let answers = try await Self.atOnce(60) { try await servers[$0 % 2].call(.post, "/api/v1/inquiries", body) }
            #expect(
                answers.allSatisfy { $0.status == 422 && $0.code == "code_invalid" }, "\(Set(answers.map(\.status)))")
            #expect(Set(answers.map(\.text.utf8.count)).count == 1)
            #expect(try await place.count("SELECT cardinality(wrongs) FROM phone_budgets") == 5)
            #expect(try await place.count("SELECT tries FROM verification_counters") == 5)
            let right = ProcessInstallation.inquiry(phone: "13800003002", challenge: challenge, code: code)
            #expect(try await servers[1].call(.post, "/api/v1/inquiries", right).status == 422)
            #expect(try await place.count("SELECT count(*) FROM leads") == 0)
        }
    }

    @Test func `an export under constant writes has each lead once`() async throws {
        try await withInstallation { place in
            let servers = try await Self.two(in: place)
            for number in 0..<12 {
                try await Self.submit("1380000400\(number % 10)", to: servers[number % 2], in: place)
            }
            let token = try await Self.administrator(servers[0])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<2 {
                    group.addTask {
                        for number in 0..<10 {
                            try await Self.submit("13800005\(writer)0\(number)", to: servers[writer], in: place)
                        }
                    }
                }
                for _ in 0..<8 {
                    let export = try await servers[1].call(.get, "/api/v1/leads/export?format=ndjson", token: token)
                    try #require(export.status == 200, "\(export.text)")
                    let rows = export.text.split(separator: "\n").compactMap { try? StrictJSON.read(Array($0.utf8)) }
                    let ids = rows.map { $0["lead_id"].string }
                    #expect(Set(ids).count == ids.count)
                    #expect(!ids.contains(""), "\(export.text.prefix(300))")
                    #expect(rows.count >= 10)
                    #expect(export.headers[HTTPField.Name("X-Row-Count")!] == String(rows.count))
                }
                try await group.waitForAll()
            }
            #expect(try await place.count("SELECT count(*) FROM leads") == 30)
        }
    }

    @Test func `without its database a process answers what needs none, says 503 to the rest, and recovers`()
        async throws
    {
        let door = try DatabaseDoor()
        defer { door.remove() }
        try await withInstallation { place in
            let server = try await place.start(["HUIFANG_DATABASE_URL": door.conninfo(of: place.database)])
            let (challenge, code) = try await place.code(for: "13800006001", from: server)
            let body = ProcessInstallation.inquiry(phone: "13800006001", challenge: challenge, code: code)
            let accepted = try await server.call(.post, "/api/v1/inquiries", body, key: "kept")
            try #require(accepted.status == 201)
            let token = try await Self.administrator(server)

            try await door.close(place.database)
            let needing: [(HTTPRequest.Method, String, String?)] = [
                (.post, "/api/v1/verification-codes", #"{"phone":"13800006002","purpose":"inquiry"}"#),
                (.post, "/api/v1/inquiries", body),
                (.post, "/api/v1/assessments", #"{"answers":{}}"#), (.get, "/api/v1/leads", nil),
                (.get, "/api/v1/callbacks?view=pool", nil),
                (.post, "/api/v1/session", #"{"username":"admin","password":"wrong-password-1"}"#),
            ]
            let clock = ContinuousClock()
            for (method, path, body) in needing {
                let start = clock.now
                let answer = try await server.call(
                    method, path, body, token: path.contains("leads") || path.contains("callbacks") ? token : nil)
                #expect(answer.status == 503, "\(path): \(answer.status) \(answer.text)")
                #expect(answer.headers[.retryAfter] != nil, "\(path)")
                // It gives up after two and a half seconds; the rest is what a busy machine may take.
                #expect(start.duration(to: clock.now) < .seconds(10), "\(path)")
            }
            let free: [(HTTPRequest.Method, String, String?)] = [
                (.get, "/", nil), (.get, "/assets/site.css", nil), (.get, "/openapi.yaml", nil),
                (.get, "/api/v1/assessment-rules", nil),
                (.post, "/api/v1/permit-renewals", #"{"valid_until":"2026-12-20"}"#),
            ]
            for (method, path, body) in free {
                let answer = try await server.call(method, path, body)
                #expect(answer.status == 200, "\(path): \(answer.status) \(answer.text)")
            }
            #expect(try await server.operations("/livez").status == 200)
            #expect(try await server.operations("/readyz").status == 503)

            try door.open()
            let isBack = try await eventually(within: .seconds(30)) {
                try await server.call(.post, "/api/v1/inquiries", body, key: "kept").text == accepted.text
            }
            #expect(isBack)
            #expect(try await place.count("SELECT count(*) FROM leads") == 1)
            #expect(try await server.terminate() == 0)
        }
    }

    @Test(.enabled(if: FakeTime.library != nil, "libfaketime is not installed"))
    func `an hour's step of the service's wall clock changes no deadline and revives no code`() async throws {
        try await withInstallation { place in
            let time = try FakeTime(in: place.folder)
            let server = try await place.start(time.environment)
            for (number, step) in ["-3600", "+3600"].enumerated() {
                try time.set("+0")
                let phone = "1380000700\(number)"
                let (challenge, code) = try await place.code(for: phone, from: server)
                let dead = try await place.code(for: "1380000710\(number)", from: server)
                let age = "issued_at = issued_at - interval '6 minutes', expires_at = expires_at - interval '6 minutes'"
                try await place.rows("UPDATE verification_challenges SET \(age) WHERE id = '\(dead.challenge)'")
                try time.set(step)
                let late = ProcessInstallation.inquiry(
                    phone: "1380000710\(number)", challenge: dead.challenge, code: dead.code)
                #expect(try await server.call(.post, "/api/v1/inquiries", late).status == 422, "\(step)")
                let body = ProcessInstallation.inquiry(phone: phone, challenge: challenge, code: code)
                let answer = try await server.call(.post, "/api/v1/inquiries", body)
                #expect(answer.status == 201, "\(step): \(answer.text)")
            }
            #expect(
                try await place.count(
                    "SELECT count(*) FROM inquiries WHERE abs(extract(epoch FROM accepted_at - clock_timestamp())) > 60"
                ) == 0)
            #expect(try await place.count("SELECT count(DISTINCT due_at) FROM inquiries") == 1)
        }
    }

    // MARK: -

    private static func two(in place: ProcessInstallation) async throws -> [ServerProcess] {
        // The first makes the keys and the administrator.
        [try await place.start(), try await place.start()]
    }

    static func administrator(_ server: ServerProcess) async throws -> String {
        let body = #"{"username":"admin","password":"\#(ProcessInstallation.password)"}"#
        let answer = try await server.call(.post, "/api/v1/session", body)
        try #require(answer.status == 200, "\(answer.text)")
        return answer["token"].string
    }

    static func submit(_ phone: String, to server: ServerProcess, in place: ProcessInstallation) async throws {
        let (challenge, code) = try await place.code(for: phone, from: server)
        let body = ProcessInstallation.inquiry(phone: phone, challenge: challenge, code: code)
        let answer = try await place.answered(server, "/api/v1/inquiries", body, key: nil) { $0.status != 503 }
        let faults = place.logs.split(separator: "\n").filter { $0.contains("\"level\":\"error\"") }
        try #require(answer.status == 201, "\(answer.text) \(faults)")
    }

    private static func atOnce(
        _ count: Int, _ ask: @escaping @Sendable (Int) async throws -> Answer
    ) async throws -> [Answer] {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            for number in 0..<count { group.addTask { try await ask(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
