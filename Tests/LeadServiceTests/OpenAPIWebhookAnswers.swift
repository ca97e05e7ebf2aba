import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Webhooks for `OpenAPIAnswerTests`.
extension DescribedService {
    func keepWebhooks() async throws {
        let boss = try await self.service.colleague("boss", .administrator)
        let path = "/api/v1/webhooks"
        let draft = #"{"url":"http://127.0.0.1:9/hook","events":["lead.created"]}"#
        let made = try await self.call(.post, path, draft, token: boss.token)
        #expect(made.status == 201)
        let one = "\(path)/\(made["id"].string)"
        for _ in 2...20 { #expect(try await self.call(.post, path, draft, token: boss.token).status == 201) }
        #expect(try await self.call(.post, path, draft, token: boss.token).code == "webhooks_full")
        #expect(try await self.call(.get, path + "?limit=2", token: boss.token).status == 200)
        #expect(try await self.call(.get, path + "?limit=0", token: boss.token).status == 422)
        #expect(try await self.call(.patch, one, #"{"events":[]}"#, token: boss.token).status == 422)
        #expect(try await self.call(.patch, one, #"{"url":"https://10.0.0.1/"}"#, token: boss.token).status == 422)
        #expect(try await self.call(.post, one + "/rotate", token: boss.token).status == 201)
        #expect(try await self.call(.post, one + "/rotate", #"{"x":1}"#, token: boss.token).status == 422)
        #expect(try await self.call(.post, one + "/test", #"{"type":"x"}"#, token: boss.token).status == 422)
        let event = try await self.call(.post, one + "/test", #"{"type":"sla.warned"}"#, token: boss.token)
        #expect(event.status == 201)
        let replay = "\(one)/deliveries/\(event["id"].string)/replay"
        #expect(try await self.call(.post, replay, token: boss.token).code == "delivery_waiting")
        #expect(try await self.call(.post, replay, #"{"x":1}"#, token: boss.token).status == 422)
        #expect(try await self.service.services.webhooks.runOnce() == 0)
        #expect(try await self.call(.get, one + "/deliveries?state=queued", token: boss.token).status == 200)
        #expect(try await self.call(.get, one + "/deliveries?state=lost", token: boss.token).status == 422)
        try await self.service.database.query(
            "UPDATE webhook_deliveries SET state = 'dead', finished_at = created_at, leased_until = NULL")
        #expect(try await self.call(.post, replay, token: boss.token).status == 204)
        #expect(try await self.call(.patch, one, #"{"active":false}"#, token: boss.token).status == 200)
        let list = try await self.call(.get, path, token: boss.token)["items"].array
        #expect(list.filter { $0["active"] == .bool(false) }.map { $0["id"] } == [made["id"]])
        #expect(
            try await self.call(.get, "/staff/webhooks", token: boss.token, headers: [.accept: "text/html"]).status
                == 200)
        #expect(try await self.call(.delete, one, token: boss.token).status == 204)
    }
}
