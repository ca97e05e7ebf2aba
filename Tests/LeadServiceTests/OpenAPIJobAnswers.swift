import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Exports as jobs, and background work, for `OpenAPIAnswerTests`.
extension DescribedService {
    func exportInBackground(_ boss: Colleague) async throws {
        let (list, html) = ("/api/v1/exports", HTTPFields(dictionaryLiteral: (.accept, "text/html")))
        let worker = self.service.services.exportJobs
        while try await worker.runOnce() {}
        func ask(_ body: String) async throws -> String {
            let asked = try await self.call(.post, list, body, token: boss.token)
            try #require(asked.status == 202, "\(asked.text)")
            return "\(list)/\(asked["id"].string)"
        }
        let ways = [#"{"format":"ndjson"}"#, #"{"format":"csv","filters":{"state":"open"}}"#, #"{"format":"xlsx"}"#]
        for body in ways {
            let path = try await ask(body)
            #expect(try await self.call(.get, path + "/file", token: boss.token).code == "export_not_ready")
            #expect(try await worker.runOnce())
            #expect(try await self.call(.get, path, token: boss.token)["state"].string == "done")
            #expect(try await self.call(.get, path + "/file", token: boss.token).status == 200)
            #expect(try await self.call(.get, path + "/file?x=1", token: boss.token).status == 422)
            #expect(try await self.call(.delete, path, token: boss.token).status == 204)
            #expect(try await self.call(.delete, path, token: boss.token).code == "export_over")
            #expect(try await self.call(.get, path + "/file", token: boss.token).status == 410)
            #expect(try await self.call(.get, path + "?x=1", token: boss.token).status == 422)
        }
        let other = try await self.service.colleague("second", .administrator)
        try await self.service.put("export_approval", "true")
        let path = try await ask(#"{"format":"csv","phone":"plain","reason":"年度回访合作机构对账"}"#)
        #expect(try await self.call(.post, path + "/approve", token: boss.token).code == "own_export")
        #expect(try await self.call(.post, path + "/approve", token: other.token).status == 204)
        #expect(try await self.call(.post, path + "/approve", token: other.token).code == "export_not_waiting")
        #expect(try await self.call(.get, path + "/file", token: other.token).code == "not_your_export")
        try await self.service.put("export_approval", "false")
        try await self.service.put("exports_enabled", "false")
        for (method, address) in [(HTTPRequest.Method.post, list), (.get, "/api/v1/leads/export")] {
            let refused = try await self.call(method, address, method == .post ? "{}" : nil, token: boss.token)
            #expect(refused.code == "exports_off")
        }
        try await self.service.put("exports_enabled", "true")
        #expect(try await self.call(.get, list, token: boss.token)["items"].array.count > 2)
        #expect(try await self.call(.get, list + "?limit=0", token: boss.token).status == 422)
        #expect(try await self.call(.get, "/staff/exports", token: boss.token, headers: html).status == 200)
    }

    func watchJobs(_ boss: Colleague) async throws {
        let path = "/api/v1/jobs"
        func post(_ what: String) async throws -> Answer {
            try await self.call(.post, "\(path)/\(what)", token: boss.token)
        }
        #expect(try await post("robots/hold").status == 204)
        #expect(try await post("robots/hold").code == "job_held")
        #expect(try await self.call(.get, path, token: boss.token).status == 200)
        #expect(try await self.call(.get, path + "?x=1", token: boss.token).status == 422)
        #expect(try await post("robots/release").status == 204)
        #expect(try await post("robots/release").code == "job_not_held")
        #expect(try await post("robots/retry").status == 200)
        #expect(try await post("outbox/retry").code == "job_has_no_retry")
        for what in ["hold", "release", "retry"] { #expect(try await post("nobody/\(what)").status == 404) }
        let html = HTTPFields(dictionaryLiteral: (.accept, "text/html"))
        #expect(try await self.call(.get, "/staff/jobs", token: boss.token, headers: html).status == 200)
    }
}
