import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What an erasure does to numbers that were merged: each is a person of its own.
@Suite struct MergedErasureTests {
    @Test func `of people that were merged only the proven number is erased`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let first = try await service.submit(phone: "13800000001", name: "王女士")
            let target = try await service.column("SELECT id::text FROM leads") ?? ""
            service.clock.advance(by: 10)
            let second = try await service.submit(phone: "13800000002", name: "黄女士")
            // The second number turns out to be the same person.
            let claimed = try await service.claim(adviser, #"{"phone":"13800000002"}"#)
            let merge = #"{"disposition":"duplicate","merge_into":"\#(target)"}"#
            let merged = try await service.call(
                .post, "/api/v1/callbacks/\(claimed["id"].string)/attempts", merge, token: adviser.token)
            try #require(merged.status == 200, "\(merged.text)")

            let copy = try await service.result(of: try await service.ask("copy", phone: "13800000002"))
            #expect(copy["inquiries"].array.map(\.["name"].string) == ["黄女士"])
            try await service.ask("erase", phone: "13800000002")
            #expect(try await service.call(.get, try service.receipt(of: second)).status == 410)
            #expect(try await service.call(.get, try service.receipt(of: first)).status == 200)
            #expect(try await service.soundness() == [])
            // The call goes to the number that is left.
            let next = try await service.claim(adviser)
            #expect(next["name"].string == "王女士" && next["phone_masked"].string == "138****0001")
            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state <> 'closed'") == 0)
            #expect(try await service.soundness() == [])
        }
    }

    @Test func `calls to a merged number are shown to it alone, and their notes go with it`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            let merged = try await service.submit(phone: "13800000001", name: "王女士")
            let target = try await service.column("SELECT id::text FROM leads") ?? ""
            service.clock.advance(by: 10)
            try await service.submit(phone: "13800000002", name: "黄女士")
            func record(_ body: String) async throws {
                let claimed = try await service.claim(adviser, #"{"phone":"13800000002"}"#)
                let answer = try await service.call(
                    .post, "/api/v1/callbacks/\(claimed["id"].string)/attempts", body, token: adviser.token)
                try #require(answer.status == 200, "\(answer.text)")
            }
            try await record(#"{"disposition":"duplicate","merge_into":"\#(target)"}"#)
            service.clock.advance(by: 10)
            try await record(#"{"disposition":"reached_need_materials","note":"只在周末有空"}"#)

            // Whoever holds the other number's link reads nothing of these calls.
            let receipt = try await service.call(.get, service.receipt(of: merged))
            let events = receipt["events"].array.map { $0["kind"].string }
            #expect(events.contains("accepted") && !events.contains("call"), "\(receipt.text)")
            let (own, others) = (
                try await service.result(of: try await service.ask("copy", phone: "13800000002")),
                try await service.result(of: try await service.ask("copy", phone: "13800000001"))
            )
            #expect(own["calls"].array.count == 1 && others["calls"].array.isEmpty)
            let notes = "SELECT count(*) FROM call_attempts WHERE note_sealed IS NOT NULL"
            try await service.ask("erase", phone: "13800000001")
            #expect(try await service.count(notes) == 1)
            try await service.ask("erase", phone: "13800000002")
            #expect(try await service.count(notes) == 0)
        }
    }

    @Test func `the target of a merge is erased and the merged number keeps its promise`() async throws {
        try await withService { service in
            let adviser = try await service.colleague("lin")
            try await service.submit(phone: "13800000001", name: "王女士")
            let target = try await service.column("SELECT id::text FROM leads") ?? ""
            service.clock.advance(by: 10)
            try await service.submit(phone: "13800000002", name: "黄女士")
            let claimed = try await service.claim(adviser, #"{"phone":"13800000002"}"#)
            let merge = #"{"disposition":"duplicate","merge_into":"\#(target)"}"#
            try #require(
                try await service.call(
                    .post, "/api/v1/callbacks/\(claimed["id"].string)/attempts", merge, token: adviser.token
                ).status == 200)
            try await service.ask("erase", phone: "13800000001")
            let next = try await service.claim(adviser)
            #expect(next["name"].string == "黄女士" && next["phone_masked"].string == "138****0002")
            #expect(try await service.soundness() == [])
        }
    }

    /// The body of a request with a fresh code of that number.
    private static func erasure(_ service: TestService, _ phone: String) async throws -> String {
        service.clock.advance(by: 61)
        let (challenge, code) = try await service.challenge(for: phone, purpose: "privacy")
        return #"{"phone":"\#(phone)","challenge_id":"\#(challenge)","code":"\#(code)","kind":"erase"}"#
    }

    @Test func `a merge and the erasures of both numbers at once have one order`() async throws {
        try await withService(["BUDGET_FACTOR": "20"]) { service in
            let adviser = try await service.colleague("lin")
            for round in 0..<16 {
                let (one, two) = ("1380000\(1000 + round)", "1380000\(2000 + round)")
                let inquiry = try await service.submit(phone: one)["inquiry_id"].string
                let target = try #require(
                    try await service.column("SELECT lead_id::text FROM inquiries WHERE id = '\(unescaped: inquiry)'"))
                try await service.submit(phone: two)
                let (first, second) = (try await Self.erasure(service, one), try await Self.erasure(service, two))
                let claimed = try await service.claim(adviser, #"{"phone":"\#(two)"}"#)
                let path = "/api/v1/callbacks/\(claimed["id"].string)/attempts"
                let merge = #"{"disposition":"duplicate","merge_into":"\#(target)"}"#
                async let merged = service.call(.post, path, merge, token: adviser.token)
                async let erased = service.call(.post, "/api/v1/privacy-requests", first)
                async let gone = service.call(.post, "/api/v1/privacy-requests", second)
                #expect([try await erased.status, try await gone.status] == [202, 202])
                #expect([200, 409, 422].contains(try await merged.status))
                #expect(try await service.count("SELECT count(*) FROM callback_tasks WHERE state <> 'closed'") == 0)
            }
            #expect(try await service.soundness() == [])
        }
    }
}
