import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// One row that cannot be opened costs that row, and nobody else.
@Suite struct UnreadableTests {
    private static let shown = "无法读取"

    /// Puts another row's sealed number into a lead.
    private static func swap(_ lead: UUID, _ service: TestService) async throws {
        try await service.database.query(
            "UPDATE leads SET phone_sealed = (SELECT phone_sealed FROM leads WHERE id <> \(lead) LIMIT 1) WHERE id = \(lead)"
        )
    }

    /// Two tasks; the number of the one that comes first does not open.
    private static func seed(_ service: TestService) async throws -> (broken: SeededTask, whole: SeededTask) {
        let broken = try await service.seed(TaskSeed(phone: "13800000001", dueIn: 600))
        let whole = try await service.seed(TaskSeed(phone: "13800000002", dueIn: 1200))
        try await self.swap(broken.lead, service)
        return (broken, whole)
    }

    @Test func `lists show the rows beside it, and the log names it`() async throws {
        try await withService { service in
            let (broken, _) = try await Self.seed(service)
            let boss = try await service.colleague("boss", .supervisor)
            let leads = try await service.call(.get, "/api/v1/leads", token: boss.token)
            #expect(
                Set(leads["items"].array.map { $0["phone_masked"].string }) == [Self.shown, "138****0002"],
                "\(leads.text)")
            #expect(leads["items"].array.allSatisfy { $0["name_masked"].string != Self.shown })
            let one = try await service.call(.get, "/api/v1/leads/\(broken.lead.text)", token: boss.token)
            #expect(one["phone_masked"].string == Self.shown, "\(one.text)")
            let pool = try await service.list("pool", boss)
            #expect(pool["items"].array.count == 2 && pool.text.contains(Self.shown), "\(pool.text)")
            let line = try #require(service.logs.lines.first { $0.contains("does not open") })
            #expect(
                line.contains("leads") && line.contains("phone_sealed") && line.contains(broken.lead.text), "\(line)")
        }
    }

    @Test func `the next task is served, and the broken one is passed over again and again`() async throws {
        try await withService { service in
            let (broken, whole) = try await Self.seed(service)
            let (lin, wang) = (try await service.colleague("lin"), try await service.colleague("wang"))
            let claimed = try await service.claim(lin)
            #expect(claimed.status == 200 && claimed["id"].string == whole.id.text, "\(claimed.text)")
            #expect(try await service.claim(wang).status == 204)
            #expect(try await service.task(broken.id, "claim_number") == "0")
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'callback.claim'") == 1)
            let third = try await service.seed(TaskSeed(phone: "13800000003", dueIn: 1800))
            #expect(try await service.claim(wang)["id"].string == third.id.text)
        }
    }

    @Test func `a row that was mended is served without a restart`() async throws {
        try await withService { service in
            let (broken, _) = try await Self.seed(service)
            let lin = try await service.colleague("lin")
            #expect(try await service.claim(lin)["id"].string != broken.id.text)
            let sealed = try service.keys.seal("+8613800000001", at: SealedPlace("leads", "phone_sealed", broken.lead))
            try await service.database.query(
                "UPDATE leads SET phone_sealed = decode(\(Hex.text(sealed)), 'hex') WHERE id = \(broken.lead)")
            service.clock.advance(by: 301)
            let wang = try await service.colleague("wang")
            #expect(try await service.claim(wang)["id"].string == broken.id.text)
        }
    }

    @Test func `more of them than one request looks at do not close the queue`() async throws {
        try await withService { service in
            let whole = try await service.seed(TaskSeed(phone: "13800000002", dueIn: 7200))
            for number in 0..<101 {
                _ = try await service.seed(TaskSeed(phone: String(13_900_000_000 + number), dueIn: 600))
            }
            try await service.database.query("UPDATE leads SET phone_sealed = 'x' WHERE id <> \(whole.lead)")
            let lin = try await service.colleague("lin")
            #expect(try await service.claim(lin).status == 503)
            #expect(try await service.claim(lin)["id"].string == whole.id.text)
        }
    }

    @Test func `somebody who rings is helped; the card says what it cannot, and the number is refused`() async throws {
        try await withService { service in
            let (broken, _) = try await Self.seed(service)
            try await service.database.query(
                "UPDATE inquiries SET name_sealed = 'x', remark_sealed = 'x' WHERE id = \(broken.inquiry)")
            let lin = try await service.colleague("lin")
            let claimed = try await service.claim(lin, #"{"lead_id":"\#(broken.lead.text)"}"#)
            #expect(claimed.status == 200 && claimed["name"].string == Self.shown, "\(claimed.text)")
            let card = try await service.call(.get, broken.path, token: lin.token)
            #expect(
                card["phone_masked"].string == Self.shown && card["name"].string == Self.shown
                    && card["inquiries"][0]["remark"].string == Self.shown, "\(card.text)")
            let refused = try await service.reveal(broken, lin)
            #expect(refused.status == 409 && refused.code == "phone_unreadable", "\(refused.text)")
            #expect(try await service.call(.post, broken.path + "/release", "{}", token: lin.token).status == 204)
        }
    }

    @Test func `fsck opens every seal there can be, and finds a number that is not found`() async throws {
        try await withService { service in
            let (broken, whole) = try await Self.seed(service)
            let columns = try await service.column(
                """
                SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name || '.' || column_name COLLATE "C")
                FROM information_schema.columns WHERE table_schema = 'public' AND data_type = 'bytea' AND column_name ~ 'sealed$'
                """)
            #expect(
                columns == SealedColumn.all.map { "\($0.table).\($0.column)" }.sorted().joined(separator: " "))
            try await service.database.query("UPDATE leads SET phone_index = sha256('x') WHERE id = \(whole.lead)")
            let report = try await Fsck(
                database: service.services.database, now: { service.clock.now }, budgetFactor: 1, keys: service.keys
            ).run()
            let found = report.violations.filter { $0.invariant == "I7" }
            #expect(found.map(\.check) == ["sealed_of_leads_phone_sealed", "index_of_leads_phone_index"])
            #expect(found.map(\.examples) == [[broken.lead.text], [whole.lead.text]])
        }
    }

    @Test func `an export breaks off, names the row and leaves no file`() async throws {
        try await Executable.withInstallation { huifang in
            try #require(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            let keys = try KeyRing(file: huifang.folder.appendingPathComponent("keys"))
            try await BulkLeads(keys: keys).write(0..<3, to: try huifang.database)
            let row = try #require(
                try await huifang.database.query(
                    "UPDATE leads SET phone_sealed = 'x' WHERE id = (SELECT id FROM leads LIMIT 1) RETURNING id::text"
                ).first
            ).decode(String.self)
            let file = huifang.folder.appendingPathComponent("leads.csv").path
            let result = try await huifang.run("export", "--format", "csv", "--output", file)
            #expect(result.code == 65, "\(result.code)")
            #expect(result.errors.contains("leads.phone_sealed of row \(row) does not open"), "\(result.errors)")
            let left = try FileManager.default.contentsOfDirectory(atPath: huifang.folder.path)
            #expect(!left.contains { $0.hasPrefix("leads.csv") }, "\(left)")
            let states = try await huifang.database.query("SELECT state FROM export_records")
            #expect(try states.map { try $0.decode(String.self) } == ["failed"])
        }
    }
}
