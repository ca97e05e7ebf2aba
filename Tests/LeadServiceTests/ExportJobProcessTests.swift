import Crypto
import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// An export job in real processes: killed in the middle, begun anew by the next, and flat in memory.
@Suite struct ExportJobProcessTests {
    private static let many = 9_000

    /// A process in the middle of a file of many parts.
    private static func begin(
        _ installation: ProcessInstallation
    ) async throws -> (
        server: ServerProcess, token: String, path: String
    ) {
        let server = try await installation.start()
        let keys = try KeyRing(file: installation.folder.appendingPathComponent("data/keys"))
        var leads = BulkLeads(keys: keys)
        leads.remark = String(repeating: "请在下午联系。", count: 70)
        try await leads.write(0..<Self.many, to: installation.database)
        try await installation.rows("ANALYZE")
        let token = try await installation.administrator(of: server)
        let asked = try await server.call(
            .post, "/api/v1/exports", #"{"format":"csv","columns":["lead_id","remark"],"reason":"周报"}"#, token: token)
        try #require(asked.status == 202, "\(asked.text)")
        try #require(
            try await eventually(within: .seconds(30)) {
                try await installation.count("SELECT count(*) FROM export_chunks") >= 3
            })
        return (server, token, "/api/v1/exports/\(asked["id"].string)")
    }

    @Test func `a process that is asked to stop in the middle ends at once and gives its job back`() async throws {
        try await withInstallation { installation in
            let (server, _, _) = try await Self.begin(installation)
            #expect(try await server.terminate() == 0)
            #expect(
                try await installation.count(
                    "SELECT count(*) FROM export_jobs WHERE state = 'queued' AND attempts = 0 AND key_sealed IS NULL")
                    == 1)
        }
    }

    @Test func `a process killed in the middle leaves no half file, and the next one makes the whole one`() async throws
    {
        try await withInstallation { installation in
            let (first, token, path) = try await Self.begin(installation)
            try await first.kill()
            #expect(try await installation.count("SELECT count(*) FROM export_jobs WHERE state = 'running'") == 1)
            let half = try await installation.count("SELECT count(*) FROM export_chunks")

            let second = try await installation.start()
            #expect(try await second.call(.get, path + "/file", token: token).code == "export_not_ready")
            #expect(try await installation.count("SELECT count(*) FROM export_chunks") == half)
            // A minute later.
            try await installation.rows("UPDATE export_jobs SET lease_until = started_at")
            let isDone = try await eventually(within: .seconds(60)) {
                try await second.call(.get, path, token: token)["state"].string == "done"
            }
            #expect(isDone)
            let job = try await second.call(.get, path, token: token)
            #expect(job["attempts"].int == 2 && job["rows"].int == Self.many)
            let file = try await second.call(.get, path + "/file", token: token)
            let direct = try await second.call(
                .get, "/api/v1/leads/export?columns=lead_id,remark", token: token)
            #expect(file.status == 200 && Array(file.text.utf8) == Array(direct.text.utf8))
            #expect(Hex.text(SHA256.hash(data: Data(file.text.utf8))) == job["sha256"].string)
            print("export job of \(Self.many) leads: \(file.text.utf8.count) bytes, killed after \(half) parts")
        }
    }
}
