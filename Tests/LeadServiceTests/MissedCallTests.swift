import Foundation
import HTTPTypes
import LeadService
import Leads
import TestDatabase
import Testing

/// The message after a call that nobody answered; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct MissedCallTests {
    private static let hours = ["CALLING_HOURS": "09:00-12:00,13:30-21:00"]

    private static func turnOn(_ service: TestService) async throws {
        try await service.put("missed_call_sms", "true")
        try await service.put("company_name", #""沪上明泽""#)
        try await service.put("company_telephone", #""021-5555 0100""#)
    }

    private static func tell(_ service: TestService, _ task: SeededTask, _ colleague: Colleague) async throws -> Answer
    {
        try await service.call(.post, task.path + "/missed-call-message", token: colleague.token)
    }

    /// Claims a person's task, looks at the number and records how the call ended.
    private static func ring(
        _ service: TestService, _ task: SeededTask, _ colleague: Colleague, _ disposition: String = "no_answer",
        more: String = "", reveals: Bool = true
    ) async throws {
        try await service.database.query(
            "UPDATE callback_tasks SET next_attempt_at = '2030-01-01' WHERE id <> \(task.id) AND state = 'open'")
        let now = service.clock.now
        try await service.database.query("UPDATE callback_tasks SET next_attempt_at = \(now) WHERE id = \(task.id)")
        let claimed = try await service.claim(colleague)
        try #require(claimed["id"].string == task.id.text, "\(claimed.text)")
        if reveals { try #require(try await service.reveal(task, colleague).status == 200) }
        let recorded = try await service.record(disposition, on: task, colleague, more: more)
        try #require(recorded.status == 200, "\(recorded.text)")
    }

    private static func history(
        _ service: TestService, _ task: SeededTask, _ colleague: Colleague
    ) async throws -> [JSONValue] {
        try await service.call(.get, task.path, token: colleague.token)["history"].array
            .filter { $0["kind"].string == "missed_call_message" }
    }

    @Test func `it says who rang, when we try again and where to ring back, once a day, and the card shows it`()
        async throws
    {
        try await withService(Self.hours) { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try await Self.turnOn(service)
            try await Self.ring(service, task, anna)
            let told = try await Self.tell(service, task, anna)
            #expect(told.status == 202 && told.text.isEmpty, "\(told.text)")
            #expect(try await Self.history(service, task, anna).map { $0["delivery"].string } == ["queued"])
            service.clock.advance(by: 29)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.isEmpty, "the result can be undone still")
            service.clock.advance(by: 1)
            try await service.services.outboxWorker.runOnce()
            let message = try #require(service.sms.messages.last)
            #expect(message.template == "missed_call" && message.phone == "+8613800000001")
            #expect(
                message.parameters["text"]
                    == "沪上明泽刚才给您去电未能接通。我们将在 11月25日（周三）13:30 再打给您，也可回电 021-5555 0100。退订回T")
            #expect(message.parameters["next"] == "11月25日（周三）13:30")
            let shown = try await Self.history(service, task, anna)
            #expect(shown.map { $0["delivery"].string } == ["sent"] && shown[0]["by"].string == "anna")

            // Another call and another adviser of the same day.
            #expect(try await Self.tell(service, task, anna).code == "missed_call_sent")
            let boris = try await service.colleague("boris")
            service.clock.advance(by: 3 * 3600)
            try await Self.ring(service, task, boris, "busy_or_rejected")
            #expect(try await Self.tell(service, task, boris).code == "missed_call_sent")
            service.clock.advance(by: 86400)
            #expect(try await Self.tell(service, task, boris).code == "missed_call_not_due", "that was yesterday")
            try await Self.ring(service, task, boris, "powered_off", more: #","reason":"off""#)
            #expect(try await Self.tell(service, task, boris).status == 202)
            #expect(try await service.count("SELECT count(*) FROM messages WHERE template = 'missed_call'") == 2)
            #expect(
                try await service.count(
                    "SELECT count(*) FROM audit_events WHERE action = 'callback.missed_call_message'") == 2)
            #expect(try await service.unsoundness() == [])
        }
    }

    @Test func `eight at once are one message`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try await Self.turnOn(service)
            try await Self.ring(service, task, anna)
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for _ in 0..<8 { group.addTask { try await Self.tell(service, task, anna) } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == 202 }.count == 1)
            #expect(answers.filter { $0.code == "missed_call_sent" }.count == 7, "\(answers.map(\.text))")
            #expect(try await service.count("SELECT count(*) FROM messages WHERE template = 'missed_call'") == 1)
            #expect(
                try await service.count(
                    "SELECT max(n) FROM (SELECT sum(used) AS n FROM send_budgets GROUP BY bucket, window_start) s") == 1
            )
        }
    }

    @Test func `only after an unanswered call of today of one's own, while the next one is ahead`() async throws {
        try await withService(Self.hours) { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            func seed(_ number: Int) async throws -> SeededTask {
                try await service.seed(TaskSeed(phone: "1380000060\(number)"))
            }
            let first = try await seed(1)
            try await Self.ring(service, first, anna)
            #expect(
                try await Self.tell(service, first, anna).code == "missed_call_off", "off until somebody turns it on")
            try await service.put("missed_call_sms", "true")
            #expect(try await Self.tell(service, first, anna).code == "missed_call_off", "nobody to ring back")
            try await Self.turnOn(service)
            #expect(try await Self.tell(service, first, boris).code == "missed_call_not_due")
            let untouched = try await seed(2)
            #expect(try await Self.tell(service, untouched, anna).code == "missed_call_not_due")
            let unrung = try await seed(3)
            try await Self.ring(service, unrung, anna, reveals: false)
            #expect(try await Self.tell(service, unrung, anna).code == "missed_call_not_due", "nobody was rung")
            let reached = try await seed(4)
            try await Self.ring(
                service, reached, anna, "call_back_at", more: #","call_again_at":"2026-11-25T15:00:00+08:00""#)
            #expect(try await Self.tell(service, reached, anna).code == "missed_call_not_due")
            let closed = try await seed(5)
            try await Self.ring(service, closed, anna, "wrong_person")
            #expect(try await Self.tell(service, closed, anna).code == "already_closed")
            let listed = try await seed(6)
            try await Self.ring(service, listed, anna)
            try await service.list("13800000606")
            let refused = try await Self.tell(service, listed, anna)
            #expect(refused.status == 422 && refused.code == "do_not_call")
            let withheld = try await seed(7)
            try await Self.ring(service, withheld, anna)
            try await service.put("test_numbers", #"[{"phone":"13800000607","until":"2027-12-31"}]"#)
            #expect(try await Self.tell(service, withheld, anna).code == "number_gets_no_messages")
            service.clock.set(try SLATests.time("2026-11-25T12:30"))
            let noon = try await Self.tell(service, first, anna)
            #expect(noon.status == 422 && noon.code == "outside_calling_hours")
            service.clock.set(try SLATests.time("2026-11-25T14:00"))
            try await service.database.query(
                "UPDATE callback_tasks SET next_attempt_at = \(service.clock.now) WHERE id = \(first.id)")
            #expect(try await Self.tell(service, first, anna).code == "missed_call_not_due", "the next try is over")
            #expect(try await service.count("SELECT count(*) FROM messages") == 0)
        }
    }

    @Test
    func `what waits is dropped when somebody wants no messages or is erased, and one that failed may be sent again`()
        async throws
    {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let (first, second) = (try await service.seed(), try await service.seed(TaskSeed(phone: "13800000002")))
            try await Self.turnOn(service)
            try await Self.ring(service, first, anna)
            service.sms.answer(.refused(failure: "isv.OUT_OF_SERVICE"))
            #expect(try await Self.tell(service, first, anna).status == 202)
            service.clock.advance(by: 30)
            try await service.services.outboxWorker.runOnce()
            #expect(try await Self.history(service, first, anna).map { $0["delivery"].string } == ["failed"])
            service.sms.answer(.accepted(vendorID: "v-1"))
            #expect(try await Self.tell(service, first, anna).status == 202)
            try await service.services.outboxWorker.runOnce()
            #expect(try await Self.history(service, first, anna).map { $0["delivery"].string } == ["sent"])

            try await Self.ring(service, second, anna)
            #expect(try await Self.tell(service, second, anna).status == 202)
            let sent = service.sms.messages.count
            try await service.list("13800000002")
            service.clock.advance(by: 30)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.count == sent)

            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM missed_call_messages") == 1)
            #expect(try await service.unsoundness() == [])
        }
    }

    @Test func `what waits goes with the result that is undone, and the next result may be told`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let task = try await service.seed()
            try await Self.turnOn(service)
            try await Self.ring(service, task, anna)
            #expect(try await Self.tell(service, task, anna).status == 202)
            service.clock.advance(by: 29)
            let undone = try await service.undo(task, anna)
            try #require(undone.status == 200, "\(undone.text)")
            #expect(try await Self.history(service, task, anna).map { $0["delivery"].string } == ["expired"])
            #expect(try await Self.tell(service, task, anna).code == "missed_call_not_due")
            service.clock.advance(by: 60)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.isEmpty)
            #expect(
                try await service.column("SELECT failure FROM messages WHERE template = 'missed_call'") == "undone")

            try #require(try await service.record("busy_or_rejected", on: task, anna).status == 200)
            #expect(try await Self.tell(service, task, anna).status == 202)
            service.clock.advance(by: 30)
            try await service.services.outboxWorker.runOnce()
            #expect(service.sms.messages.map(\.template) == ["missed_call"])
            #expect(try await service.undo(task, anna).code == "undo_too_late")
            #expect(try await service.unsoundness() == [])
        }
    }

    @Test func `it takes no more than its half of what all messages share`() async throws {
        try await withService(["SENDS_PER_MINUTE": "2"]) { service in
            let anna = try await service.colleague("anna")
            let (first, second) = (try await service.seed(), try await service.seed(TaskSeed(phone: "13800000002")))
            try await Self.turnOn(service)
            for task in [first, second] { try await Self.ring(service, task, anna) }
            #expect(try await Self.tell(service, first, anna).status == 202)
            let refused = try await Self.tell(service, second, anna)
            #expect(refused.status == 429 && refused.headers[.retryAfter] == "60")
            service.clock.advance(by: 61)
            #expect(try await Self.tell(service, second, anna).status == 202)
        }
    }

    @Test func `the desk offers it only while it is on`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            #expect(try await !service.call(.get, "/staff/desk", token: anna.token).text.contains("missed-call"))
            try await Self.turnOn(service)
            #expect(try await service.call(.get, "/staff/desk", token: anna.token).text.contains(#"id="missed-call""#))
        }
    }
}
