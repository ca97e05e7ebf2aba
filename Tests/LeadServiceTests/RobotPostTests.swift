import Foundation
import HTTPTypes
import LeadService
import Leads
import Synchronization
import TestDatabase
import Testing

/// Posts to robots from the database to a strict vendor; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct RobotPostTests {
    /// The service, a vendor and the address it listens at.
    private struct Place: Sendable {
        let service: TestService
        let vendor: VendorServer
        let url: URL

        var texts: [String] { self.vendor.taken.map(\.parameters) }

        func add(
            _ kind: RobotKind, _ audience: RobotAudience, name: String? = nil, key: String = "test-key"
        ) async throws {
            try await self.service.services.robots.add(
                name ?? kind.rawValue, kind, audience, address: RobotVendor.address(kind, at: self.url, key: key),
                secret: kind.signs ? RobotVendor.secret : nil, by: "test")
        }

        /// One round at a time of day, each robot rested.
        func post(at text: String) async throws -> Int {
            self.service.clock.set(try SLATests.time(text))
            return try await self.service.services.robotPosts.runOnce()
        }

        func states() async throws -> [String] {
            try await self.service.database.query("SELECT state FROM robot_posts ORDER BY created_at, id")
                .map { try $0.decode(String.self) }
        }
    }

    private static func withRobots(_ body: @escaping @Sendable (Place) async throws -> Void) async throws {
        let clock = Mutex<TestClock?>(nil)
        let vendor = VendorServer(now: { clock.withLock { $0?.now ?? .distantPast } })
        try await vendor.running { url in
            try await withService { service in
                clock.withLock { $0 = service.clock }
                try await body(Place(service: service, vendor: vendor, url: url))
            }
        }
    }

    @Test func `alerts of a short while are one post of each robot, in its vendor's way, without a number or a name`()
        async throws
    {
        try await Self.withRobots { place in
            let service = place.service
            for kind in RobotKind.allCases { try await place.add(kind, kind == .wecom ? .supervisors : .team) }
            for number in 1...3 {
                _ = try await service.seed(TaskSeed(phone: "1380000040\(number)", acceptedAgo: 0))
            }
            #expect(try await SLATests.look(service, at: "2026-11-26T14:42") == 3)
            #expect(try await place.post(at: "2026-11-26T14:42") == 0, "others may join them")
            service.clock.advance(by: 29)
            #expect(try await service.services.robotPosts.runOnce() == 0)
            service.clock.advance(by: 1)
            #expect(try await service.services.robotPosts.runOnce() == 2)
            #expect(try await service.services.robotPosts.runOnce() == 0)
            #expect(Set(place.vendor.taken.map(\.template)) == ["dingtalk", "feishu"])
            #expect(
                Set(place.texts) == [
                    "【回访】提醒\n· 3 条回访用去八成时间还没有打，最早的是 11月26日（周四）18:00 前\nhttp://127.0.0.1:8080/staff/desk"
                ])
            // Broken: both audiences.
            #expect(try await SLATests.look(service, at: "2026-11-27T09:00") == 3)
            #expect(try await place.post(at: "2026-11-27T09:01") > 0)
            #expect(place.vendor.taken.filter { $0.template == "wecom" }.count == 1)
            #expect(place.texts.allSatisfy { !$0.contains("1380000") && !$0.contains("欧阳") })
            #expect(try await service.count("SELECT count(*) FROM robot_alerts") == 0)
        }
    }

    @Test func `eight processes post each thing once, and no robot more than fifteen times a minute`() async throws {
        try await Self.withRobots { place in
            try await place.add(.wecom, .supervisors)
            let service = place.service
            service.clock.set(try SLATests.time("2026-11-26T10:00"))
            for number in 1...20 {
                let id = service.dependencies.makeID()
                let now = service.clock.now
                try await service.database.query(
                    """
                    INSERT INTO robot_posts (id, robot_id, kind, day, text, state, created_at, send_at, expires_at)
                    SELECT \(id), r.id, 'alerts', '2026-11-26', \("第 \(number) 条"), 'queued', \(now), \(now), \(now.addingTimeInterval(86400)) FROM robots r
                    """)
            }
            for second in 0..<60 {
                service.clock.set(try SLATests.time("2026-11-26T10:00").addingTimeInterval(Double(second)))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<(second < 8 ? 8 : 1) {
                        group.addTask { _ = try await service.services.robotPosts.runOnce() }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(place.texts.count == 15 && Set(place.texts).count == 15)
            service.clock.advance(by: 60)
            for _ in 0..<5 {
                service.clock.advance(by: 4)
                _ = try await service.services.robotPosts.runOnce()
            }
            #expect(Set(place.texts).count == 20 && place.texts.count == 20)
        }
    }

    @Test func `the plan comes before opening and the rescue list before closing, once a working day, to the team`()
        async throws
    {
        try await Self.withRobots { place in
            try await place.add(.feishu, .team)
            try await place.add(.wecom, .supervisors)
            let service = place.service
            let anna = try await service.colleague("anna")
            for number in 1...3 {
                let owner = number == 1 ? anna.id : nil
                _ = try await service.seed(
                    TaskSeed(
                        phone: "1380000050\(number)", acceptedAgo: 0, owner: owner,
                        ownerReason: owner == nil ? nil : "contacted"))
            }
            _ = try await service.seed(TaskSeed(phone: "13800000504", acceptedAgo: 7200, dueIn: -3600))
            // Neither who is on leave nor who has no shift counts; who went home yesterday is expected today.
            let (boris, clara) = (try await service.colleague("boris"), try await service.colleague("clara"))
            let dora = try await service.colleague("dora")
            let chief = try await service.colleague("chief", .supervisor)
            func arrange(_ who: Colleague, _ method: HTTPRequest.Method, _ what: String, _ body: String) async throws {
                let answer = try await service.call(
                    method, "/api/v1/staff/\(who.id.text)/\(what)", body, token: chief.token)
                #expect(answer.status < 300, "\(answer.text)")
            }
            try await arrange(boris, .post, "leaves", #"{"first_day":"2026-11-26","last_day":"2026-11-26"}"#)
            try await arrange(clara, .put, "shifts", #"{"shifts":[{"weekday":5,"from":"09:00","to":"18:00"}]}"#)
            try await arrange(dora, .put, "availability", #"{"availability":"off"}"#)
            // A promise that waits for the end of a pause is named by itself.
            let paused = try await service.seed(TaskSeed(phone: "13800000505", acceptedAgo: 0))
            try await service.database.query(
                """
                UPDATE callback_tasks SET state = 'paused', paused_reason = 'awaiting_visitor',
                       paused_until = \(try SLATests.time("2026-11-27T10:00")) WHERE id = \(paused.id)
                """)
            for (text, posts) in [
                ("2026-11-26T08:44", 0), ("2026-11-26T08:45", 1), ("2026-11-26T08:46", 0), ("2026-11-26T16:59", 0),
                ("2026-11-26T17:00", 1), ("2026-11-26T17:30", 0),
            ] { #expect(try await place.post(at: text) == posts, "\(text)") }
            #expect(
                place.texts == [
                    "【回访】11月26日（周四）计划\n· 今天到期 3 条\n· 已超时 1 条\n· 暂停中、还没打 1 条，最早 11月26日（周四）18:00 前\n· 今天上班 2 位\n· 按现在的速度今天打不完，1 条可能超时\nhttp://127.0.0.1:8080/staff/desk",
                    "【回访】11月26日（周四）还有 4 条今天到期没有打\n· 按现在的速度今天打不完，1 条可能超时\n· 暂停中、还没打 1 条，最早 11月26日（周四）18:00 前\n· 公共池 2 条，最早 18:00 前\n· anna 1 条，最早 18:00 前\nhttp://127.0.0.1:8080/staff/desk",
                ])
            // Nothing is left on Friday at five, and Saturday is off.
            try await service.database.query("UPDATE callback_tasks SET met_at = due_at WHERE state = 'paused'")
            for text in ["2026-11-27T17:00", "2026-11-28T08:45", "2026-11-28T17:00"] {
                #expect(try await place.post(at: text) == 0, "\(text)")
            }
            let posts = try await service.count("SELECT count(*) FROM robot_posts")
            #expect(posts == 2)
        }
    }

    @Test func `outside opening hours everything but the plan waits`() async throws {
        try await Self.withRobots { place in
            try await place.add(.wecom, .supervisors)
            let service = place.service
            _ = try await service.colleague("chief", .supervisor)
            _ = try await service.seed(TaskSeed(acceptedAgo: 0))
            #expect(try await SLATests.look(service, at: "2026-11-27T17:59") == 1)
            for text in ["2026-11-27T18:01", "2026-11-28T10:00", "2026-11-29T10:00", "2026-11-30T08:59"] {
                #expect(try await place.post(at: text) == 0, "\(text)")
            }
            #expect(try await place.post(at: "2026-11-30T09:00") == 1)
        }
    }

    @Test func `a vendor that is busy is asked again later, and a post that nobody settled is sent again`() async throws
    {
        try await Self.withRobots { place in
            try await place.add(.dingtalk, .team)
            let service = place.service
            _ = try await service.seed(TaskSeed(acceptedAgo: 0))
            #expect(try await SLATests.look(service, at: "2026-11-26T14:42") == 1)
            place.vendor.play { $0 == 1 ? .answer(200, #"{"errcode":130101,"errmsg":"fast"}"#) : .accept }
            #expect(try await place.post(at: "2026-11-26T14:43") == 0)
            #expect(try await place.states() == ["queued"])
            #expect(try await place.post(at: "2026-11-26T14:52") == 0)
            #expect(try await place.post(at: "2026-11-26T14:53") == 1)
            #expect(try await place.states() == ["sent"])
            // Its process died after the vendor had it: a notice may come twice.
            try await service.database.query(
                """
                UPDATE robot_posts SET state = 'sending', finished_at = NULL, lease_until = \(service.clock.now.addingTimeInterval(20))
                """)
            #expect(try await place.post(at: "2026-11-26T14:53") == 0)
            #expect(try await place.post(at: "2026-11-26T14:54") == 1)
            #expect(place.texts.count == 2)
            #expect(try await service.count("SELECT attempt FROM robot_posts") == 3)
        }
    }

    @Test func `an outcome under an old number changes nothing`() async throws {
        try await Self.withRobots { place in
            try await place.add(.wecom, .supervisors)
            let service = place.service
            _ = try await service.seed(TaskSeed(acceptedAgo: 0))
            #expect(try await SLATests.look(service, at: "2026-11-27T09:00") == 1)
            let database = service.database
            place.vendor.play { _ in
                // While the vendor thinks, the lease ends and another process takes the post.
                .stall
            }
            async let slow = place.post(at: "2026-11-27T09:01")
            while try await place.states() != ["sending"] { await Task.yield() }
            try await database.query("UPDATE robot_posts SET attempt = 2")
            #expect(try await slow == 0)
            #expect(try await place.states() == ["sending"])
        }
    }

    @Test func `what a vendor never takes is a dead letter, told to administrators once a day`() async throws {
        try await Self.withRobots { place in
            try await place.add(.wecom, .team, key: "stale")
            let service = place.service
            let root = try await service.colleague("root", .administrator)
            let posts = ["2026-11-26T08:50", "2026-11-26T17:01"]
            _ = try await service.seed(TaskSeed(acceptedAgo: 0))
            for text in posts { #expect(try await place.post(at: text) == 0) }
            #expect(try await place.states() == ["failed", "failed"])
            let list = try await service.call(.get, "/api/v1/alerts", token: root.token)
            #expect(list["items"].array.map { $0["text"].string } == ["群机器人 wecom 发不出去（code_93000），请检查"])
            let robot = try #require(try await service.services.robots.all().first)
            #expect(robot.failed == 2 && robot.lastFailure == "code_93000" && robot.waiting == 0)
            #expect(!service.logs.lines.contains { $0.contains("stale") })
        }
    }

    @Test func `a vendor that stays silent gets six tries over an hour`() async throws {
        try await Self.withRobots { place in
            try await place.add(.wecom, .team)
            place.vendor.play { _ in .answer(502, "bad gateway") }
            _ = try await place.post(at: "2026-11-26T09:30")
            for minutes in 1...70 {
                place.service.clock.set(try SLATests.time("2026-11-26T09:30").addingTimeInterval(Double(minutes * 60)))
                _ = try await place.service.services.robotPosts.runOnce()
            }
            // The plan is of no use after ten.
            #expect(try await place.states() == ["expired"])
            _ = try await place.service.seed(TaskSeed(acceptedAgo: 20 * 3600, dueIn: 3600))
            _ = try await place.service.services.sla.runOnce()
            let before = place.vendor.requests.count
            for _ in 1...90 {
                place.service.clock.advance(by: 60)
                _ = try await place.service.services.robotPosts.runOnce()
            }
            #expect(place.vendor.requests.count - before == 6)
            #expect(try await place.states() == ["expired", "failed"])
        }
    }

    @Test func `an address moved to another robot opens nowhere`() async throws {
        try await Self.withRobots { place in
            try await place.add(.wecom, .team, name: "one")
            try await place.add(.wecom, .supervisors, name: "two")
            try await place.service.database.query(
                "UPDATE robots SET address_sealed = (SELECT address_sealed FROM robots WHERE name = 'two') WHERE name = 'one'"
            )
            #expect(try await place.service.services.robots.test("one") == .refused(failure: "not_opened"))
            #expect(try await place.service.services.robots.test("two") == .taken)
            #expect(place.texts == ["【回访】这是一条测试消息，收到说明机器人可用。"])
        }
    }
}
