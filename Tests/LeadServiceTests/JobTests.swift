import Foundation
import HTTPTypes
import Leads
import Testing

@testable import LeadService

/// The page of all background work: what waits, what failed, held and released.
@Suite struct JobTests {
    private struct Unlucky: Error {}

    private static func job(_ name: String, _ service: TestService, _ somebody: Colleague) async throws -> JSONValue {
        let list = try await service.call(.get, "/api/v1/jobs", token: somebody.token)
        try #require(list.status == 200, "\(list.text)")
        return list["items"].array.first { $0["name"].string == name } ?? .null
    }

    @Test func `every worker of the service is listed, and no name twice`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let list = try await service.call(.get, "/api/v1/jobs", token: boss.token)
            #expect(list["items"].array.map { $0["name"].string } == JobName.allCases.map(\.rawValue))
            let names = service.services.backgroundWorkers.map { type(of: $0).job.rawValue }
            #expect(names.sorted() == JobName.allCases.map(\.rawValue).sorted())
            #expect(service.services.workers.count == names.count)
        }
    }

    @Test func `administrators hold and release, auditors look, nobody else does either`() async throws {
        try await withService { service in
            for role in Role.allCases {
                let somebody = try await service.colleague("a-\(role.rawValue)", role)
                let list = try await service.call(.get, "/api/v1/jobs", token: somebody.token)
                #expect(list.status == (role == .administrator || role == .auditor ? 200 : 403), "\(role)")
                for act in ["hold", "release", "retry"] {
                    let done = try await service.call(.post, "/api/v1/jobs/robots/\(act)", token: somebody.token)
                    #expect((done.status == 403) == (role != .administrator), "\(role) \(act)")
                }
            }
            let boss = try await service.colleague("boss", .administrator)
            func post(_ path: String) async throws -> Answer {
                try await service.call(.post, "/api/v1/jobs/\(path)", token: boss.token)
            }
            #expect(try await post("nobody/hold").status == 404)
            #expect(try await post("robots/release").code == "job_not_held")
            #expect(try await post("robots/hold").status == 204)
            #expect(try await post("robots/hold").code == "job_held")
            let held = try await Self.job("robots", service, boss)
            #expect(held["held_by"].string == "boss" && held["held_at"].string.hasPrefix("2026-11-25T10:30:00"))
            #expect(try await post("robots/release").status == 204)
            #expect(try await Self.job("robots", service, boss)["held_at"] == .null)
            #expect(try await post("outbox/retry").code == "job_has_no_retry")
            #expect(try await service.audited("job.hold", "job.release") == [2, 2])
        }
    }

    @Test func `what is held begins no round in any process until it is released`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let path = try await service.askForExport(#"{"format":"csv"}"#, boss)
            let worker = service.services.exportJobs
            #expect(try await service.call(.post, "/api/v1/jobs/exports/hold", token: boss.token).status == 204)
            let stalled = await service.services.rounds.run(.exports) { try await worker.work() }
            #expect(!stalled)
            try await service.beside(keyText: service.keyText) { other in
                let worker = other.services.exportJobs
                let stalled = await other.services.rounds.run(.exports) { try await worker.work() }
                #expect(!stalled)
            }
            let waiting = try await Self.job("exports", service, boss)
            #expect(waiting["depth"].int == 1 && waiting["ran_at"] == .null)
            service.clock.advance(by: 90)
            #expect(try await Self.job("exports", service, boss)["oldest_age_seconds"].int == 90)
            #expect(try await service.state(path, boss) == "queued")
            // Others go on.
            let pauses = service.services.pauses
            let went = await service.services.rounds.run(.pauses) { try await pauses.work() }
            #expect(went)
            #expect(try await service.call(.post, "/api/v1/jobs/exports/release", token: boss.token).status == 204)
            let moved = await service.services.rounds.run(.exports) { try await worker.work() }
            #expect(moved)
            #expect(try await service.state(path, boss) == "done")
            let done = try await Self.job("exports", service, boss)
            #expect(done["depth"].int == 0 && done["oldest_at"] == .null && done["ran_at"] != .null)
        }
    }

    @Test func `a round that fails is counted by its kind until one succeeds`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            for _ in 0..<2 {
                await service.services.rounds.run(.permits) { throw Unlucky() }
                service.clock.advance(by: 15)
            }
            let failed = try await Self.job("permits", service, boss)
            #expect(failed["failures"].int == 2 && failed["failure"].string == "Unlucky")
            #expect(failed["failed_at"].string == "2026-11-25T10:30:15+08:00")
            await service.services.rounds.run(.permits) {}
            let well = try await Self.job("permits", service, boss)
            #expect(well["failures"].int == 0 && well["ran_at"].string == "2026-11-25T10:30:30+08:00")
            await service.services.rounds.run(.permits) {
                try await service.services.database.autocommit { _ = try await $0.execute("SELECT 1 / 0") }
            }
            #expect(try await Self.job("permits", service, boss)["failure"].string == "22012")
        }
    }

    @Test func `posts that no robot took are tried again, those of another day's plan are not`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            try await service.database.query(
                """
                INSERT INTO robots (id, name, kind, audience, address_sealed, added_at)
                VALUES ('00000000-0000-7000-8000-000000000001', 'r', 'wecom', 'team', '\\x00', '2026-11-25')
                """)
            for (number, kind, day) in [
                (1, "alerts", "2026-11-20"), (2, "plan", "2026-11-24"), (3, "plan", "2026-11-25"),
            ] {
                try await service.database.query(
                    """
                    INSERT INTO robot_posts (id, robot_id, kind, day, text, state, attempt, failure, created_at, send_at, expires_at, finished_at)
                    VALUES (\(UUID(bytes: [UInt8](repeating: UInt8(number), count: 16))), '00000000-0000-7000-8000-000000000001', \(kind), \(day)::text::date,
                            't', 'failed', 6, 'refused', '2026-11-25', '2026-11-25', '2026-11-25', '2026-11-25')
                    """)
            }
            #expect(try await Self.job("robots", service, boss)["dead"].int == 3)
            let retried = try await service.call(.post, "/api/v1/jobs/robots/retry", token: boss.token)
            #expect(retried["retried"].int == 2)
            let after = try await Self.job("robots", service, boss)
            #expect(after["dead"].int == 1 && after["depth"].int == 2)
            #expect(try await service.audited("job.retry") == [1])
            #expect(
                try await service.count(
                    "SELECT count(*) FROM robot_posts WHERE state = 'queued' AND attempt = 0 AND expires_at > '2026-11-25 10:30+08'"
                )
                    == 2)
        }
    }
}
