import Foundation
import LeadService
import Leads
import Postgres
import Testing

@Suite struct AuditDetailTests {
    @Test(arguments: [
        ("DELETE FROM audit_details", AuditChain.Break.Reason.detailMissing),
        ("UPDATE audit_details SET sealed = sha256(sealed)", .eventAltered),
        ("UPDATE audit_events SET detail_hash = NULL WHERE detail_hash IS NOT NULL", .eventAltered),
        (
            "INSERT INTO audit_details SELECT id, 'x' FROM audit_events WHERE action = 'inquiry.submit'", .eventAltered
        ),
        // A checkpoint that was not made with the key names nothing.
        (
            "SELECT erase_audit_details(gen_random_uuid(), '2026-11-25', 'x', 'x', 'x', (SELECT jsonb_build_object('events', jsonb_agg(event_id)) FROM audit_details), sha256('x'))",
            .eventAltered
        ),
    ])
    func `a detail that is gone without a checkpoint is found`(
        damage: String, reason: AuditChain.Break.Reason
    ) async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.ask("correct", phone: "13800000001", more: #","name":"黄女士""#)
            try await service.services.auditChain.runOnce()
            try await service.database.script(damage)
            let found = try await AuditChain(database: service.services.database, keys: service.keys).verify()
                .firstBreak
            #expect(found?.reason == reason)
        }
    }

    @Test func `the application cannot delete details itself`() async throws {
        try await withService { service in
            try await service.ask("correct", phone: "13800000001", more: #","name":"黄女士""#)
            for table in ["audit_details", "audit_events", "erasure_tombstones", "privacy_requests"] {
                await #expect(throws: (any Error).self) {
                    try await service.services.database.autocommit {
                        try await $0.execute(PostgresQuery(unsafeSQL: "DELETE FROM \(table)"))
                    }
                }
            }
            let row = try await service.database.query(
                "SELECT prosecdef, pg_get_userbyid(proowner)::text FROM pg_proc WHERE proname = 'erase_audit_details'")
            #expect(try row.first?.decode((Bool, String).self) ?? (false, "") == (true, "huifang_owner"))
        }
    }
}
