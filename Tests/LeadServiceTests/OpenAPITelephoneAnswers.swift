import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// What is done by telephone, in `OpenAPIAnswerTests`; the service's hook token is `hook-token`.
extension DescribedService {
    func useTelephone() async throws {
        let service = self.service
        let anna = try await service.colleague("anna")
        let chief = try await service.colleague("chief", .supervisor)
        let (first, second) = (
            try await service.seed(TaskSeed(phone: "13800000071")),
            try await service.seed(TaskSeed(phone: "13800000072"))
        )
        for (key, value) in [
            ("missed_call_sms", "true"), ("company_name", #""沪上明泽""#), ("company_telephone", #""021-5555 0100""#),
            ("telephone_system", #"{"url":"https://pbx.example.com/","enabled":true}"#), ("sends_per_minute", "2"),
        ] { try await service.put(key, value) }
        let dial = first.path + "/dial"
        #expect(try await self.call(.post, dial, "{}", token: anna.token).code == "not_claimant")
        func take(_ task: SeededTask) async throws {
            _ = try await self.call(
                .post, "/api/v1/callbacks/claim", #"{"lead_id":"\#(task.lead.text)"}"#, token: anna.token)
        }
        try await take(first)
        #expect(try await self.call(.post, dial, #"{"number":"third"}"#, token: anna.token).status == 422)
        #expect(try await self.call(.post, dial, token: anna.token).code == "telephone_off")
        let number = "/api/v1/leads/\(first.lead.text)/second-number"
        #expect(
            try await self.call(.put, number, #"{"number":"021-55550100","extension":"8"}"#, token: anna.token).status
                == 204)
        #expect(try await self.call(.put, number, #"{"number":"1"}"#, token: anna.token).status == 422)
        let secondNumber = "/api/v1/leads/\(second.lead.text)/second-number"
        #expect(
            try await self.call(.put, secondNumber, #"{"number":null}"#, token: anna.token).code == "not_claimant")
        _ = try await self.call(.post, first.path + "/reveal", #"{"purpose":"致电"}"#, token: anna.token)
        try await self.hearOfCalls(dial, anna)
        for token in [anna.token, chief.token] { try await self.call(.get, first.path, token: token) }

        let told = first.path + "/missed-call-message"
        #expect(try await self.call(.post, told, token: anna.token).code == "missed_call_not_due")
        let noAnswer = #"{"disposition":"no_answer"}"#
        _ = try await self.call(.post, first.path + "/attempts", noAnswer, token: anna.token)
        #expect(try await self.call(.post, told, token: anna.token).status == 202)
        try await self.call(.get, first.path, token: anna.token)
        try await take(second)
        _ = try await self.call(.post, second.path + "/attempts", noAnswer, token: anna.token)
        #expect(try await self.call(.post, second.path + "/missed-call-message", token: anna.token).status == 429)
        try await service.list("13800000072")
        #expect(
            try await self.call(.post, second.path + "/missed-call-message", token: anna.token).code == "do_not_call")
    }

    /// A call that is asked for, and the reports of it: signed, unsigned, garbled, too long, packed, to a wrong address.
    private func hearOfCalls(_ dial: String, _ anna: Colleague) async throws {
        let secret = try await self.service.services.telephoneSecrets.make(by: "test")
        let asked = try await self.call(.post, dial, #"{"number":"second"}"#, token: anna.token)
        #expect(asked.status == 202)
        let path = "/hooks/calls/hook-token"
        let stamp = String(Int(self.service.clock.now.timeIntervalSince1970))
        let key = try #require(Data(base64Encoded: String(secret.dropFirst(6))))
        func headers(_ body: String) throws -> HTTPFields {
            let signature = WebhookSignature(secret: Array(key)).header(
                id: "r-1", timestamp: stamp, body: Array(body.utf8))
            var headers = HTTPFields()
            for (name, value) in [("id", "r-1"), ("timestamp", stamp), ("signature", signature)] {
                headers.append(HTTPField(name: try #require(HTTPField.Name("webhook-\(name)")), value: value))
            }
            return headers
        }
        let body =
            #"{"call_id":"\#(asked["call_id"].string)","status":"ended","at":"2026-11-25T10:30:00+08:00","duration_seconds":6,"recording_reference":"rec-1"}"#
        #expect(try await self.call(.post, path, body, headers: try headers(body)).status == 200)
        #expect(try await self.call(.post, path, body).status == 401)
        #expect(try await self.call(.post, path, "{", headers: try headers("{")).status == 400)
        #expect(try await self.call(.post, "/hooks/calls/another", body).status == 404)
        var packed = try headers(body)
        packed[.contentEncoding] = "gzip"
        #expect(try await self.call(.post, path, body, headers: packed).status == 415)
        #expect(try await self.call(.post, path, String(repeating: " ", count: 65537)).status == 413)
    }
}
