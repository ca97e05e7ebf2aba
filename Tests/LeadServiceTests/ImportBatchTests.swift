import Foundation
import HTTPTypes
import Leads
import Testing

@testable import LeadService

/// Large files of leads: drafts that are tried, corrected and brought in part after part.
@Suite struct ImportBatchTests {
    @Test
    func `a draft is tried and corrected without anything coming in, then comes in, and keeps nothing of the file`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            try await service.submit(phone: "13800000001")
            let file = "甲,乙,丙\n王小明,13800000002,=1+1\n李雷,13800000001,\n韩梅梅,13800000002,\n又是,1380000,\n"
            let draft = try await service.upload(file, boss)
            #expect(draft.status == 201 && draft["state"].string == "draft" && draft["rows"].int == 4, "\(draft.text)")
            #expect(draft["headings"].array.map(\.string) == ["甲", "乙", "丙"] && draft["columns"]["name"] == .null)
            let path = "\(TestService.imports)/\(draft["id"].string)"
            let before = try await service.everythingOfLeads()
            let blind = try await service.call(.post, path + "/try", "{}", token: boss.token)
            #expect(blind.status == 422 && blind.text.contains("认不出"), "\(blind.text)")
            let named = #""columns":{"name":1,"phone":2,"remark":3}"#
            for _ in 0..<2 {
                let tried = try await service.call(.post, path + "/try", "{\(named)}", token: boss.token)
                #expect(tried.counts == [4, 1, 1, 1, 1] && tried["tried"].bool, "\(tried.text)")
                #expect(tried["sample"][0]["phone_masked"].string == "138****0002")
            }
            #expect(try await service.everythingOfLeads() == before)
            let errors = try await service.call(.get, path + "/errors", token: boss.token)
            #expect(errors.bytes.starts(with: [0xEF, 0xBB, 0xBF]))
            #expect(
                try CSVRows.read(errors.text).map(\.cells).dropFirst() == [
                    ["4", "和第 2 行是同一个号码"], ["5", "手机号少 4 位，请核对"],
                ], "\(errors.text)")
            // Nothing of it lies there to be read.
            #expect(
                try await service.count(
                    "SELECT count(*) FROM lead_import_parts WHERE position(convert_to('13800000002', 'UTF8') IN text_sealed) > 0"
                ) == 0)
            let queued = try await service.call(
                .post, path + "/start", "{\(TestService.agreed)}", token: boss.token)
            #expect(queued.status == 202 && queued["columns"]["remark"].int == 3, "\(queued.text)")
            let late = try await service.call(.post, path + "/try", "{}", token: boss.token)
            #expect(late.code == "import_started")
            #expect(try await service.call(.delete, path, token: boss.token).code == "import_started")
            #expect(try await service.undoImport(path, boss).code == "import_running")
            #expect(try await service.upload(file, boss).code == "import_repeated")
            #expect(try await service.services.imports.runOnce())
            let done = try await service.call(.get, path, token: boss.token)
            #expect(done["state"].string == "done" && done.counts == [4, 1, 1, 1, 1], "\(done.text)")
            #expect(done["headings"] == .null && done["basis"].string == "written")
            #expect(try await service.count("SELECT count(*) FROM lead_import_parts") == 0)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM lead_imports WHERE num_nonnulls(heading_sealed, request_sealed) > 0") == 0)
            let kept = try await service.call(.get, path + "/errors", token: boss.token)
            #expect(kept.text == errors.text)
            let list = try await service.call(.get, TestService.imports + "?limit=1", token: boss.token)
            #expect(list["items"].array.count == 1 && list["items"][0]["made_by"].string == "boss")
            #expect(
                try await service.audited("lead_import.file", "lead_import.start", "lead_import.add") == [1, 1, 1])
            #expect(
                try await service.count("SELECT count(*) FROM consents WHERE basis = 'written' AND channel = 'staff'")
                    == 2)
            #expect(try await service.soundness() == [])
        }
    }

    @Test
    func `a file of several parts comes in whole, repeats across parts are told, and each has its line`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let file = TestService.people(0..<1100) + "重复,13900000007\n"
            let path = try await service.imported(file, boss)
            let done = try await service.call(.get, path, token: boss.token)
            #expect(done.counts == [1101, 1100, 0, 1, 0], "\(done.text)")
            let errors = try await service.call(.get, path + "/errors", token: boss.token)
            #expect(errors.text.contains("\"1102\",\"和第 9 行是同一个号码\""), "\(errors.text.suffix(80))")
            #expect(
                try await service.count(
                    "SELECT count(DISTINCT line) FROM lead_import_inquiries WHERE line BETWEEN 2 AND 1101 AND is_new AND opened"
                )
                    == 1100)
            // The same promise as what a colleague enters now.
            let entered = try await service.enter(boss, phone: "13800000009")
            #expect(
                try await service.column(
                    "SELECT string_agg(DISTINCT to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD\"T\"HH24:MI:SS'), ' ') FROM callback_tasks"
                )
                    == String(entered["due_at"].string.prefix(19)))
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `numbers on the do-not-call list and erased ones stay out, and a file of them alone brings nothing`()
        async throws
    {
        try await withService { service in
            let (boss, anna) = (
                try await service.colleague("boss", .administrator), try await service.colleague("anna")
            )
            let task = try await service.seed()
            try await service.workThrough("do_not_call", on: task, anna)
            try await service.submit(phone: "13800000002")
            try await service.ask("erase", phone: "13800000002")
            let file = "姓名,手机\n甲甲,13800000001\n乙乙,13800000002\n"
            let path = try await service.started(file, boss)
            #expect(try await service.services.imports.runOnce())
            let failed = try await service.call(.get, path, token: boss.token)
            #expect(failed["state"].string == "failed" && failed["failure"].string == "nothing", "\(failed.text)")
            #expect(failed.counts == [2, 0, 0, 0, 2])
            // It does not stand in the way of the same file.
            #expect(try await service.upload(file, boss).status == 201)
            #expect(try await service.undoImport(path, boss).status == 204)
        }
    }

    @Test func `what is no file of leads is refused with a sentence, early where it is too long, and nothing is kept`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let rubbish = (0..<51).map { "列\($0)" }.joined(separator: ",") + "\n"
            for (file, sentence) in [
                ("PK\u{03}\u{04}\u{14}\0", "另存为"), ("", "空"), ("姓名,手机\n", "没有内容"), ("姓名,手机\n\"王", "引号"),
                ("姓名,手机\n" + rubbish, "50 列"), ("姓名,手机\n" + String(repeating: "王", count: 30_000), "64 KB"),
            ] {
                let refused = try await service.upload(file, boss)
                #expect(
                    refused.status == 422 && refused.code == "csv_invalid" && refused.text.contains(sentence),
                    "\(sentence): \(refused.text)")
            }
            let packed = try await service.call(
                .post, "/api/v1/import-files", "a", token: boss.token, headers: [.contentType: "application/zip"])
            #expect(packed.status == 415)
            // `ListenerTests` has one that only says how long it is.
            let large = try await service.upload(String(repeating: " ", count: ImportBatch.mostBytes + 1), boss)
            #expect(large.status == 413 && large.text.contains("50 MB"), "\(large.text)")
            #expect(try await service.count("SELECT count(*) FROM lead_imports") == 0)
            let draft = try await service.upload(TestService.people(0..<2), boss)
            let path = "\(TestService.imports)/\(draft["id"].string)"
            for body in ["{}", #"{"consent":{"basis":"written"}}"#, #"{"consent":{"basis":"said_so","evidence":"a"}}"#]
            {
                let refused = try await service.call(.post, path + "/start", body, token: boss.token)
                #expect(refused.status == 422 && refused.text.contains("/consent"), "\(refused.text)")
            }
            let twice = #"{"columns":{"name":1,"phone":1},"# + TestService.agreed + "}"
            #expect(try await service.call(.post, path + "/start", twice, token: boss.token).status == 422)
            for role in Role.allCases where role != .administrator {
                let somebody = try await service.colleague(role.rawValue, role)
                #expect(try await service.upload("a", somebody).status == 403)
                #expect(try await service.call(.get, TestService.imports, token: somebody.token).status == 403)
                #expect(try await service.undoImport(path, somebody).status == 403)
            }
            #expect(try await service.call(.delete, path, token: boss.token).status == 204)
            #expect(try await service.call(.get, path, token: boss.token).status == 404)
            #expect(try await service.count("SELECT count(*) FROM lead_import_parts") == 0)
            service.clock.advance(by: 6 * 60)
            #expect(try await service.upload("a", boss).code == "step_up_required")
            #expect(try await service.undoImport(path, boss).code == "step_up_required")
        }
    }

    @Test func `a draft that nobody starts is gone after a day`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            #expect(try await service.upload(TestService.people(0..<2), boss).status == 201)
            service.clock.advance(by: 24 * 3600)
            try await service.services.imports.runOnce()
            #expect(try await service.count("SELECT count(*) FROM lead_imports") == 1)
            service.clock.advance(by: 1)
            try await service.services.imports.runOnce()
            #expect(try await service.count("SELECT count(*) FROM lead_imports") == 0)
            #expect(try await service.count("SELECT count(*) FROM lead_import_parts") == 0)
        }
    }
}

extension Answer {
    fileprivate var counts: [Int] { ["rows", "new", "joined", "repeated", "refused"].map { self[$0].int } }
}
