import Foundation
import LeadService
import Leads
import NIOCore
import NIOPosix
import Postgres
import Testing

/// The stream of events: what it tells, to whom, and when it ends.
@Suite struct EventTests {
    @Test func `who connects is told where things stand, and then what changes`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let (one, two) = (
                try await service.seed(), try await service.seed(TaskSeed(phone: "13800000002", dueIn: 3600))
            )
            _ = try await service.claim(anna)
            try await service.listening { port in
                let reader = try await service.watching(port, anna)
                #expect(reader.header("content-type") == "text/event-stream; charset=utf-8")
                #expect(reader.header("cache-control") == "no-store" && reader.header("x-accel-buffering") == "no")
                try await service.services.queueWatch.runOnce()
                let first = try await reader.next("queue")
                #expect(first["more"].bool && first["pool"].int == 1 && first["overdue"].int == 0)
                #expect(first["advisers"]["anna"]["mine"].int == 1 && first["advisers"]["anna"]["pool"].int == 1)
                #expect(first.changed == [two.id.text])
                #expect(first.task(two.id)["claimed_by_name"].string == "anna")
                #expect(first.task(two.id)["claimed_at"].string == "2026-11-25T10:30:00+08:00")
                let sla = try await reader.next("sla")
                #expect(sla["due_soon"].int == 1 && sla["overdue"].int == 0)

                service.clock.advance(by: 60)
                let boris = try await service.colleague("boris")
                _ = try await service.claim(boris)
                try await service.services.queueWatch.runOnce()
                let change = try await reader.next("queue")
                #expect(change.changed.contains(one.id.text) && !change["more"].bool && change["pool"].int == 0)
                #expect(change.task(one.id)["claimed_by"].string == "boris")
                #expect(Int(change.id) ?? 0 >= Int(first.id) ?? .max)
                #expect(!change.data.contains("欧阳") && !change.data.contains("1380000"))

                // Nothing changes, so nothing is told; time alone makes a promise overdue.
                try await service.services.queueWatch.runOnce()
                service.clock.advance(by: 3600)
                try await service.services.queueWatch.runOnce()
                var beat = try await reader.next()
                while let event = beat, !event.isComment { beat = try await reader.next() }
                #expect(beat?.isComment == true)
                #expect(try await reader.next("queue")["overdue"].int == 1)
                #expect(try await reader.next("sla")["overdue"].int == 1)
            }
        }
    }

    @Test func `an id resumes what was missed, at another process as well, and a strange one is told all`() async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for phone in ["13800000001", "13800000002"] { _ = try await service.seed(TaskSeed(phone: phone)) }
            try await service.listening { port in
                let first = try await service.watching(port, anna)
                try await service.services.queueWatch.runOnce()
                let seen = try await first.next("queue")
                let claimed = try await service.claim(anna)["id"].string
                let again = try await service.watching(port, anna, after: seen.id)
                for strange in ["x", "-1", "0", "99999999999999", "9223372036854775808", ""] {
                    let reader = try await service.watching(port, anna, after: strange)
                    try await service.services.queueWatch.runOnce()
                    #expect(try await reader.next("queue")["more"].bool, "\(strange)")
                }
                let missed = try await again.next("queue")
                // What others of the cluster still have open may bring more of the past along, never less.
                #expect(!missed["more"].bool && missed.changed.contains(claimed))
            }
        }
    }

    @Test func `a change that is committed after later ones is not missed`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let (one, two) = (try await service.seed(), try await service.seed(TaskSeed(phone: "13800000002")))
            try await service.listening { port in
                let reader = try await service.watching(port, anna)
                try await service.services.queueWatch.runOnce()
                _ = try await reader.next("queue")
                try await service.services.database.transaction { early in
                    try await early.execute("UPDATE callback_tasks SET attempts = 1 WHERE id = \(one.id)")
                    try await service.database.query("UPDATE callback_tasks SET attempts = 1 WHERE id = \(two.id)")
                    try await service.services.queueWatch.runOnce()
                    #expect(try await reader.next("queue").changed.contains(two.id.text))
                    try await service.services.queueWatch.runOnce()
                }
                try await service.services.queueWatch.runOnce()
                // The later one is not told twice.
                #expect(try await reader.next("queue").changed == [one.id.text])
            }
        }
    }

    @Test(arguments: ["cancelled_by_visitor", "do_not_call", "erased"])
    func `whoever holds a task is told at once that its visitor has ended it`(reason: String) async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let receipt = try service.receipt(of: try await service.submit(phone: "13800000001"))
            let task = try await service.claim(anna)["id"].string
            try await service.listening { port in
                let reader = try await service.watching(port, anna)
                try await service.services.queueWatch.runOnce()
                _ = try await reader.next("queue")
                if reason == "cancelled_by_visitor" {
                    #expect(try await service.call(.post, receipt + "/cancel", "{}").status == 200)
                } else {
                    try await service.ask(reason == "erased" ? "erase" : "stop_calls", phone: "13800000001")
                }
                try await service.services.queueWatch.runOnce()
                let told = try await reader.next("queue") { $0.changed.contains(task) }["changed"][0]
                #expect(told["state"].string == "closed" && told["closed_reason"].string == reason)
                #expect(told["claimed_by"] == .null)
            }
        }
    }

    @Test func `many changes at once are one event that says so`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.listening { port in
                let reader = try await service.watching(port, anna)
                try await service.services.queueWatch.runOnce()
                let seen = try await reader.next("queue")
                try await BulkLeads(keys: service.keys).write(0..<250, to: service.database)
                try await service.services.queueWatch.runOnce()
                let change = try await reader.next("queue")
                #expect(change.changed.count == 200 && change["more"].bool && change["pool"].int == 250)
                let resumed = try await service.watching(port, anna, after: seen.id)
                try await service.services.queueWatch.runOnce()
                let all = try await resumed.next("queue")
                #expect(all.changed.isEmpty && all["more"].bool)
            }
        }
    }

    @Test func `it ends with the session and keeps it from idling, but extends no claim`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let carl = try await service.colleague("carl")
            let task = try await service.seed()
            _ = try await service.claim(anna)
            let until = try await service.task(task.id, "claimed_until")
            try await service.database.query("UPDATE staff_sessions SET last_seen_at = \(service.clock.now)")
            try await service.listening { port in
                let readers = [
                    try await service.watching(port, anna), try await service.watching(port, boris),
                    try await service.watching(port, carl),
                ]
                for _ in 0..<3 {
                    service.clock.advance(by: 1200)
                    try await service.services.queueWatch.runOnce()
                }
                #expect(try await service.task(task.id, "claimed_until") == until)
                #expect(try await service.call(.get, "/api/v1/callbacks", token: anna.token).status == 200)
                #expect(try await service.call(.delete, "/api/v1/session", token: anna.token).status == 204)
                try await service.database.query("UPDATE staff SET active = false WHERE username = 'boris'")
                service.clock.advance(by: 2)
                try await service.services.queueWatch.runOnce()
                for reader in readers.prefix(2) { #expect(try await reader.ends()) }
                _ = try await service.seed(TaskSeed(phone: "13800000002"))
                try await service.services.queueWatch.runOnce()
                _ = try await readers[2].next("queue") { !$0["more"].bool }
                let refused = try await EventReader(port: port, token: boris.token)
                #expect(refused.status == 401)
            }
        }
    }

    @Test func `one person opens ten streams and no more, and a closed one makes room`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.listening { port in
                var readers: [EventReader] = []
                for _ in 0..<10 {
                    readers.append(try await service.watching(port, anna))
                }
                #expect(try await EventReader(port: port, token: anna.token).status == 429)
                #expect(try await service.watching(port, try await service.colleague("boris")).status == 200)
            }
        }
    }

    @Test func `a client that takes nothing is let go, and the others are told on`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await BulkLeads(keys: service.keys).write(0..<200, to: service.database)
            try await service.listening { port in
                let reader = try await service.watching(port, boris)
                // It asks and never reads.
                let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                    .channelOption(.autoRead, value: false).channelOption(.socketOption(.so_rcvbuf), value: 4096)
                    .connect(host: "127.0.0.1", port: port).get()
                let request =
                    "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(anna.token)\r\n\r\n"
                try await channel.writeAndFlush(ByteBuffer(string: request))
                #expect(try await eventually(within: .seconds(10)) { service.services.queueWatch.connected == 2 })
                try await service.services.queueWatch.runOnce()
                _ = try await reader.next("queue")
                var events = 0
                while service.services.queueWatch.connected > 1 {
                    try await service.database.query("UPDATE callback_tasks SET attempts = attempts + 1")
                    try await service.services.queueWatch.runOnce()
                    _ = try await reader.next("queue")
                    events += 1
                    try #require(events < 2000, "it is never let go")
                }
                #expect(events > EventStreams.longestWait)
                try await channel.close().get()
            }
        }
    }
}
