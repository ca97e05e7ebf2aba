import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

/// Whom a task belongs to, and for how long (contract §4.8).
@Suite struct CallbackOwnerTests {
    @Test func `a task is its adviser's for half an hour from the assignment on, however late it is`() async throws {
        try await withService { service in
            let (boris, clara) = (try await service.colleague("boris"), try await service.colleague("clara"))
            let chief = try await service.colleague("chief", .supervisor)
            let task = try await service.seed(TaskSeed(nextAttemptIn: -7200))
            _ = try await service.call(.post, task.path + "/assign", #"{"adviser":"boris"}"#, token: chief.token)
            #expect(try await service.claim(clara).status == 204)
            service.clock.advance(by: 1799)
            #expect(try await service.claim(clara).status == 204)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            try await service.database.query("UPDATE staff SET active = false WHERE username = 'boris'")
            service.clock.advance(by: 1801)
            #expect(try await service.claim(clara)["id"].string == task.id.text)
        }
    }

    @Test func `a contacted lead comes back to its adviser, to others when that one is away`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let task = try await service.seed()
            try await service.workThrough("reached_need_materials", on: task, anna)
            #expect(try await service.task(task.id, "owner_reason") == "contacted")
            service.clock.set(try #require(RFC3339.date("2026-11-27T09:00:00+08:00")))
            #expect(try await service.claim(boris).status == 204)
            #expect(try await service.list("mine", anna)["items"][0]["id"].string == task.id.text)
            try await service.database.query("UPDATE staff SET active = false WHERE username = 'anna'")
            #expect(try await service.claim(boris)["id"].string == task.id.text)
            _ = try await service.reveal(task, boris)
            _ = try await service.record("no_answer", on: task, boris)
            #expect(try await service.task(task.id, "owner_id") == anna.id.text)
        }
    }
}
