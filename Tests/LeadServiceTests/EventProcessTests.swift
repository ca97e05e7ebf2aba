import Foundation
import LeadService
import Leads
import Testing

/// The stream of events out of real processes: from one to the other, and to their end.
@Suite struct EventProcessTests {
    @Test func `a process that stops ends its streams, and another one goes on from where they were`() async throws {
        try await withInstallation { place in
            let (first, second) = (try await place.start(), try await place.start())
            let token = try await place.administrator(of: first)
            let reader = try await EventReader(port: try #require(first.port), token: token)
            try await reader.greeted()
            let seen = try await reader.next("queue")
            #expect(seen["more"].bool)
            let body = #"{"name":"欧阳晓","phone":"13800000001","consent":{"basis":"call_in","evidence":"来电"}}"#
            let entered = try await second.call(.post, "/api/v1/leads", body, token: token)
            try #require(entered.status == 201, "\(entered.text)")
            let task = entered["callback_id"].string
            let change = try await reader.next("queue") { $0.changed.contains(task) }
            #expect(change["pool"].int == 1)
            async let code = first.terminate()
            #expect(try await reader.ends())
            #expect(try await code == 0)
            let again = try await EventReader(port: try #require(second.port), token: token, after: seen.id)
            let missed = try await again.next("queue")
            #expect(missed.changed == [task] && !missed["more"].bool)
        }
    }
}
