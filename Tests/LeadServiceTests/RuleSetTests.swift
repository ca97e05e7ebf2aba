import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The sets of points rules as the office reads and adds them.
@Suite struct RuleSetTests {
    private static let path = "/api/v1/rule-sets"

    private static func body(_ members: [String: JSONOutput]) -> String { JSONOutput.object(members).text }

    private static func wage(_ month: String, _ average: Int, from day: String) -> [String: JSONOutput] {
        ["wage": .object(["from": .string(month), "average": .integer(average), "effective_from": .string(day)])]
    }

    private static func file(_ version: String, from day: String, age points: Int) throws -> [String: JSONOutput] {
        ["text": .string(try RuleText.shipped(version: version, from: day, pointsAt44: points))]
    }

    @Test func `July's average wage makes a set of the one in force, counts from its day and leaves what was told`()
        async throws
    {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let wage = Self.wage("2027-07", 12800, from: "2026-11-26")
            let plan = try await service.call(.post, Self.path + "/preview", Self.body(wage), token: boss.token)
            #expect(plan["version"].string == "cn-sh-points-2022.wage-2027-07")
            #expect(plan["replaces"].string == "cn-sh-points-2022" && plan["followed_by"] == .null)
            #expect(plan["changes"].array.count == 1, "\(plan.text)")
            #expect(
                plan["changes"][0]["title"].string == "平均工资 2027-07 起" && plan["changes"][0]["after"].string == "12800")
            #expect(plan["changes"][0]["before"] == .null)
            #expect(try await service.count("SELECT count(*) FROM points_rule_versions") == 1)

            let body = Self.body(wage.merging(["fingerprint": .string(plan["fingerprint"].string)]) { $1 })
            #expect(try await service.call(.post, Self.path, body, token: boss.token).status == 201)
            let sets = try await service.call(.get, Self.path, token: boss.token)["items"].array
            #expect(sets.map { $0["state"].string } == ["coming", "in_force"])
            service.clock.advance(by: 86400)
            let rules = try await service.call(.get, "/api/v1/assessment-rules")
            #expect(rules["version"].string == "cn-sh-points-2022.wage-2027-07")
            let now = try await service.call(.get, Self.path, token: boss.token)["items"].array
            #expect(now.map { $0["state"].string } == ["in_force", "over"])
            #expect(now[0]["wages"].array.last?["average"].int == 12800)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM audit_events WHERE action = 'points.import' AND actor = 'boss' AND detail->>'replaces' = 'cn-sh-points-2022' AND detail->'changes'->0->>'after' = '12800'"
                ) == 1)
            // The figure once more, put right: a set of its own.
            let right = try await service.call(
                .post, Self.path + "/preview", Self.body(Self.wage("2027-07", 12810, from: "2026-12-01")),
                token: boss.token)
            #expect(right["version"].string == "cn-sh-points-2022.wage-2027-07.2")
            #expect(right["changes"][0]["before"].string == "12800" && right["changes"].array.count == 1)
        }
    }

    @Test func `a file is shown figure by figure, and says which set comes after it`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let file = try Self.file("next", from: "2026-12-01", age: 31)
            let plan = try await service.call(.post, Self.path + "/preview", Self.body(file), token: boss.token)
            let changes = plan["changes"].array.map {
                "\($0["title"].string)：\($0["before"].string) \($0["after"].string)"
            }
            #expect(changes == ["年龄 44–44 岁 分：29 31"], "\(plan.text)")
            let body = Self.body(file.merging(["fingerprint": .string(plan["fingerprint"].string)]) { $1 })
            #expect(try await service.call(.post, Self.path, body, token: boss.token).status == 201)
            let wage = Self.body(Self.wage("2027-07", 12800, from: "2026-11-27"))
            #expect(
                try await service.call(.post, Self.path + "/preview", wage, token: boss.token)["followed_by"].string
                    == "next")
        }
    }

    @Test func `of eight that looked at the same one adds, the others look again`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                var bodies: [String] = []
                for day in 1...8 {
                    let wage = Self.wage("2027-07", 12800, from: "2026-12-0\(day)")
                    let plan = try await service.call(
                        .post, Self.path + "/preview", Self.body(wage), token: boss.token)
                    bodies.append(
                        Self.body(wage.merging(["fingerprint": .string(plan["fingerprint"].string)]) { $1 }))
                }
                for body in bodies {
                    group.addTask { try await service.call(.post, Self.path, body, token: boss.token) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 201 } == 1)
            #expect(answers.count { $0.status == 412 && $0.code == "rules_changed" } == 7)
            #expect(try await service.count("SELECT count(*) FROM points_rule_versions") == 2)
        }
    }

    @Test func `what cannot be a set is said in Chinese at its place, and nothing is stored`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let text = try RuleText.shipped(version: "next", from: "2026-12-01", pointsAt44: 31)
            let bodies: [([String: JSONOutput], String, String, String)] = [
                (
                    ["text": .string(text.replacing("\"effective_from\": \"2026-12-01\",", with: ""))], "rules_invalid",
                    "/text", "没有写生效日期"
                ),
                (["text": .string("{")], "rules_invalid", "/text", "不是完整的 JSON"),
                (["text": .string(text.replacing(": 31", with: ": -1"))], "rules_invalid", "/text", "/ages/1/points"),
                (try Self.file("next", from: "2026-11-25", age: 31), "rules_not_ahead", "/text", "今天之后"),
                (
                    try Self.file("cn-sh-points-2022", from: "2026-12-01", age: 31), "rules_version_taken", "/text",
                    "换一个"
                ),
                (Self.wage("2027-07", 12800, from: "2026-11-25"), "rules_not_ahead", "/wage/effective_from", "今天之后"),
                (Self.wage("2027-06", 12800, from: "2026-12-01"), "wage_month_invalid", "/wage/from", "7 月"),
                (Self.wage("2027-07", 12, from: "2026-12-01"), "out_of_range", "/wage/average", "1000"),
                ([:], "required", "/text", "请填写"),
                (
                    ["text": .string("{}")].merging(Self.wage("2027-07", 12800, from: "2026-12-01")) { $1 },
                    "rules_invalid", "/text", "一次只加一样"
                ),
            ]
            for (body, code, pointer, words) in bodies {
                for (path, more) in [
                    (Self.path + "/preview", [:]), (Self.path, ["fingerprint": JSONOutput.string("x")]),
                ] {
                    let refused = try await service.call(
                        .post, path, Self.body(body.merging(more) { $1 }), token: boss.token)
                    #expect(refused.status == 422 && refused.code == code, "\(refused.text)")
                    #expect(refused["errors"][0]["pointer"].string == pointer, "\(refused.text)")
                    #expect(refused["errors"][0]["detail"].string.contains(words), "\(refused.text)")
                }
            }
            #expect(try await service.count("SELECT count(*) FROM points_rule_versions") == 1)
        }
    }

    @Test func `administrators with a young login alone add, the office reads`() async throws {
        try await withService { service in
            let body = Self.body(
                Self.wage("2027-07", 12800, from: "2026-12-01").merging(["fingerprint": .string("x")]) { $1 })
            for role in [Role.adviser, .supervisor, .auditor] {
                let person = try await service.colleague("p-\(role.rawValue)", role)
                let status = try await service.call(.get, Self.path, token: person.token).status
                #expect(status == (role.may(.readOffice) ? 200 : 403))
                #expect(try await service.call(.post, Self.path, body, token: person.token).code == "forbidden")
            }
            let boss = try await service.colleague("boss", .administrator)
            service.clock.advance(by: 301)
            #expect(try await service.call(.post, Self.path, body, token: boss.token).code == "step_up_required")
        }
    }
}
