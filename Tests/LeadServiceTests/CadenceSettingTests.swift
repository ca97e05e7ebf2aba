import Foundation
import LeadService
import Leads
import Postgres
import TestDatabase
import Testing

@Suite struct CadenceSettingTests {
    @Test(arguments: [
        #"{}"#, #"{"attempts":4}"#,
        #"{"no_answer_minutes":90,"busy_minutes":15,"powered_off_minutes":"300","materials_working_days":3,"suspended":3,"attempts":8,"working_days":10,"attempts_per_day":3,"minutes_apart":0,"owner_minutes":0,"morning_at":"10:00","afternoon_at":"15:30"}"#,
    ])
    func `any part of the table may be replaced`(json: String) throws {
        var settings = Settings()
        #expect(settings.apply("cadence", try StrictJSON.read(Array(json.utf8))))
        #expect((settings.cadence == Cadence()) == (json == "{}"))
    }

    @Test(arguments: [
        #"[]"#, #""6""#, #"{"attempt":6}"#, #"{"attempts":0}"#, #"{"attempts":21}"#, #"{"attempts":1.5}"#,
        #"{"attempts_per_day":null}"#, #"{"busy_minutes":4}"#, #"{"working_days":31}"#, #"{"morning_at":"12:00"}"#,
        #"{"afternoon_at":"11:59"}"#, #"{"morning_at":"9:30"}"#, #"{"afternoon_at":840}"#, #"{"minutes_apart":-1}"#,
    ])
    func `what is no cadence changes nothing`(json: String) throws {
        var settings = Settings()
        #expect(!settings.apply("cadence", try StrictJSON.read(Array(json.utf8))))
        #expect(settings.cadence == Cadence())
    }

    @Test func `a stored cadence is what results and owners go by`() async throws {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await service.put("cadence", #"{"no_answer_minutes":200,"owner_minutes":5}"#)
            let task = try await service.seed()
            #expect(
                try await service.workThrough("no_answer", on: task, anna)["next_attempt_at"].string
                    == "2026-11-25T13:50:00+08:00")
            service.clock.advance(by: 4 * 3600)
            let agreed = #","call_again_at":"2026-11-25T16:00:00+08:00""#
            try await service.workThrough("call_back_at", on: task, anna, more: agreed)
            service.clock.advance(by: 5400)
            #expect(try await service.claim(boris).status == 204)
            service.clock.advance(by: 300)
            #expect(try await service.claim(boris)["id"].string == task.id.text)
        }
    }

    // MARK: - Limits of the day

    @Test func `after the day's second call a further inquiry raises the task for the next day`() async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let anna = try await service.colleague("anna")
            try await service.submit(phone: "13800000001")
            var task = try await service.current()
            try await service.workThrough("no_answer", on: task, anna)
            service.clock.advance(by: 3600)
            // One call so far: who asks again is called at once, and the cadence begins anew.
            try await service.submit(phone: "13800000001")
            #expect(
                try await service.list("pool", anna)["items"][0]["next_attempt_at"].string
                    == "2026-11-25T11:30:00+08:00")
            let second = try await service.workThrough("no_answer", on: task, anna)
            #expect(second["next_attempt_at"].string == "2026-11-26T14:00:00+08:00", "\(second.text)")
            service.clock.advance(by: 3600)
            try await service.submit(phone: "13800000001")
            #expect(try await service.claim(anna).status == 204)
            #expect(
                try await service.list("scheduled", anna)["items"][0]["next_attempt_at"].string
                    == "2026-11-26T09:00:00+08:00")
            // Somebody who rings is not sent away, and what ends meanwhile does not give the day its calls back.
            _ = try await service.claim(anna, #"{"phone":"13800000001"}"#)
            #expect(try await service.record("converted", on: task, anna)["state"].string == "closed")
            service.clock.advance(by: 61)
            try await service.submit(phone: "13800000001")
            task = try await service.current()
            #expect(try await service.claim(anna).status == 204)
            service.clock.set(try #require(RFC3339.date("2026-11-26T09:00:00+08:00")))
            #expect(try await service.claim(anna)["id"].string == task.id.text)
            #expect(
                try await service.workThrough("no_answer", on: task, anna)["next_attempt_at"].string
                    == "2026-11-26T11:00:00+08:00")
        }
    }

    @Test func `a promise that would break does not wait for the next day`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            try await service.workThrough("no_answer", on: task, anna)
            service.clock.advance(by: 7200)
            try await service.workThrough("no_answer", on: task, anna)
            #expect(
                try await service.task(task.id, "rests_until AT TIME ZONE 'Asia/Shanghai'") == "2026-11-26 00:00:00")
            try await service.database.query(
                "UPDATE callback_tasks SET met_at = NULL, due_at = '2026-11-25T18:00:00+08' WHERE id = \(task.id)")
            service.clock.advance(by: 61)
            try await service.submit(phone: task.phone)
            #expect(try await service.claim(anna)["id"].string == task.id.text)
        }
    }

    @Test func `only counting results move anything`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            for _ in 0..<7 {
                _ = try await service.claim(anna)
                #expect(try await service.record("no_answer", on: task, anna)["state"].string == "open")
            }
            #expect(
                try await service.task(task.id, "concat_ws(' ', attempts, rests_until IS NULL, met_at IS NULL)")
                    == "0 t t")
            #expect(
                try await service.workThrough("no_answer", on: task, anna)["next_attempt_at"].string
                    == "2026-11-25T12:30:00+08:00")
        }
    }

    @Test func `a further inquiry and a contact begin the cadence anew, a suspended number too`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed())
            let off = #","reason":"suspended""#
            try await service.workThrough("powered_off", on: task, anna, more: off)
            service.clock.advance(by: 86400)
            // A code was read on that phone, so that it is not suspended.
            try await service.submit(phone: task.phone)
            #expect(try await service.workThrough("powered_off", on: task, anna, more: off)["state"].string == "open")
            service.clock.advance(by: 86400)
            #expect(
                try await service.workThrough("powered_off", on: task, anna, more: off)["closed_reason"].string
                    == "bad_number")
        }
    }

    @Test func `a call on a paused task opens it again`() async throws {
        try await withService { service in
            let (anna, task) = (try await service.colleague("anna"), try await service.seed(TaskSeed(state: "paused")))
            #expect(try await service.claim(anna).status == 204)
            _ = try await service.claim(anna, #"{"phone":"\#(task.phone)"}"#)
            let answer = try await service.record("no_answer", on: task, anna)
            #expect(answer["state"].string == "open", "\(answer.text)")
            #expect(try await service.task(task.id, "concat_ws(' ', state, paused_reason IS NULL)") == "open t")
        }
    }
}

extension TestService {
    /// The only open task.
    func current() async throws -> SeededTask {
        let rows = try await self.database.query(
            "SELECT id, lead_id, latest_inquiry_id FROM callback_tasks WHERE state <> 'closed'")
        let (id, lead, inquiry) = try #require(rows.first).decode((UUID, UUID, UUID).self)
        return SeededTask(id: id, lead: lead, inquiry: inquiry, phone: "13800000001")
    }
}
