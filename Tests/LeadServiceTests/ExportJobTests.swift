import Crypto
import Foundation
import HTTPTypes
import Leads
import NIOCore
import Postgres
import TestArchive
import Testing

@testable import LeadService

/// Exports as jobs, from the request to the file that is gone.
@Suite struct ExportJobTests {
    private static let masked = #"{"format":"csv","phone":"masked","reason":"周报"}"#
    private static let plain = #"{"format":"csv","phone":"plain","reason":"年度回访合作机构对账"}"#

    @Test func `a job makes the file that the direct way sends, and the audit has its digest`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let body =
                #"{"format":"csv","phone":"masked","filters":{"state":"open"},"reason":"周报","columns":["remark","lead_id","name"]}"#
            let path = try await service.askForExport(body, chief)
            let queued = try await service.call(.get, path, token: chief.token)
            #expect(queued["state"].string == "queued" && queued["sha256"] == .null && queued["mine"].bool)
            #expect(try await service.file(path, chief).code == "export_not_ready")
            #expect(try await service.services.exportJobs.runOnce())
            #expect(try await !service.services.exportJobs.runOnce())
            let done = try await service.call(.get, path, token: chief.token)
            #expect(done["state"].string == "done" && done["done"].int == 1200 && done["total"].int == 1200)
            #expect(try await service.count("SELECT count(*) FROM export_chunks") > 1)
            let file = try await service.file(path, chief)
            let direct = try await service.call(
                .get, "/api/v1/leads/export?state=open&columns=remark,lead_id,name", token: chief.token)
            #expect(file.status == 200 && file.bytes == direct.bytes && file.bytes.count == done["bytes"].int)
            #expect(file.headers[.contentDisposition] == #"attachment; filename="leads-2026-11-25.csv""#)
            #expect(file.headers[.cacheControl] == "no-store")
            #expect(done["sha256"].string == file.sha256)
            let detail = try await service.column(
                "SELECT (detail->>'sha256') || (detail->>'rows') || (detail->>'columns') FROM audit_events WHERE action = 'export.done' AND object = \(done["id"].string)"
            )
            #expect(detail == file.sha256 + "1200" + #"["remark", "lead_id", "name"]"#)
            #expect(
                try await service.count("SELECT count(*) FROM export_leads WHERE export_id = '\(done["id"].string)'")
                    == 1200)
            _ = try await service.file(path, chief)
            #expect(try await service.audited("export.download", "export.request") == [2, 1])
            #expect(try await service.call(.get, path, token: chief.token)["downloads"].int == 2)
            // Nothing of it can be read in the database.
            #expect(
                try await service.count(
                    "SELECT count(*) FROM export_chunks WHERE position(convert_to('请在下午联系', 'UTF8') IN ciphertext) > 0")
                    == 0)
            #expect(try await service.soundness().filter { $0.contains("export") } == [])
            #expect(try await service.call(.delete, path, token: chief.token).status == 204)
            #expect(try await service.file(path, chief).status == 410)
            #expect(try await service.call(.delete, path, token: chief.token).code == "export_over")
            try await service.expectNoFile(leads: 2400)
        }
    }

    @Test func `an empty export is a whole file, and a table says who made it and with which filter`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let empty = try await service.madeExport(#"{"format":"ndjson"}"#, chief)
            let nothing = try await service.file(empty, chief)
            #expect(nothing.status == 200 && nothing.bytes.isEmpty)
            _ = try await service.seed()
            let table = try await service.madeExport(
                #"{"format":"xlsx","filters":{"state":"open"},"columns":["name"],"reason":"周报"}"#, chief)
            let file = try await service.file(table, chief)
            let entries = try ZipReader(file.bytes).entries
            let facts = entries["xl/worksheets/sheet2.xml"] ?? ""
            for text in ["导出人", "chief", "周报", "state", "行数"] { #expect(facts.contains(text), "\(text)") }
            #expect(entries["xl/worksheets/sheet1.xml"]?.contains("欧**") == true)
            #expect(try await service.call(.get, table, token: chief.token)["sha256"].string == file.sha256)
        }
    }

    @Test func `the same export asked for twice is one job while it waits, and a new one afterwards`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let (first, second) = (
                try await service.askForExport(Self.masked, chief), try await service.askForExport(Self.masked, chief)
            )
            #expect(first == second)
            let other = try await service.colleague("other", .administrator)
            #expect(try await service.askForExport(Self.masked, other) != first)
            while try await service.services.exportJobs.runOnce() {}
            #expect(try await service.askForExport(Self.masked, chief) != first)
            #expect(try await service.audited("export.request") == [3])
        }
    }

    @Test func `the file is for whoever asked, others are told so, and auditors only read the list`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let path = try await service.madeExport(Self.masked, chief)
            for role in Role.allCases {
                let somebody = try await service.colleague("a-\(role.rawValue)", role)
                let reads = role == .administrator || role == .auditor
                let list = try await service.call(.get, TestService.exports, token: somebody.token)
                #expect(list.status == (reads ? 200 : 403), "\(role)")
                if reads { #expect(list["items"][0]["mine"] == .bool(false) && list["items"].array.count == 1) }
                let file = try await service.file(path, somebody)
                #expect(file.code == (role == .administrator ? "not_your_export" : "forbidden"), "\(role)")
                guard role != .administrator else { continue }
                #expect(
                    try await service.call(.post, TestService.exports, Self.masked, token: somebody.token).status == 403
                )
                #expect(try await service.call(.delete, path, token: somebody.token).status == 403)
            }
            #expect(try await service.audited("export.download") == [0])
            let unknown = "\(TestService.exports)/\(UUID().text)"
            #expect(try await service.file(unknown, chief).status == 404)
            #expect(try await service.call(.get, path + "/file").status == 401)
        }
    }

    @Test
    func
        `plain numbers need a step-up when they are asked for and when they are fetched, and a reason that says something`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            _ = try await service.seed()
            for (reason, code) in [("", "reason_required"), ("   ", "reason_required"), ("九个字九个字九个字", "reason_short")] {
                let refused = try await service.call(
                    .post, TestService.exports, #"{"format":"csv","phone":"plain","reason":"\#(reason)"}"#,
                    token: chief.token)
                #expect(refused.status == 422 && refused.code == code, "\(reason)")
            }
            let path = try await service.madeExport(
                #"{"format":"csv","phone":"plain","reason":"十个字十个字十个字啊"}"#, chief)
            #expect(try await service.file(path, chief).text.contains("13800000001"))
            service.clock.advance(by: 301)
            #expect(try await service.file(path, chief).code == "step_up_required")
            #expect(
                try await service.call(.post, TestService.exports, Self.plain, token: chief.token).code
                    == "step_up_required")
        }
    }

    @Test func `a file is kept for a day, then it is gone, purged or not`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            _ = try await service.seed()
            let path = try await service.madeExport(Self.masked, chief)
            service.clock.advance(by: 86399)
            #expect(try await service.file(path, chief).status == 200)
            service.clock.advance(by: 1)
            #expect(try await service.file(path, chief).status == 410)
            #expect(try await service.state(path, chief) == "expired")
            #expect(try await service.count("SELECT count(*) FROM export_chunks") == 1)
            try await service.services.exportJobs.runOnce()
            try await service.expectNoFile(leads: 1)
            #expect(try await service.file(path, chief).status == 410)
            #expect(try await service.audited("export.download", "export.expire") == [1, 1])
            // The newest of a person stays listed, because it knows their columns.
            service.clock.advance(by: 91 * 86400)
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM export_jobs") == 1)
        }
    }

    @Test func `a file that was changed, moved, cut off or added to is not handed out`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let path = try await service.madeExport(Self.masked, chief)
            let last = try await service.count("SELECT max(position) FROM export_chunks")
            try #require(last >= 2)
            try await service.database.query("CREATE TABLE kept AS TABLE export_chunks")
            let changes = [
                "UPDATE export_chunks SET ciphertext = set_byte(ciphertext, 100, get_byte(ciphertext, 100) # 1) WHERE position = 1",
                "UPDATE export_chunks SET position = CASE position WHEN 0 THEN 1 ELSE 0 END + 1000 WHERE position IN (0, 1)",
                "DELETE FROM export_chunks WHERE position = \(last)",
                "DELETE FROM export_chunks WHERE position = 0",
                "UPDATE export_chunks SET is_last = true WHERE position = 1",
                "INSERT INTO export_chunks SELECT job_id, \(last + 1), true, ciphertext FROM export_chunks WHERE position = \(last)",
            ]
            for change in changes {
                try await service.database.query(PostgresQuery(unsafeSQL: change))
                try await service.database.query(
                    "UPDATE export_chunks SET position = position - 1000 WHERE position >= 1000")
                let refused = try await service.file(path, chief)
                #expect(refused.status == 409 && refused.code == "export_damaged", "\(change)")
                try await service.database.query("DELETE FROM export_chunks")
                try await service.database.query("INSERT INTO export_chunks SELECT * FROM kept")
            }
            // Cut to fewer parts, the new last one marked so.
            try await service.database.query("DELETE FROM export_chunks WHERE position = \(Int32(last))")
            try await service.database.query(
                "UPDATE export_chunks SET is_last = true WHERE position = \(Int32(last - 1))")
            try await service.database.query("UPDATE export_jobs SET chunks = chunks - 1")
            #expect(try await service.file(path, chief).code == "export_damaged")
            #expect(try await service.audited("export.download") == [0])
            try await service.database.query("UPDATE export_jobs SET chunks = chunks + 1")
            try await service.database.query("DELETE FROM export_chunks")
            try await service.database.query("INSERT INTO export_chunks SELECT * FROM kept")
            #expect(try await service.file(path, chief).status == 200)
        }
    }

    @Test(arguments: [
        #"{"format":"xml"}"#, #"{"format":5}"#, #"{"phone":"full"}"#, #"{"columns":[]}"#,
        #"{"columns":["name","name"]}"#,
        #"{"columns":["secret"]}"#, #"{"columns":["name,phone"]}"#, #"{"columns":"name"}"#, #"{"filters":[]}"#,
        #"{"filters":{"state":"asleep"}}"#, #"{"filters":{"nobody":"asked"}}"#, #"{"filters":{"q":"13"}}"#,
        #"{"filters":{"from":"2026-02-30"}}"#, #"{"nobody":"asked"}"#,
    ])
    func `a wrong member is refused and no job is made`(body: String) async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let answer = try await service.call(.post, TestService.exports, body, token: chief.token)
            #expect(answer.status == 422, "\(answer.text)")
            #expect(try await service.count("SELECT count(*) FROM export_jobs") == 0)
        }
    }

    @Test func `a number that was looked for is sealed with the job, and nowhere in the clear`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            for number in 1...3 { _ = try await service.seed(TaskSeed(phone: "1380000000\(number)")) }
            let path = try await service.askForExport(
                #"{"format":"ndjson","filters":{"q":"13800000002"},"reason":"查 13800000002"}"#, chief)
            #expect(
                try await service.count("SELECT count(*) FROM export_jobs j WHERE j::text LIKE '%13800000002%'") == 0)
            #expect(
                try await service.count("SELECT count(*) FROM audit_events e WHERE e::text LIKE '%13800000002%'") == 0)
            #expect(try await service.services.exportJobs.runOnce())
            #expect(try await service.call(.get, path, token: chief.token)["rows"].int == 1)
            #expect(try await service.count("SELECT count(*) FROM export_jobs WHERE filter_sealed IS NOT NULL") == 0)
        }
    }
}
