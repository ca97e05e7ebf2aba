import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// What gateways did, on the page of statistics and for programs, and the alert when messages do not arrive.
@Suite struct MessageStatisticsTests {
    private static let networks = ["mobile": "1380000", "unicom": "1300000", "telecom": "1330000"]

    /// Messages and refusals of any kind over five days, in one statement each.
    ///
    /// - Parameter seed: which of the many arrangements.
    private static func scatter(_ service: TestService, seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let start = ShanghaiDate(service.clock.now).adding(-4).at(minute: 0)
        for _ in 0..<120 {
            let created = start.addingTimeInterval(Double(Int.random(in: 0..<(4 * 86400), using: &generator)))
            let finished = created.addingTimeInterval(Double(Int.random(in: 1..<4, using: &generator)))
            let gateway = ["aliyun", "tencent"].randomElement(using: &generator) ?? ""
            let network = Self.networks.keys.sorted().randomElement(using: &generator) ?? ""
            let state = ["sent", "sent", "sent", "unknown", "failed"].randomElement(using: &generator) ?? ""
            let delivery =
                state == "sent"
                ? [nil, "delivered", "delivered", "failed"].randomElement(using: &generator) ?? nil : nil
            let at =
                delivery == nil ? nil : finished.addingTimeInterval(Double(Int.random(in: 0..<90, using: &generator)))
            let segments = [nil, 1, 2].randomElement(using: &generator) ?? nil
            let (id, challenge) = (UUID(), UUID())
            try await service.database.query(
                """
                INSERT INTO verification_challenges (id, phone_index, purpose, code_mac, issued_at, expires_at)
                VALUES (\(challenge), sha256(\(id.text)::text::bytea), 'inquiry', sha256('code'), \(created), \(created.addingTimeInterval(300)))
                """)
            try await service.database.query(
                """
                INSERT INTO messages (id, challenge_id, template, state, attempt, gateway, operator, segments, delivery, delivery_at,
                                      created_at, send_at, expires_at, finished_at)
                VALUES (\(id), \(challenge), 'inquiry_code', \(state), 1, \(gateway), \(network), \(segments.map { Int16($0) }), \(delivery), \(at),
                        \(created), \(created), \(created.addingTimeInterval(300)), \(finished))
                """)
            let outcome = ["accepted", "no_funds", "transient", "unknown", "number_bad"].randomElement(
                using: &generator)
            try await service.database.query(
                """
                INSERT INTO gateway_attempts (message_id, attempt, position, gateway, operator, outcome, duration_ms, at)
                VALUES (\(id), 1, 1, \(gateway), \(network), \(outcome ?? ""), 10, \(finished))
                """)
        }
    }

    private struct Row {
        var gateway, network, state: String
        var delivery: String?
        var segments: Int?
        var created, finished: Date
        var deliveredAt: Date?
    }

    private static func rows(_ service: TestService) async throws -> [Row] {
        let cells = try await service.database.query(
            "SELECT gateway, operator, state, delivery, segments, created_at, finished_at, delivery_at FROM messages")
        return try cells.map {
            let (gateway, network, state, delivery, segments, created, finished, at) = try $0.decode(
                (String, String, String, String?, Int16?, Date, Date, Date?).self)
            return Row(
                gateway: gateway, network: network, state: state, delivery: delivery,
                segments: segments.map { Int($0) },
                created: created, finished: finished, deliveredAt: at)
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `every number of the gateways is that of a slow count`(seed: UInt64) async throws {
        try await withVendors { place in
            let service = place.service
            try await service.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
                VALUES ('sms_prices', '{"aliyun": 0.045}', '2026-01-01', 'test', '2026-01-01')
                """)
            try await service.services.settings.reload()
            try await Self.scatter(service, seed: seed)
            let today = ShanghaiDate(service.clock.now)
            // The codes are gone by then, what their messages came to is not.
            service.clock.advance(by: 8 * 86400)
            try await service.services.housekeeping.runOnce()
            #expect(try await service.count("SELECT count(*) FROM verification_challenges") == 0)
            #expect(try await service.count("SELECT count(*) FROM gateway_attempts") == 120)
            // Two days are kept, and one of them changed since.
            _ = try await service.services.rollups.rebuild()
            try await service.database.query(
                "UPDATE messages SET delivery = NULL, delivery_at = NULL WHERE finished_at < \(today.adding(-2).at(minute: 0))"
            )
            let boss = try await service.colleague("boss", .supervisor)
            let now = service.clock.now
            for (first, last) in [(-4, 0), (-2, -1), (0, 0)] {
                let (from, to) = (today.adding(first), today.adding(last))
                let stats = try await service.call(
                    .get, "/api/v1/stats?from=\(from)&to=\(to)", token: boss.token)
                try #require(stats.status == 200, "\(stats.text)")
                let time = from.at(minute: 0)..<to.adding(1).at(minute: 0)
                let rows = try await Self.rows(service).filter { time.contains($0.finished) }
                var groups: Set<[String]> = []
                for group in stats["messages"]["gateways"].array {
                    let key = [group["gateway"].string, group["operator"].string]
                    #expect(groups.insert(key).inserted)
                    let own = rows.filter { [$0.gateway, $0.network] == key }
                    let sent = own.filter { $0.state == "sent" }
                    let delays = sent.filter { $0.delivery == "delivered" }
                        .map { ($0.deliveredAt ?? now).timeIntervalSince($0.created) }.sorted()
                    let failed = sent.count { $0.delivery == "failed" }
                    #expect(group["handed_over"].int == sent.count)
                    #expect(group["unknown"].int == own.count { $0.state == "unknown" })
                    #expect(group["delivered"].int == delays.count && group["failed"].int == failed)
                    #expect(
                        group["unreported"].int
                            == sent.count { $0.delivery == nil && now.timeIntervalSince($0.finished) > 600 })
                    #expect(group["segments"].int == sent.reduce(0) { $0 + ($1.segments ?? 1) })
                    if delays.isEmpty {
                        #expect(group["median_seconds"] == .null)
                    } else {
                        let half = delays[(delays.count - 1) / 2]
                        #expect(group["median_seconds"].int == Int(half.rounded(.up)))
                        let percent = 100 * Double(delays.count) / Double(delays.count + failed)
                        #expect(abs(Double(group["delivered_percent"].int) - percent) <= 0.5)
                    }
                    let cost = JSONOutput(group["cost_yuan"]).text
                    if key[0] == "aliyun" {
                        #expect(abs((Double(cost) ?? -1) - 0.045 * Double(group["segments"].int)) < 0.0006)
                    } else {
                        #expect(cost == "null")
                    }
                    for outcome in ["no_funds", "transient", "number_bad"] {
                        let counted = try await service.database.query(
                            """
                            SELECT count(*) FROM gateway_attempts WHERE gateway = \(key[0]) AND operator = \(key[1])
                              AND outcome = \(outcome) AND at >= \(time.lowerBound) AND at < \(time.upperBound)
                            """)
                        let count = try #require(counted.first).decode(Int.self)
                        #expect((group["refusals"][outcome] == .null ? 0 : group["refusals"][outcome].int) == count)
                    }
                    #expect(!group["refusals"].names.contains { ["accepted", "unknown"].contains($0) })
                }
                let counted = Set(rows.filter { $0.state != "failed" }.map { [$0.gateway, $0.network] })
                #expect(groups.isSuperset(of: counted) && (first > -4 || groups.count == 6))
            }
        }
    }

    @Test func `the page says it in words, and what is no longer kept is said too`() async throws {
        try await withVendors { place in
            place.aliyun.play { _ in .answer(200, #"{"Code":"isv.AMOUNT_NOT_ENOUGH","Message":"m"}"#) }
            _ = try await place.ask("13000000061")
            try await place.send()
            place.service.clock.advance(by: 700)
            let boss = try await place.service.colleague("boss", .supervisor)
            func page(_ query: String) async throws -> String {
                try await place.service.call(
                    .get, "/staff/statistics" + query, token: boss.token, headers: [.accept: "text/html"]
                ).text
            }
            let shown = try await page("")
            for part in [
                "<th scope=\"row\">阿里云</th><td>联通</td><td class=\"figure\">0</td><td class=\"figure\">0</td><td class=\"figure\">—</td>",
                "余额不足 1", "<th scope=\"row\">腾讯云</th><td>联通</td><td class=\"figure\">1</td>",
            ] { #expect(shown.contains(part), "\(part)") }
            #expect(!shown.contains("0.00 元"), "nobody has set a price")
            #expect(!shown.contains("13000000061"))
            #expect(try await page("?from=2026-11-01&to=2026-11-02").contains("这几天没有发出短信。"))
            #expect(try await page("?from=2025-01-01&to=2025-01-31").contains("这段日期的短信记录已经删除。"))
            #expect(try await page("?from=2026-01-01&to=2026-11-25").contains("更早的短信记录已经删除，从 5月26日（周二）算起。"))
        }
    }

    @Test func `a short period reads no more than its own messages`() async throws {
        try await withService { service in
            try await service.database.query(
                """
                INSERT INTO messages (id, template, state, attempt, gateway, operator, created_at, send_at, expires_at, finished_at)
                SELECT gen_random_uuid(), 'inquiry_code', 'sent', 1, 'aliyun', 'mobile', t, t, t, t
                FROM generate_series(1, 20000) n, LATERAL (SELECT timestamptz '2026-11-25' - n * interval '5 minutes' AS t) a
                """)
            try await service.database.query(
                """
                INSERT INTO gateway_attempts (message_id, attempt, position, gateway, operator, outcome, duration_ms, at)
                SELECT id, 1, 1, gateway, operator, 'no_funds', 5, finished_at FROM messages
                """)
            for table in ["messages", "gateway_attempts"] {
                try await service.database.query(.init(unsafeSQL: "ANALYZE \(table)"))
            }
            let now = service.clock.now
            let plan = try await service.database.query(
                "EXPLAIN \(gatewayStatistics: now.addingTimeInterval(-2 * 86400)..<now, at: now)"
            ).map { try $0.decode(String.self) }.joined(separator: "\n")
            #expect(plan.contains("messages_finished") && plan.contains("gateway_attempts_by_age"), "\(plan)")
            #expect(!plan.contains("Seq Scan"), "\(plan)")
        }
    }

    @Test func `messages that do not arrive are told to administrators, once a day, from fifty reports on`()
        async throws
    {
        try await withVendors { place in
            let service = place.service
            let root = try await service.colleague("root", .administrator)
            let anna = try await service.colleague("anna")
            func deliver(_ count: Int, _ delivery: String, _ gateway: String, _ network: String) async throws {
                let now = service.clock.now
                try await service.database.query(
                    """
                    INSERT INTO messages (id, template, state, attempt, gateway, operator, delivery, delivery_at, created_at, send_at,
                                          expires_at, finished_at)
                    SELECT gen_random_uuid(), 'inquiry_code', 'sent', 1, \(gateway), \(network), \(delivery), \(now), \(now), \(now), \(now), \(now)
                    FROM generate_series(1, \(count))
                    """)
            }
            func told() async throws -> [String] {
                for _ in 0..<2 { try await service.services.deliveryWorker.measure() }
                let list = try await service.call(.get, "/api/v1/alerts", token: root.token)
                try #require(list.status == 200, "\(list.text)")
                return list["items"].array.map { $0["text"].string }
            }
            // Too few reports, and a share that is just good enough.
            try await deliver(49, "failed", "aliyun", "unicom")
            try await deliver(80, "delivered", "tencent", "mobile")
            try await deliver(20, "failed", "tencent", "mobile")
            #expect(try await told() == [])
            try await deliver(1, "failed", "tencent", "mobile")
            let first = "网关 tencent 发往移动号码的短信，最近 24 小时 101 条有回执，只送达 80 条，请检查"
            #expect(try await told() == [first])
            try await deliver(1, "delivered", "aliyun", "unicom")
            let both = try await told()
            #expect(both.sorted() == ["网关 aliyun 发往联通号码的短信，最近 24 小时 50 条有回执，只送达 1 条，请检查", first])
            service.clock.advance(by: 20 * 3600)
            #expect(try await told().count == 4, "the next day tells again")
            service.clock.advance(by: 20 * 3600)
            #expect(try await told().count == 4, "what is older than a day is not told")
            #expect(
                try await service.call(.get, "/api/v1/alerts", token: anna.token)["items"].array.isEmpty)
        }
    }
}
