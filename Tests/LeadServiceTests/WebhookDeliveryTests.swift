import Foundation
import LeadService
import Leads
import Synchronization
import Testing

/// Events from the database to a receiver on the loopback.
@Suite struct WebhookDeliveryTests {
    @Test func `what happens to a lead arrives in order, signed over the bytes sent, with ids and times alone`()
        async throws
    {
        try await HookReceiver.with { place in
            let service = place.service
            let (id, secret) = try await place.make(
                "lead.created", "inquiry.received", "task.claimed", "call.recorded", "call.undone", "lead.closed",
                "sla.warned", "export.made")
            let anna = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(remark: "请下午来电"))
            try await service.workThrough("reached_not_interested", on: task, anna, more: #","reason":"price""#)
            try #require(try await service.undo(task, anna).status == 200)
            let export = try await service.call(
                .get, "/api/v1/leads/export?format=csv&phone=masked&reason=x", token: place.boss.token)
            try #require(export.status == 200, "\(export.text)")
            try await place.send()
            let ofLead = place.types.filter { $0 != "export.made" }
            #expect(
                ofLead == [
                    "lead.created", "inquiry.received", "task.claimed", "call.recorded", "lead.closed", "call.undone",
                ])
            #expect(place.types.count == 7)
            for request in place.vendor.requests {
                #expect(request.isSigned(by: secret))
                #expect(!request.isSigned(by: "whsec_" + Data(repeating: 1, count: 32).base64EncodedString()))
                #expect(request.headers["content-type"] == "application/json" && request.path == "/hook")
                for personal in ["欧阳", "13800000001", "3800000001", "下午", "price"] {
                    #expect(!request.body.contains(personal))
                }
            }
            let stored = try await service.database.query(
                "SELECT event_id::text, convert_from(body, 'UTF8') FROM webhook_deliveries"
            ).map { try $0.decode((String, String).self) }
            let sent = place.vendor.requests.map { [$0.headers["webhook-id"] ?? "", $0.body] }
            #expect(Set(sent) == Set(stored.map { [$0.0, $0.1] }) && Set(place.ids).count == 7)
            let log = try await place.log(id)
            #expect(log.allSatisfy { $0["state"].string == "sent" && $0["requests"][0]["status"].int == 200 })
        }
    }

    @Test func `a withdrawal, an erasure, a reopening and a promise are told too`() async throws {
        try await HookReceiver.with { place in
            let service = place.service
            _ = try await place.make(
                "consent.withdrawn", "lead.erased", "lead.reopened", "sla.warned", "sla.breached", "lead.closed")
            let task = try await service.seed(TaskSeed(acceptedAgo: 0))
            #expect(try await SLATests.look(service, at: "2026-11-26T14:42") == 1)
            #expect(try await SLATests.look(service, at: "2026-11-27T09:00") == 1)
            try await service.database.query(
                """
                WITH notice AS (
                    INSERT INTO privacy_notices (version, effective_on, sha256, text) VALUES ('test-1', '2026-01-01', sha256('x'), 'x')
                    RETURNING version
                )
                INSERT INTO consents (id, lead_id, purpose, notice_version, notice_sha256, given_at, address)
                SELECT \(UUID()), \(task.lead), 'callback', version, sha256('x'), \(service.clock.now.addingTimeInterval(-86400)), '127.0.0.1'
                FROM notice
                """)
            let anna = try await service.colleague("anna")
            try await service.workThrough("reached_not_interested", on: task, anna, more: #","reason":"price""#)
            let reopened = try await service.call(
                .post, task.path + "/reopen", #"{"reason":"再联系"}"#, token: place.boss.token)
            #expect((200..<300).contains(reopened.status), "\(reopened.text)")
            try await service.ask("withdraw", phone: task.phone)
            try await service.ask("erase", phone: task.phone)
            try await place.send()
            #expect(
                place.types.filter { $0 != "lead.closed" } == [
                    "sla.warned", "sla.warned", "sla.breached", "lead.reopened", "consent.withdrawn", "lead.erased",
                ])
        }
    }

    @Test func `nothing is queued for what was rolled back, for nobody, or for what nobody asked for`() async throws {
        try await HookReceiver.with { place in
            let service = place.service
            struct Undone: Error {}
            _ = try await service.seed(TaskSeed(phone: "13800000007"))
            #expect(try await service.count("SELECT count(*) FROM webhook_deliveries") == 0)
            _ = try await place.make("lead.created", "lead.closed")
            await #expect(throws: Undone.self) {
                try await service.services.database.transaction { tx in
                    try await tx.execute(
                        "UPDATE callback_tasks SET state = 'closed', closed_at = \(service.clock.now), closed_reason = 'x'"
                    )
                    try await tx.execute(
                        """
                        INSERT INTO leads (id, phone_index, phone_index_key, phone_sealed, last_four_index, created_at)
                        VALUES (\(UUID()), sha256('y'), 1, 'y', sha256('y'), \(service.clock.now))
                        """)
                    throw Undone()
                }
            }
            #expect(try await service.count("SELECT count(*) FROM webhook_deliveries") == 0)
            _ = try await service.seed(TaskSeed(phone: "13800000008"))
            #expect(try await service.count("SELECT count(*) FROM webhook_deliveries") == 1)
        }
    }

    @Test func `a later event of a lead waits for the earlier one, and other leads do not`() async throws {
        try await HookReceiver.with { place in
            _ = try await place.make("lead.created", "inquiry.received")
            _ = try await place.service.seed(TaskSeed(phone: "13800000011"))
            place.vendor.play { $0 == 1 ? .answer(503, "") : .answer(200, "") }
            #expect(try await place.send() == 0)
            _ = try await place.service.seed(TaskSeed(phone: "13800000012"))
            #expect(try await place.send() == 2)
            place.service.clock.advance(by: 3.9)
            #expect(try await place.send() == 0)
            place.service.clock.advance(by: 1.2)
            #expect(try await place.send() == 2)
            #expect(
                place.types == [
                    "lead.created", "lead.created", "inquiry.received", "lead.created", "inquiry.received",
                ])
            #expect(place.ids[3] == place.ids[0])
        }
    }

    @Test func `eight attempts within a day carry one id, then it is a dead letter, which can be sent again`()
        async throws
    {
        try await HookReceiver.with { place in
            let (id, secret) = try await place.make("lead.created")
            let event = try await place.sample(id)
            place.vendor.play { _ in .answer(500, "") }
            let start = place.service.clock.now
            var last = start
            for (number, pause) in [5.0, 60, 300, 1800, 7200, 21600, 54000].enumerated() {
                _ = try await place.send()
                #expect(place.vendor.requests.count == number + 1)
                let next = try #require(
                    RFC3339.date(try await place.log(id)[0]["next_attempt_at"].string)?.addingTimeInterval(1))
                #expect((pause * 0.8 - 1...pause + 1).contains(next.timeIntervalSince(last)), "\(pause)")
                place.service.clock.set(next)
                last = next
            }
            #expect(last.timeIntervalSince(start) < 86400)
            _ = try await place.send()
            place.service.clock.advance(by: 86400)
            _ = try await place.send()
            #expect(place.ids == Array(repeating: event, count: 8))
            #expect(Set(place.vendor.requests.map(\.body)).count == 1)
            #expect(place.vendor.requests.allSatisfy { $0.isSigned(by: secret) })
            let dead = try await place.log(id, more: "&state=dead")
            #expect(dead.count == 1 && dead[0]["requests"].array.count == 8)
            #expect(dead[0]["requests"][7]["failure"].string == "status_500")
            place.vendor.play { _ in .answer(204, "") }
            let boss = try await place.service.colleague("second", .administrator)
            let path = "/api/v1/webhooks/\(id)/deliveries/\(event)/replay"
            #expect(try await place.service.call(.post, path, token: boss.token).status == 204)
            #expect(try await place.service.call(.post, path, token: boss.token).code == "delivery_waiting")
            #expect(try await place.send() == 1)
            #expect(place.ids.last == event && place.vendor.requests.last?.body == place.vendor.requests[0].body)
        }
    }

    @Test func `a receiver that is gone is paused at once, keeps its queue, and goes on when it is resumed`()
        async throws
    {
        try await HookReceiver.with { place in
            let (id, _) = try await place.make("lead.created")
            let first = try await place.sample(id)
            place.vendor.play { $0 == 1 ? .answer(410, "") : .answer(200, "") }
            #expect(try await place.send() == 0)
            #expect(try await place.item(id)["pause_reason"].string == "gone")
            let alerts = try await place.service.call(.get, "/api/v1/alerts", token: place.boss.token)
            #expect(alerts["items"].array.map { $0["kind"].string } == ["webhook_paused"])
            let second = try await place.sample(id)
            place.service.clock.advance(by: 2)
            #expect(try await place.send() == 0)
            #expect(place.vendor.requests.count == 1)
            #expect(try await place.item(id)["waiting"].int == 2)
            #expect(try await place.change(id, #"{"active":true}"#)["active"].bool)
            #expect(try await place.send() == 2)
            #expect(place.ids.dropFirst().sorted() == [first, second].sorted())
            let audit = try await place.service.database.query(
                "SELECT action FROM audit_events WHERE object = \(id) ORDER BY action"
            ).map { try $0.decode(String.self) }
            #expect(audit == ["webhook.add", "webhook.change", "webhook.pause", "webhook.test", "webhook.test"])
        }
    }

    @Test func `three dead letters in a row pause a webhook, and one that arrives begins the count anew`() async throws
    {
        try await HookReceiver.with { place in
            let (id, _) = try await place.make("lead.created")
            func die(_ count: Int) async throws {
                for _ in 0..<count {
                    try await place.service.database.query(
                        "UPDATE staff_sessions SET step_up_at = \(place.service.clock.now)")
                    _ = try await place.sample(id)
                }
                for _ in 0..<8 {
                    _ = try await place.send()
                    place.service.clock.advance(by: 54001)
                }
            }
            place.vendor.play { _ in .resetBeforeReading }
            try await die(2)
            #expect(try await place.item(id)["active"].bool)
            place.vendor.play { _ in .answer(200, "") }
            try await die(1)
            place.vendor.play { _ in .resetBeforeReading }
            try await die(2)
            #expect(try await place.item(id)["active"].bool)
            try await die(1)
            let item = try await place.item(id)
            #expect(item["pause_reason"].string == "failing" && item["dead"].int == 5)
        }
    }

    @Test func `after a rotation both secrets sign for a day, then the new one alone`() async throws {
        try await HookReceiver.with { place in
            let (id, old) = try await place.make("lead.created")
            let turned = try await place.service.call(
                .post, "/api/v1/webhooks/\(id)/rotate", token: place.boss.token)
            try #require(turned.status == 201, "\(turned.text)")
            let new = turned["secret"].string
            _ = try await place.sample(id)
            #expect(try await place.send() == 1)
            let both = try #require(place.vendor.requests.last)
            #expect(both.isSigned(by: old) && both.isSigned(by: new) && old != new)
            _ = try await place.sample(id)
            place.service.clock.advance(by: 86401)
            #expect(try await place.send() == 1)
            let one = try #require(place.vendor.requests.last)
            #expect(!one.isSigned(by: old) && one.isSigned(by: new))
            #expect(try await place.service.soundness() == [])
        }
    }

    @Test func `two workers at once send each delivery exactly once`() async throws {
        try await HookReceiver.with { place in
            _ = try await place.make("lead.created", "inquiry.received")
            for number in 10..<40 { _ = try await place.service.seed(TaskSeed(phone: "138000001\(number)")) }
            let workers = (0..<4).map { _ in
                WebhookWorker(
                    database: place.service.services.database, dependencies: place.service.dependencies,
                    privateRanges: HookReceiver.ranges)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in workers { group.addTask { _ = try await worker.runOnce() } }
                try await group.waitForAll()
            }
            _ = try await place.send()
            #expect(place.ids.count == 60 && Set(place.ids).count == 60)
        }
    }

    @Test func `what was sent by a process that died is sent again under its id, and a late outcome changes nothing`()
        async throws
    {
        try await HookReceiver.with { place in
            let (id, _) = try await place.make("lead.created")
            let event = try await place.sample(id)
            let database = place.service.database
            place.vendor.play { $0 == 1 ? .silence : .answer(200, "") }
            // The first process has sent it and hears nothing; meanwhile its lease ends and another one takes it.
            async let slow = place.send()
            while place.vendor.requests.isEmpty { await Task.yield() }
            place.service.clock.advance(by: 31)
            #expect(try await place.send() == 1)
            _ = try await slow
            #expect(place.ids == [event, event])
            let log = try await place.log(id)
            #expect(log[0]["state"].string == "sent" && log[0]["requests"].array.count == 1)
            let attempts = try await database.query("SELECT attempts FROM webhook_deliveries")
                .map { try $0.decode(Int32.self) }
            #expect(attempts == [2])
        }
    }
}
