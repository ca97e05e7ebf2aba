import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The kept days of the statistics: whatever happened, they say what the rows say.
@Suite struct StatisticsRollupTests {
    /// Many days of whatever may happen to inquiries, with rounds of the worker in between.
    private struct Walk {
        let service: TestService
        var random: SeededGenerator
        let people: [Colleague]
        let chief: Colleague
        var receipts: [String] = []
        var aside: [String] = []
        var done: [String: Int] = [:]

        static let kinds = [
            "inquiry", "inquiry", "inquiry", "inquiry", "aside", "call", "call", "call", "call", "call", "uncalled",
            "undo", "cancel",
            "move", "erase", "stop", "release", "merge", "round", "round", "wait", "wait", "wait", "night",
            "closed day",
        ]
        static let answers = [
            "", #","answers":{"age":30,"education":"bachelor_with_degree","insured_months":72}"#,
            #","answers":{"age":30,"education":"associate","insured_months":36}"#,
        ]
        static let sources = [
            "", #","source":{"utm":{"source":"article"}}"#, #","source":{"page_url":"https://example.com/points?a=b"}"#,
            #","source":{"utm":{"source":"video"},"page_url":"https://example.com/family"}"#,
        ]

        private mutating func phone() -> String { "138000000\(10 + Int.random(in: 0..<14, using: &self.random))" }

        mutating func step() async throws {
            let kind = Self.kinds.randomElement(using: &self.random) ?? ""
            let adviser = self.people.randomElement(using: &self.random) ?? self.chief
            self.done[kind, default: 0] += 1
            switch kind {
            case "inquiry", "aside":
                self.service.clock.advance(by: 61)
                let phone = self.phone()
                let more =
                    (Self.answers.randomElement(using: &self.random) ?? "")
                    + (Self.sources.randomElement(using: &self.random) ?? "")
                let answer = try await self.service.submit(
                    phone: phone, more: more + (kind == "aside" ? #","website":"x""# : ""))
                self.receipts.append(try self.service.receipt(of: answer))
                if kind == "aside" { self.aside.append(answer["inquiry_id"].string) }
            case "call", "uncalled", "merge":
                let claimed = try await self.service.claim(
                    adviser, Bool.random(using: &self.random) ? nil : #"{"phone":"\#(self.phone())"}"#)
                guard claimed.status == 200 else { return }
                let path = "/api/v1/callbacks/\(claimed["id"].string)"
                self.service.clock.advance(by: Double(Int.random(in: 1..<1500, using: &self.random)))
                if kind == "call" {
                    _ = try await self.service.call(.post, path + "/reveal", #"{"purpose":"回访"}"#, token: adviser.token)
                }
                let tomorrow = ShanghaiDate(self.service.clock.now).adding(1)
                let again = RFC3339.text(
                    self.service.services.calendar.current.nextWorkingDay(after: tomorrow).at(minute: 600))
                let lead = try await self.service.column(
                    "SELECT id::text FROM leads WHERE erased_at IS NULL ORDER BY md5(id::text) LIMIT 1")
                let results = [
                    #"{"disposition":"no_answer"}"#, #"{"disposition":"busy_or_rejected"}"#, #"{"disposition":"spam"}"#,
                    #"{"disposition":"reached_interested","call_again_at":"\#(again)"}"#,
                    #"{"disposition":"reached_not_interested","reason":"费用"}"#, #"{"disposition":"converted"}"#,
                    #"{"disposition":"wrong_person"}"#, #"{"disposition":"reached_need_materials","note":"学历"}"#,
                ]
                let result =
                    kind == "merge"
                    ? #"{"disposition":"duplicate","merge_into":"\#(lead ?? "")"}"#
                    : results.randomElement(using: &self.random) ?? ""
                let recorded = try await self.service.call(.post, path + "/attempts", result, token: adviser.token)
                try #require(recorded.status < 500, "\(recorded.text)")
                if recorded.status != 200 {
                    _ = try await self.service.call(.post, path + "/release", "{}", token: adviser.token)
                }
            case "undo":
                let newest = try await self.service.column(
                    "SELECT task_id::text FROM call_attempts WHERE adviser_id = \(adviser.id) ORDER BY at DESC LIMIT 1")
                guard let newest else { return }
                _ = try await self.service.call(.post, "/api/v1/callbacks/\(newest)/undo", "{}", token: adviser.token)
            case "cancel":
                guard let receipt = self.receipts.randomElement(using: &self.random) else { return }
                _ = try await self.service.call(.post, receipt + "/cancel", "{}")
            case "move":
                guard let receipt = self.receipts.randomElement(using: &self.random) else { return }
                let on = self.service.services.calendar.current.nextWorkingDay(
                    after: ShanghaiDate(self.service.clock.now).adding(1))
                _ = try await self.service.call(
                    .post, receipt + "/window", #"{"preferred_window":"morning","on":"\#(on)"}"#)
            case "erase", "stop":
                guard Int.random(in: 0..<3, using: &self.random) == 0 else { return }
                try await self.service.ask(kind == "erase" ? "erase" : "stop_calls", phone: self.phone())
            case "release":
                guard let id = self.aside.popLast() else { return }
                _ = try await self.service.call(.post, "/api/v1/quarantine/\(id)/release", token: self.chief.token)
            case "round":
                try await self.service.services.rollups.runOnce(limit: Int.random(in: 1..<4, using: &self.random))
            case "wait": self.service.clock.advance(by: Double(Int.random(in: 60..<20_000, using: &self.random)))
            case "night": self.service.clock.advance(by: 90_000)
            default:
                // A day of the past turns out to have been a day off: every length that lies over it is another one.
                let day = ShanghaiDate(self.service.clock.now).adding(-Int.random(in: 1..<4, using: &self.random))
                try await self.service.database.query(
                    """
                    INSERT INTO company_days (day, kind, reason) VALUES (\(day.description)::text::date, 'closed', '停电') ON CONFLICT DO NOTHING
                    """)
                try await self.service.services.calendar.reload()
            }
        }
    }

    /// The kept rows as text, in order.
    private static func kept(_ service: TestService) async throws -> [String] {
        var lines: [String] = []
        for table in ["statistics_days", "statistics_counts", "statistics_advisers", "statistics_messages"] {
            let text = try await service.column(
                .init(unsafeSQL: "SELECT string_agg(r::text, E'\\n' ORDER BY r::text COLLATE \"C\") FROM \(table) r"))
            lines += ["\(table):"] + (text ?? "").split(separator: "\n").map(String.init)
        }
        return lines
    }

    private static func answers(
        _ service: TestService, _ token: String, _ ranges: [(ShanghaiDate, ShanghaiDate)]
    ) async throws -> [String] {
        var answers: [String] = []
        for (from, to) in ranges {
            let answer = try await service.call(.get, "/api/v1/stats?from=\(from)&to=\(to)", token: token)
            try #require(answer.status == 200, "\(answer.text)")
            answers.append(answer.text)
        }
        return answers
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `kept days say what the rows say, and what a rebuild says, whatever happened`(seed: UInt64) async throws {
        try await withService { service in
            let people = [try await service.colleague("anna"), try await service.colleague("boris")]
            let chief = try await service.colleague("chief", .administrator, days: 400)
            var walk = Walk(service: service, random: SeededGenerator(seed: seed), people: people, chief: chief)
            let first = ShanghaiDate(service.clock.now)
            var sawMarks = false
            for number in 1...180 {
                try await walk.step()
                guard number % 60 == 0 else { continue }
                let last = ShanghaiDate(service.clock.now)
                var ranges = [(first.adding(-3), last), (last.adding(-2), last), (first, max(first, last.adding(-2)))]
                ranges += stride(from: first.dayNumber, through: last.dayNumber, by: 3).map {
                    (ShanghaiDate(dayNumber: $0), ShanghaiDate(dayNumber: $0))
                }
                let marks = try await service.count(
                    "SELECT count(*) FROM statistics_marks m JOIN statistics_days d USING (day)")
                sawMarks = sawMarks || marks > 0
                let found = try await Self.answers(service, chief.token, ranges)
                while try await service.services.rollups.runOnce() > 0 {}
                let rolled = try await Self.kept(service)
                #expect(try await Self.answers(service, chief.token, ranges) == found)
                #expect(try await service.services.rollups.rebuild() > 0)
                #expect(try await Self.kept(service) == rolled)
                // Of no kept day at all: every number from its rows.
                try await service.database.query("DELETE FROM statistics_days")
                #expect(try await Self.answers(service, chief.token, ranges) == found)
                while try await service.services.rollups.runOnce() > 0 {}
                for (from, to) in ranges { try await Self.compareSlowly(service, chief.token, from, to) }
            }
            #expect(sawMarks, "nothing ever changed a kept day")
        }
    }

    /// What one would write down who never heard of kept days.
    private static func compareSlowly(
        _ service: TestService, _ token: String, _ from: ShanghaiDate, _ to: ShanghaiDate
    ) async throws {
        let stats = try await service.call(.get, "/api/v1/stats?from=\(from)&to=\(to)", token: token)
        func slow(_ expression: String) async throws -> Int {
            try await service.count(
                """
                WITH own AS (
                    SELECT i.*, coalesce(l.merged_into, l.id) AS target,
                           coalesce(i.cancelled_at, (SELECT min(t.closed_at) FROM callback_tasks t
                                                     WHERE t.lead_id = coalesce(l.merged_into, l.id) AND t.closed_at >= i.accepted_at)) AS ended_at
                    FROM inquiries i JOIN leads l ON l.id = i.lead_id
                    WHERE NOT i.quarantined AND (i.accepted_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN '\(from)' AND '\(to)'
                ), results AS (
                    SELECT o.id, a.disposition, a.at FROM own o JOIN leads l ON l.id = o.lead_id
                    JOIN callback_tasks t ON t.lead_id = l.id OR t.lead_id = l.merged_into
                    JOIN call_attempts a ON a.task_id = t.id AND a.counts AND a.at >= o.met_at
                ), opened AS (
                    SELECT o.id, (SELECT coalesce(sum(greatest(0, extract(epoch FROM
                            least(o.met_at, (g.day + interval '18 hours') AT TIME ZONE 'Asia/Shanghai')
                            - greatest(o.accepted_at, (g.day + interval '9 hours') AT TIME ZONE 'Asia/Shanghai')))), 0)
                        FROM generate_series((o.accepted_at AT TIME ZONE 'Asia/Shanghai')::date::timestamp, o.met_at AT TIME ZONE 'Asia/Shanghai', interval '1 day') g (day)
                        LEFT JOIN calendar_days c ON c.day = g.day::date LEFT JOIN company_days f ON f.day = g.day::date
                        WHERE coalesce(f.kind = 'open', c.kind = 'makeup', extract(isodow FROM g.day) < 6)) AS seconds
                    FROM own o WHERE o.met_at IS NOT NULL
                ) SELECT coalesce((\(expression))::bigint, -1)
                """)
        }
        let now = stats["as_of"].string
        #expect(try await slow("SELECT count(*) FROM own") == stats["funnel"]["accepted"].int)
        #expect(try await slow("SELECT count(*) FROM own WHERE met_at IS NOT NULL") == stats["funnel"]["attempted"].int)
        #expect(
            try await slow(
                """
                SELECT count(DISTINCT id) FROM results WHERE disposition IN ('reached_interested', 'reached_need_materials', 'call_back_at',
                    'reached_not_interested', 'do_not_call', 'not_eligible', 'converted')
                """) == stats["funnel"]["contacted"].int)
        #expect(
            try await slow("SELECT count(DISTINCT id) FROM results WHERE disposition = 'converted'")
                == stats["funnel"]["converted"].int)
        #expect(try await slow("SELECT count(*) FROM own WHERE met_at <= due_at") == stats["promise"]["kept"].int)
        let leftOut = "met_at IS NULL AND ended_at IS NOT NULL AND ended_at <= due_at"
        #expect(
            try await slow("SELECT count(*) FROM own WHERE \(leftOut)") == stats["promise"]["left_out"]["count"].int)
        #expect(
            try await slow(
                "SELECT count(*) FROM own WHERE met_at > due_at OR met_at IS NULL AND due_at < '\(now)' AND NOT (\(leftOut))"
            )
                == stats["promise"]["broken"].int)
        for percent in [50, 95] {
            let found = stats["first_attempt"]["p\(percent)_minutes"]
            let length = try await slow(
                "SELECT ceil(percentile_disc(\(Double(percent) / 100)) WITHIN GROUP (ORDER BY seconds) / 60) FROM opened"
            )
            #expect(length == (found == .null ? -1 : found.int), "\(from) \(to) p\(percent)")
        }
        #expect(
            try await slow(
                "SELECT count(*) FROM own o JOIN assessments a ON a.id = o.assessment_id WHERE a.total >= 120")
                == stats["assessments"]["reaching_120"].int)
        for source in stats["sources"].array where source["source"] != .null {
            let own = "SELECT count(*) FROM own WHERE short_source(source) = '\(source["source"].string)'"
            #expect(try await slow(own) == source["accepted"].int)
        }
    }

    @Test func `a late call changes the kept day of its inquiry at once, and it is the mark that says so`() async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let boss = try await service.colleague("boss", .supervisor)
            try await service.submit(phone: "13800000001")
            let day = ShanghaiDate(service.clock.now)
            func attempted() async throws -> Int {
                try await service.call(.get, "/api/v1/stats?from=\(day)&to=\(day)", token: boss.token)["funnel"][
                    "attempted"
                ].int
            }
            // The day is over, but not for a quarter of an hour.
            service.clock.set(day.adding(1).at(minute: 14))
            #expect(try await service.services.rollups.runOnce() == 0)
            service.clock.set(day.adding(1).at(minute: 16))
            #expect(try await service.services.rollups.runOnce() == 1)
            #expect(try await service.services.rollups.runOnce() == 0)
            service.clock.set(day.adding(1).at(minute: 600))
            let claimed = try await service.claim(anna)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            #expect(
                try await service.call(.post, path + "/reveal", #"{"purpose":"回访"}"#, token: anna.token).status == 200)
            #expect(try await attempted() == 0)
            let result = try await service.call(
                .post, path + "/attempts", #"{"disposition":"no_answer"}"#, token: anna.token)
            #expect(result.status == 200, "\(result.text)")
            #expect(try await attempted() == 1)
            // Without its mark nobody would know.
            try await service.database.query("CREATE TABLE aside AS SELECT day FROM statistics_marks")
            try await service.database.query("DELETE FROM statistics_marks")
            #expect(try await attempted() == 0)
            try await service.database.query("INSERT INTO statistics_marks (day) SELECT day FROM aside")
            #expect(try await service.services.rollups.runOnce() == 1)
            #expect(try await service.count("SELECT count(*) FROM statistics_marks") == 0)
            #expect(try await attempted() == 1)
        }
    }

    @Test func `an inquiry that comes leaves no mark, and rounds of two processes do not disturb each other`()
        async throws
    {
        try await withService { service in
            for number in 1...6 {
                try await service.submit(phone: "1380000000\(number)")
                service.clock.advance(by: 86400)
            }
            #expect(try await service.count("SELECT count(*) FROM statistics_marks") == 0)
            let rollups = service.services.rollups
            async let one = rollups.runOnce()
            async let two = rollups.runOnce()
            _ = try await (one, two)
            #expect(try await service.count("SELECT count(*) FROM statistics_days") == 6)
            #expect(try await service.count("SELECT sum(accepted) FROM statistics_counts WHERE number = 'source'") == 6)
        }
    }
}
