import Foundation
import LeadService
import Leads
import Postgres
import Testing

@Suite struct AuditExpiryTests {
    @Test func `the audit's beginning goes behind a checkpoint, the chain holds, and no other gap is hidden`()
        async throws
    {
        try await withService { service in
            for number in 1...3 { try await service.submit(phone: "1380000000\(number)") }
            try await service.services.auditChain.runOnce()
            service.clock.advance(by: 600 * 86400)
            let adviser = try await service.colleague("lin")
            _ = try await service.claim(adviser)
            service.clock.advance(by: 1)
            _ = try await service.claim(adviser, #"{"phone":"13800000001"}"#)
            try await service.services.auditChain.runOnce()
            #expect(try await service.count("SELECT count(*) FROM audit_links") == 5)
            service.clock.set(try #require(RFC3339.date("2029-11-25T10:00:00+08:00")))
            try await service.retention.runOnce()
            #expect(try await service.count("SELECT count(*) FROM audit_links") == 5)
            service.clock.set(try #require(RFC3339.date("2029-11-25T12:00:00+08:00")))
            #expect(try await service.retention.due().first { $0.term == .audit }?.rows == 3)
            try await service.retention.runOnce()
            #expect(try await service.count("SELECT min(position) FROM audit_links") == 4)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'inquiry.submit'") == 0)
            try await service.services.auditChain.runOnce()
            #expect(try await service.soundness() == [])
            // Everything older goes in the end, but never the last link.
            service.clock.advance(by: 5000 * 86400)
            try await service.retention.runOnce()
            #expect(try await service.count("SELECT count(*) FROM audit_links") == 1)
            try await service.services.auditChain.runOnce()
            #expect(try await service.soundness() == [])
            try await service.database.query(
                "DELETE FROM audit_links WHERE position = (SELECT min(position) FROM audit_links)")
            #expect(try await service.soundness().count == 1)
        }
    }

    @Test func `the application deletes no audit by itself, and nothing of the last half year with a checkpoint`()
        async throws
    {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.submit(phone: "13800000002")
            try await service.services.auditChain.runOnce()
            for sql in [
                "DELETE FROM audit_events", "DELETE FROM audit_links",
                "SELECT delete_privacy_records('{}', '{}', id) FROM audit_events LIMIT 1",
                "SELECT delete_privacy_records('{}', '{}', NULL)",
                #"SELECT expire_audit(gen_random_uuid(), '2026-12-01', 'x', 'x', 'x', '{"through":1}', sha256('x'))"#,
                #"SELECT expire_audit(gen_random_uuid(), '2036-12-01', 'x', 'x', 'x', '{"through":2}', sha256('x'))"#,
                #"SELECT expire_audit(gen_random_uuid(), '2036-12-01', 'x', 'x', 'x', '{}', sha256('x'))"#,
            ] {
                await #expect(throws: (any Error).self, "\(sql)") {
                    try await service.services.database.autocommit { session in
                        _ = try await session.rows(PostgresQuery(unsafeSQL: sql))
                    }
                }
            }
            #expect(try await service.soundness() == [])
            // A checkpoint that nobody with the key made is seen.
            try await service.database.query(
                PostgresQuery(
                    unsafeSQL:
                        #"SELECT expire_audit(gen_random_uuid(), '2036-12-01', 'x', 'x', 'x', '{"through":1}', sha256('x'))"#
                )
            )
            #expect(try await service.soundness().count == 1)
        }
    }
}
