import Foundation
import HTTPTypes
import LeadService
import Logging
import TestCluster
import TestDatabase
import Testing

/// A real process beside a cluster of its own whose processes are stopped: nothing is refused, nothing is answered.
@Suite(.serialized) struct SilentDatabaseTests {
    private struct Request: Sendable {
        var method: HTTPRequest.Method
        var path: String
        var body: String?
        var token: String?
    }

    @Test func `a database that hangs is a 503 on every route that needs it, and work goes on when it does`()
        async throws
    {
        try await PrivateServer.run { cluster in
            try await SchemaSetup(conninfo: cluster.conninfo, logger: Logger(label: "test")).migrate(at: Date())
            try await withInstallation { place in
                let server = try await place.start(["HUIFANG_DATABASE_URL": cluster.conninfo])
                let token = try await ProcessFaultTests.administrator(server)
                let task = "00000000-0000-7000-8000-000000000001"
                let inquiry = ProcessInstallation.inquiry(phone: "13800008001", challenge: task, code: "123456")
                let needing = [
                    Request(
                        method: .post, path: "/api/v1/verification-codes",
                        body: #"{"phone":"13800008001","purpose":"inquiry"}"#),
                    Request(method: .post, path: "/api/v1/inquiries", body: inquiry),
                    Request(method: .post, path: "/api/v1/assessments", body: #"{"answers":{}}"#),
                    Request(
                        method: .post, path: "/api/v1/session",
                        body: #"{"username":"admin","password":"wrong-password-1"}"#),
                    Request(method: .get, path: "/api/v1/callbacks?view=pool", token: token),
                    Request(method: .post, path: "/api/v1/callbacks/claim", token: token),
                    Request(method: .get, path: "/api/v1/callbacks/\(task)", token: token),
                    Request(
                        method: .post, path: "/api/v1/callbacks/\(task)/attempts",
                        body: #"{"disposition":"no_answer"}"#,
                        token: token),
                    Request(method: .get, path: "/api/v1/leads", token: token),
                    Request(method: .get, path: "/api/v1/leads/export?format=csv", token: token),
                ]
                let ask: @Sendable (Request) async throws -> (Request, Answer, Duration) = { request in
                    let start = ContinuousClock.now
                    let answer = try await server.call(request.method, request.path, request.body, token: request.token)
                    return (request, answer, ContinuousClock.now - start)
                }
                try await cluster.frozen {
                    // More than the pool has connections, all at once: some wait for an answer, some for a connection.
                    let answers = try await withThrowingTaskGroup(of: (Request, Answer, Duration).self) { group in
                        for request in needing + needing { group.addTask { try await ask(request) } }
                        return try await group.reduce(into: []) { $0.append($1) }
                    }
                    for (request, answer, time) in answers {
                        #expect(answer.status == 503, "\(request.path): \(answer.status) \(answer.text)")
                        #expect(answer.headers[.retryAfter] != nil, "\(request.path)")
                        // It is two and a half seconds; the rest is what a busy machine may take.
                        #expect(time < .seconds(10), "\(request.path): \(time)")
                    }
                    let (_, form, _) = try await ask(Request(method: .get, path: "/"))
                    #expect(form.status == 200)
                    #expect(try await server.operations("/livez").status == 200)
                    #expect(try await server.operations("/readyz").status == 503)
                }
                let isBack = try await eventually(within: .seconds(30)) { try await ask(needing[0]).1.status == 202 }
                #expect(isBack)
                #expect(try await ask(needing[4]).1.status == 200)
                #expect(try await server.terminate() == 0)
            }
        }
    }
}
