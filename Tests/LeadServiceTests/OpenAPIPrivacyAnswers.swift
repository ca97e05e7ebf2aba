import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// The privacy requests and the receipt's forms in `OpenAPIAnswerTests`.
extension DescribedService {
    func askAboutData() async throws {
        let path = "/api/v1/privacy-requests"
        let accepted = try await self.service.submit(
            phone: "13800000021",
            more: #","remark":"周末也可以","extra":{"plan":"城市"},"answers":{"age":30},"source":{"utm":{"source":"article"}}"#
        )
        self.service.clock.advance(by: 61)
        let (id, code) = try await self.service.challenge(for: "13800000021", purpose: "privacy")
        func body(_ kind: String, code: String, more: String = "") -> String {
            #"{"phone":"13800000021","challenge_id":"\#(id)","code":"\#(code)","kind":"\#(kind)"\#(more)}"#
        }
        #expect(try await self.call(.post, path, body("sell", code: code)).code == "kind_unknown")
        #expect(try await self.call(.post, path, body("copy", code: code, more: #","name":"王""#)).code == "not_allowed")
        let done = try await self.call(.post, path, body("copy", code: code))
        #expect(done.status == 202)
        #expect(try await self.call(.post, path, body("copy", code: code)).code == "code_invalid")
        let result = try #require(URL(string: done["result_url"].string)).path
        #expect(try await self.call(.get, result)["inquiries"].array.count == 1)
        #expect(try await self.call(.get, result, headers: [.accept: "text/html"]).status == 200)
        self.service.clock.advance(by: 900)
        #expect(try await self.call(.get, result).status == 410)
        // Nobody is to call for it in what follows.
        let receipt = try #require(URL(string: accepted["receipt_url"].string)).path
        #expect(try await self.call(.post, receipt + "/cancel", "{}").status == 200)

        let officer = try await self.service.colleague("officer", .privacy)
        let list = try await self.call(.get, path + "?limit=1", token: officer.token)
        #expect(list["items"].array.count == 1)
        #expect(try await self.call(.get, path + "?cursor=x", token: officer.token).code == "cursor_invalid")

        try await self.workCases(officer)
        #expect(try await self.post("/privacy/code", "phone=1&kind=copy").status == 422)
        #expect(try await self.post("/privacy/code", "phone=13800000022&kind=erase").status == 200)
        #expect(try await self.post("/privacy/code", "phone=13800000022&kind=erase").status == 429)
        self.service.clock.advance(by: 61)
        let (form, digits) = try await self.service.challenge(for: "13800000022", purpose: "privacy")
        let fields = "phone=13800000022&kind=erase&challenge_id=\(form)"
        #expect(try await self.post("/privacy/requests", fields + "&code=").status == 422)
        #expect(try await self.post("/privacy/requests", fields + "&code=\(digits)").status == 303)
    }

    private func workCases(_ officer: Colleague) async throws {
        let (path, phone) = ("/api/v1/privacy-cases", #""phone":"13800000024""#)
        let draft =
            #"{"kind":"access","asked_by":"person","channel":"letter",\#(phone),"received_on":"\#(ShanghaiDate(self.service.clock.now))","note":"来信"}"#
        let opened = try await self.call(.post, path, draft, token: officer.token)
        #expect(opened.status == 201)
        #expect(try await self.call(.post, path, "{}", token: officer.token).status == 422)
        #expect(try await self.call(.get, path + "?limit=1", token: officer.token).status == 200)
        #expect(try await self.call(.get, path + "?state=x", token: officer.token).status == 422)
        let own = path + "/" + opened["id"].string
        #expect(try await self.call(.get, own, token: officer.token).status == 200)
        let wish = #"{\#(phone),"kind":"copy"}"#
        #expect(try await self.call(.post, own + "/requests", wish, token: officer.token).status == 202)
        let other = #"{"phone":"13800000025","kind":"copy"}"#
        #expect(try await self.call(.post, own + "/requests", other, token: officer.token).code == "phone_mismatch")
        let refused = #"{"outcome":"refused"}"#
        #expect(try await self.call(.post, own + "/close", refused, token: officer.token).code == "reason_required")
        #expect(try await self.call(.post, own + "/close", #"{"outcome":"done"}"#, token: officer.token).status == 204)
        for (action, body) in [("/close", #"{"outcome":"done"}"#), ("/requests", wish)] {
            #expect(try await self.call(.post, own + action, body, token: officer.token).code == "already_closed")
        }
        #expect(
            try await self.call(.get, "/staff/privacy", token: officer.token, headers: [.accept: "text/html"]).status
                == 200)
    }

    func changeReceipts() async throws {
        let accepted = try await self.service.submit(phone: "13800000023")
        let receipt = try #require(URL(string: accepted["receipt_url"].string)).path
        #expect(try await self.call(.post, receipt + "/window", #"{"preferred_window":"afternoon"}"#).status == 200)
        #expect(try await self.call(.post, receipt + "/window", #"{"preferred_window":"evening"}"#).status == 422)
        #expect(try await self.post(receipt + "/window", "preferred_window=morning").status == 303)
        #expect(try await self.post(receipt + "/window", "preferred_window=evening").status == 422)
        #expect(try await self.call(.post, receipt + "/cancel").status == 200)
        #expect(try await self.call(.post, receipt + "/cancel", "{}").status == 200)
        #expect(try await self.post(receipt + "/cancel", "").status == 303)
        #expect(
            try await self.call(.post, receipt + "/window", #"{"preferred_window":"morning"}"#).code == "already_closed"
        )

        let other = try await self.service.submit(phone: "13800000024")
        let closed = try #require(URL(string: other["receipt_url"].string)).path
        try await self.service.database.query(
            "UPDATE callback_tasks SET state = 'closed', closed_at = accepted_at, closed_reason = 'spam' WHERE latest_inquiry_id = \(UUID(uuidString: other["inquiry_id"].string))"
        )
        #expect(try await self.call(.post, closed + "/cancel", "{}").code == "already_closed")

        let gone = "/r/" + LinkToken(keys: self.service.keys).token(.receipt, for: UUID())
        #expect(try await self.call(.post, gone + "/window", #"{"preferred_window":"morning"}"#).status == 410)
        #expect(try await self.call(.post, gone + "/cancel", "{}").status == 410)
    }

    /// What a receipt offers, and an assessment whose items wait for the proof.
    func useBenefits() async throws {
        let list = BenefitList(
            database: self.service.services.database, dependencies: self.service.dependencies,
            settings: self.service.services.settings)
        try await list.add(
            id: "guide", title: "积分攻略", file: try BenefitFile(Array("%PDF-1.4".utf8)), url: nil, by: "test")
        try await list.add(id: "daily", title: "每日资讯", file: nil, url: nil, by: "test")
        try await self.service.set("items_after_verification", .bool(true))
        let scored = try await self.call(.post, "/api/v1/assessments", #"{"answers":{"age":30}}"#)
        #expect(scored["withheld"].array.count == 6)
        let link = try #require(URL(string: scored["result_url"].string)).path
        #expect(try await self.call(.get, link)["items"] == .null)
        let accepted = try await self.service.submit(
            phone: "13800000026", more: #","assessment_id":"\#(scored["assessment_id"].string)""#)
        #expect(try await self.call(.get, link)["items"] != .null)
        let receipt = try #require(URL(string: accepted["receipt_url"].string)).path
        #expect(try await self.call(.get, receipt + "/benefits/guide").status == 200)
        #expect(try await self.call(.get, receipt + "/benefits/daily").status == 303)
        #expect(try await self.post(receipt + "/benefits/guide", "").status == 303)
        #expect(try await self.call(.post, receipt + "/benefits/guide", #"{"x":1}"#).status == 422)
        let gone = "/r/" + LinkToken(keys: self.service.keys).token(.receipt, for: UUID())
        #expect(try await self.call(.get, gone + "/benefits/guide").status == 410)
        #expect(try await self.call(.post, gone + "/benefits/guide").status == 410)
        // Nobody is to call for it in what follows.
        #expect(try await self.call(.post, receipt + "/cancel", "{}").status == 200)
        try await self.service.set("items_after_verification", .bool(false))
    }

    /// Guesses at a privacy code until the budget for wrong ones is used up.
    func exhaustPrivacyBudget(_ challenge: String, _ wrong: String) async throws {
        let body = #"{"phone":"13800000005","challenge_id":"\#(challenge)","code":"\#(wrong)","kind":"copy"}"#
        #expect(try await self.call(.post, "/api/v1/privacy-requests", body).status == 429)
        let fields = "phone=13800000005&kind=copy&challenge_id=\(challenge)&code=\(wrong)"
        #expect(try await self.post("/privacy/requests", fields).status == 429)
    }
}
