import Foundation
import LeadService
import Leads
import NIOCore
import Postgres
import Testing

@Suite struct AuditChainTests {
    @Test func `every event is linked once, and the walk finds nothing`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.submit(phone: "13800000002")
            let chain = AuditChain(database: service.services.database, keys: service.keys)
            #expect(try await Self.counts(chain) == [0, 2])
            #expect(try await service.services.auditChain.runOnce() == 2)
            #expect(try await service.services.auditChain.runOnce() == 0)
            try await service.submit(phone: "13800000003")
            #expect(try await service.services.auditChain.runOnce() == 1)
            #expect(try await Self.counts(chain) == [3, 0])
        }
    }

    @Test func `of several processes one links at a time`() async throws {
        try await withService { service in
            for number in 1...5 { try await service.submit(phone: "1380000000\(number)") }
            let others = (0..<6).map { _ in
                AuditChainWorker(database: service.services.database, dependencies: service.dependencies)
            }
            let linked = try await withThrowingTaskGroup(of: Int.self) { group in
                for worker in others { group.addTask { try await worker.runOnce() } }
                return try await group.reduce(0, +)
            }
            #expect(linked == 5)
            let chain = AuditChain(database: service.services.database, keys: service.keys)
            #expect(try await Self.counts(chain) == [5, 0])
        }
    }

    @Test(
        arguments: [
            (
                "UPDATE audit_events SET actor = 'nobody' WHERE id = (SELECT event_id FROM audit_links WHERE position = 2)",
                2, AuditChain.Break.Reason.eventAltered
            ),
            (
                "UPDATE audit_events SET detail = '{\"n\":1}' WHERE id = (SELECT event_id FROM audit_links WHERE position = 3)",
                3, .eventAltered
            ),
            ("DELETE FROM audit_links WHERE position = 2", 2, .linkMissing),
            ("UPDATE audit_links SET hash = sha256('x') WHERE position = 1", 1, .linkAltered),
            (
                "SET session_replication_role = replica; DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_links WHERE position = 1)",
                1, .eventMissing
            ),
            (
                "DELETE FROM audit_links WHERE position = 3; UPDATE audit_events e SET object = 'x' WHERE NOT EXISTS (SELECT FROM audit_links l WHERE l.event_id = e.id)",
                nil, .eventAltered
            ),
            (
                "UPDATE audit_links SET position = position + 10 WHERE position < 3; UPDATE audit_links SET position = 13 - position WHERE position > 10",
                1, .linkAltered
            ),
            ("DELETE FROM audit_links WHERE position = 3", 3, .endMissing),
            (
                "CREATE TEMP TABLE gone AS SELECT event_id FROM audit_links WHERE position > 1; DELETE FROM audit_links WHERE position > 1; DELETE FROM audit_events WHERE id IN (SELECT event_id FROM gone)",
                2, .endMissing
            ),
            ("DELETE FROM audit_head", 4, .endMissing),
            ("UPDATE audit_head SET mac = sha256('x')", 4, .endMissing),
            ("DELETE FROM audit_links; DELETE FROM audit_events", 1, .endMissing),
            ("DELETE FROM audit_links; DELETE FROM audit_head; DELETE FROM audit_events", nil, .emptied),
        ] as [(String, Int?, AuditChain.Break.Reason)])
    func `the walk names the first break`(damage: String, position: Int?, reason: AuditChain.Break.Reason) async throws
    {
        try await withService { service in
            for number in 1...3 { try await service.submit(phone: "1380000000\(number)") }
            try await service.services.auditChain.runOnce()
            try await service.database.script(damage)
            let found = try await AuditChain(database: service.services.database, keys: service.keys).verify()
                .firstBreak
            #expect(found?.position == position)
            #expect(found?.reason == reason)
        }
    }

    /// The events linked and not linked yet, of a chain without a break.
    private static func counts(_ chain: AuditChain) async throws -> [Int] {
        let found = try await chain.verify()
        #expect(found.firstBreak == nil)
        return [found.linked, found.waiting]
    }

    @Test func `what somebody wrote is sealed beside its event, and shows when it was altered or removed`()
        async throws
    {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            let purpose = #"{"purpose":"回访欧阳晓 13800000001"}"#
            _ = try await service.call(.post, task.path + "/reveal", purpose, token: anna.token)
            try await service.services.auditChain.runOnce()
            let row = try #require(
                try await service.database.query(
                    """
                    SELECT e.id, e.detail::text, d.sealed FROM audit_events e JOIN audit_details d ON d.event_id = e.id
                    WHERE e.action = 'callback.reveal' AND octet_length(e.detail_hash) = 32
                    """
                ).first)
            let (event, detail, sealed) = try row.decode((UUID, String, ByteBuffer).self)
            #expect(detail == "{}")
            #expect(try service.keys.open(Array(sealed.readableBytesView), at: Audit.place(of: event)) == purpose)
            let chain = AuditChain(database: service.services.database, keys: service.keys)
            #expect(try await Self.counts(chain) == [2, 0])
            let other = ByteBuffer(bytes: try service.keys.seal(#"{"purpose":"x"}"#, at: Audit.place(of: event)))
            try await service.database.query("UPDATE audit_details SET sealed = \(other)")
            #expect(try await chain.verify().firstBreak?.reason == .eventAltered)
            // Only behind a checkpoint may it go.
            try await service.database.query("DELETE FROM audit_details")
            #expect(try await chain.verify().firstBreak?.reason == .detailMissing)
            try await service.database.query("UPDATE audit_events SET detail_hash = NULL")
            #expect(try await chain.verify().firstBreak?.reason == .eventAltered)
        }
    }

    @Test func `an accepted inquiry whose event is gone before it was linked is found`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.services.auditChain.runOnce()
            try await service.submit(phone: "13800000002")
            try await service.database.script(
                "DELETE FROM audit_events e WHERE NOT EXISTS (SELECT FROM audit_links l WHERE l.event_id = e.id)")
            let chain = AuditChain(database: service.services.database, keys: service.keys)
            #expect(try await chain.verify().firstBreak?.reason == .inquiryUntold)
        }
    }

    @Test func `behind a cut end nothing is linked, and a head that was removed is begun with a trace`() async throws {
        try await withService { service in
            for number in 1...3 { try await service.submit(phone: "1380000000\(number)") }
            try await service.services.auditChain.runOnce()
            let chain = AuditChain(database: service.services.database, keys: service.keys)
            // As after an upgrade from a program without a head.
            try await service.database.script("DELETE FROM audit_head")
            #expect(try await service.services.auditChain.runOnce() == 1)
            var found = try await chain.verify()
            #expect(found.firstBreak == nil)
            #expect(found.headBegunAfter == "3")
            try await service.database.script("DELETE FROM audit_head")
            #expect(try await service.services.auditChain.runOnce() == 1)
            #expect(try await chain.verify().firstBreak?.reason == .headBegunAgain)

            try await service.database.script("DELETE FROM audit_links WHERE position = 5")
            await #expect(throws: AuditChain.EndMissing.self) { try await service.services.auditChain.runOnce() }
            found = try await chain.verify()
            #expect(found.firstBreak?.reason == .endMissing)
        }
    }

    @Test func `the application moves the head to the last link only, and never back`() async throws {
        try await withService { service in
            for number in 1...2 { try await service.submit(phone: "1380000000\(number)") }
            try await service.services.auditChain.runOnce()
            for sql in [
                "DELETE FROM audit_head", "UPDATE audit_head SET position = 1",
                "SELECT move_audit_head(position, hash, sha256('x')) FROM audit_links WHERE position = 1",
                "SELECT move_audit_head(position, hash, sha256('x')) FROM audit_links WHERE position = 2",
                "SELECT move_audit_head(3, sha256('x'), sha256('x'))",
            ] {
                await #expect(throws: (any Error).self, "\(sql)") {
                    try await service.services.database.autocommit { session in
                        _ = try await session.rows(PostgresQuery(unsafeSQL: sql))
                    }
                }
            }
            #expect(
                try await Self.counts(AuditChain(database: service.services.database, keys: service.keys)) == [2, 0])
        }
    }

    @Test func `under other keys nothing holds`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            try await service.services.auditChain.runOnce()
            let others = try KeyRing(text: KeyRing.newText([UInt8](repeating: 7, count: 32)))
            let found = try await AuditChain(database: service.services.database, keys: others).verify()
            #expect(found.firstBreak?.reason == .eventAltered)
        }
    }
}
