import Foundation
import LeadService
import Leads
import Synchronization
import Testing

/// Who keeps webhooks, and where they may not go.
@Suite struct WebhookTests {
    private static func body(_ url: String) -> String { #"{"url":"\#(url)","events":["lead.created"]}"# }

    @Test func `administrators write after a step-up, auditors read, and neither sees the address or the secret again`()
        async throws
    {
        try await HookReceiver.with { place in
            let service = place.service
            let (id, secret) = try await place.make("lead.created", path: "/hook?token=geheim")
            for role in Role.allCases {
                let somebody = try await service.colleague("a-\(role.rawValue)", role)
                let reads = role == .administrator || role == .auditor
                for path in ["/api/v1/webhooks", "/api/v1/webhooks/\(id)/deliveries"] {
                    let read = try await service.call(.get, path, token: somebody.token)
                    #expect(read.status == (reads ? 200 : 403), "\(role)")
                    #expect(!read.text.contains("geheim") && !read.text.contains(secret))
                }
                let write = try await service.call(
                    .patch, "/api/v1/webhooks/\(id)", #"{"active":true}"#, token: somebody.token)
                #expect(write.status == (role == .administrator ? 200 : 403), "\(role)")
            }
            let stored = try await service.database.query(
                "SELECT count(*) FROM webhooks WHERE strpos(encode(url_sealed, 'escape'), 'geheim') > 0"
            ).map { try $0.decode(Int.self) }
            #expect(stored == [0])
            service.clock.advance(by: 301)
            let late = try await place.change(id, #"{"active":false}"#)
            #expect(late.code == "step_up_required")
        }
    }

    @Test func `a change is audited with before and after, and a deleted one gets nothing more`() async throws {
        try await HookReceiver.with { place in
            let (id, _) = try await place.make("lead.created")
            let changed = try await place.change(id, #"{"events":["lead.closed"],"active":false}"#)
            #expect(changed["events"][0].string == "lead.closed" && changed["pause_reason"].string == "by_hand")
            let detail = try await place.service.column(
                "SELECT detail::text FROM audit_events WHERE action = 'webhook.change'")
            let read = try StrictJSON.read(Array((detail ?? "").utf8))
            #expect(read["before"]["events"][0].string == "lead.created" && read["before"]["active"].bool)
            #expect(read["after"]["events"][0].string == "lead.closed" && !read["after"]["active"].bool)
            #expect(try await place.change(id, #"{"events":["lead.created"],"active":true}"#).status == 200)
            _ = try await place.sample(id)
            let path = "/api/v1/webhooks/\(id)"
            #expect(try await place.service.call(.delete, path, token: place.boss.token).status == 204)
            #expect(try await place.service.call(.delete, path, token: place.boss.token).status == 404)
            #expect(try await place.send() == 0)
            _ = try await place.service.seed()
            #expect(place.vendor.requests.isEmpty)
            #expect(try await place.service.count("SELECT count(*) FROM webhook_deliveries") == 1)
            _ = try await place.service.services.housekeeping.runOnce()
            #expect(try await place.service.count("SELECT count(*) FROM webhook_deliveries") == 0)
        }
    }

    @Test func `after thirty days what was sent is deleted`() async throws {
        try await HookReceiver.with { place in
            let (id, _) = try await place.make("lead.created")
            _ = try await place.sample(id)
            #expect(try await place.send() == 1)
            place.service.clock.advance(by: 29.9 * 86400)
            _ = try await place.service.services.housekeeping.runOnce()
            #expect(try await place.service.count("SELECT count(*) FROM webhook_deliveries") == 1)
            place.service.clock.advance(by: 0.2 * 86400)
            _ = try await place.service.services.housekeeping.runOnce()
            #expect(try await place.service.count("SELECT count(*) FROM webhook_deliveries") == 0)
        }
    }

    @Test func `an address in no public network, or written in an odd way, is refused in Chinese and nothing is kept`()
        async throws
    {
        let table: [(String, String)] = [
            ("https://169.254.169.254/latest/meta-data", "webhook_address_refused"),
            ("https://[::ffff:127.0.0.1]/", "webhook_address_refused"),
            ("https://[::ffff:a9fe:a9fe]/", "webhook_address_refused"),
            ("https://127.0.0.1/", "webhook_address_refused"), ("http://127.0.0.1:9/", "webhook_address_refused"),
            ("https://10.1.2.3/", "webhook_address_refused"), ("https://172.31.255.1/", "webhook_address_refused"),
            ("https://192.168.1.1/", "webhook_address_refused"),
            ("https://100.100.100.200/", "webhook_address_refused"),
            ("https://0.0.0.0/", "webhook_address_refused"), ("https://224.0.0.1/", "webhook_address_refused"),
            ("https://255.255.255.255/", "webhook_address_refused"), ("https://[::1]/", "webhook_address_refused"),
            ("https://[::]/", "webhook_address_refused"), ("https://[::7f00:1]/", "webhook_address_refused"),
            ("https://[fe80::1]/", "webhook_address_refused"), ("https://[fd00:ec2::254]/", "webhook_address_refused"),
            ("https://[ff02::1]/", "webhook_address_refused"),
            ("https://[64:ff9b::7f00:1]/", "webhook_address_refused"),
            ("https://[2002:7f00:1::]/", "webhook_address_refused"),
            ("https://[2001:0:7f00:1::]/", "webhook_address_refused"),
            ("https://localhost/", "webhook_address_refused"),
            ("https://2130706433/", "webhook_host_invalid"), ("https://0x7f000001/", "webhook_host_invalid"),
            ("https://0177.0.0.1/", "webhook_host_invalid"), ("https://127.1/", "webhook_host_invalid"),
            ("https://0x7f.0.0.1/", "webhook_host_invalid"), ("https://127.0.0.1./", "webhook_host_invalid"),
            ("https://①②⑦.⓪.⓪.①/", "webhook_url_invalid"), ("https://exa mple.com/", "webhook_url_invalid"),
            ("https://user:pass@93.184.216.34/", "webhook_url_invalid"),
            ("https://93.184.216.34@127.0.0.1/", "webhook_url_invalid"),
            ("https://93.184.216.34\\\\@127.0.0.1/", "webhook_url_invalid"),
            ("https://93.184.216.34/#x", "webhook_url_invalid"), ("ftp://93.184.216.34/", "webhook_url_invalid"),
            ("https://93.184.216.34:99999/", "webhook_url_invalid"), ("https:///x", "webhook_url_invalid"),
            ("http://93.184.216.34/", "webhook_http_refused"),
            ("https://no-such-name.invalid/", "webhook_host_unknown"),
        ]
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            for (url, code) in table {
                let refused = try await service.call(.post, "/api/v1/webhooks", Self.body(url), token: boss.token)
                let error = refused["errors"][0]
                #expect(refused.status == 422 && error["code"].string == code, "\(url) \(refused.text)")
                #expect(error["pointer"].string == "/url")
                #expect(error["detail"].string.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
            }
            #expect(try await service.count("SELECT count(*) FROM webhooks") == 0)
            for url in ["https://93.184.216.34/", "https://[2606:4700:4700::1111]:8443/x?y=z"] {
                let made = try await service.call(.post, "/api/v1/webhooks", Self.body(url), token: boss.token)
                #expect(made.status == 201, "\(url) \(made.text)")
            }
        }
    }

    @Test func `an address that has become private is not connected to, and a redirect is not followed`() async throws {
        try await HookReceiver.with { place in
            let (id, _) = try await place.make("lead.created")
            _ = try await place.sample(id)
            let strict = WebhookWorker(
                database: place.service.services.database, dependencies: place.service.dependencies, privateRanges: [])
            #expect(try await strict.runOnce() == 0)
            #expect(place.vendor.requests.isEmpty)
            #expect(try await place.log(id)[0]["requests"][0]["failure"].string == "address_refused")
            place.service.clock.advance(by: 6)
            place.vendor.play { $0 == 1 ? .redirect : .answer(200, "") }
            #expect(try await place.send() == 0)
            #expect(place.vendor.requests.map(\.path) == ["/hook"])
            #expect(try await place.log(id)[0]["requests"][1]["failure"].string == "status_302")
        }
    }

    @Test func `a name is asked once, and what it answers later is not connected to`() async throws {
        try await HookReceiver.with { place in
            let (id, _) = try await place.make("lead.created")
            let webhook = try #require(UUID(uuidString: id))
            // No name service knows it: only the checked address leads to the receiver.
            let url = "http://hooks.invalid:\(place.url.port ?? 0)/hook"
            let sealed = try place.service.keys.seal(url, at: SealedPlace("webhooks", "url_sealed", webhook))
            try await place.service.database.query(
                "UPDATE webhooks SET url_sealed = decode(\(sealed.map { String(format: "%02x", $0) }.joined()), 'hex')")
            let asked = Mutex(0)
            var dependencies = place.service.dependencies
            dependencies.resolve = { host in
                #expect(host == "hooks.invalid")
                let number = asked.withLock { count in
                    count += 1
                    return count
                }
                return [IPAddress(number == 1 ? "127.0.0.1" : "169.254.169.254")].compactMap(\.self)
            }
            let worker = WebhookWorker(
                database: place.service.services.database, dependencies: dependencies,
                privateRanges: HookReceiver.ranges)
            _ = try await place.sample(id)
            #expect(try await worker.runOnce() == 1)
            #expect(asked.withLock { $0 } == 1)
            #expect(place.vendor.requests.last?.headers["host"] == "hooks.invalid:\(place.url.port ?? 0)")
            _ = try await place.sample(id)
            #expect(try await worker.runOnce() == 0)
            #expect(place.vendor.requests.count == 1)
            #expect(try await place.log(id)[0]["requests"][0]["failure"].string == "address_refused")
        }
    }
}
