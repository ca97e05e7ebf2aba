import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

@Suite struct CopyLimitTests {
    @Test(arguments: ["13800000001", "13800000009"])
    func `a number has three copies a day, known or not, and whatever else it asks`(phone: String) async throws {
        try await withService { service in
            try await service.submit(phone: "13800000001")
            for _ in 0..<3 { try await service.ask("copy", phone: phone) }
            service.clock.advance(by: 61)
            let (challenge, code) = try await service.challenge(for: phone, purpose: "privacy")
            func send(_ kind: String) async throws -> Answer {
                try await service.call(
                    .post, "/api/v1/privacy-requests",
                    #"{"phone":"\#(phone)","challenge_id":"\#(challenge)","code":"\#(code)","kind":"\#(kind)"}"#)
            }
            let refused = try await send("copy")
            #expect(refused.status == 429 && refused.code == "too_many_requests")
            #expect(refused["detail"].string.contains("一天内已查看 3 次"))
            // The first copy was three codes ago.
            #expect(refused.headers[.retryAfter] == "\(86400 - 3 * 61)")
            #expect(try await service.count("SELECT count(*) FROM privacy_requests") == 3)
            // The same code is good for something else.
            #expect(try await send("stop_calls").status == 202)
            service.clock.advance(by: 86400)
            try await service.set("copies_per_day", "1")
            try await service.ask("copy", phone: phone)
            service.clock.advance(by: 61)
            let again = try await service.challenge(for: phone, purpose: "privacy")
            let second = try await service.call(
                .post, "/api/v1/privacy-requests",
                #"{"phone":"\#(phone)","challenge_id":"\#(again.id)","code":"\#(again.code)","kind":"copy"}"#)
            #expect(second.status == 429)
        }
    }

    @Test func `five copies asked for at once are three`() async throws {
        try await withService(["BUDGET_FACTOR": "1"]) { service in
            try await service.set("resend_seconds", "1")
            var codes: [(id: String, code: String)] = []
            for _ in 0..<5 {
                service.clock.advance(by: 2)
                codes.append(try await service.challenge(for: "13800000009", purpose: "privacy"))
            }
            let found = codes
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for (id, code) in found {
                    group.addTask {
                        try await service.call(
                            .post, "/api/v1/privacy-requests",
                            #"{"phone":"13800000009","challenge_id":"\#(id)","code":"\#(code)","kind":"copy"}"#
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [202, 202, 202, 429, 429])
            #expect(try await service.count("SELECT count(*) FROM privacy_requests") == 3)
        }
    }
}
