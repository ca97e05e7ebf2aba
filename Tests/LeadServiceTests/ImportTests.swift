import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Leads from a file; the clock starts on Wednesday, 2026-11-25 at 10:30.
@Suite struct ImportTests {
    @Test func `a file is tried and taken, its rows are promised as entries are, and known numbers join their lead`()
        async throws
    {
        try await withService { service in
            let (boss, anna) = (
                try await service.colleague("boss", .administrator), try await service.colleague("anna")
            )
            try await service.submit(phone: "13800000001")
            let file = """
                客户姓名,联系电话,来源,备注,需求,方便时段\r
                王小明,138 0000 0002,=cmd|' /C calc'!A0,+想问社保,-1,@晚上\r
                欧阳晓,+8613800000001,展会,,,\r
                李雷,'13800000003,,,,\r
                又是他,１３８０００００００２,,,,\r
                韩梅梅,1380000,,,,\r
                13800000004,13800000004,,,,\r

                """
            let before = try await service.contents()
            let tried = try await service.importLeads(boss, Array(file.utf8), tried: true)
            #expect(tried.status == 200 && tried["dry_run"].bool && tried["id"] == .null, "\(tried.text)")
            #expect(tried.counts == [6, 2, 1, 1, 2], "\(tried.text)")
            #expect(try await service.contents() == before)
            #expect(tried["sample"][0]["name_masked"].string == "王**")
            #expect(tried["sample"][0]["phone_masked"].string == "138****0002")
            #expect(
                tried["errors"].array.map { "\($0["row"].int) \($0["code"].string)" } == [
                    "5 repeated", "6 phone_invalid", "7 name_invalid",
                ], "\(tried.text)")
            let taken = try await service.importLeads(boss, Array(file.utf8))
            #expect(taken.status == 201 && taken.counts == [6, 2, 1, 1, 2], "\(taken.text)")
            let rows = try CSVRows.read(taken["errors_csv"].string).map(\.cells)
            #expect(rows.count == 4 && rows[1] == ["5", "138****0002", "和第 2 行是同一个号码"], "\(rows)")
            #expect(!taken.text.contains("1380000000"))
            // The promise and the task are those of an entry taken down now.
            let entered = try await service.enter(anna, phone: "13800000009")
            let tasks = try await service.count(
                "SELECT count(*) FROM callback_tasks t JOIN lead_import_inquiries i ON i.inquiry_id = t.latest_inquiry_id WHERE t.state = 'open'"
            )
            #expect(tasks == 3)
            #expect(
                try await service.count(
                    """
                    SELECT count(*) FROM inquiries i JOIN lead_import_inquiries l ON l.inquiry_id = i.id
                    JOIN callback_tasks t ON t.lead_id = i.lead_id AND t.due_at = i.due_at
                    WHERE NOT EXISTS (SELECT FROM inquiries o WHERE o.lead_id = i.lead_id AND o.id <> i.id)
                    """) == 2)
            let claimed = try await service.claim(anna, #"{"phone":"13800000002"}"#)
            #expect(claimed["due_at"].string == entered["due_at"].string, "\(claimed.text)")
            let card = try await service.call(
                .get, "/api/v1/callbacks/\(claimed["id"].string)", token: anna.token)
            // What looks like a formula is text and stays it.
            #expect(card["name"].string == "王小明" && card["source"].string == "=cmd|' /C calc'!A0", "\(card.text)")
            #expect(card["inquiries"][0]["remark"].string == "+想问社保")
            #expect(
                card["consents"][0]["basis"].string == "written" && card["consents"][0]["recorded_by"].string == "boss")
            #expect(card["consents"][0]["evidence"].string == "展会登记表")
            #expect(
                try await service.count(
                    "SELECT count(*) FROM inquiries o JOIN inquiries i ON i.lead_id = o.lead_id AND i.id <> o.id JOIN lead_import_inquiries l ON l.inquiry_id = i.id"
                ) == 1)
            let event = try await service.column(
                "SELECT actor || ' ' || (detail->>'new') || ' ' || (detail->>'joined') || ' ' || length(detail->>'sha256') FROM audit_events WHERE action = 'lead_import.add'"
            )
            #expect(event == "boss 2 1 64")
            let again = try await service.importLeads(boss, Array(file.utf8))
            #expect(again.status == 409 && again.code == "import_repeated", "\(again.text)")
            let unsound = try await service.soundness()
            #expect(unsound == [])
        }
    }

    @Test func `a file as a Chinese spreadsheet saves it is read, and so is UTF-8 with its mark`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            // 姓名,手机 and 王小明 in GBK.
            let heading: [UInt8] = [0xD0, 0xD5, 0xC3, 0xFB, 0x2C, 0xCA, 0xD6, 0xBB, 0xFA, 0x0D, 0x0A]
            let row = [0xCD, 0xF5, 0xD0, 0xA1, 0xC3, 0xF7] + Array(",13800000001\r\n".utf8)
            let taken = try await service.importLeads(boss, heading + row)
            #expect(taken.status == 201 && taken.counts == [1, 1, 0, 0, 0], "\(taken.text)")
            #expect(taken["sample"][0]["name_masked"].string == "王**")
            let marked = try await service.importLeads(boss, Array("\u{FEFF}Name,Mobile\n王小明,13800000001\n".utf8))
            #expect(marked.status == 201 && marked.counts == [1, 0, 1, 0, 0], "\(marked.text)")
            // Columns that are named count, whatever the headings say.
            let odd = Array("手机号,姓名,甲\n甲,13800000002,欧阳晓\n".utf8)
            #expect(try await service.importLeads(boss, odd, tried: true).counts == [1, 0, 0, 0, 1])
            let told = try await service.importLeads(
                boss, odd, tried: true, more: #","columns":{"phone":2,"name":3,"remark":1}"#)
            #expect(told.counts == [1, 1, 0, 0, 0] && told["columns"]["name"].int == 3, "\(told.text)")
        }
    }

    @Test func `what is no file of leads is refused with a sentence, and nothing comes in`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let before = try await service.contents()
            let many = (0...LeadImportLimits.rows).map { "王小明,138\($0 + 10_000_000)" }.joined(separator: "\n")
            let rubbish = (0..<50).map { "列\($0)" }.joined(separator: ",") + "\n"
            let files: [(String, [UInt8], String)] = [
                ("workbook", [0x50, 0x4B, 0x03, 0x04, 0x14, 0], "另存为"),
                ("no known text", Array("姓名,手机\n".utf8) + [0xFF, 0xFE, 0xFF], "GBK"),
                ("empty", [], "空"), ("fifty columns of rubbish", Array(rubbish.utf8), "认不出"),
                ("too many columns", Array(("姓名,手机," + rubbish).utf8), "50 列"),
                ("too many rows", Array(("姓名,手机\n" + many).utf8), "2000 行"),
                ("an open quote", Array("姓名,手机\n\"王".utf8), "引号"),
                ("nothing that can be", Array("姓名,手机\n王小明,1\n".utf8), "没有一行"),
            ]
            for (name, file, sentence) in files {
                let answer = try await service.importLeads(boss, file)
                #expect(
                    answer.status == 422 && answer.code == "csv_invalid" && answer.text.contains(sentence),
                    "\(name): \(answer.text)")
            }
            let large = try await service.importLeads(boss, Array(repeating: 0x2C, count: 2 * 1024 * 1024 + 1))
            #expect(large.status == 413 && large.text.contains("2 MB"), "\(large.text)")
            let larger = try await service.importLeads(boss, Array(repeating: 0x2C, count: 3 * 1024 * 1024))
            #expect(larger.status == 413 && larger.text.contains("2 MB"), "\(larger.text)")
            for more in [#","columns":{"name":1,"phone":1}"#, #","columns":{"name":1,"phone":9}"#] {
                let answer = try await service.importLeads(boss, Array("姓名,手机\n王,1\n".utf8), more: more)
                #expect(answer.status == 422 && answer.text.contains("指定"), "\(answer.text)")
            }
            let unbased = try await service.call(.post, "/api/v1/imports", #"{"file":""}"#, token: boss.token)
            #expect(unbased.status == 422 && unbased.text.contains("/consent"), "\(unbased.text)")
            #expect(try await service.contents() == before)
            for role in Role.allCases where role != .administrator {
                let somebody = try await service.colleague(role.rawValue, role)
                #expect(try await service.importLeads(somebody, []).status == 403, "\(role)")
            }
            service.clock.advance(by: 6 * 60)
            #expect(try await service.importLeads(boss, []).code == "step_up_required")
        }
    }

    @Test func `numbers on the do-not-call list and erased ones are refused by row, and the others come in`()
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
            let file = Array("姓名,手机\n甲甲,13800000001\n乙乙,13800000002\n丙丙,13800000003\n".utf8)
            for tried in [true, false] {
                let answer = try await service.importLeads(boss, file, tried: tried)
                #expect(answer.counts == [3, 1, 0, 0, 2], "\(answer.text)")
                #expect(
                    answer["errors"].array.map { "\($0["row"].int) \($0["code"].string)" } == [
                        "2 do_not_call", "3 erased",
                    ], "\(answer.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM lead_import_inquiries") == 1)
        }
    }
}

private enum LeadImportLimits {
    static let rows = 2000
}

extension Answer {
    fileprivate var counts: [Int] { ["rows", "new", "joined", "repeated", "refused"].map { self[$0].int } }
}

extension TestService {
    func importLeads(
        _ colleague: Colleague, _ file: [UInt8], tried: Bool = false, more: String = ""
    ) async throws -> Answer {
        let body =
            #"{"file":"\#(Data(file).base64EncodedString())","consent":{"basis":"written","evidence":"展会登记表"},"dry_run":\#(tried)\#(more)}"#
        return try await self.call(.post, "/api/v1/imports", body, token: colleague.token)
    }
}
