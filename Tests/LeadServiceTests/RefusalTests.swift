import Foundation
import LeadService
import Leads
import Testing

/// What a person said last stands, whatever is done with what they said before.
@Suite struct RefusalTests {
    @Test func `an inquiry that was put aside is not released once its number refused`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            let inquiry = try await service.submit(phone: "13800000301", more: #","website":"x""#)
            service.clock.advance(by: 60)
            try await service.database.query(
                """
                INSERT INTO do_not_call (phone_index, added_at, added_by)
                SELECT phone_index, \(service.clock.now), 'lin' FROM leads
                """)
            service.clock.advance(by: 60)
            let path = "/api/v1/quarantine/\(inquiry["inquiry_id"].string)/release"
            let answer = try await service.call(.post, path, token: boss.token)
            #expect(answer.status == 409 && answer.code == "do_not_call", "\(answer.text)")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 0)
            #expect(try await service.count("SELECT count(*) FROM quarantined_inquiries WHERE state = 'waiting'") == 1)
        }
    }

    @Test func `an earlier refusal does not hold up a later inquiry that was put aside`() async throws {
        try await withService { service in
            let boss = try await service.colleague("boss", .administrator)
            _ = try await service.submit(phone: "13800000301")
            _ = try await service.ask("stop_calls", phone: "13800000301")
            service.clock.advance(by: 60)
            let inquiry = try await service.submit(phone: "13800000301", more: #","website":"x""#)
            let path = "/api/v1/quarantine/\(inquiry["inquiry_id"].string)/release"
            #expect(try await service.call(.post, path, token: boss.token).status == 200)
        }
    }

    @Test func `what the visitor cancelled nobody opens again`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            let inquiry = try await service.submit(phone: "13800000001")
            let id = try #require(try await service.column("SELECT id::text FROM callback_tasks"))
            #expect(
                try await service.call(.post, try service.receipt(of: inquiry) + "/cancel", "{}").status == 200)
            let answer = try await service.call(
                .post, "/api/v1/callbacks/\(id)/reopen", #"{"reason":"再试一次"}"#, token: chief.token)
            #expect(answer.status == 409 && answer.code == "already_closed", "\(answer.text)")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state <> 'closed'") == 0)
        }
    }

    @Test func `a stop word in the half minute of an undo outlives it`() async throws {
        try await withVendors { place in
            let service = place.service
            let anna = try await service.colleague("anna")
            let task = try await service.seed(TaskSeed(phone: "13800000051", dueIn: 600))
            try await service.workThrough("do_not_call", on: task, anna)
            let now = Int(service.clock.now.timeIntervalSince1970)
            let body = #"{"extend":"01","mobile":"13800000051","nationcode":"86","text":"退订","time":\#(now)}"#
            #expect(try await place.report("tencent", body).status == 200)
            let undone = try await service.undo(task, anna)
            #expect(undone.status == 200, "\(undone.text)")
            #expect(try await service.count("SELECT count(*) FROM do_not_call") == 1)
        }
    }

    @Test func `a task that is opened again asks for the skill of its inquiry`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed()
            try await service.workThrough("reached_not_interested", on: task, chief, more: #","reason":"费用""#)
            try await service.database.query("UPDATE inquiries SET skill = 'english'")
            service.clock.advance(by: 60)
            let opened = try await service.reopen(task, chief)
            try #require(opened.status == 200, "\(opened.text)")
            #expect(
                try await service.column("SELECT skill FROM callback_tasks WHERE state = 'open'") == "english")
        }
    }
}
