import Foundation
import LeadService
import TestDatabase
import Testing

/// A call that the telephone system dialled, and a result that is taken back; the clock starts on Wednesday, 2026-11-25 10:30.
@Suite struct DialUndoTests {
    @Test
    func `an undone result goes on under the call that was dialled, counts once, and took as long as the system says`()
        async throws
    {
        try await withTelephone { place in
            let service = place.service
            let (anna, chief) = (try await service.colleague("anna"), try await service.colleague("chief", .supervisor))
            let task = try await service.seed()
            let call = try await place.ring(task, anna)
            service.clock.advance(by: 70)
            let board = try await service.call(.get, "/api/v1/board", token: chief.token)
            #expect(board["calls"][0]["revealed_at"].string == "2026-11-25T10:30:00+08:00", "\(board.text)")
            func counted() async throws -> [Int] {
                [
                    try await service.count("SELECT attempts FROM callback_tasks"),
                    try await service.count("SELECT count(*) FROM call_attempts WHERE counts"),
                    try await service.count("SELECT count(*) FROM inquiries WHERE met_at IS NOT NULL"),
                ]
            }
            let first = try await service.record("no_answer", on: task, anna, more: #","duration_seconds":9"#)
            try #require(first.status == 200, "\(first.text)")
            #expect(try await counted() == [1, 1, 1])
            try #require(try await service.undo(task, anna).status == 200)
            #expect(try await counted() == [0, 0, 0])
            // The call goes on: nobody may dial beside it, and its result counts without another look.
            #expect(try await place.dial(task, anna).code == "call_running")
            try await place.say("ended", of: call, more: #","duration_seconds":65"#)
            let second = try await service.record("reached_need_materials", on: task, anna, more: #","note":"护照""#)
            try #require(second.status == 200, "\(second.text)")
            #expect(try await counted() == [1, 1, 1])
            let card = try await service.call(.get, task.path, token: anna.token)
            let attempts = card["history"].array.filter { $0["kind"].string == "attempt" }
            #expect(attempts.map { $0["duration_seconds"].int } == [65, 65], "\(card.text)")
            #expect(place.taken.count == 1)
            #expect(try await service.unsoundness() == [])
        }
    }
}
