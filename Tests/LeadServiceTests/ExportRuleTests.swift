import Foundation
import HTTPTypes
import Leads
import Testing

@testable import LeadService

/// What the settings say about exports, and the alarm.
@Suite struct ExportRuleTests {
    private static let plain = #"{"format":"csv","phone":"plain","reason":"年度回访合作机构对账"}"#
    private static let direct = "/api/v1/leads/export?phone=plain&reason=x"

    @Test func `a second administrator approves plain numbers, never the one who asked, once there is one`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            _ = try await service.seed()
            try await service.put("export_approval", "true")
            let alone = try await service.askForExport(Self.plain, chief)
            #expect(try await service.state(alone, chief) == "queued", "nobody else could approve it")
            #expect(try await service.call(.get, Self.direct, token: chief.token).status == 200)
            #expect(try await service.services.exportJobs.runOnce())

            let other = try await service.colleague("other", .administrator)
            let auditor = try await service.colleague("auditor", .auditor)
            let path = try await service.askForExport(Self.plain, chief)
            #expect(try await service.state(path, chief) == "waiting_approval")
            #expect(try await service.call(.get, Self.direct, token: chief.token).code == "approval_required")
            #expect(try await service.call(.get, "/api/v1/leads/export", token: chief.token).status == 200)
            #expect(try await !service.services.exportJobs.runOnce())
            #expect(try await service.file(path, chief).code == "export_not_ready")
            let alerts = try await service.call(.get, "/api/v1/alerts", token: other.token)
            #expect(alerts["items"][0]["kind"].string == "export_waiting" && alerts.text.contains("chief"))

            let own = try await service.call(.post, path + "/approve", token: chief.token)
            #expect(own.status == 403 && own.code == "own_export")
            #expect(try await service.call(.post, path + "/approve", token: auditor.token).code == "forbidden")
            #expect(try await service.state(path, chief) == "waiting_approval")
            // Nor could a mistake of ours.
            await #expect(throws: (any Error).self) {
                try await service.database.query(
                    "UPDATE export_jobs SET approved_by = requested_by, approved_at = requested_at")
            }
            #expect(try await service.call(.post, path + "/approve", token: other.token).status == 204)
            #expect(try await service.call(.post, path + "/approve", token: other.token).code == "export_not_waiting")
            #expect(try await service.services.exportJobs.runOnce())
            let done = try await service.call(.get, path, token: chief.token)
            #expect(done["state"].string == "done" && done["approved_by"].string == "other")
            #expect(try await service.file(path, other).code == "not_your_export")
            #expect(try await service.file(path, chief).text.contains("13800000001"))
            #expect(try await service.audited("export.approve") == [1])
        }
    }

    @Test func `an approval needs a step-up, and what nobody approves in three days is over`() async throws {
        try await withService { service in
            let (chief, other) = (
                try await service.colleague("chief", .administrator),
                try await service.colleague("other", .administrator)
            )
            try await service.put("export_approval", "true")
            let path = try await service.askForExport(Self.plain, chief)
            service.clock.advance(by: 301)
            #expect(try await service.call(.post, path + "/approve", token: other.token).code == "step_up_required")
            service.clock.advance(by: ExportJob.patience - 302)
            try await service.services.exportJobs.runOnce()
            #expect(try await service.state(path, chief) == "waiting_approval")
            service.clock.advance(by: 1)
            try await service.services.exportJobs.runOnce()
            #expect(try await service.state(path, chief) == "cancelled")
        }
    }

    @Test func `the switch stops new exports, those that wait and every file`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let made = try await service.madeExport(#"{"format":"csv"}"#, chief)
            let waiting = try await service.askForExport(#"{"format":"ndjson"}"#, chief)
            try await service.put("exports_enabled", "false")
            #expect(try await service.file(made, chief).code == "exports_off")
            #expect(try await service.call(.get, "/api/v1/leads/export", token: chief.token).code == "exports_off")
            #expect(
                try await service.call(.post, TestService.exports, #"{"format":"xlsx"}"#, token: chief.token).code
                    == "exports_off")
            #expect(try await !service.services.exportJobs.runOnce())
            try await service.put("exports_enabled", "true")
            #expect(try await service.services.exportJobs.runOnce())
            #expect(try await service.file(waiting, chief).status == 200)
        }
    }

    @Test func `more rows than the settings allow are refused, and say how many there are`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            for number in 1...3 { _ = try await service.seed(TaskSeed(phone: "1380000000\(number)")) }
            try await service.put("export_row_limit", "2")
            let refused = try await service.call(.get, "/api/v1/leads/export", token: chief.token)
            #expect(refused.status == 422 && refused.code == "too_many_rows" && refused.text.contains("3 行"))
            let path = try await service.askForExport(#"{"format":"csv"}"#, chief)
            #expect(try await service.services.exportJobs.runOnce())
            let failed = try await service.call(.get, path, token: chief.token)
            #expect(failed["state"].string == "failed" && failed["failure"].string == "too_many_rows")
            try await service.expectNoFile()
            #expect(try await service.call(.get, "/api/v1/leads/export?q=0001", token: chief.token).status == 200)
        }
    }

    @Test func `the fourth export of a person in a day is told to the administrators, once`() async throws {
        try await withService { service in
            let (chief, other) = (
                try await service.colleague("chief", .administrator),
                try await service.colleague("other", .administrator)
            )
            func told() async throws -> [String] {
                _ = try await service.services.watch.runOnce()
                return try await service.call(.get, "/api/v1/alerts", token: other.token)["items"].array
                    .filter { $0["kind"].string == "many_exports" }.map { $0["text"].string }
            }
            for _ in 0..<2 { _ = try await service.call(.get, "/api/v1/leads/export", token: chief.token) }
            _ = try await service.madeExport(#"{"format":"csv"}"#, chief)
            #expect(try await told() == [])
            _ = try await service.askForExport(#"{"format":"csv"}"#, chief)
            #expect(try await told() == ["chief 今天导出了 4 次线索，请核对用途"])
            _ = try await service.askForExport(#"{"format":"ndjson"}"#, chief)
            #expect(try await told().count == 1)
            service.clock.advance(by: 86400)
            #expect(try await told().count == 1)
        }
    }
}
