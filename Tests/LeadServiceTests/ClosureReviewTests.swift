import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// What supervisors look at of results that ended promises without a call; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct ClosureReviewTests {
    private func show(_ service: TestService, _ colleague: Colleague, _ query: String = "") async throws -> Answer {
        try await service.call(.get, "/api/v1/closure-reviews\(query)", token: colleague.token)
    }

    private func judge(
        _ service: TestService, _ id: String, _ verdict: String, _ colleague: Colleague
    ) async throws -> Answer {
        try await service.call(
            .put, "/api/v1/closure-reviews/\(id)/verdict", #"{"verdict":"\#(verdict)"}"#, token: colleague.token)
    }

    /// Ends a fresh task; the number is looked at first if wanted.
    private func end(
        _ service: TestService, _ number: Int, _ colleague: Colleague, _ disposition: String, isRevealed: Bool = false
    ) async throws {
        let task = try await service.seed(TaskSeed(phone: "138000007\(number)", acceptedAgo: 60))
        try #require(try await service.claim(colleague)["id"].string == task.id.text)
        if isRevealed { try #require(try await service.reveal(task, colleague).status == 200) }
        try #require(try await service.record(disposition, on: task, colleague).status == 200)
    }

    @Test func `a day's endings without a call are listed with who and why, masked, and a verdict is counted`()
        async throws
    {
        try await withService { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            let chief = try await service.colleague("chief", .supervisor)
            try await self.end(service, 10, anna, "spam")
            try await self.end(service, 11, anna, "wrong_person")
            try await self.end(service, 12, boris, "spam")
            // Called: no matter of this list.
            try await self.end(service, 13, boris, "wrong_person", isRevealed: true)
            #expect(try await self.show(service, chief)["day"].string == "2026-11-24")
            #expect(try await self.show(service, chief)["items"].array.isEmpty)
            service.clock.advance(by: 86400)
            var list = try await self.show(service, chief)
            #expect(list["day"].string == "2026-11-25")
            let found = list["items"].array.map {
                "\($0["by"].string) \($0["disposition"].string) \($0["callback"]["phone_masked"].string)"
            }
            #expect(
                found.sorted() == [
                    "anna spam 138****0710", "anna wrong_person 138****0711", "boris spam 138****0712",
                ])
            #expect(!list.text.contains("13800000710"))
            let spam = try #require(
                list["items"].array.first { $0["by"].string == "anna" && $0["disposition"].string == "spam" })
            #expect(try await self.judge(service, spam["id"].string, "wrong", chief).status == 204)
            list = try await self.show(service, chief, "?on=2026-11-25")
            #expect(list["items"].array.first?["verdict"].string == "wrong")
            #expect(list["items"].array.first?["reviewed_by"].string == "chief")
            func counts(_ answer: Answer) -> [[Int]] {
                answer["advisers"].array.map { [$0["closures"].int, $0["reviewed"].int, $0["wrong"].int] }
            }
            #expect(list["advisers"].array.map { $0["username"].string } == ["anna", "boris"])
            #expect(counts(list) == [[2, 1, 1], [1, 0, 0]])
            #expect(try await self.judge(service, spam["id"].string, "right", chief).status == 204)
            #expect(counts(try await self.show(service, chief)) == [[2, 1, 0], [1, 0, 0]])
            #expect(
                try await service.count("SELECT count(*) FROM audit_events WHERE action = 'closure.review'") == 2)
            // Next to nothing is known of somebody erased; the verdict stays.
            try await service.ask("erase", phone: "13800000710")
            let erased = try await self.show(service, chief, "?on=2026-11-25")
            #expect(erased["items"].array.first { $0["id"] == spam["id"] }?["callback"] == .null)
        }
    }

    @Test func `ten of many are drawn, the same for everybody, and others on another day`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let (chief, boss) = (
                try await service.colleague("chief", .supervisor), try await service.colleague("boss", .administrator)
            )
            for number in 10..<24 { try await self.end(service, number, anna, "spam") }
            let first = try await self.show(service, chief, "?on=2026-11-25")["items"].array.map { $0["id"].string }
            #expect(first.count == 10)
            let again = try await self.show(service, boss, "?on=2026-11-25")["items"].array.map { $0["id"].string }
            #expect(again == first)
            let all = try await service.database.query("SELECT id::text FROM call_attempts ORDER BY id")
                .map { try $0.decode(String.self) }
            #expect(first != Array(all.prefix(10)) && first != Array(all.suffix(10)))
            // What is judged stays in the sample though more come.
            #expect(try await self.judge(service, first[9], "right", chief).status == 204)
            for number in 30..<40 { try await self.end(service, number, anna, "spam") }
            let later = try await self.show(service, chief, "?on=2026-11-25")["items"].array.map { $0["id"].string }
            #expect(later.count == 10 && later[0] == first[9])
        }
    }

    @Test func `advisers do not see it, nobody judges their own, and what is no such result is unknown`() async throws {
        try await withService { service in
            let anna = try await service.colleague("anna")
            let (chief, boss) = (
                try await service.colleague("chief", .supervisor), try await service.colleague("boss", .supervisor)
            )
            try await self.end(service, 10, chief, "spam")
            try await self.end(service, 11, anna, "wrong_person", isRevealed: true)
            #expect(try await self.show(service, anna).status == 403)
            #expect(try await self.show(service, chief, "?on=2026-02-30").code == "date_invalid")
            let id = try await self.show(service, chief, "?on=2026-11-25")["items"][0]["id"].string
            #expect(try await self.judge(service, id, "wrong", anna).status == 403)
            #expect(try await self.judge(service, id, "wrong", chief).code == "forbidden")
            #expect(try await self.judge(service, id, "maybe", boss).code == "verdict_unknown")
            #expect(try await self.judge(service, id, "wrong", boss).status == 204)
            let called = try #require(
                try await service.column("SELECT id::text FROM call_attempts WHERE disposition = 'wrong_person'"))
            for unknown in [called, UUID().uuidString, "x"] {
                #expect(try await self.judge(service, unknown, "wrong", boss).status == 404)
            }
        }
    }
}
