import Foundation
import HTTPTypes
import Leads
import Testing

@testable import LeadService

/// What becomes of a batch whose process ends, hangs, is asked to stop, or is not alone.
@Suite struct ImportCrashTests {
    @Test
    func `what breaks off leaves whole parts, the third time at one place is the last, and a retry brings the rest in`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let path = try await service.started(TestService.people(0..<1100), boss)
            // The second part cannot end.
            _ = try await service.database.query(
                """
                CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF OLD.position = 1 THEN RAISE EXCEPTION 'broken'; END IF;
                    RETURN OLD;
                END $$
                """)
            _ = try await service.database.query(
                "CREATE TRIGGER break_off BEFORE DELETE ON lead_import_parts FOR EACH ROW EXECUTE FUNCTION break_off()")
            for attempt in 1...3 {
                #expect(try await service.services.imports.runOnce(), "\(attempt)")
                let half = try await service.call(.get, path, token: boss.token)
                #expect(half["state"].string == "queued" && half["new"].int == 500, "\(half.text)")
                #expect(try await service.count("SELECT count(*) FROM leads") == 500)
                #expect(try await service.count("SELECT count(*) FROM lead_import_inquiries") == 500)
            }
            #expect(try await !service.services.imports.runOnce())
            let failed = try await service.call(.get, path, token: boss.token)
            #expect(failed["state"].string == "failed" && failed["failure"].string == "crashed", "\(failed.text)")
            #expect(try await service.audited("lead_import.failed", "lead_import.add") == [1, 0])
            _ = try await service.database.query("DROP TRIGGER break_off ON lead_import_parts")
            let retried = try await service.call(.post, "/api/v1/jobs/imports/retry", token: boss.token)
            #expect(retried["retried"].int == 1, "\(retried.text)")
            #expect(try await service.services.imports.runOnce())
            let done = try await service.call(.get, path, token: boss.token)
            #expect(done["state"].string == "done" && done["new"].int == 1100, "\(done.text)")
            #expect(try await service.count("SELECT count(*) FROM leads") == 1100)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `a batch that stopped in the middle can be undone, and its file with it`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let path = try await service.started(TestService.people(0..<600), boss)
            _ = try await service.database.query(
                "UPDATE lead_import_parts SET text_sealed = '\\x00' WHERE position = 1")
            #expect(try await service.services.imports.runOnce())
            let failed = try await service.call(.get, path, token: boss.token)
            #expect(failed["failure"].string == "unreadable" && failed["new"].int == 500, "\(failed.text)")
            #expect(try await service.undoImport(path, boss).status == 204)
            #expect(try await service.count("SELECT count(*) FROM leads") == 0)
            #expect(try await service.count("SELECT count(*) FROM lead_import_parts") == 0)
        }
    }

    @Test func `a batch nobody is heard of is taken over, and whoever had it writes nothing more`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let path = try await service.started(TestService.people(0..<20), boss)
            let now = service.clock.now
            let claimed = try await service.services.database.autocommit {
                try await $0.claimImport(UUID(), at: now, until: now.addingTimeInterval(ImportWorker.lease))
            }
            let old = try #require(claimed)
            // While its lease is good nobody else gets it.
            #expect(try await !service.services.imports.runOnce())
            service.clock.advance(by: ImportWorker.lease)
            #expect(try await service.services.imports.runOnce())
            #expect(try await service.state(path, boss) == "done")
            let late = service.clock.now
            let (holds, ended) = try await service.services.database.transaction { tx in
                (try await tx.holdImport(old), try await tx.finishImport(old, at: late))
            }
            #expect(!holds && ended == nil)
            #expect(try await service.count("SELECT count(*) FROM leads") == 20)
            #expect(try await service.audited("lead_import.add") == [1])
        }
    }

    @Test func `two workers bring two batches with the same people in, and everybody is there once`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let paths = [
                try await service.started(TestService.people(0..<700), boss),
                try await service.started(TestService.people(0..<701), boss),
            ]
            let worker = service.services.imports
            async let first = worker.runOnce()
            async let second = worker.runOnce()
            #expect(try await first)
            #expect(try await second)
            var (new, joined) = (0, 0)
            for path in paths {
                let done = try await service.call(.get, path, token: boss.token)
                #expect(done["state"].string == "done", "\(done.text)")
                (new, joined) = (new + done["new"].int, joined + done["joined"].int)
            }
            #expect(new == 701 && joined == 700)
            #expect(try await service.count("SELECT count(*) FROM leads") == 701)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 701)
            #expect(try await service.soundness() == [])
        }
    }
}

/// A batch in a real process that is killed in the middle.
@Suite struct ImportProcessTests {
    @Test func `a process killed in the middle leaves whole parts, and the next one brings in exactly the rest`()
        async throws
    {
        try await withInstallation { installation in
            let first = try await installation.start()
            let token = try await installation.administrator(of: first)
            let file = Data(TestService.people(0..<6000).utf8).base64EncodedString()
            let refused = try await first.call(
                .post, "/api/v1/imports", #"{"file":"\#(file)",\#(TestService.agreed)}"#, token: token)
            #expect(refused.status == 422 && refused.text.contains("2000 行"), "\(refused.text)")
            let draft = try await first.call(
                .post, "/api/v1/import-files", TestService.people(0..<6000), token: token, type: "text/csv")
            try #require(draft.status == 201, "\(draft.text)")
            let path = "/api/v1/imports/\(draft["id"].string)"
            let started = try await first.call(.post, path + "/start", "{\(TestService.agreed)}", token: token)
            try #require(started.status == 202, "\(started.text)")
            try #require(
                try await eventually(within: .seconds(60)) {
                    try await installation.count("SELECT added FROM lead_imports") >= 1000
                })
            try await first.kill()
            let half = try await installation.count("SELECT count(*) FROM leads")
            #expect(half % 500 == 0 && half < 6000)
            #expect(try await installation.count("SELECT count(*) FROM lead_imports WHERE state = 'running'") == 1)
            let second = try await installation.start()
            // A minute later.
            try await installation.rows("UPDATE lead_imports SET lease_until = made_at")
            let isDone = try await eventually(within: .seconds(120)) {
                try await second.call(.get, path, token: token)["state"].string == "done"
            }
            #expect(isDone)
            #expect(try await installation.count("SELECT count(*) FROM leads") == 6000)
            #expect(try await installation.count("SELECT added FROM lead_imports") == 6000)
        }
    }
}
