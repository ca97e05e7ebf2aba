import Foundation
import HTTPTypes
import LeadService
import Leads
import Postgres
import Testing

/// Rule sets to come: added once, never altered, in force from their midnight in Shanghai on.
@Suite struct RulesImportTests {
    private static let answers = #"{"age":44}"#

    @Test func `a set takes effect at midnight in Shanghai, without a restart, and old results stay as they were`()
        async throws
    {
        try await withService { service in
            let before = try await service.rules()
            #expect(before["version"].string == "cn-sh-points-2022" && before["effective_to"] == .null)
            let tag = try #require(before.headers[.eTag])
            #expect(before.headers[.cacheControl] == "no-cache")
            #expect(try await service.rules(knowing: tag).status == 304)

            #expect(try await service.add("next", from: "2026-11-27", age: 31))
            // As the running server does every few seconds.
            try await service.services.rules.reload()
            let known = try await service.rules(knowing: tag)
            #expect(known.status == 200)
            #expect(known["version"].string == "cn-sh-points-2022" && known["effective_to"].string == "2026-11-26")
            let old = try await service.assess(Self.answers)
            #expect(old["rule_version"].string == "cn-sh-points-2022" && old["total"].int == 29)

            // Thursday, 23:59:59.999: the first set still; its tag is good to the last moment.
            let last = try #require(known.headers[.eTag])
            service.clock.set(Date(timeIntervalSince1970: 1_795_708_799.999))
            #expect(try await service.rules(knowing: last).status == 304)
            #expect(try await service.assess(Self.answers)["total"].int == 29)
            service.clock.set(Date(timeIntervalSince1970: 1_795_708_800))
            let after = try await service.rules(knowing: last)
            #expect(after.status == 200 && after.headers[.eTag] != last)
            #expect(after["version"].string == "next" && after["effective_from"].string == "2026-11-27")
            let new = try await service.assess(Self.answers)
            #expect(new["rule_version"].string == "next" && new["total"].int == 31)

            let path = try #require(URL(string: old["result_url"].string)).path
            let kept = try await service.call(.get, path)
            #expect(kept["rule_version"].string == "cn-sh-points-2022" && kept["total"].int == 29)
            // The answers of an inquiry too are scored by the rules of its day.
            try await service.submit(phone: "13800000001", more: #","answers":\#(Self.answers)"#)
            #expect(
                try await service.count(
                    "SELECT total FROM assessments WHERE id = (SELECT assessment_id FROM inquiries)") == 31)
        }
    }

    @Test func `a set is added once, ahead of its day, and no two take effect on the same day`() async throws {
        try await withService { service in
            #expect(try await service.add("next", from: "2026-11-27", age: 31))
            #expect(try await !service.add("next", from: "2026-11-27", age: 31))
            await #expect(throws: RulesImport.Refusal.versionTaken) {
                try await service.add("next", from: "2026-11-27", age: 32)
            }
            await #expect(throws: RulesImport.Refusal.dayTaken(by: "next")) {
                try await service.add("other", from: "2026-11-27", age: 31)
            }
            let today = ShanghaiDate(service.clock.now)
            for day in ["2026-11-25", "2020-01-01"] {
                await #expect(throws: RulesImport.Refusal.notAhead(effectiveFrom: day, today: today)) {
                    try await service.add("late", from: day, age: 31)
                }
            }
            #expect(try await service.count("SELECT count(*) FROM points_rule_versions") == 2)
            let events = try await service.database.query(
                "SELECT object, detail->>'effective_from' FROM audit_events WHERE action = 'points.import'"
            ).map { try $0.decode((String, String).self) }
            #expect(events.map(\.0) == ["next"] && events.map(\.1) == ["2026-11-27"])
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `two who add for the same day at the same time come to one set`() async throws {
        try await withService { service in
            let added = await withTaskGroup(of: Bool.self, returning: Int.self) { group in
                for number in 1...8 {
                    group.addTask { (try? await service.add("set-\(number)", from: "2026-11-27", age: 30)) ?? false }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            let stored = try await service.count("SELECT count(*) FROM points_rule_versions")
            #expect(added == 1 && stored == 2)
        }
    }

    @Test(arguments: [
        "UPDATE points_rule_versions SET rules = '{}'", "UPDATE points_rule_versions SET effective_from = '2030-01-01'",
        "DELETE FROM points_rule_versions", "TRUNCATE points_rule_versions CASCADE",
    ])
    func `the application cannot alter a stored set`(statement: String) async throws {
        try await withService { service in
            let before = try await service.contents()
            let error = await #expect(throws: (any Error).self) {
                try await service.services.database.autocommit {
                    try await $0.execute(PostgresQuery(unsafeSQL: statement))
                }
            }
            #expect((error as? PSQLError)?.sqlState == "42501")
            #expect(try await service.contents() == before)
        }
    }
}

extension TestService {
    fileprivate func rules(knowing tag: String? = nil) async throws -> Answer {
        try await self.call(.get, "/api/v1/assessment-rules", headers: tag.map { [.ifNoneMatch: $0] } ?? [:])
    }

    /// Adds the shipped rules under another name and day, the age of 44 worth something else.
    fileprivate func add(_ version: String, from day: String, age points: Int) async throws -> Bool {
        let file = Data(try RuleText.shipped(version: version, from: day, pointsAt44: points).utf8)
        return try await RulesImport(database: self.services.database, dependencies: self.dependencies)
            .add(try RulesImport.read(file), file: file, by: "test")
    }
}

/// The shipped rule file with a few words changed.
enum RuleText {
    static func shipped(version: String, from day: String, pointsAt44 points: Int) throws -> String {
        let file = Resources.folder.appendingPathComponent("rules/points-2022.json")
        return try String(contentsOf: file, encoding: .utf8)
            .replacing("cn-sh-points-2022", with: version).replacing("2023-01-01", with: day)
            .replacing("\"points\": 29", with: "\"points\": \(points)")
    }
}

/// The commands around rule sets.
@Suite struct RulesCommandTests {
    private static func day(in days: Int) -> String { ShanghaiDate(Date()).adding(days).description }

    @Test func `a set is tried without being stored, then added for a coming day`() async throws {
        try await Executable.withInstallation { huifang in
            let file = huifang.folder.appendingPathComponent("rules.json")
            let text = try RuleText.shipped(version: "trial", from: Self.day(in: 40), pointsAt44: 31)
            try text.write(to: file, atomically: true, encoding: .utf8)
            let answers = huifang.folder.appendingPathComponent("answers.json")
            try #"{"age": 44}"#.write(to: answers, atomically: true, encoding: .utf8)

            let tried = try await huifang.run("points", "--rules", file.path, answers.path)
            #expect(try StrictJSON.read(Array(tried.output.utf8))["total"].int == 31, "\(tried.errors)")
            let piped = try await huifang.run("points", "--rules", file.path, input: #"{"age": 44}"#)
            #expect(piped.output == tried.output)
            #expect(try await Self.stored(huifang) == 1)
            let now = try await huifang.run("points", answers.path)
            #expect(try StrictJSON.read(Array(now.output.utf8))["total"].int == 29, "\(now.errors)")

            let added = try await huifang.run("points", "import", file.path)
            #expect(
                added.code == 0 && added.output == "stored trial, in force from \(Self.day(in: 40))", "\(added.errors)")
            let again = try await huifang.run("points", "import", file.path)
            #expect(again.code == 0 && again.output.hasPrefix("trial is stored already"))
            let audited = try await huifang.database.query(
                "SELECT 1 FROM audit_events WHERE action = 'points.import' AND actor LIKE 'huifang points import (%)' AND object = 'trial'"
            )
            #expect(audited.count == 1)
            #expect(try await huifang.run("audit", "verify").code == 0)
            // Not in force yet.
            #expect(try await huifang.run("points", answers.path).output == now.output)
        }
    }

    @Test func `what is no rule set is refused with a line that says where, and nothing is stored`() async throws {
        try await Executable.withInstallation { huifang in
            let file = huifang.folder.appendingPathComponent("rules.json")
            let good = try RuleText.shipped(version: "next", from: Self.day(in: 40), pointsAt44: 31)
            let cases = [
                (good.replacing("\"minor_crime\"", with: "\"minor_crimes\""), "/minor_crime it is missing."),
                (good.replacing("\"standard\": 120", with: "\"standard\": 100"), "/standard 120."),
                (
                    good.replacing("\"points\": 31", with: "\"points\": \"31\""),
                    "/ages/1/points a whole number from 0 to 1000."
                ),
                (
                    good.replacing("\"standard\": 120,", with: "\"standard\": 120,,"),
                    "line 5 is not JSON"
                ),
                (
                    good.replacing("\"version\"", with: "\"source\": \"\", \"version\""),
                    "line 6 has a name that stands there already"
                ),
                ("", "line 1 is not JSON"), ("[]", " an object."),
            ]
            for (text, said) in cases {
                try text.write(to: file, atomically: true, encoding: .utf8)
                for arguments in [["points", "import", file.path], ["points", "--rules", file.path]] {
                    let refused = try await huifang.start(arguments, input: #"{"age": 44}"#).end()
                    #expect(refused.code == 65 && refused.output == "", "\(arguments)")
                    #expect(refused.errors == "huifang: \(file.path): \(said)\n")
                }
            }
            try good.replacing(Self.day(in: 40), with: Self.day(in: 0)).write(
                to: file, atomically: true, encoding: .utf8)
            let late = try await huifang.run("points", "import", file.path)
            #expect(
                late.code == 65
                    && late.errors.hasPrefix("huifang: /effective_from \(Self.day(in: 0)) is not after today"))
            let missing = try await huifang.run("points", "import", "nowhere.json")
            #expect(missing.code == 65 && missing.errors.contains("cannot be read"))
            #expect(try await huifang.run("points", "import").code == 64)
            #expect(try await Self.stored(huifang) == 1)
        }
    }

    @Test func `a running server takes up a set within seconds and is never restarted`() async throws {
        try await withInstallation { place in
            let server = try await place.start()
            let file = place.folder.appendingPathComponent("rules.json")
            try RuleText.shipped(version: "next", from: Self.day(in: 40), pointsAt44: 31)
                .write(to: file, atomically: true, encoding: .utf8)
            #expect(try await server.call(.get, "/api/v1/assessment-rules")["effective_to"] == .null)
            #expect(try await place.run(["points", "import", file.path]).ended() == 0)
            let isKnown = try await eventually(within: .seconds(60)) {
                try await server.call(.get, "/api/v1/assessment-rules")["effective_to"].string == Self.day(in: 39)
            }
            #expect(isKnown && server.isRunning)
        }
    }

    private static func stored(_ huifang: Executable) async throws -> Int {
        let rows = try await huifang.database.query("SELECT count(*) FROM points_rule_versions")
        return try #require(rows.first).decode(Int.self)
    }
}
