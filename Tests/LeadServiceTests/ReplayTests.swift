import Foundation
import HTTPTypes
import LeadService
import Leads
import NIOCore
import TestDatabase
import Testing

/// A submit that is sent again: one lead, the first answer (contract §2, Replays).
@Suite struct ReplayTests {
    private static let id = #","id":"0198c0de-0000-7000-8000-0000000000b1""#
    private static let phone = "13800000061"

    @Test func `an id or a key, bare or quoted, brings the first answer back with the used code`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            func send(_ more: String, key: String?) async throws -> Answer {
                try await service.offer(code, challenge, phone: Self.phone, more: more, key: key)
            }
            let first = try await send(Self.id, key: "one")
            #expect(first.status == 201 && first["inquiry_id"].string == "0198c0de-0000-7000-8000-0000000000b1")
            for key in [nil, "one", #""one""#, "another"] {
                let again = try await send(Self.id, key: key)
                #expect(again.status == 201 && again.text == first.text, "\(key ?? "none"): \(again.text)")
            }
            #expect(try await send("", key: "another").code == "code_invalid")
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 1)
            #expect(try await service.count("SELECT count(*) FROM audit_events WHERE action = 'inquiry.submit'") == 1)
        }
    }

    @Test func `a new code under a bound key gets the first body and stays good`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            let first = try await service.offer(code, challenge, phone: Self.phone, key: "k")
            service.clock.advance(by: 3600)
            let later = try await service.challenge(for: Self.phone)
            let again = try await service.offer(later.code, later.id, phone: Self.phone, key: "k")
            #expect(again.status == 201 && again.text == first.text)
            #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
            #expect(try await service.offer(later.code, later.id, phone: Self.phone).status == 201)
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 2)
        }
    }

    @Test func `the fingerprint ignores code, challenge, proof, form token and honeypot, and nothing else`()
        async throws
    {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            let assessed = try await service.call(.post, "/api/v1/assessments", #"{"answers":{"age":44}}"#)
            let base: [String: String] = [
                "id": #""0198c0de-0000-7000-8000-0000000000b2""#, "name": #""王女士""#, "phone": "\"\(Self.phone)\"",
                "challenge_id": "\"\(challenge)\"", "code": "\"\(code)\"", "remark": #""下午""#,
                "consent": #"{"notice_version":"2026-11","accepted":true}"#, "answers": #"{"age":40}"#,
                "source": #"{"utm":{"source":"a"}}"#, "extra": #"{"q":1}"#,
            ]
            func send(_ changes: [String: String?]) async throws -> Answer {
                let members = base.merging(changes.compactMapValues { $0 }) { $1 }.filter {
                    changes[$0.key] != .some(nil)
                }
                let body = members.map { "\"\($0.key)\":\($0.value)" }.sorted().joined(separator: ",")
                return try await service.call(
                    .post, "/api/v1/inquiries", "{\(body)}", headers: [.init("Idempotency-Key")!: "k"])
            }
            try await service.set(
                "consent_recipients",
                #"[{"id":"a","name":"甲公司","contact":"021-12345678","purpose":"代办材料","manner":"加密文件","kinds":"称呼和号码"}]"#
            )
            let first = try await send([:])
            #expect(first.status == 201, "\(first.text)")
            let token = try await service.call(.get, "/api/v1/form-token")["form_token"].string
            let same: [[String: String?]] = [
                ["code": #""000000""#], ["challenge_id": #""0198c0de-0000-7000-8000-0000000000ff""#],
                ["proof_of_work": #""abc""#], ["form_token": "\"\(token)\""], ["website": #""http://a.example""#],
                ["phone": #""+86 138 0000 0061""#], ["name": #"" 王女士 ""#], ["source": #"{ "utm" : {"source":"a"} }"#],
            ]
            for changes in same {
                let answer = try await send(changes)
                #expect(answer.status == 201 && answer.text == first.text, "\(changes): \(answer.text)")
            }
            let consent = #"{"notice_version":"2026-11","accepted":true"#
            let other: [[String: String?]] = [
                ["id": nil], ["id": #""0198c0de-0000-7000-8000-0000000000b3""#], ["name": #""王先生""#],
                ["remark": #""上午""#], ["remark": nil], ["answers": #"{"age":41}"#], ["answers": nil],
                ["answers": nil, "assessment_id": "\"\(assessed["assessment_id"].string)\""],
                ["preferred_window": #""morning""#], ["source": #"{"utm":{"source":"b"}}"#], ["source": nil],
                ["extra": #"{"q":2}"#], ["extra": nil], ["form_key": #""widget""#],
                ["consent": consent + #","marketing":true}"#], ["consent": consent + #","recipients":["a"]}"#],
                ["consent": consent + #","reminder":{"valid_until":"2026-12-31"}}"#],
            ]
            for changes in other {
                let answer = try await send(changes)
                #expect(answer.status == 409 && answer.code == "idempotency_conflict", "\(changes): \(answer.text)")
            }
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 1)
            #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
        }
    }

    @Test func `a key ends after a day, an id never while its inquiry exists`() async throws {
        try await withService { service in
            // Under one notice all the time: a repeat that agrees to an older one is asked again.
            service.clock.set(try #require(RFC3339.date("2026-12-01T10:30:00+08:00")))
            let (challenge, code) = try await service.challenge(for: Self.phone)
            let first = try await service.offer(code, challenge, phone: Self.phone, more: Self.id, key: "k")
            service.clock.advance(by: 86399)
            #expect(
                try await service.offer(code, challenge, phone: Self.phone, more: Self.id, key: "k").text == first.text)
            #expect(
                try await service.offer(code, challenge, phone: Self.phone, more: #","remark":"x""#, key: "k").status
                    == 409)
            service.clock.advance(by: 1)
            let later = try await service.challenge(for: Self.phone)
            let other = try await service.offer(
                later.code, later.id, phone: Self.phone, more: #","remark":"x""#, key: "k")
            #expect(other.status == 201 && other.text != first.text, "\(other.text)")
            #expect(try await service.offer(code, challenge, phone: Self.phone, more: Self.id).text == first.text)
            service.clock.advance(by: 30 * 86400)
            #expect(try await service.offer(code, challenge, phone: Self.phone, more: Self.id).text == first.text)
        }
    }

    @Test func `a key belongs to its number, an id to one number only`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            _ = try await service.offer(code, challenge, phone: Self.phone, more: Self.id, key: "k")
            let other = try await service.challenge(for: "13800000062")
            let taken = try await service.offer(other.code, other.id, phone: "13800000062", more: Self.id)
            #expect(taken.status == 409 && taken.code == "idempotency_conflict")
            #expect(try await service.offer(other.code, other.id, phone: "13800000062", key: "k").status == 201)
        }
    }

    @Test func `only a 201 binds`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            let wrong = TestService.wrong(code)
            #expect(try await service.offer(wrong, challenge, phone: Self.phone, more: Self.id, key: "k").status == 422)
            #expect(
                try await service.offer(code, challenge, phone: Self.phone, more: Self.id + #","remark":5"#, key: "k")
                    .status == 422)
            #expect(try await service.count("SELECT count(*) FROM submit_keys") == 0)
            let other = try await service.offer(
                code, challenge, phone: Self.phone, more: Self.id + #","remark":"x""#, key: "k")
            #expect(other.status == 201)
        }
    }

    @Test func `a submit waits for the one under its key, and takes over what that one left`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            try await Self.lock(service)
            async let waiting = service.offer(code, challenge, phone: Self.phone, more: Self.id)
            // It has asked for the lock, in vain, when it asks a second time.
            let asked = try await eventually(within: .seconds(30)) {
                try await service.count("SELECT count(*) FROM submit_locks WHERE xmax <> 0") == 1
            }
            #expect(asked)
            #expect(try await service.count("SELECT count(*) FROM leads") == 0)
            #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
            try await service.database.query("DELETE FROM submit_locks")
            #expect(try await waiting.status == 201)
        }
    }

    @Test func `a submit that waited five seconds is told to come again, and has cost no try`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            try await Self.lock(service)
            let clock = ContinuousClock()
            let start = clock.now
            let answer = try await service.offer(code, challenge, phone: Self.phone, more: Self.id)
            #expect(answer.status == 503 && answer.headers[.retryAfter] == "2", "\(answer.text)")
            #expect(start.duration(to: clock.now) >= .seconds(5))
            #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
            #expect(try await service.count("SELECT count(*) FROM budgets WHERE ceiling = 30") == 0)
            // The lock of a process that died ends.
            service.clock.advance(by: 6)
            #expect(try await service.offer(code, challenge, phone: Self.phone, more: Self.id).status == 201)
        }
    }

    @Test func `an assessment deleted before, during or after its submit is never a fault`() async throws {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            func naming() async throws -> String {
                let assessed = try await service.call(.post, "/api/v1/assessments", #"{"answers":{"age":44}}"#)
                return #","assessment_id":"\#(assessed["assessment_id"].string)""#
            }
            // Gone between the look at it and the statement that stores the inquiry.
            try await service.database.query(
                "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM assessments; RETURN NULL; END'"
            )
            try await service.database.query(
                "CREATE TRIGGER forget AFTER UPDATE ON verification_counters FOR EACH ROW WHEN (NEW.tries = 1) EXECUTE FUNCTION forget()"
            )
            let during = try await service.offer(code, challenge, phone: Self.phone, more: try await naming())
            #expect(during.status == 422 && during.code == "assessment_unknown", "\(during.text)")
            #expect(try await service.count("SELECT tries FROM verification_counters") == 0)
            #expect(try await service.count("SELECT count(*) FROM inquiries") == 0)
            try await service.database.query("DROP TRIGGER forget ON verification_counters")

            let more = try await naming()
            let first = try await service.offer(code, challenge, phone: Self.phone, more: more, key: "k")
            #expect(first.status == 201, "\(first.text)")
            try await service.database.query("DELETE FROM assessments")
            let again = try await service.offer(code, challenge, phone: Self.phone, more: more, key: "k")
            #expect(again.status == 201 && again.text == first.text, "\(again.text)")
            let before = try await service.offer(code, challenge, phone: Self.phone, more: more)
            #expect(before.status == 422 && before.code == "assessment_unknown", "\(before.text)")
        }
    }

    @Test func `a submit that a calendar overtook is promised by the new one, and loses neither code nor try`()
        async throws
    {
        try await withService { service in
            let (challenge, code) = try await service.challenge(for: Self.phone)
            try await Self.lock(service)
            // It has its promise before it waits for the key.
            async let waiting = service.offer(code, challenge, phone: Self.phone, more: Self.id)
            try #require(
                await eventually(within: .seconds(30)) {
                    try await service.count("SELECT count(*) FROM submit_locks WHERE xmax <> 0") == 1
                })
            let load = CalendarImport(
                database: service.services.database, settings: service.services.settings,
                dependencies: service.dependencies)
            let notice = Notices.official(2026, off: ["2026-11-26"])
            _ = try await load.load(try StrictJSON.read(Array(notice.utf8)), by: "test")
            try await service.services.calendar.reload()
            try await service.database.query("DELETE FROM submit_locks")
            let answer = try await waiting
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer["due_at"].string == "2026-11-27T18:00:00+08:00")
        }
    }

    /// Locks the id as another process does that is at work on it.
    private static func lock(_ service: TestService) async throws {
        let key = ByteBuffer(bytes: service.keys.bucket("submit-id", "0198C0DE-0000-7000-8000-0000000000B1"))
        let until = service.clock.now.addingTimeInterval(6)
        try await service.database.query(
            "INSERT INTO submit_locks (key, holder, until) VALUES (\(key), \(UUID()), \(until))")
    }
}
