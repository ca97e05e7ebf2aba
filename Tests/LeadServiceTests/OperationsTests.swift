import Foundation
import Hummingbird
import HummingbirdTesting
import LeadService
import Leads
import Metrics
import Postgres
import TestDatabase
import Testing

@Suite struct OperationsTests {
    @Test func `a process is ready when database, schema and workers are, and it is neither starting nor stopping`()
        async throws
    {
        try await withService { service in
            let readiness = Readiness(database: service.services.database, migrator: try SchemaSetup.migrator())
            #expect(await readiness.report().process == "starting")
            readiness.setPrepared()
            readiness.setWorker("OutboxWorker", isRunning: true)
            let ready = await readiness.report()
            #expect(ready.isReady)
            #expect(
                ready.json.text
                    == #"{"database":"up","process":"serving","ready":true,"schema":"current","workers":"running"}"#)
            readiness.setWorker("OutboxWorker", isRunning: false)
            let stopped = await readiness.report()
            #expect(!stopped.isReady)
            #expect(stopped.workers == "stopped: OutboxWorker")
            readiness.setWorker("OutboxWorker", isRunning: true)
            try await service.database.query(
                "UPDATE schema_migrations SET sha256 = sha256('x') WHERE name LIKE '0002%'")
            let altered = await readiness.report()
            #expect(!altered.isReady)
            #expect(altered.schema.contains("0002_calendar.sql was altered"))
        }
    }

    @Test func `the operations port says alive, ready and how much`() async throws {
        try await withService { service in
            let metrics = MetricsRegistry()
            metrics.makeCounter(label: "huifang_idempotent_replays_total", dimensions: []).increment(by: 3)
            let readiness = Readiness(database: service.services.database, migrator: try SchemaSetup.migrator())
            let app = Application(router: OperationsRoutes(readiness: readiness, metrics: metrics).build())
            try await app.test(.router) { client in
                try await client.execute(uri: "/livez", method: .get) { #expect($0.status == .ok) }
                try await client.execute(uri: "/readyz", method: .get) { #expect($0.status == .serviceUnavailable) }
                readiness.setPrepared()
                try await client.execute(uri: "/readyz", method: .get) { #expect($0.status == .ok) }
                try await client.execute(uri: "/metrics", method: .get) { response in
                    #expect(response.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
                    #expect(String(buffer: response.body).contains("huifang_idempotent_replays_total 3\n"))
                }
                readiness.setStopping()
                try await client.execute(uri: "/readyz", method: .get) { #expect($0.status == .serviceUnavailable) }
            }
        }
    }

    @Test func `preparation waits for the database, and refuses a schema that is not ours`() async throws {
        try await withService { service in
            let migrator = try SchemaSetup.migrator()
            let readiness = Readiness(database: service.services.database, migrator: migrator)
            let worker = PreparationWorker(
                migrator: migrator, database: service.services.database, readiness: readiness,
                logger: service.dependencies.logger
            ) { try await service.services.prepare() }
            try await service.database.query("ALTER TABLE schema_migrations RENAME TO away")
            #expect(try await worker.runOnce() == false)
            #expect(service.logs.lines.contains { $0.contains("schema refused") && $0.contains("huifang migrate") })
            try await service.database.query("ALTER TABLE away RENAME TO schema_migrations")
            #expect(try await worker.runOnce())
            #expect(await readiness.report().isReady)
        }
    }

    @Test func `an import moves provisional promises only, and only to a later instant`() async throws {
        try await withService { service in
            // 31 December 2026 is a Thursday; 2027 ships without its notice.
            service.clock.set(try #require(RFC3339.date("2026-12-30T10:00:00+08:00")))
            let firm = try await service.submit(phone: "13800000002")
            service.clock.set(try #require(RFC3339.date("2026-12-31T10:00:00+08:00")))
            let provisional = try await service.submit(phone: "13800000001")
            #expect(provisional["due_at"].string == "2027-01-04T18:00:00+08:00")
            let load = CalendarImport(
                database: service.services.database, settings: service.services.settings,
                dependencies: service.dependencies)
            let notice = Notices.official(2027, off: ["2027-01-04"], makeup: ["2027-01-09"])
            let outcome = try await load.load(try StrictJSON.read(Array(notice.utf8)), by: "test")
            #expect(outcome.years == [2027])
            #expect(outcome.moved == 1)
            let rows = try await service.database.query(
                "SELECT due_at, provisional FROM inquiries ORDER BY accepted_at DESC")
            let first = try #require(try rows.first?.decode((Date, Bool).self))
            #expect(RFC3339.text(first.0) == "2027-01-05T18:00:00+08:00")
            #expect(!first.1)
            let tasks = try await service.database.query("SELECT due_at FROM callback_tasks ORDER BY due_at").map {
                try $0.decode(Date.self)
            }
            #expect(tasks.map { RFC3339.text($0) } == [firm["due_at"].string, "2027-01-05T18:00:00+08:00"])
            let history = try await service.column(
                "SELECT detail->>'from' FROM audit_events WHERE action = 'deadline.move'")
            #expect(history == "2027-01-04T18:00:00+08:00")
            let again = try await load.load(try StrictJSON.read(Array(notice.utf8)), by: "test")
            #expect(again.moved == 0)
            // Whoever asks right after it is promised by it, before the service has read the tables again.
            let next = try await service.submit(phone: "13800000003")
            #expect(next["due_at"].string == "2027-01-05T18:00:00+08:00")
            let vague = #"{"years":{"2027":{"status":"NOT_AVAILABLE","off_days":[]}}}"#
            let kept = try await load.load(try StrictJSON.read(Array(vague.utf8)), by: "test")
            #expect(kept.years == [] && kept.kept == [2027])
        }
    }

    @Test func `a firm promise on a day that is closed now is kept and listed`() async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            let load = CalendarImport(
                database: service.services.database, settings: service.services.settings,
                dependencies: service.dependencies)
            let notice = Notices.official(2026, off: ["2026-11-26"])
            let outcome = try await load.load(try StrictJSON.read(Array(notice.utf8)), by: "test")
            #expect(outcome.moved == 0)
            #expect(outcome.onClosedDays.count == 1)
            #expect(
                try await service.column(
                    "SELECT to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'MM-DD HH24') FROM callback_tasks")
                    == "11-26 18")
            // The supervisor sees which and is told once; somebody who asks now is promised another day.
            try await service.services.calendar.reload()
            let chief = try await service.colleague("chief", .supervisor)
            try await service.submit(phone: "13800000002")
            let board = try await service.call(.get, "/api/v1/board", token: chief.token)
            let listed = board["on_closed_days"].array
            #expect(listed.map { $0["phone_masked"].string } == ["138****0001"])
            #expect(listed.first?["due_at"].string == "2026-11-26T18:00:00+08:00")
            #expect(!board.text.contains("13800000001"))
            #expect(try await service.services.watch.runOnce() == 1)
            #expect(try await service.services.watch.runOnce() == 0)
            let alerts = try await service.call(.get, "/api/v1/alerts", token: chief.token)["items"].array
            #expect(alerts.map { $0["kind"].string } == ["closed_day"])
            #expect(alerts[0]["text"].string.contains("11月26日") && alerts[0]["text"].string.contains("1 个承诺"))
            // Called before, it is no longer anybody's worry.
            let anna = try await service.colleague("anna")
            _ = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            let path = "/api/v1/callbacks/\(listed[0]["id"].string)/attempts"
            #expect(
                try await service.call(.post, path, #"{"disposition":"no_answer"}"#, token: anna.token).status == 200)
            #expect(
                try await service.call(.get, "/api/v1/board", token: chief.token)["on_closed_days"].array.isEmpty)
        }
    }
}
