import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Testing

/// What advertisements cost, from a file to the price of an inquiry; the clock starts on Wednesday, 2026-11-25 at 10:30.
@Suite struct AdvertisingCostTests {
    private static let path = "/api/v1/advertising-costs"

    private static func send(
        _ service: TestService, _ token: String, _ file: String, tried: Bool = false
    ) async throws -> Answer {
        try await service.call(
            .post, Self.path + (tried ? "?dry_run=true" : ""), file, token: token,
            headers: [.contentType: "text/csv"])
    }

    private static func counts(_ answer: Answer) -> [Int] {
        ["rows", "new", "replaced", "unchanged"].map { answer[$0].int }
    }

    @Test func `a file is tried, taken and replaced, and an inquiry, a contact and a contract have their price`()
        async throws
    {
        try await withService { service in
            let (boss, anna) = (
                try await service.colleague("boss", .administrator), try await service.colleague("anna")
            )
            let article = #","source":{"utm":{"source":"article"}}"#
            for phone in ["13800000001", "13800000002", "13800000003"] {
                try await service.submit(phone: phone, more: article)
            }
            try await service.submit(phone: "13800000004")
            let claimed = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            let task = "/api/v1/callbacks/\(claimed["id"].string)"
            #expect(
                try await service.call(.post, task + "/reveal", #"{"purpose":"回访"}"#, token: anna.token).status == 200)
            let signed = #"{"disposition":"converted","reference":"HT-1"}"#
            #expect(try await service.call(.post, task + "/attempts", signed, token: anna.token).status == 200)
            let file = """
                日期,来源,计划,花费\r
                2026-11-25,article,一,"1,100.50"\r
                2026/11/5,article,,9.5\r
                2026-11-25,article,二,¥99.50\r
                2026-11-25,elsewhere,,30\r

                """
            let kept = "SELECT coalesce(sum(fen), 0) FROM advertising_costs"
            let tried = try await Self.send(service, boss.token, "\u{FEFF}" + file, tried: true)
            #expect(
                tried.status == 200 && Self.counts(tried) == [4, 4, 0, 0] && tried["dry_run"].bool, "\(tried.text)")
            #expect(try await service.count(kept) == 0)
            let taken = try await Self.send(service, boss.token, file)
            #expect(taken.status == 200 && Self.counts(taken) == [4, 4, 0, 0], "\(taken.text)")
            #expect(try await service.count(kept) == 110_050 + 950 + 9950 + 3000)
            let changed = file.replacing("99.50", with: "199.5")
            for isTried in [true, false] {
                let again = try await Self.send(service, boss.token, changed, tried: isTried)
                #expect(Self.counts(again) == [4, 0, 1, 3], "\(again.text)")
            }
            let stats = try await service.call(.get, "/api/v1/stats", token: boss.token)
            let costs = stats["costs"]["sources"].array.map { JSONOutput($0).text }
            #expect(
                costs == [
                    #"{"accepted":3,"contacted":1,"converted":1,"per_contact":1300,"per_conversion":1300,"per_inquiry":433.33,"source":"article","yuan":1300}"#,
                    #"{"accepted":0,"contacted":0,"converted":0,"per_contact":null,"per_conversion":null,"per_inquiry":null,"source":"elsewhere","yuan":30}"#,
                ], "\(costs)")
            #expect(stats.text.contains(#""total":{"accepted":3,"contacted":1,"converted":1,"#))
            let page = try await service.call(
                .get, "/staff/statistics", token: boss.token, headers: [.accept: "text/html"])
            #expect(
                page.text.contains(
                    "elsewhere</th><td class=\"figure\">30.00</td><td class=\"figure\">0</td><td class=\"figure\">—</td>"
                ))
            let table = try await service.call(.get, "/api/v1/stats/costs", token: boss.token)
            #expect(table.text.contains("\"article\",\"1300.00\",\"3\",\"433.33\",\"1\",\"1300.00\",\"1\",\"1300.00\""))
            #expect(table.text.contains("\"合计\",\"1330.00\",\"3\",\"443.33\""))
            // Two files were taken; what was only tried is no event.
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'advertising_costs.import'")
                    == 2)
        }
    }

    @Test func `each row that cannot be is told by its line, and then nothing of the file is taken`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let file = """
                day,source,yuan
                2026-11-24,article,10
                2026-02-30,article,10
                2026-11-26,article,10

                2026-11-24,,10
                2026-11-24,other,-3
                2026-11-24,other,1.234
                2026-11-24,other
                2026-11-24,"article",12
                """
            let tried = try await Self.send(service, boss.token, file, tried: true)
            #expect(tried.status == 200 && Self.counts(tried) == [1, 1, 0, 0])
            #expect(
                tried["errors"].array.map { "\($0["pointer"].string) \($0["code"].string)" } == [
                    "/3/day date_invalid", "/4/day cost_invalid", "/6/source cost_invalid", "/7/yuan cost_invalid",
                    "/8/yuan cost_invalid", "/9/yuan cost_invalid", "/10/source cost_invalid",
                ], "\(tried.text)")
            let refused = try await Self.send(service, boss.token, file)
            #expect(refused.status == 422 && refused.text.contains("和第 2 行是同一天"), "\(refused.text)")
            #expect(try await service.count("SELECT count(*) FROM advertising_costs") == 0)
            for broken in [
                "", "day,yuan\n2026-11-24,10", "day,source,yuan\n2026-11-24,\"article,10", "PK\u{3}\u{4}rubbish",
                "day,source,yuan\n2026-11-24,\"a\"b,10",
            ] {
                let answer = try await Self.send(service, boss.token, broken)
                #expect(answer.status == 422 && answer.code == "csv_invalid", "\(broken): \(answer.text)")
            }
            let json = try await service.call(.post, Self.path, "{}", token: boss.token)
            #expect(json.status == 415)
            let odd = try await service.call(
                .post, Self.path + "?dry_run=maybe", "day,source,yuan", token: boss.token,
                headers: [.contentType: "text/csv"])
            #expect(odd.status == 422)
            for role in Role.allCases where role != .administrator {
                let somebody = try await service.colleague(role.rawValue, role)
                #expect(try await Self.send(service, somebody.token, "day,source,yuan").status == 403, "\(role)")
            }
        }
    }

    @Test func `a file as a Chinese spreadsheet saves it is read, and bytes of no known text are refused`() async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            func send(_ bytes: [UInt8]) async throws -> Answer {
                try await service.client.execute(
                    uri: Self.path, method: .post,
                    headers: [.contentType: "text/csv", .authorization: "Bearer \(boss.token)"],
                    body: ByteBuffer(bytes: bytes)
                ) { Answer(status: $0.status.code, headers: $0.headers, text: String(buffer: $0.body)) }
            }
            // 日期,来源,花费 and 2026/11/5,百度,12.5 in GBK.
            let heading: [UInt8] = [
                0xC8, 0xD5, 0xC6, 0xDA, 0x2C, 0xC0, 0xB4, 0xD4, 0xB4, 0x2C, 0xBB, 0xA8, 0xB7, 0xD1, 0x0D, 0x0A,
            ]
            let row = Array("2026/11/5,".utf8) + [0xB0, 0xD9, 0xB6, 0xC8] + Array(",12.5\r\n".utf8)
            let taken = try await send(heading + row)
            #expect(taken.status == 200 && taken["new"].int == 1, "\(taken.text)")
            #expect(
                try await service.column("SELECT source || ' ' || day || ' ' || fen FROM advertising_costs")
                    == "百度 2026-11-05 1250")
            let wrong = try await send(heading + Array("2026/11/5,".utf8) + [0xFF, 0xFE, 0xFF] + Array(",1".utf8))
            #expect(wrong.status == 422 && wrong.text.contains("GBK"), "\(wrong.text)")
        }
    }
}
