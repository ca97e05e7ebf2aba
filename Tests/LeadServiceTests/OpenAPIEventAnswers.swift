import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What runs live, and what the staff take down: the answers of `OpenAPIAnswerTests`.
extension DescribedService {
    /// A stream's events one by one, and the stream itself once its session has ended.
    func watchQueue() async throws {
        let (dora, chief) = (
            try await self.service.colleague("dora"), try await self.service.colleague("watcher", .supervisor)
        )
        let task = try await self.service.seed(TaskSeed(phone: "13800000031"))
        #expect(try await self.call(.post, task.path + "/presence", token: chief.token).status == 204)
        #expect(try await self.call(.get, task.path, token: dora.token)["viewers"].array.count == 1)
        let operation = try #require(self.description.operation(.get, "/api/v1/events"))
        let schema = operation.json["responses"]["200"]["content"]["text/event-stream"]["schema"]["contentSchema"]
        try await self.service.listening { port in
            var readers = [try await self.service.watching(port, dora)]
            try await self.service.services.queueWatch.runOnce()
            for name in ["queue", "sla"] {
                let event = try await readers[0].next(name)
                #expect(self.description.schema.errors(in: event.json, against: schema) == [])
            }
            while readers.count < 10 { readers.append(try await self.service.watching(port, dora)) }
            #expect(try await self.call(.get, "/api/v1/events", token: dora.token).status == 429)
        }
        try await self.service.listening { port in
            async let whole = self.call(.get, "/api/v1/events", token: chief.token)
            let isOpen = try await eventually(within: .seconds(20)) { self.service.services.queueWatch.connected == 1 }
            try #require(isOpen)
            #expect(try await self.call(.delete, "/api/v1/session", token: chief.token).status == 204)
            self.service.clock.advance(by: 3)
            try await self.service.services.queueWatch.runOnce()
            #expect(try await whole.text.hasPrefix("retry: 3000\n\n"))
        }
    }

    func enterLeads() async throws {
        let emil = try await self.service.colleague("emil")
        let key: HTTPFields = [.idempotency: "entry-1"]
        func body(_ remark: String) -> String {
            #"{"name":"王","phone":"13800000032","consent":{"basis":"walk_in","evidence":"到店"},"remark":"\#(remark)","claim":true}"#
        }
        let entered = try await self.call(.post, "/api/v1/leads", body("一"), token: emil.token, headers: key)
        #expect(entered.status == 201)
        let card = try await self.call(
            .get, "/api/v1/callbacks/\(entered["callback_id"].string)", token: emil.token)
        #expect(card["consents"][0]["evidence"].string == "到店")
        #expect(
            try await self.call(.post, "/api/v1/leads", body("二"), token: emil.token, headers: key).code
                == "idempotency_conflict")
        // The claim is given back, so that the rest of the story finds the queue as it was.
        #expect(
            try await self.call(
                .post, "/api/v1/callbacks/\(entered["callback_id"].string)/release", "{}", token: emil.token
            ).status == 204)
    }
}
