import HTTPTypes
import LeadService
import Leads
import Testing

/// Sites and their forms in `OpenAPIAnswerTests`.
extension DescribedService {
    func useSites() async throws {
        let foreign: HTTPFields = [.origin: "https://stranger.example"]
        for operation in self.description.operations where operation.json["responses"].names.contains("403") {
            guard operation.json["security"] == .array([]), operation.path.hasPrefix("/api/v1/") else { continue }
            if operation.path == "/api/v1/session" { continue }
            let body = operation.json["requestBody"] == .null ? nil : "{}"
            let refused = try await self.call(operation.method, operation.path, body, headers: foreign)
            #expect(refused.code == "origin_refused", "\(operation.name)")
        }
        let key = try await self.service.addSite { $0.isActive = false }
        let (challenge, code) = try await self.service.challenge(for: "13800000091")
        let more = #","form_key":"\#(key)""#
        #expect(
            try await self.call(
                .post, "/api/v1/verification-codes", #"{"phone":"13800000092","purpose":"inquiry"\#(more)}"#
            ).status == 410)
        let inquiry = self.service.inquiry(phone: "13800000091", challenge: challenge, code: code, more: more)
        #expect(try await self.call(.post, "/api/v1/inquiries", inquiry).status == 410)
        let person = "name=%E7%8E%8B&phone=13800000091&consent=true&notice_version=2026-11"
        for (key, status) in [(key, 410), ("nobody", 404)] {
            #expect(try await self.call(.get, "/embed/inquiry?form=\(key)").status == status)
            #expect(try await self.post("/inquiry/code", person + "&form_key=\(key)").status == status)
            let submit = person + "&challenge_id=\(challenge)&code=\(code)&form_key=\(key)"
            #expect(try await self.post("/inquiry", submit).status == status)
        }
    }
}
