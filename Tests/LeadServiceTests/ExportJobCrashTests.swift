import Foundation
import HTTPTypes
import Leads
import NIOCore
import Postgres
import Testing

@testable import LeadService

/// What happens to export jobs whose process ends, hangs, is asked to stop, or is not alone.
@Suite struct ExportJobCrashTests {
    private static let ask = #"{"format":"csv","reason":"周报"}"#

    @Test func `a process that hangs in the middle loses its job to another, which begins anew, and cannot end it`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let gate = try await ExportGate(service)
            let path = try await service.askForExport(Self.ask, chief)
            let bytes = try await service.call(.get, "/api/v1/leads/export", token: chief.token).bytes
            let worker = Self.worker(service)
            try await gate.holding { _ in
                let half = try await service.call(.get, path, token: chief.token)
                #expect(half["state"].string == "running" && half["total"].int == 1200)
                #expect((1..<1200).contains(half["done"].int))
                #expect(try await service.count("SELECT count(*) FROM export_chunks") > 0)
                #expect(try await service.file(path, chief).code == "export_not_ready")
                // While its lease is good nobody else gets it.
                #expect(try await !worker.runOnce())
                service.clock.advance(by: ExportJobWorker.lease)
                #expect(try await worker.runOnce())
                let file = try await service.file(path, chief)
                #expect(file.status == 200 && file.bytes == bytes)
            }
            // The one that hung went on, and changed nothing.
            let after = try await service.call(.get, path, token: chief.token)
            #expect(after["state"].string == "done" && after["attempts"].int == 2 && after["done"].int == 1200)
            #expect(try await service.file(path, chief).bytes == bytes)
            #expect(try await service.audited("export.done") == [2], "the direct one and the job")
            #expect(try await service.count("SELECT count(*) FROM export_records WHERE state = 'failed'") == 0)
            #expect(try await service.soundness().filter { $0.contains("export") } == [])
        }
    }

    @Test func `a process that wakes up while another has its job writes nothing more of it`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let gate = try await ExportGate(service)
            let path = try await service.askForExport(Self.ask, chief)
            try await gate.holding { _ in
                service.clock.advance(by: ExportJobWorker.lease)
                let now = service.clock.now
                let claimed = try await service.services.database.transaction {
                    try await $0.claimExportJob(UUID(), at: now, until: now.addingTimeInterval(60))
                }
                #expect(claimed?.attempt == 2)
            }
            // The gate opened, and what stood there is over.
            let other = try await service.call(.get, path, token: chief.token)
            #expect(other["state"].string == "running" && other["attempts"].int == 2 && other["done"].int == 0)
            #expect(try await service.count("SELECT count(*) FROM export_chunks") == 0)
            #expect(try await service.audited("export.done", "export.failed") == [0, 0])
            #expect(try await !service.services.exportJobs.runOnce())
        }
    }

    @Test func `the third crash is the last one, and a retry makes the file after all`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            _ = try await service.seed()
            let path = try await service.askForExport(Self.ask, chief)
            for attempt in 1...3 {
                let now = service.clock.now
                let claimed = try await service.services.database.transaction {
                    try await $0.claimExportJob(UUID(), at: now, until: now.addingTimeInterval(60))
                }
                #expect(claimed?.attempt == attempt)
                #expect(try await !service.services.exportJobs.runOnce())
                #expect(try await service.state(path, chief) == "running")
                service.clock.advance(by: 60)
            }
            #expect(try await !service.services.exportJobs.runOnce())
            let failed = try await service.call(.get, path, token: chief.token)
            #expect(failed["state"].string == "failed" && failed["failure"].string == "crashed")
            #expect(try await service.audited("export.failed") == [1])
            #expect(try await service.file(path, chief).code == "export_not_ready")
            let retried = try await service.call(.post, "/api/v1/jobs/exports/retry", token: chief.token)
            #expect(retried["retried"].int == 1)
            #expect(try await service.services.exportJobs.runOnce())
            #expect(try await service.file(path, chief).status == 200)
        }
    }

    @Test func `a process that is asked to stop gives its job back, which is not a crash`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let gate = try await ExportGate(service)
            let path = try await service.askForExport(Self.ask, chief)
            try await gate.holding { running in
                running.cancel()
                _ = try await running.value
                let back = try await service.call(.get, path, token: chief.token)
                #expect(back["state"].string == "queued" && back["attempts"].int == 0)
            }
            #expect(try await service.services.exportJobs.runOnce())
            #expect(try await service.state(path, chief) == "done")
        }
    }

    @Test func `a cancel ends a job between two batches and nothing of it stays`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let gate = try await ExportGate(service)
            let path = try await service.askForExport(Self.ask, chief)
            try await gate.holding { _ in
                #expect(try await service.call(.delete, path, token: chief.token).status == 204)
                try await service.expectNoFile()
            }
            #expect(try await service.state(path, chief) == "cancelled")
            #expect(try await service.count("SELECT count(*) FROM export_chunks") == 0)
            #expect(try await service.file(path, chief).status == 410)
            #expect(try await !service.services.exportJobs.runOnce())
            #expect(try await service.audited("export.done", "export.cancel") == [0, 1])
        }
    }

    @Test func `a failed statement costs an attempt and the next one starts from the beginning`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let path = try await service.askForExport(Self.ask, chief)
            try await service.database.query(
                "ALTER TABLE export_chunks ADD CONSTRAINT broken CHECK (position < 2)")
            #expect(try await service.services.exportJobs.runOnce())
            #expect(try await service.state(path, chief) == "queued")
            #expect(try await service.file(path, chief).code == "export_not_ready")
            try await service.database.query("ALTER TABLE export_chunks DROP CONSTRAINT broken")
            #expect(try await service.services.exportJobs.runOnce())
            let direct = try await service.call(.get, "/api/v1/leads/export", token: chief.token)
            #expect(try await service.file(path, chief).bytes == direct.bytes)
        }
    }

    @Test func `the lease is renewed while a job runs, and the run has a limit of its own`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let gate = try await ExportGate(service)
            let path = try await service.askForExport(Self.ask, chief)
            try await gate.holding(beat: .milliseconds(20)) { running in
                let lease = "SELECT count(*) FROM export_jobs WHERE lease_until > '2026-11-25 10:31:30+08'"
                #expect(try await service.count(lease) == 0)
                service.clock.advance(by: 50)
                #expect(try await eventually(within: .seconds(20)) { try await service.count(lease) == 1 })
                service.clock.advance(by: 20)
                #expect(try await !Self.worker(service).runOnce(), "it was heard of")
                service.clock.advance(by: ExportJobWorker.longestRun)
                _ = try await running.value
            }
            let failed = try await service.call(.get, path, token: chief.token)
            #expect(failed["state"].string == "failed" && failed["failure"].string == "too_long")
            try await service.expectNoFile()
        }
    }

    @Test func `of many workers one makes a job`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads(600)
            let path = try await service.askForExport(Self.ask, chief)
            let worked = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<3 { group.addTask { try await Self.worker(service).runOnce() } }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(worked == 1)
            #expect(try await service.state(path, chief) == "done")
            #expect(try await service.audited("export.done") == [1])
            #expect(try await service.count("SELECT count(*) FROM export_leads") == 600)
        }
    }

    @Test func `an erasure takes the files that hold somebody, and those being written begin anew without them`()
        async throws
    {
        try await withService { service in
            let chief = try await service.colleague("chief", .administrator)
            try await service.manyLeads()
            let without = try await service.madeExport(#"{"format":"csv","filters":{"state":"closed"}}"#, chief)
            let with = try await service.madeExport(#"{"format":"ndjson"}"#, chief)
            let gate = try await ExportGate(service)
            let path = try await service.askForExport(Self.ask, chief)
            let lead = try #require(
                try await service.database.query("SELECT id FROM leads ORDER BY created_at LIMIT 1").first
            ).decode(UUID.self)
            // Not the first attempt alone stands at the gate, so that its chunks have to be its own.
            try await service.database.query(
                "DELETE FROM export_chunks WHERE job_id::text = \(String(without.suffix(36)))")
            try await gate.holding { _ in
                let now = service.clock.now
                try await service.services.database.transaction { tx in
                    try await tx.execute(
                        "UPDATE leads SET erased_at = \(now), phone_index = NULL, phone_sealed = NULL, last_four_index = NULL, pseudonym = \(ByteBuffer(bytes: [UInt8](repeating: 1, count: 32))) WHERE id = \(lead)"
                    )
                    try await tx.eraseExports(of: lead, at: now)
                }
                let back = try await service.call(.get, path, token: chief.token)
                #expect(back["state"].string == "queued" && back["attempts"].int == 0, "\(back)")
            }
            #expect(try await service.file(with, chief).status == 410)
            #expect(try await service.state(with, chief) == "expired")
            #expect(try await service.state(without, chief) == "done")
            #expect(try await service.state(path, chief) == "queued", "the old run cannot end it")
            #expect(try await service.services.exportJobs.runOnce())
            let file = try await service.file(path, chief)
            #expect(file.status == 200 && !file.text.contains(lead.text))
            #expect(try await service.call(.get, path, token: chief.token)["excluded"].int == 1)
        }
    }

    static func worker(_ service: TestService) -> ExportJobWorker {
        ExportJobWorker(
            database: service.services.database, dependencies: service.dependencies,
            settings: service.services.settings)
    }
}
