import Foundation
import HTTPTypes
import LeadService
import Leads
import TestDatabase
import Testing

/// Reminders of a permit's end; the clock starts on 2026-11-25.
@Suite struct ReminderTests {
    /// The same hours every day.
    private static let hours = ["CALLING_HOURS": "09:00-12:00,13:30-21:00"]

    private static func day(_ text: String, minute: Int = 600) throws -> Date {
        try ShanghaiDate(parsing: text).at(minute: minute)
    }

    /// An inquiry with the box for reminders ticked.
    @discardableResult
    private static func agree(_ service: TestService, _ phone: String, until date: String) async throws -> Answer {
        let (challenge, code) = try await service.challenge(for: phone)
        let version = ShippedNotice.version(at: service.clock.now)
        let consent =
            #"{"notice_version":"\#(version)","accepted":true,"reminder":{"valid_until":"\#(date)"}}"#
        return try await service.call(
            .post, "/api/v1/inquiries",
            #"{"name":"欧阳晓","phone":"\#(phone)","challenge_id":"\#(challenge)","code":"\#(code)","consent":\#(consent)}"#
        )
    }

    /// One round of the worker and of the outbox at a time; returns the numbers reminded, their last two digits.
    private static func remind(_ service: TestService, at time: Date) async throws -> [String] {
        service.clock.set(time)
        let before = service.sms.messages.count
        try await service.services.reminders.runOnce()
        try await service.services.outboxWorker.runOnce()
        return service.sms.messages.dropFirst(before).filter { $0.template == "permit_reminder" }
            .map { String($0.phone.suffix(2)) }.sorted()
    }

    @Test func `thirty days and seven days before, once each, in calling hours only`() async throws {
        try await withService(Self.hours) { service in
            #expect(try await Self.agree(service, "13800000401", until: "2027-03-01").status == 201)
            try await service.submit(phone: "13800000402")
            for (day, minute, expected) in [
                ("2027-01-29", 600, []), ("2027-01-30", 539, []), ("2027-01-30", 540, ["01"]), ("2027-01-30", 541, []),
                ("2027-02-10", 600, []), ("2027-02-21", 600, []), ("2027-02-22", 720, []), ("2027-02-22", 810, ["01"]),
                ("2027-02-23", 600, []), ("2027-03-01", 600, []), ("2027-03-02", 600, []),
            ] as [(String, Int, [String])] {
                let reminded = try await Self.remind(service, at: try Self.day(day, minute: minute))
                #expect(reminded == expected, "\(day) \(minute)")
            }
            let texts = service.sms.messages.filter { $0.template == "permit_reminder" }.map { $0.parameters }
            #expect(texts.map { $0["days"] } == ["30", "7"])
            #expect(texts[0]["text"]?.contains("有效期至 2027年3月1日，还有 30 天") == true)
            #expect(texts[0]["renewal_url"] == "http://127.0.0.1:8080/permit-renewal")
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `sixteen rounds at once remind once`() async throws {
        try await withService(["SENDS_PER_MINUTE": "1000"]) { service in
            for number in 10..<15 { try await Self.agree(service, "138000004\(number)", until: "2026-12-30") }
            service.clock.set(try Self.day("2026-12-01"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 { group.addTask { _ = try await service.services.reminders.runOnce() } }
                try await group.waitForAll()
            }
            #expect(
                try await service.count("SELECT count(*) FROM messages WHERE template = 'permit_reminder'") == 5)
            #expect(try await service.count("SELECT count(*) FROM permit_reminders WHERE message_id IS NOT NULL") == 5)
        }
    }

    @Test func `missed days are made up for while it makes sense, the later one alone when both were missed`()
        async throws
    {
        try await withService { service in
            try await Self.agree(service, "13800000421", until: "2027-03-01")
            // Down from before the thirtieth day: late on the twelfth day, and the seventh day as usual.
            #expect(try await Self.remind(service, at: try Self.day("2027-02-17")) == ["21"])
            #expect(try await Self.remind(service, at: try Self.day("2027-02-22")) == ["21"])
            service.clock.advance(by: 60)
            try await Self.agree(service, "13800000422", until: "2027-04-20")
            #expect(
                try await Self.remind(service, at: try Self.day("2027-04-15")) == ["22"],
                "both days missed: one message")
            #expect(service.sms.messages.last?.parameters["days"] == "5")
            try await Self.agree(service, "13800000423", until: "2027-06-20")
            #expect(try await Self.remind(service, at: try Self.day("2027-06-20")) == [], "the last day is too late")
        }
    }

    @Test func `a reminder that no gateway took before the hours ended comes in the next ones`() async throws {
        try await withService(Self.hours) { service in
            try await Self.agree(service, "13800000431", until: "2026-12-30")
            service.clock.set(try Self.day("2026-11-30", minute: 715))
            try await service.services.reminders.runOnce()
            // The outbox was down until the lunch break.
            #expect(try await Self.remind(service, at: try Self.day("2026-11-30", minute: 725)) == [])
            #expect(try await service.count("SELECT count(*) FROM messages WHERE state = 'expired'") == 1)
            #expect(try await Self.remind(service, at: try Self.day("2026-11-30", minute: 810)) == ["31"])
            #expect(try await Self.remind(service, at: try Self.day("2026-11-30", minute: 900)) == [])
        }
    }

    @Test func `nobody who withdrew, stopped, was erased or answered TD is reminded`() async throws {
        try await withService { service in
            for number in 41...45 { try await Self.agree(service, "138000004\(number)", until: "2027-03-01") }
            try await service.ask("withdraw", phone: "13800000441")
            try await service.ask("stop_calls", phone: "13800000442")
            try await service.ask("erase", phone: "13800000443")
            #expect(try await Self.remind(service, at: try Self.day("2027-01-30")) == ["44", "45"])
            try await service.services.deliveries.receive(
                [.reply(phone: try PhoneNumber(parsing: "13800000444"), text: "TD", at: service.clock.now)],
                from: "aliyun")
            // Already in the outbox when the reply comes.
            service.clock.set(try Self.day("2027-02-22"))
            try await service.services.reminders.runOnce()
            try await service.services.deliveries.receive(
                [.reply(phone: try PhoneNumber(parsing: "13800000445"), text: "T", at: service.clock.now)],
                from: "aliyun")
            #expect(try await Self.remind(service, at: try Self.day("2027-02-22", minute: 601)) == [])
            try await service.ask("erase", phone: "13800000445")
            #expect(
                try await service.count(
                    "SELECT count(*) FROM permit_reminders r JOIN leads l ON l.id = r.lead_id WHERE l.erased_at IS NOT NULL"
                ) == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `the newest date counts, and what a program sent in does not`() async throws {
        try await withService { service in
            try await Self.agree(service, "13800000451", until: "2027-03-01")
            service.clock.advance(by: 61)
            try await Self.agree(service, "13800000451", until: "2027-03-11")
            let (challenge, code) = try await service.challenge(for: "13800000452")
            let consent = #"{"notice_version":"2026-11","accepted":true,"reminder":{"valid_until":"2027-03-01"}}"#
            let aside = try await service.call(
                .post, "/api/v1/inquiries",
                #"{"name":"x","phone":"13800000452","challenge_id":"\#(challenge)","code":"\#(code)","consent":\#(consent),"website":"x"}"#
            )
            #expect(aside.status == 201)
            #expect(try await Self.remind(service, at: try Self.day("2027-01-30")) == [])
            #expect(try await Self.remind(service, at: try Self.day("2027-02-09")) == ["51"])
        }
    }

    @Test func `a reminder that would never come is refused at its field, and costs no try`() async throws {
        try await withService { service in
            for date in ["2026-11-20", "2026-11-25", "2026-12-02"] {
                let answer = try await Self.agree(service, "13800000461", until: date)
                #expect(answer.status == 422 && answer.code == "reminder_too_late", "\(answer.text)")
                #expect(answer["errors"][0]["pointer"].string == "/consent/reminder/valid_until")
                service.clock.advance(by: 61)
            }
            #expect(try await Self.agree(service, "13800000461", until: "2026-12-03").status == 201)
            #expect(try await Self.remind(service, at: try Self.day("2026-11-26")) == ["61"])
        }
    }

    @Test func `budgets bound reminders too, and what had no room comes later`() async throws {
        try await withService(["SENDS_PER_DAY": "1000", "SENDS_PER_MINUTE": "1000"]) { service in
            for number in 470..<476 { try await Self.agree(service, "13800000\(number)", until: "2026-12-30") }
            try await service.put("sends_per_hour", "16")
            #expect(
                try await Self.remind(service, at: try Self.day("2026-11-30")).count == 4,
                "half of the hour's sixteen, and each is billed as two")
            #expect(try await Self.remind(service, at: try Self.day("2026-11-30", minute: 661)).count == 2)
        }
    }

    @Test func `the box is offered where reminders can be sent, and travels through the forms`() async throws {
        try await withService { service in
            let landing = try await service.call(.get, "/").text
            #expect(landing.contains("居住证到期前 30 天和 7 天，各发一条短信提醒我签注"))
            #expect(!landing.contains(#"name="consent_reminder" value="true" checked"#))
            let typed = "name=%E7%8E%8B&phone=13800000481&consent=true&notice_version=2026-11&consent_reminder=true"
            let refused = try await service.form("/inquiry/code", typed + "&permit_end=2026-11-30")
            #expect(refused.status == 422 && refused.text.contains(#"id="e-permit_end""#), "\(refused.text)")
            #expect(refused.text.contains(#"name="consent_reminder" value="true" checked"#))
            #expect(try await service.form("/inquiry/code", typed).status == 422)
            let step = try await service.form("/inquiry/code", typed + "&permit_end=2027-03-01")
            #expect(step.status == 200, "\(step.text)")
            try await service.services.outboxWorker.runOnce()
            service.clock.advance(by: 10)
            let code = try #require(service.sms.code(to: "13800000481"))
            let fields = CodeDeliveryTests.hidden(step.text)
            let done = try await service.form(
                "/inquiry", CodeDeliveryTests.encoded(fields, "name=%E7%8E%8B&phone=13800000481&code=\(code)"))
            #expect(done.status == 200, "\(done.text)")
            let shown = try await service.database.query(
                "SELECT text_shown, reminder_valid_until::text FROM consents WHERE purpose = 'reminder'"
            ).map { try $0.decode((String, String).self) }
            #expect(shown.count == 1 && shown[0].1 == "2027-03-01")
            #expect(shown[0].0 == "居住证到期前 30 天和 7 天，各发一条短信提醒我签注（可不选，回复 T 即停），有效期至 2027-03-01")
            let checked = try await service.form("/permit-renewal", "valid_until=2027-03-01")
            #expect(checked.text.contains(#"<p id="remind">"#))
            #expect(
                try await service.form("/permit-renewal", "valid_until=2026-11-30").text.contains(
                    #"<p id="remind" hidden>"#))
        }
        try await withVendors { place in
            let page = try await place.service.call(.get, "/").text
            #expect(
                !page.contains("consent_reminder") && !page.contains("/#reminder"), "no vendor has a template for it")
        }
    }
}
