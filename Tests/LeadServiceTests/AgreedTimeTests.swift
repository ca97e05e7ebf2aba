import Foundation
import LeadService
import Leads
import TestDatabase
import Testing

/// Times that are agreed with somebody, against the adviser's own leave; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct AgreedTimeTests {
    private func leave(_ service: TestService, _ colleague: Colleague, _ first: String, _ last: String) async throws {
        let chief = try await service.colleague("chief\(first.suffix(2))", .supervisor)
        let answer = try await service.call(
            .post, "/api/v1/staff/\(colleague.id.text)/leaves", #"{"first_day":"\#(first)","last_day":"\#(last)"}"#,
            token: chief.token)
        try #require(answer.status == 201, "\(answer.text)")
    }

    private func agree(
        _ service: TestService, _ time: String, on task: SeededTask, _ colleague: Colleague,
        _ disposition: String = "call_back_at"
    ) async throws -> Answer {
        try await service.record(
            disposition, on: task, colleague, more: #","call_again_at":"\#(time):00+08:00","note":"周末后方便""#)
    }

    @Test func `a time in one's own leave is refused with the next that is not, and another is taken`() async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let (anna, boris) = (try await service.colleague("anna"), try await service.colleague("boris"))
            try await self.leave(service, anna, "2026-11-27", "2026-11-30")
            try await self.leave(service, anna, "2026-12-01", "2026-12-01")
            try await self.leave(service, boris, "2026-12-02", "2026-12-02")
            let task = try await service.seed()
            _ = try await service.claim(anna)
            #expect(try await service.reveal(task, anna).status == 200)
            // Friday, the Monday after the weekend and the Tuesday of the second leave; the first free day is Wednesday.
            for time in ["2026-11-27T10:00", "2026-11-30T20:59", "2026-12-01T09:00"] {
                let refused = try await self.agree(service, time, on: task, anna)
                #expect(refused.status == 422 && refused.code == "adviser_away", "\(refused.text)")
                #expect(refused["next_allowed_at"].string == "2026-12-02T09:00:00+08:00", "\(time): \(refused.text)")
                #expect(refused["detail"].string.contains("那天您休假"))
            }
            // Nothing else happened: the claim is held, the promise open, and each note was kept.
            #expect(try await service.task(task.id, "concat_ws(' ', claimed_by IS NOT NULL, met_at IS NULL)") == "t t")
            #expect(try await service.count("SELECT count(*) FROM call_attempts WHERE refused = 'adviser_away'") == 3)
            #expect(try await self.agree(service, "2026-12-02T09:00", on: task, anna).status == 200)
            #expect(try await service.task(task.id, "owner_reason") == "appointment")
        }
    }

    @Test func `the day before and after, and a try that nobody answered, are no matter of leave`() async throws {
        try await withService(["CALLING_HOURS": "09:00-12:00,13:30-21:00"]) { service in
            let anna = try await service.colleague("anna")
            try await self.leave(service, anna, "2026-11-27", "2026-11-27")
            for (number, time, disposition) in [
                (1, "2026-11-26T20:59", "reached_interested"), (2, "2026-11-30T09:00", "call_back_at"),
                // Nobody was spoken to: whoever is there makes the next try.
                (3, "2026-11-27T10:00", "no_answer"),
            ] {
                let task = try await service.seed(TaskSeed(phone: "1380000002\(number)"))
                _ = try await service.claim(anna)
                #expect(try await service.reveal(task, anna).status == 200)
                #expect(try await self.agree(service, time, on: task, anna, disposition).status == 200, "\(time)")
            }
        }
    }
}
