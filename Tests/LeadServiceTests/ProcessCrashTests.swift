import Foundation
import HTTPTypes
import LeadService
import Testing

#if DEBUG
extension ProcessFaultTests {
    /// What a visitor does in front of the armed process.
    enum Deed: String, CaseIterable {
        case rightCode, wrongCode, repeated
    }

    @Test func `a process killed at any point of a submit loses no lead and doubles none`() async throws {
        try await withInstallation { place in
            var acknowledged: [String] = []
            for deed in Deed.allCases {
                let before = acknowledged.count
                while try await Self.crashSubmit(deed, at: acknowledged.count - before + 1, in: place, &acknowledged) {}
                print("crash points of a submit, \(deed.rawValue): \(acknowledged.count - before - 1)")
            }
            try await Self.check(place, acknowledged)
        }
    }

    /// - Returns: false when there is no such point any more.
    private static func crashSubmit(
        _ deed: Deed, at point: Int, in place: ProcessInstallation, _ acknowledged: inout [String]
    ) async throws -> Bool {
        let armed = try await place.start(["HUIFANG_CRASH_AT": deed == .repeated ? "none" : "submit:\(point)"])
        let phone = "1380000" + String(1000 + acknowledged.count)
        let key = "key-\(acknowledged.count)"
        let (challenge, code) = try await place.code(for: phone, from: armed)
        let wrong = String(code.reversed()) == code ? "000000" : String(code.reversed())
        let right = ProcessInstallation.inquiry(phone: phone, challenge: challenge, code: code)
        let tried =
            deed == .wrongCode ? ProcessInstallation.inquiry(phone: phone, challenge: challenge, code: wrong) : right

        var victim = armed
        if deed == .repeated {
            try #require(try await armed.call(.post, "/api/v1/inquiries", right, key: key).status == 201)
            try await armed.kill()
            victim = try await place.start(["HUIFANG_CRASH_AT": "submit:\(point)"])
        }
        let answer = try? await victim.call(.post, "/api/v1/inquiries", tried, key: key)
        if answer == nil { #expect(try await victim.ended() == -SIGKILL) }
        try await victim.kill()

        let fresh = try await place.start()
        let retried = try await place.answered(fresh, "/api/v1/inquiries", right, key: key) { $0.status != 503 }
        #expect(retried.status == 201, "\(deed) point \(point): \(retried.text)")
        if answer?.status == 201 { #expect(retried.text == answer?.text) }
        acknowledged.append(retried["inquiry_id"].string)
        try await fresh.kill()
        return answer == nil
    }

    @Test func `a process killed while it gives a try back loses neither code nor key`() async throws {
        try await withInstallation { place in
            try await place.rows(
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'")
            var acknowledged: [String] = []
            // Points 1 to 5 are those of every submit up to the statement that fails here.
            var point = 6
            var crashed = true
            while crashed {
                let armed = try await place.start(["HUIFANG_CRASH_AT": "submit:\(point)"])
                let (phone, key) = ("1380001\(2000 + point)", "key-\(point)")
                let (challenge, code) = try await place.code(for: phone, from: armed)
                let body = ProcessInstallation.inquiry(phone: phone, challenge: challenge, code: code)
                try await place.rows(
                    "CREATE TRIGGER fail BEFORE INSERT ON inquiries FOR EACH ROW EXECUTE FUNCTION fail()")
                let answer = try? await armed.call(.post, "/api/v1/inquiries", body, key: key)
                crashed = answer == nil
                if crashed { #expect(try await armed.ended() == -SIGKILL) } else { #expect(answer?.status == 500) }
                try await armed.kill()
                try await place.rows("DROP TRIGGER fail ON inquiries")
                #expect(try await place.count("SELECT count(*) FROM inquiries") == acknowledged.count)
                let left = "SELECT sum(tries) FROM verification_counters"
                #expect(try await place.count(left) <= 1, "only the last one may be in doubt")
                let fresh = try await place.start()
                let retried = try await place.answered(fresh, "/api/v1/inquiries", body, key: key) { $0.status != 503 }
                #expect(retried.status == 201, "point \(point): \(retried.text)")
                #expect(try await place.count(left) == 0)
                acknowledged.append(retried["inquiry_id"].string)
                try await fresh.kill()
                point += 1
            }
            print("crash points of giving a try back: \(point - 7)")
            #expect(point >= 10, "the try was looked up, given back, and the key unlocked")
            try await Self.check(place, acknowledged)
        }
    }

    @Test func `a process killed while it refuses a code sends none and forgets nothing`() async throws {
        try await withInstallation { place in
            let phone = "13800013000"
            let first = try await place.start()
            _ = try await place.code(for: phone, from: first)
            try await first.kill()
            let before = try await place.rows("SELECT p::text FROM phone_budgets p").map { try $0.decode(String.self) }
            var point = 1
            var crashed = true
            while crashed {
                let armed = try await place.start([
                    "HUIFANG_CRASH_AT": "send:\(point)", "HUIFANG_RESEND_SECONDS": "3600",
                ])
                let answer = try? await armed.call(
                    .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"inquiry"}"#)
                crashed = answer == nil
                if crashed { #expect(try await armed.ended() == -SIGKILL) } else { #expect(answer?.status == 429) }
                try await armed.kill()
                let after = try await place.rows("SELECT p::text FROM phone_budgets p").map {
                    try $0.decode(String.self)
                }
                #expect(after == before, "point \(point)")
                point += 1
            }
            print("crash points of a refused code: \(point - 2)")
            #expect(point >= 6, "before and after the request, and the look at the number's budget")
            #expect(try await place.count("SELECT count(*) FROM messages") == 1)
            #expect(place.messages.messages.count == 1)
        }
    }

    @Test func `a process killed at any point of sending sends no code twice`() async throws {
        try await withInstallation { place in
            var acknowledged: [String] = []
            var requests = 0
            while try await Self.crashRequest(at: requests + 1, in: place, &acknowledged) { requests += 1 }
            var deliveries = 0
            while try await Self.crashDelivery(
                at: deliveries + 1, afterRequestPoint: requests, in: place, &acknowledged)
            { deliveries += 1 }
            print("crash points of a code request: \(requests), of its delivery: \(deliveries)")
            #expect(requests >= 2)
            #expect(deliveries >= 8)
            // Whatever may have reached the gateway names it, so that it can be asked and the next code goes elsewhere.
            let nameless = try await place.rows(
                "SELECT id::text FROM messages WHERE failure = 'abandoned' AND gateway IS NULL")
            let ids = try nameless.map { try $0.decode(String.self) }
            #expect(Set(place.messages.messages.map(\.id)).isDisjoint(with: ids))
            let named = "SELECT count(*) FROM messages WHERE failure = 'abandoned' AND gateway = 'webhook'"
            #expect(try await place.count(named) >= 2, "before and after the call")
            try await Self.check(place, acknowledged)
        }
    }

    private static func crashRequest(
        at point: Int, in place: ProcessInstallation, _ acknowledged: inout [String]
    ) async throws -> Bool {
        let phone = "1380001" + String(1000 + acknowledged.count)
        let armed = try await place.start(["HUIFANG_CRASH_AT": "send:\(point)"])
        let answer = try? await armed.call(
            .post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"inquiry"}"#)
        if answer == nil { #expect(try await armed.ended() == -SIGKILL) }
        try await armed.kill()
        try await self.finish(phone, in: place, &acknowledged)
        return answer == nil
    }

    /// Leaves a message behind by a crash after its commit, and crashes again while it is delivered.
    private static func crashDelivery(
        at point: Int, afterRequestPoint last: Int, in place: ProcessInstallation, _ acknowledged: inout [String]
    ) async throws -> Bool {
        let phone = "1380002" + String(1000 + acknowledged.count)
        let first = try await place.start(["HUIFANG_CRASH_AT": "send:\(last)"])
        _ = try? await first.call(.post, "/api/v1/verification-codes", #"{"phone":"\#(phone)","purpose":"inquiry"}"#)
        #expect(try await first.ended() == -SIGKILL)
        let waiting = "SELECT count(*) FROM messages WHERE state IN ('queued', 'sending')"
        try #require(try await place.count(waiting) == 1)

        let armed = try await place.start(["HUIFANG_CRASH_AT": "outbox:\(point)"], isAwaited: false)
        let delivered = try await eventually(within: .seconds(20)) {
            if !armed.isRunning { return true }
            return try await place.count(waiting) == 0
        }
        #expect(delivered)
        let crashed = try await eventually(within: .seconds(1)) { !armed.isRunning }
        if crashed { #expect(try await armed.ended() == -SIGKILL) }
        try await armed.kill()
        try await self.finish(phone, in: place, &acknowledged)
        #expect(try await place.count(waiting) == 0)
        return crashed
    }

    /// The visitor goes on with a fresh process and asks for another code.
    private static func finish(
        _ phone: String, in place: ProcessInstallation, _ acknowledged: inout [String]
    ) async throws {
        // The dead sender's lease ends now, not in half a minute.
        try await place.rows(
            "UPDATE messages SET lease_until = lease_until - interval '1 minute' WHERE state = 'sending'")
        let fresh = try await place.start()
        let (challenge, code) = try await place.code(for: phone, from: fresh)
        let body = ProcessInstallation.inquiry(phone: phone, challenge: challenge, code: code)
        let answer = try await place.answered(fresh, "/api/v1/inquiries", body, key: nil) { $0.status != 503 }
        #expect(answer.status == 201, "\(answer.text)")
        acknowledged.append(answer["inquiry_id"].string)
        let isIdle = try await eventually(within: .seconds(30)) {
            try await place.count("SELECT count(*) FROM messages WHERE state IN ('queued', 'sending')") == 0
        }
        #expect(isIdle)
        try await fresh.kill()
    }

    /// Everything acknowledged is there once, and no message was sent twice.
    private static func check(_ place: ProcessInstallation, _ acknowledged: [String]) async throws {
        let ids = acknowledged.map { "'\($0)'" }.joined(separator: ",")
        #expect(Set(acknowledged).count == acknowledged.count)
        #expect(try await place.count("SELECT count(*) FROM inquiries WHERE id IN (\(ids))") == acknowledged.count)
        for table in ["leads", "inquiries", "callback_tasks", "consents"] {
            #expect(try await place.count("SELECT count(*) FROM \(table)") == acknowledged.count, "\(table)")
        }
        let messages = place.messages.messages
        #expect(Set(messages.map(\.id)).count == messages.count, "a message was sent twice")
        let fsck = try place.run(["fsck"])
        #expect(try await fsck.ended() == 0)
    }
}
#endif
