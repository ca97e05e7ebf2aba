import Foundation
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

@Suite struct RetentionTests {
    @Test func `a lead goes twelve months after the last call, a customer after thirty-six, an open task stays`()
        async throws
    {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.close("13800000001", "reached_not_interested", adviser, more: #","reason":"价格""#)
            try await service.close("13800000002", "converted", adviser)
            try await service.submit(phone: "13800000003")
            let last = service.clock.now

            service.clock.set(try #require(RFC3339.date("2027-11-25T10:00:00+08:00")))
            try await service.services.housekeeping.runOnce()
            #expect(try await service.erased() == [])

            service.clock.set(try #require(RFC3339.date("2027-11-26T10:00:00+08:00")))
            #expect(last.addingTimeInterval(366 * 86400) > service.clock.now)
            let due = try await service.retention.due()
            #expect(due.first { $0.term == .leads }?.rows == 1)
            #expect(due.first { $0.term == .customers }?.rows == 0)
            #expect(try await service.erased() == [])
            try await service.services.housekeeping.runOnce()
            #expect(try await service.erased() == [1])
            #expect(try await service.count("SELECT count(*) FROM erasure_tombstones") == 1)
            #expect(try await service.count("SELECT count(*) FROM consents WHERE withdrawn_at IS NOT NULL") == 1)
            #expect(
                try await service.column("SELECT detail::text FROM audit_events WHERE action = 'retention.erase'")
                    == #"{"term": "leads"}"#)
            #expect(try await service.soundness() == [])

            service.clock.set(try #require(RFC3339.date("2029-11-26T10:00:00+08:00")))
            try await service.services.housekeeping.runOnce()
            #expect(try await service.erased() == [1, 2])
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state = 'open'") == 1)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a reminder to come, a code that lives and a message on its way hold a lead`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.close("13800000001", "not_eligible", adviser, more: #","item":"other""#)
            try await service.close("13800000002", "not_eligible", adviser, more: #","item":"other""#)
            try await service.close("13800000003", "not_eligible", adviser, more: #","item":"other""#)
            service.clock.set(try #require(RFC3339.date("2027-12-01T10:00:00+08:00")))
            try await service.database.query(
                """
                UPDATE consents SET purpose = 'reminder', reminder_valid_until = '2027-12-02'
                WHERE lead_id = \(try await service.lead("13800000001"))
                """)
            let (_, _) = try await service.challenge(for: "13800000002", purpose: "privacy")
            #expect(
                try await service.call(
                    .post, "/api/v1/verification-codes", #"{"phone":"13800000003","purpose":"privacy"}"#
                ).status == 202)
            // Its code is over, its message was never handed over.
            service.clock.advance(by: 30)
            try await service.database.query(
                "UPDATE verification_challenges SET expires_at = issued_at + interval '1 second' WHERE phone_index = \(service.index("13800000003"))"
            )
            try await service.retention.runOnce()
            #expect(try await service.erased() == [])
            service.clock.advance(by: 3 * 86400)
            try await service.services.outboxWorker.runOnce()
            try await service.retention.runOnce()
            #expect(try await service.erased() == [1, 2, 3])
        }
    }

    @Test func `a permit that an adviser is to ring about holds its lead until it has run out`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.close("13800000001", "not_eligible", adviser, more: #","item":"other""#)
            try await service.database.query(
                """
                INSERT INTO lead_permits (lead_id, valid_until, recorded_at)
                SELECT id, '2028-03-01', \(service.clock.now) FROM leads
                """)
            service.clock.set(try #require(RFC3339.date("2028-03-01T10:00:00+08:00")))
            try await service.retention.runOnce()
            #expect(try await service.erased() == [])
            service.clock.advance(by: 2 * 86400)
            try await service.retention.runOnce()
            #expect(try await service.erased() == [1])
        }
    }

    @Test func `each of the other kinds goes when its time is over, and nothing younger`() async throws {
        try await withService { service in
            try await service.set("retention_messages_months", "1")
            let adviser = try await service.colleague("lin")
            try await service.close("13800000001", "not_eligible", adviser, more: #","item":"other""#)
            try await service.ask("correct", phone: "13800000001", more: #","name":"黄女士""#)
            try await service.ask("erase", phone: "13800000001")
            let administrator = try await service.colleague("chef", .administrator)
            try await service.submit(phone: "13800000002")
            let export = try await service.call(
                .get, "/api/v1/leads/export?format=csv&reason=test", token: administrator.token)
            #expect(export.status == 200)
            #expect(
                try await service.call(.post, "/api/v1/assessments", #"{"answers":{"age":30}}"#).status == 201)
            let start = service.clock.now

            /// What is left so many days later: codes, messages, assessments, tombstones, requests, exports.
            func left(after days: Int) async throws -> [Int] {
                service.clock.set(start.addingTimeInterval(TimeInterval(days) * 86400))
                try await service.retention.runOnce()
                var counts: [Int] = []
                for table in [
                    "verification_challenges", "messages", "assessments", "erasure_tombstones", "privacy_requests",
                    "export_records",
                ] {
                    counts.append(try await service.count("SELECT count(*) FROM \(table)"))
                }
                return counts
            }
            let now = try await left(after: 0)
            #expect(now[0] == 1 && now[2...] == [1, 1, 2, 1])
            #expect(try await left(after: 5)[0] == 1)
            let week = try await left(after: 7)
            // What became of a message is kept longer than its code; that of an erased number without the number.
            #expect(week[0] == 0 && week[1] == 4)
            #expect(try await service.count("SELECT count(*) FROM messages WHERE challenge_id IS NOT NULL") == 0)
            #expect(try await service.count("SELECT count(*) FROM messages WHERE phone_index IS NOT NULL") == 1)
            #expect(try await service.count("SELECT count(*) FROM gateway_attempts WHERE outcome = 'accepted'") == 4)
            #expect(try await left(after: 29)[1] == 4)
            #expect(try await left(after: 32)[1] == 0)
            #expect(try await left(after: 89)[2] == 1)
            #expect(try await left(after: 91)[2] == 0)
            #expect(try await left(after: 1095)[3...] == [1, 2, 1])
            let pseudonym = try await service.column(
                "SELECT encode(pseudonym, 'hex') FROM leads WHERE erased_at IS NOT NULL")
            #expect(try await left(after: 1097)[3...] == [0, 0, 0])
            #expect(try await service.count("SELECT count(*) FROM consents") == 1)
            #expect(
                try await service.column("SELECT encode(pseudonym, 'hex') FROM leads WHERE erased_at IS NOT NULL")
                    != pseudonym)
            #expect(try await service.count("SELECT count(*) FROM export_leads") == 0)
            #expect(
                try await service.count(
                    "SELECT count(DISTINCT object) FROM audit_events WHERE action = 'retention.delete'")
                    == 4)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a crash in the middle leaves each lead whole or gone, and the next round goes on`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            for number in 1...4 {
                try await service.close("1380000000\(number)", "not_eligible", adviser, more: #","item":"other""#)
            }
            service.clock.advance(by: 400 * 86400)
            for sql in [
                """
                CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN IF (SELECT count(*) FROM leads WHERE erased_at IS NOT NULL) = 2 THEN RAISE EXCEPTION 'gone'; END IF; RETURN NEW; END $$
                """,
                "CREATE TRIGGER stumble BEFORE UPDATE ON leads FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION stumble()",
            ] { try await service.database.query(PostgresQuery(unsafeSQL: sql)) }
            await #expect(throws: (any Error).self) { try await service.retention.runOnce() }
            #expect(try await service.erased().count == 2)
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE name_sealed IS NOT NULL") == 2)
            #expect(try await service.count("SELECT count(*) FROM erasure_tombstones") == 2)
            #expect(try await service.soundness() == [])
            try await service.database.query("DROP TRIGGER stumble ON leads")
            try await service.retention.runOnce()
            #expect(try await service.erased() == [1, 2, 3, 4])
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a round takes one batch, and whoever asks anew between look and lock stays`() async throws {
        try await withService { service in
            var bulk = BulkLeads(keys: service.keys)
            bulk.acceptedAt = service.clock.now
            let count = Retention.leadBatch + 10
            try await bulk.write(0..<count, to: service.database)
            try await service.database.query(
                "UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'spam'")
            service.clock.advance(by: 400 * 86400)
            // The next in line asks again while the one before it is erased.
            try await service.database.query(
                """
                CREATE FUNCTION come_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    UPDATE inquiries SET accepted_at = accepted_at + interval '399 days', due_at = due_at + interval '399 days'
                    WHERE lead_id = (SELECT id FROM leads WHERE erased_at IS NULL AND id <> NEW.lead_id
                                     AND created_at > (SELECT created_at FROM leads WHERE id = NEW.lead_id) ORDER BY created_at, id LIMIT 1);
                    RETURN NEW; END $$
                """)
            try await service.database.query(
                "CREATE TRIGGER come_back AFTER INSERT ON erasure_tombstones FOR EACH ROW EXECUTE FUNCTION come_back()")
            try await service.retention.runOnce()
            // Every second one came back just before its turn.
            #expect(try await service.erased().count == Retention.leadBatch / 2)
            try await service.database.query("DROP TRIGGER come_back ON erasure_tombstones")
            try await service.retention.runOnce()
            #expect(try await service.erased().count == Retention.leadBatch / 2 + 10)
            #expect(try await service.retention.runOnce() == 0)
        }
    }

    @Test func `a length that is not allowed leaves the standard one`() async throws {
        try await withService { service in
            for (key, value) in [
                ("retention_leads_months", "0"), ("retention_exports_months", "12"), ("retention_codes_days", "1"),
                ("retention_audit_months", "\"ever\""),
            ] { try await service.set(key, value) }
            let lengths = try await service.retention.due().map { "\($0.term.rawValue) \($0.length)" }
            #expect(
                lengths == [
                    "codes 7", "assessments 90", "leads 12", "customers 36", "messages 6", "corrections 30",
                    "evidence 36", "requests 36", "exports 36", "audit 36",
                ])
        }
    }

    @Test func `the command says what is due, and does it`() async throws {
        try await Executable.withInstallation { huifang in
            #expect(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            let keys = try KeyRing(file: huifang.folder.appendingPathComponent("keys"))
            var bulk = BulkLeads(keys: keys)
            bulk.acceptedAt = Date(timeIntervalSince1970: 1_600_000_000)
            try await bulk.write(0..<3, to: try huifang.database)
            try await huifang.database.query(
                "UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'spam'")
            let dry = try await huifang.run("retention", "--dry-run", "--format", "json")
            #expect(dry.code == 0, "\(dry.errors)")
            let terms = try StrictJSON.read(Array(dry.output.utf8)).array
            #expect(terms.count == 10 && terms.first { $0["term"].string == "leads" }?["due"].int == 3)
            let again = try await huifang.run("retention", "--dry-run")
            #expect(again.output.contains("leads       12 months, before ") && again.output.contains(": 3 due\n"))
            let done = try await huifang.run("retention")
            #expect(done.code == 0 && done.output.hasSuffix("what was due is gone"), "\(done.errors)")
            let after = try await huifang.run("retention", "--dry-run", "--format", "json")
            #expect(try StrictJSON.read(Array(after.output.utf8)).array.allSatisfy { $0["due"].int == 0 })
            #expect(try await huifang.run("audit", "verify").code == 0)
        }
    }
}

extension TestService {
    var retention: Retention {
        Retention(database: self.services.database, dependencies: self.dependencies, settings: self.services.settings)
    }

    /// A whole story with its end.
    func close(_ phone: String, _ disposition: String, _ adviser: Colleague, more: String = "") async throws {
        try await self.submit(phone: phone)
        let claimed = try await self.claim(adviser)
        let path = "/api/v1/callbacks/" + claimed["id"].string
        let shown = try await self.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: adviser.token)
        try #require(shown.status == 200, "\(shown.text)")
        let result = try await self.call(
            .post, path + "/attempts", #"{"disposition":"\#(disposition)"\#(more)}"#, token: adviser.token)
        try #require(result.status == 200, "\(result.text)")
        self.clock.advance(by: 1)
    }

    func index(_ phone: String) throws -> ByteBuffer {
        ByteBuffer(bytes: self.keys.index(of: try PhoneNumber(parsing: phone)))
    }

    func lead(_ phone: String) async throws -> UUID {
        let index = try self.index(phone)
        return try #require(
            await self.database.query("SELECT id FROM leads WHERE phone_index = \(index)").first
        ).decode(UUID.self)
    }

    /// Which leads were erased, counted in the order in which they came.
    func erased() async throws -> [Int] {
        try await self.database.query(
            "SELECT n FROM (SELECT erased_at, row_number() OVER (ORDER BY created_at, id) AS n FROM leads) l WHERE erased_at IS NOT NULL ORDER BY n"
        ).map { try $0.decode(Int.self) }
    }
}
