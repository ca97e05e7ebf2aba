import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Settings of the office for `OpenAPIAnswerTests`.
extension DescribedService {
    func changeRetention() async throws {
        let boss = try await self.service.colleague("keeper", .administrator)
        let path = "/api/v1/retention"
        let change = #"{"terms":{"assessments":{"from":90,"to":60}}}"#
        #expect(try await self.call(.post, path + "/preview", change, token: boss.token).status == 200)
        #expect(try await self.call(.patch, path, change, token: boss.token).status == 200)
        for (method, path) in [(HTTPRequest.Method.post, path + "/preview"), (.patch, path)] {
            #expect(try await self.call(method, path, change, token: boss.token).code == "retention_changed")
            #expect(try await self.call(method, path, #"{"terms":{}}"#, token: boss.token).status == 422)
        }
        let html = HTTPFields(dictionaryLiteral: (.accept, "text/html"))
        #expect(try await self.call(.get, "/staff/retention", token: boss.token, headers: html).status == 200)
    }
}
