import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// What tasks ask of whoever calls, and to whom they go then.
@Suite struct SkillTests {
    private static let rules = """
        [{"skill":"英语","when":[{"in":"extra","name":"语言","values":["英语","English*"]}]},
         {"skill":"续签","when":[{"in":"source","name":"utm.campaign","values":["*renew*"]},{"in":"extra","name":"需求","values":["续签"]}]}]
        """

    @Test func `what an inquiry asks for is on its task by the first rule that fits, anew with each inquiry`()
        async throws
    {
        try await withService { service in
            try await service.put("skill_rules", Self.rules)
            func skill() async throws -> String? {
                try await service.column("SELECT coalesce(skill, '-') FROM callback_tasks WHERE state = 'open'")
            }
            for (more, expected) in [
                (#","extra":{"需求":"续签"}"#, "-"),
                (#","extra":{"需求":["落户","续签"]},"source":{"utm":{"campaign":"autumn-renewal"}}"#, "续签"),
                (#","extra":{"需求":"续签","语言":"English (US)"},"source":{"utm":{"campaign":"renew"}}"#, "英语"),
                ("", "-"),
            ] {
                try await service.submit(phone: "13800000001", more: more)
                service.clock.advance(by: 61)
                #expect(try await skill() == expected, "\(more)")
            }
            #expect(try await service.count("SELECT count(*) FROM inquiries WHERE skill IS NOT NULL") == 2)
        }
    }

    @Test
    func `a task that asks for a skill is left to whoever has it, if they are still here today, until its last hour`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            try await service.put("skill_rules", Self.rules)
            #expect(try await service.say(#"{"skills":["英语"],"weight":1}"#, of: anna, by: chief).status == 204)
            let task = try await service.seed(TaskSeed(acceptedAgo: 7200, dueIn: 7.5 * 3600))
            try await service.database.query("UPDATE callback_tasks SET skill = '英语'")
            #expect(try await service.claim(boris).status == 204)
            #expect(try await service.list("pool", boris)["items"].array.isEmpty)
            #expect(try await service.list("pool", anna)["items"].array.count == 1)
            // A plain one is served past it.
            let plain = try await service.seed(TaskSeed(phone: "13800000002"))
            #expect(try await service.claim(boris)["id"].string == plain.id.text)
            _ = try await service.record("spam", on: plain, boris)
            func say(_ availability: String) async throws {
                _ = try await service.call(
                    .put, "/api/v1/staff/\(anna.id.text)/availability", #"{"availability":"\#(availability)"}"#,
                    token: anna.token)
            }
            try await say("break")
            #expect(try await service.claim(boris).status == 204)
            try await say("off")
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            try await say("on_shift")
            #expect(try await service.claim(boris).status == 204)
            // The promise outranks the skill: due at 18:00.
            service.clock.set(try ShanghaiDate(parsing: "2026-11-25").at(minute: 17 * 60))
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            // After her shift it is anybody's, whenever it is due.
            try await service.database.query("UPDATE callback_tasks SET due_at = due_at + interval '1 day'")
            #expect(try await service.claim(boris).status == 204)
            service.clock.set(try ShanghaiDate(parsing: "2026-11-25").at(minute: 18 * 60))
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            // Who rings is spoken to by anybody, and an assignment is the supervisor's word.
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            service.clock.set(try ShanghaiDate(parsing: "2026-11-26").at(minute: 10 * 60))
            #expect(try await service.claim(boris).status == 204)
            #expect(try await service.claim(boris, #"{"phone":"13800000001"}"#).status == 200)
            _ = try await service.call(.post, task.path + "/release", "{}", token: boris.token)
            _ = try await service.call(.post, task.path + "/assign", #"{"adviser":"boris"}"#, token: chief.token)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
        }
    }

    @Test func `a task that asks for a skill is pushed to nobody else`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            try await service.say(#"{"skills":["英语"],"weight":1,"cap":2}"#, of: anna, by: chief)
            try await service.put("assignment", #""least_busy""#)
            _ = try await service.seeds(4)
            try await service.database.query("UPDATE callback_tasks SET skill = '英语'")
            _ = try await service.seed(TaskSeed(phone: "13800005000", acceptedAgo: 10))
            #expect(try await service.services.assignment.runOnce() == 3)
            #expect(try await service.services.assignment.runOnce() == 0)
            #expect(try await service.pushed(to: anna) == 2)
            #expect(try await service.pushed(to: boris) == 1)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM callback_tasks WHERE owner_id = '\(boris.id.text)' AND skill IS NOT NULL")
                    == 0)
        }
    }
}
