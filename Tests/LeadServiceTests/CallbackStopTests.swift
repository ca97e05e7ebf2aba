import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import Postgres
import TestDatabase
import Testing

/// The do-not-call list at every place that would lead to a call or a message (contract §4.7).
@Suite struct CallbackStopTests {
    private static let phone = "13800000001"

    @Test func `queueing: only an inquiry since the listing opens a task that may be called`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.list(Self.phone)
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone)
            let claimed = try await service.claim(anna)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            let shown = try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
            #expect(shown["phone"].string == "+86\(Self.phone)", "\(shown.text)")
            // The follow-up belongs to the same task.
            let later = #"{"disposition":"call_back_at","call_again_at":"2026-11-25T15:00:00+08:00"}"#
            let agreed = try await service.call(.post, path + "/attempts", later, token: anna.token)
            #expect(agreed["state"].string == "open", "\(agreed.text)")
            service.clock.advance(by: 5 * 3600)
            #expect(try await service.claim(anna)["id"] == claimed["id"])
            #expect(
                try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token).status
                    == 200)
            #expect(try await service.count("SELECT count(*) FROM do_not_call") == 1)
        }
    }

    @Test func `claiming: a task whose number was listed meanwhile ends instead of being served`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let stopped = try await service.seed(TaskSeed(dueIn: 3600))
            let other = try await service.seed(TaskSeed(phone: "13800000002"))
            try await service.list(Self.phone)
            #expect(try await service.claim(anna)["id"].string == other.id.text)
            #expect(try await service.task(stopped.id, "concat_ws(' ', state, closed_reason)") == "closed do_not_call")
            #expect(
                try await service.column("SELECT end_reason FROM callback_claims WHERE task_id = \(stopped.id)")
                    == "closed")
            #expect(
                try await service.column(
                    "SELECT string_agg(action, ' ' ORDER BY action) FROM audit_events WHERE object = \(stopped.id.text)"
                )
                    == "callback.claim callback.stop")
            // The claim held already is looked at as well.
            try await service.list("13800000002")
            #expect(try await service.claim(anna).status == 204)
            #expect(try await service.task(other.id, "closed_reason") == "do_not_call")
        }
    }

    @Test func `claiming: linked leads go on with whoever may be called, until nobody may`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let one = try await service.seed(TaskSeed(dueIn: 7200))
            let two = try await service.seed(TaskSeed(phone: "13800000002"))
            _ = try await service.claim(anna)
            _ = try await service.record("duplicate", on: one, anna, more: #","merge_into":"\#(two.lead.text)""#)
            try await service.workThrough("reached_need_materials", on: two, anna)
            service.clock.advance(by: 61)
            try await service.list("13800000002")
            service.clock.advance(by: 5 * 86400)
            let claimed = try await service.claim(anna)
            #expect(
                claimed["id"].string == two.id.text && claimed["phone_masked"].string == "138****0001",
                "\(claimed.text)")
            try await service.list(Self.phone)
            #expect(try await service.claim(anna).status == 204)
            #expect(try await service.task(two.id, "closed_reason") == "do_not_call")
        }
    }

    @Test func `stopping: a promise that moved to a younger task is kept at its own number`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let one = try await service.seed(TaskSeed(dueIn: 90_000))
            service.clock.advance(by: 3600)
            let two = try await service.seed(TaskSeed(phone: "13800000002", dueIn: 90_000))
            _ = try await service.claim(anna, #"{"phone":"\#(Self.phone)"}"#)
            _ = try await service.record("duplicate", on: one, anna, more: #","merge_into":"\#(two.lead.text)""#)
            service.clock.advance(by: 61)
            try await service.ask("stop_calls", phone: "13800000002")
            #expect(
                try await service.task(
                    two.id, "concat_ws(' ', state, met_at IS NULL, latest_inquiry_id = '\(one.inquiry.text)')")
                    == "open t t")
            #expect(
                try await service.column(
                    "SELECT (t.due_at = i.due_at)::text FROM callback_tasks t JOIN inquiries i ON i.id = t.latest_inquiry_id WHERE t.id = \(two.id)"
                ) == "true")
            let claimed = try await service.claim(anna)
            #expect(claimed["phone_masked"].string == "138****0001", "\(claimed.text)")
            #expect(try await service.reveal(two, anna)["phone"].string == "+86\(Self.phone)")
            _ = try await service.record("reached_need_materials", on: two, anna)
            #expect(
                try await service.column("SELECT (met_at IS NOT NULL)::text FROM inquiries WHERE id = \(one.inquiry)")
                    == "true")
        }
    }

    /// Two leads, the second asked first and is merged into the first; returns the first's task of now.
    ///
    /// The first was listed, asked anew, and that task has ended; then they rang, which opens another that nobody asked for.
    private func mergeOlder(_ service: TestService, _ anna: Colleague) async throws -> SeededTask {
        let other = try await service.seed(TaskSeed(phone: "13800000002", acceptedAgo: 0, dueIn: 90_000))
        service.clock.advance(by: 60)
        try await service.list(Self.phone)
        service.clock.advance(by: 60)
        try await service.submit(phone: Self.phone)
        func ring(_ disposition: String) async throws -> Answer {
            service.clock.advance(by: 60)
            let claimed = try await service.claim(anna, #"{"phone":"\#(Self.phone)"}"#)
            let path = "/api/v1/callbacks/\(claimed["id"].string)"
            service.clock.advance(by: 60)
            if disposition.isEmpty {
                #expect(try await service.call(.post, path + "/release", token: anna.token).status == 204)
            } else {
                let body = #"{"disposition":"\#(disposition)"}"#
                #expect(try await service.call(.post, path + "/attempts", body, token: anna.token).status == 200)
            }
            return claimed
        }
        _ = try await ring("converted")
        let again = try await ring("")
        let id = try #require(UUID(uuidString: again["id"].string))
        let lead = try #require(UUID(uuidString: again["lead_id"].string))
        _ = try await service.claim(anna, #"{"phone":"13800000002"}"#)
        let merged = try await service.record("duplicate", on: other, anna, more: #","merge_into":"\#(lead.text)""#)
        #expect(merged.status == 200, "\(merged.text)")
        #expect(
            try await service.column(
                "SELECT (accepted_at < added_at)::text FROM callback_tasks, do_not_call WHERE id = \(id)")
                == "true")
        return SeededTask(id: id, lead: lead, inquiry: other.inquiry, phone: Self.phone)
    }

    @Test func `merging: an older promise moved here lifts no listing that an earlier task's inquiry had lifted`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await self.mergeOlder(service, anna)
            // The listed number is never dialled; what was promised to the other one is kept at that one.
            let claimed = try await service.claim(anna)
            #expect(claimed["id"].string == task.id.text, "\(claimed.text)")
            if claimed.status == 200 { #expect(claimed["phone_masked"].string == "138****0002", "\(claimed.text)") }
            let shown = try await service.reveal(task, anna)
            #expect(shown["phone"].string == "+8613800000002", "\(shown.text)")
            #expect(try await !service.soundness().contains("promise_not_carried"))
        }
    }

    @Test func `merging: an inquiry since the listing goes on lifting it where its promise went`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.list(Self.phone)
            service.clock.advance(by: 61)
            try await service.submit(phone: Self.phone)
            service.clock.advance(by: 60)
            let target = try await service.seed(
                TaskSeed(phone: "13800000002", acceptedAgo: 86400, dueIn: 200_000, isMet: true))
            let claimed = try await service.claim(anna, #"{"phone":"\#(Self.phone)"}"#)
            let path = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
            service.clock.advance(by: 60)
            let merged = try await service.call(
                .post, path, #"{"disposition":"duplicate","merge_into":"\#(target.lead.text)"}"#, token: anna.token)
            #expect(merged.status == 200, "\(merged.text)")
            try await service.list("13800000002")
            let next = try await service.claim(anna)
            #expect(next["id"].string == target.id.text && next["phone_masked"].string == "138****0001", "\(next.text)")
            #expect(try await service.reveal(target, anna)["phone"].string == "+86\(Self.phone)")
            // That promise kept, the listing holds again for whatever comes later on that task's successors.
            _ = try await service.record("reached_not_interested", on: target, anna, more: #","reason":"费用""#)
            #expect(try await service.task(target.id, "state") == "closed")
            service.clock.advance(by: 60)
            _ = try await service.claim(anna, #"{"phone":"\#(Self.phone)"}"#)
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state <> 'closed'") == 1)
            service.clock.advance(by: 1801)
            #expect(try await service.claim(anna).status == 204)
            #expect(try await !service.soundness().contains("promise_not_carried"))
        }
    }

    @Test func `revealing: a number listed after the claim is not shown, and its task ends`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            _ = try await service.claim(anna)
            try await service.list(Self.phone)
            let refused = try await service.reveal(task, anna)
            #expect(refused.status == 422 && refused.code == "do_not_call", "\(refused.text)")
            #expect(!refused.text.contains(Self.phone))
            #expect(
                try await service.task(task.id, "concat_ws(' ', state, closed_reason, claimed_by IS NULL)")
                    == "closed do_not_call t")
            #expect(try await service.reveal(task, anna).code == "already_closed")
            #expect(try await service.column("SELECT revealed_at::text FROM callback_claims") == nil)
            #expect(try await service.column("SELECT cancelled_at::text FROM inquiries") != nil)
        }
    }

    @Test func `revealing: whoever is on the line may be rung by nobody afterwards`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            try await service.list(Self.phone)
            #expect(try await service.claim(anna, #"{"phone":"\#(Self.phone)"}"#)["id"].string == task.id.text)
            #expect(try await service.reveal(task, anna).status == 200)
            let answer = try await service.record(
                "call_back_at", on: task, anna, more: #","call_again_at":"2026-11-25T15:00:00+08:00""#)
            #expect(
                answer["state"].string == "closed" && answer["closed_reason"].string == "do_not_call", "\(answer.text)")
            #expect(try await service.column("SELECT (met_at IS NOT NULL)::text FROM inquiries") == "true")
        }
    }

    @Test func `a listing and a reveal at once: the number is shown before it or not at all`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            for number in 0..<15 {
                let phone = "1380000\(2000 + number)"
                let task = try await service.seed(TaskSeed(phone: phone))
                try #require(try await service.claim(anna)["id"].string == task.id.text)
                async let shown = service.reveal(task, anna)
                async let listed: Void = service.list(phone)
                let (answer, _) = (try await shown, try await listed)
                #expect(answer.status == 200 || answer.code == "do_not_call", "\(answer.text)")
                #expect([200, 422].contains(answer.status))
                let again = try await service.reveal(task, anna)
                #expect(["do_not_call", "already_closed"].contains(again.code), "\(again.text)")
            }
        }
    }

    @Test func `a person who asks again during the call that ends with no more calls is called for that`() async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            try await service.submit(phone: Self.phone)
            let path = "/api/v1/callbacks/\(try await service.claim(anna)["id"].string)"
            _ = try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
            service.clock.advance(by: 90)
            try await service.submit(phone: Self.phone)
            service.clock.advance(by: 90)
            let answer = try await service.call(
                .post, path + "/attempts", #"{"disposition":"do_not_call"}"#, token: anna.token)
            #expect(answer["state"].string == "open", "\(answer.text)")
            #expect(try await service.claim(anna).status == 200)
            let shown = try await service.call(.post, path + "/reveal", #"{"purpose":"callback"}"#, token: anna.token)
            #expect(shown.status == 200, "\(shown.text)")
        }
    }

    @Test func `exporting and sending: a listed number is counted out and gets nothing`() async throws {
        try await withService { service in
            let token = try await service.login("chef", .administrator)
            _ = try await service.seed()
            _ = try await service.seed(TaskSeed(phone: "13800000002"))
            try await service.list(Self.phone)
            let export = try await service.call(.get, "/api/v1/leads/export?format=csv&phone=masked", token: token)
            #expect(export.headers[.init("X-Row-Count")!] == "1" && export.headers[.init("X-Excluded-Count")!] == "1")
            #expect(!export.text.contains("138****0001"))
            let index = ByteBuffer(bytes: service.keys.index(of: try PhoneNumber(parsing: Self.phone)))
            let id = service.dependencies.makeID()
            try await service.database.query(
                """
                INSERT INTO messages (id, template, phone_index, phone_sealed, parameters_sealed, state, created_at, send_at, expires_at)
                VALUES (\(id), 'permit_reminder', \(index), 'x', 'x', 'queued', \(service.clock.now), \(service.clock.now),
                        \(service.clock.now.addingTimeInterval(3600)))
                """)
            try await service.services.outboxWorker.runOnce()
            #expect(try await service.column("SELECT state FROM messages WHERE id = \(id)") == "queued")
            #expect(try await service.count("SELECT count(*) FROM messages WHERE state = 'sending'") == 0)
        }
    }

    @Test func `what a visitor took back while it was put aside is not released`() async throws {
        try await withService { service in
            let chief = try await service.colleague("chief", .supervisor)
            let answer = try await service.submit(phone: Self.phone, more: #","website":"http://a.example""#)
            try await service.ask("stop_calls", phone: Self.phone)
            let path = "/api/v1/quarantine/\(answer["inquiry_id"].string)/release"
            let refused = try await service.call(.post, path, token: chief.token)
            #expect(refused.status == 409 && refused.code == "already_closed", "\(refused.text)")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks") == 0)
        }
    }
}

extension TestService {
    /// Puts a number on the do-not-call list behind the queue's back.
    func list(_ phone: String) async throws {
        let index = ByteBuffer(bytes: self.keys.index(of: try PhoneNumber(parsing: phone)))
        try await self.database.query(
            "INSERT INTO do_not_call (phone_index, added_at, added_by) VALUES (\(index), \(self.clock.now), 'test')")
    }
}
