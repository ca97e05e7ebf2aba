import Crypto
import Foundation
import HTTPTypes
import Leads
import NIOCore
import Postgres
import Testing

@testable import LeadService

/// What a file holds, byte by byte, and what is recorded of it.
@Suite struct ExportTests {
    private static let header = [
        "线索编号", "称呼", "手机号", "状态", "通话结果", "提交时间（北京时间）", "承诺致电时间（北京时间）", "实际履约时间（北京时间）", "积分",
        "距 120 分", "来源", "备注", "拨打次数", "顾问",
    ]
    private static let items = AssessmentItem.allCases

    @Test func `named columns are exactly those, in their order`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            _ = try await service.seed()
            let two = try await service.export("columns=total,lead_id", chief).text.split(separator: "\r\n")
            #expect(two.allSatisfy { $0.split(separator: ",").count == 2 }, "\(two)")
            let line = try await service.export("columns=lead_id&format=ndjson", chief).text
            #expect(line.hasPrefix(#"{"lead_id":""#) && !line.contains(","), "\(line)")
            let items = try await service.export("columns=items", chief).text.split(separator: "\r\n")
            #expect(items.first?.split(separator: ",").count == AssessmentItem.allCases.count)
        }
    }

    @Test func `the description names the heading of every column`() async throws {
        let description = try APIDescription().root["components"]["schemas"]["ExportColumn"]["description"].string
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            for column in ExportField.allCases {
                let name = column.rawValue
                let header = try await service.export("columns=\(name)", chief).text.trimmingCharacters(
                    in: CharacterSet(charactersIn: "\u{FEFF}\"\r\n"))
                #expect(description.contains("`\(name)` \(header)"), "\(name) \(header)")
            }
        }
    }

    @Test func `every vector's cell comes out of a file as it should`() async throws {
        let file = try #require(Bundle.module.url(forResource: "Vectors/misc-vectors", withExtension: "json"))
        let vectors = try StrictJSON.read(Array(try Data(contentsOf: file)))["csv_cell"].array
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            for (index, vector) in vectors.enumerated() {
                var seed = TaskSeed(phone: "1380000\(1000 + index)", acceptedAgo: 7200 - Double(index))
                seed.remark = vector["input"].string
                _ = try await service.seed(seed)
            }
            let csv = try await service.export("columns=remark,items", chief)
            let empty = String(repeating: ",\"\"", count: Self.items.count)
            let titles = (["备注"] + Self.items.map(\.title)).map { "\"\($0)\"" }.joined(separator: ",")
            let expected = vectors.map { $0["cell"].string + empty + "\r\n" }.joined()
            #expect(csv.status == 200 && vectors.count == 22)
            #expect(csv.text == "\u{FEFF}" + titles + "\r\n" + expected)
            let lines = try await service.export("columns=remark&format=ndjson", chief).text.split(separator: "\n")
            #expect(try lines.map { try StrictJSON.read(Array($0.utf8))["remark"] } == vectors.map { $0["input"] })
        }
    }

    @Test func `a file has the mark, one header row, CRLF, every field quoted, and everything masked`() async throws {
        try await withService { service in
            let (anna, chief) = (
                try await service.colleague("anna"), try await service.colleague("chief", .administrator)
            )
            try await service.submit(
                phone: "13800000001", more: #","remark":"想问\n\"社保\"","answers":{"age":30,"education":"master"}"#)
            let lead = try #require(try await service.column("SELECT id::text FROM leads"))
            _ = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            let answer = try await service.export("", chief)
            #expect(answer.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(answer.headers[.contentDisposition] == "attachment; filename=\"leads-2026-11-25.csv\"")
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.counts == [1, 0])
            #expect(answer.text.utf8.starts(with: [0xEF, 0xBB, 0xBF]))
            let points = try await service.database.query("SELECT key, points::bigint FROM assessment_items")
            let byKey = Dictionary(uniqueKeysWithValues: try points.map { try $0.decode((String, Int).self) })
            let scored = try #require(
                try await service.database.query("SELECT total::bigint, gap::bigint FROM assessments").first)
            let (total, gap) = try scored.decode((Int, Int).self)
            func row(_ name: String, _ phone: String) -> String {
                ([
                    lead, name, phone, "open", "", "2026-11-25 10:30:00", "2026-11-26 18:00:00", "", "\(total)",
                    "\(gap)",
                    "", "想问\n\"\"社保\"\"", "0", "anna",
                ] + Self.items.map { byKey[$0.rawValue].map { "\($0)" } ?? "" }).map { "\"\($0)\"" }
                    .joined(separator: ",") + "\r\n"
            }
            let head = (Self.header + Self.items.map(\.title)).map { "\"\($0)\"" }.joined(separator: ",") + "\r\n"
            #expect(answer.text == "\u{FEFF}" + head + row("欧**", "138****0001"))
            #expect(byKey.values.reduce(0, +) > 0)
            let plain = try await service.export("phone=plain&reason=%E5%AE%A1%E8%AE%A1", chief)
            #expect(plain.text == "\u{FEFF}" + head + row("欧阳晓", "13800000001"))
        }
    }

    @Test func `NDJSON holds values untouched`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            var seed = TaskSeed(name: "王·小明")
            seed.remark = "=1+1,\"\n"
            let task = try await service.seed(seed)
            let answer = try await service.export("format=ndjson&phone=plain&reason=x", chief)
            #expect(answer.headers[.contentType] == "application/x-ndjson; charset=utf-8")
            let row = try StrictJSON.read(Array(answer.text.utf8))
            #expect(answer.text.hasSuffix("}\n") && answer.text.filter { $0 == "\n" }.count == 1)
            #expect(row["lead_id"].string == task.lead.text && row["name"].string == "王·小明")
            #expect(row["phone"].string == "+8613800000001" && row["remark"].string == "=1+1,\"\n")
            #expect(row["accepted_at"].string == "2026-11-25T09:30:00+08:00" && row["met_at"] == .null)
            #expect(row["attempts"] == .number(0) && row["total"] == .null && row["age"] == .null)
            #expect(
                Set(row.names)
                    == Set(ExportColumn.standard.map(\.rawValue) + Self.items.map(\.rawValue)).subtracting(["items"]))
            let masked = try await service.export("format=ndjson", chief)
            #expect(!masked.text.contains("小明") && !masked.text.contains("13800000001"))
        }
    }

    @Test func `an export holds what the list shows under every combination of filters, oldest first`() async throws {
        try await withService { service in
            let (anna, chief) = (
                try await service.colleague("anna"), try await service.colleague("chief", .administrator)
            )
            for number in 0..<12 {
                var seed = TaskSeed(
                    phone: "1380000\(1000 + number)",
                    name: number % 2 == 0 ? "欧阳晓" : "王小明", acceptedAgo: Double(3600 + number * 20_000))
                seed.source = number % 3 == 0 ? #"{"utm":{"source":"radio"}}"# : #"{"utm":{"source":"article"}}"#
                if number % 4 == 3 { seed.state = "paused" }
                if number % 5 == 0 { (seed.owner, seed.ownerReason) = (anna.id, "assigned") }
                _ = try await service.seed(seed)
            }
            for _ in 0..<3 {
                let id = try await service.claim(anna)["id"].string
                try await service.call(
                    .post, "/api/v1/callbacks/\(id)/attempts",
                    #"{"disposition":"reached_not_interested","reason":"费用"}"#, token: anna.token
                ).expect(200)
            }
            let choices = [
                "q=%E6%AC%A7%E9%98%B3%E6%99%93", "state=open", "disposition=reached_not_interested", "adviser=anna",
                "source=article", "from=2026-11-23", "to=2026-11-24",
            ]
            var sizes: Set<Int> = []
            for mask in 0..<(1 << choices.count) {
                let query = choices.indices.filter { mask >> $0 & 1 == 1 }.map { choices[$0] }.joined(separator: "&")
                let file = try await service.export("format=ndjson&" + query, chief)
                let exported = try file.text.split(separator: "\n").map { try StrictJSON.read(Array($0.utf8)) }
                let listed = try await service.call(.get, "/api/v1/leads?limit=200&" + query, token: chief.token)
                let ids = exported.map { $0["lead_id"].string }
                #expect(
                    Set(ids) == Set(listed["items"].array.map { $0["id"].string }) && Set(ids).count == ids.count,
                    "\(query)")
                #expect(file.counts == [ids.count, 0], "\(query)")
                let times = exported.map { $0["accepted_at"].string }
                #expect(times == times.sorted(), "\(query)")
                sizes.insert(ids.count)
                if mask.nonzeroBitCount == 1 {
                    #expect(ids.count > 0 && ids.count < 12, "\(query) selects nothing in particular")
                    try Self.expectMatching(exported, query)
                }
            }
            #expect(sizes.contains(12))
            for query in ["q=13800001003", "q=1003"] {
                #expect(try await service.export("format=ndjson&" + query, chief).counts == [1, 0])
            }
        }
    }

    /// Looks at the rows themselves, so that list and export cannot be wrong in the same way.
    private static func expectMatching(_ rows: [JSONValue], _ query: String) throws {
        let parts = query.split(separator: "=").map(String.init)
        for row in rows {
            switch parts[0] {
            case "q": #expect(row["name"].string == "欧**")
            case "from": #expect(row["accepted_at"].string >= "2026-11-23T00:00:00+08:00")
            case "to": #expect(row["accepted_at"].string < "2026-11-25T00:00:00+08:00")
            default: #expect(row[parts[0]].string == parts[1])
            }
        }
    }

    @Test func `whoever asked not to be called, or withdrew, is left out and counted`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            for number in 1...4 { try await service.submit(phone: "1380000000\(number)") }
            let one = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: "13800000001")))
            let two = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: "13800000002")))
            try await service.database.query(
                "INSERT INTO do_not_call (phone_index, added_at, added_by) VALUES (\(one), '2026-11-25', 'test')")
            try await service.database.query(
                """
                UPDATE consents SET withdrawn_at = '2026-11-25' WHERE purpose = 'inquiry'
                  AND lead_id = (SELECT id FROM leads WHERE phone_index = \(two))
                """)
            let file = try await service.export("phone=plain&reason=x", chief)
            #expect(file.counts == [2, 2])
            #expect(!file.text.contains("13800000001") && !file.text.contains("13800000002"))
            #expect(file.text.contains("13800000003") && file.text.contains("13800000004"))
            let one4 = try await service.export("q=13800000001", chief)
            #expect(one4.counts == [0, 1] && one4.text.split(separator: "\r\n").count == 1)
        }
    }

    @Test func `plain numbers need a reason and a login younger than five minutes`() async throws {
        try await withService { service in
            _ = try await service.seed()
            let token = try await service.administrator()
            let chief = Colleague(id: UUID(), username: "admin", token: token)
            for reason in ["", "&reason=", "&reason=%20"] {
                let refused = try await service.export("phone=plain" + reason, chief)
                #expect(refused.status == 422 && refused.code == "reason_required", "\(refused.text)")
            }
            service.clock.advance(by: 300)
            #expect(try await service.export("phone=plain&reason=x", chief).status == 200)
            service.clock.advance(by: 1)
            let late = try await service.export("phone=plain&reason=x", chief)
            #expect(late.status == 403 && late.code == "step_up_required")
            #expect(try await service.export("", chief).status == 200)
            #expect(try await service.column("SELECT count(*)::text FROM export_records") == "2")
        }
    }

    @Test func `an export is recorded with the digest of the bytes that came`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            for number in 1...3 { _ = try await service.seed(TaskSeed(phone: "1380000000\(number)")) }
            let query =
                "format=ndjson&columns=lead_id,phone&phone=plain&reason=%E5%AE%A1%E8%AE%A1&q=13800000002&state=open"
            let file = try await service.export(query, chief)
            let digest = Hex.text(SHA256.hash(data: Data(file.text.utf8)))
            let row = try #require(
                try await service.database.query(
                    "SELECT e.actor, e.role, e.object, e.detail::text FROM audit_events e WHERE e.action = 'export.done'"
                ).first)
            let (actor, role, object, text) = try row.decode((String, String, String, String).self)
            #expect(actor == "chief" && role == "administrator")
            let detail = try StrictJSON.read(Array(text.utf8))
            #expect(
                JSONOutput(detail).text
                    == #"{"columns":["lead_id","phone"],"excluded":0,"filters":{"q":"phone","state":"open"},"format":"ndjson","#
                    + #""phone":"plain","reason":"审计","rows":1,"sha256":"\#(digest)"}"#)
            let record = try await service.column(
                """
                SELECT concat_ws(' ', state, actor, format, phone, reason, rows, excluded, encode(sha256, 'hex'), filters->>'q',
                                 array_to_string(columns, ','), staff_id = \(chief.id))
                FROM export_records WHERE id::text = \(object)
                """)
            #expect(record == "done chief ndjson plain 审计 1 0 \(digest) phone lead_id,phone t")
            #expect(
                try await service.column("SELECT count(*)::text FROM audit_events WHERE detail::text LIKE '%1380000%'")
                    == "0")
        }
    }

    @Test(arguments: [
        "format=xml", "format=xls", "format=CSV", "columns=", "columns=secret", "columns=phone,phone",
        "columns=phone,",
        "phone=full", "limit=5", "cursor=abc", "order=name", "format=csv&format=csv", "state=asleep",
        "disposition=hung_up", "from=2026-02-30", "to=tomorrow", "q=13", "q=1380000",
    ])
    func `a wrong member is refused and nothing is recorded`(query: String) async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            let answer = try await service.export(query, chief)
            #expect(answer.status == 422 && !answer.code.isEmpty, "\(answer.status) \(answer.text)")
            #expect(try await service.column("SELECT count(*)::text FROM export_records") == "0")
        }
    }
}

extension TestService {
    func export(_ query: String, _ colleague: Colleague) async throws -> Answer {
        try await self.call(.get, "/api/v1/leads/export?" + query, token: colleague.token)
    }
}

extension Answer {
    /// `X-Row-Count` and `X-Excluded-Count`.
    fileprivate var counts: [Int] {
        ["X-Row-Count", "X-Excluded-Count"].map { name in
            HTTPField.Name(name).flatMap { self.headers[$0] }.flatMap { Int($0) } ?? -1
        }
    }

    fileprivate func expect(_ status: Int) throws {
        try #require(self.status == status, "\(self.text)")
    }
}
