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

    func changeCalendar() async throws {
        let boss = try await self.service.colleague("almanac", .administrator)
        let path = "/api/v1/calendar"
        func body(_ text: String, _ fingerprint: String?) -> String {
            var members: [String: JSONOutput] = ["text": .string(text)]
            if let fingerprint { members["fingerprint"] = .string(fingerprint) }
            return JSONOutput.object(members).text
        }
        let notice = Notices.official(2027, off: ["2027-01-04"], makeup: ["2027-01-09"])
        #expect(try await self.call(.post, path, body(notice, "x"), token: boss.token).code == "calendar_changed")
        let plan = try await self.call(.post, path + "/preview", body(notice, nil), token: boss.token)
        #expect(plan.status == 200)
        let print = plan["fingerprint"].string
        #expect(try await self.call(.post, path, body(notice, print), token: boss.token).status == 200)
        #expect(try await self.call(.post, path, body("{}", print), token: boss.token).status == 422)
        #expect(try await self.call(.post, path + "/preview", body("{}", nil), token: boss.token).status == 422)
        for kind in ["closed", "open", "none"] {
            let own = #""company_day":{"day":"2026-12-30","kind":"\#(kind)","reason":"公司年会"}"#
            let look = try await self.call(.post, path + "/preview", "{\(own)}", token: boss.token)
            let change = #"{\#(own),"fingerprint":"\#(look["fingerprint"].string)"}"#
            #expect(try await self.call(.post, path, change, token: boss.token).status == 200)
        }
        #expect(try await self.call(.get, path, token: boss.token).status == 200)
        let html = HTTPFields(dictionaryLiteral: (.accept, "text/html"))
        #expect(try await self.call(.get, "/staff/calendar", token: boss.token, headers: html).status == 200)
    }

    func changeSites() async throws {
        let boss = try await self.service.colleague("placer", .administrator)
        let path = "/api/v1/sites"
        let site = #"{"name":"described","origins":["https://described.example"],"quota":5}"#
        let added = try await self.call(.post, path, site, token: boss.token)
        #expect(added.status == 201)
        #expect(try await self.call(.post, path, site, token: boss.token).code == "site_taken")
        #expect(try await self.call(.post, path, "{}", token: boss.token).status == 422)
        #expect(try await self.call(.get, path, token: boss.token).status == 200)
        #expect(try await self.call(.get, path + "?x=1", token: boss.token).status == 422)
        let change = #"{"version":"\#(added["version"].string)","quota":null}"#
        #expect(try await self.call(.patch, path + "/described", change, token: boss.token).status == 200)
        #expect(try await self.call(.patch, path + "/described", change, token: boss.token).code == "site_changed")
        #expect(try await self.call(.patch, path + "/described", "{}", token: boss.token).status == 422)
        #expect(try await self.call(.patch, path + "/nobody", change, token: boss.token).status == 404)
        let html = HTTPFields(dictionaryLiteral: (.accept, "text/html"))
        #expect(try await self.call(.get, "/staff/sites", token: boss.token, headers: html).status == 200)
    }

    func changeRules() async throws {
        let boss = try await self.service.colleague("ruler", .administrator)
        let path = "/api/v1/rule-sets"
        #expect(try await self.call(.get, path, token: boss.token).status == 200)
        #expect(try await self.call(.get, path + "?x=1", token: boss.token).status == 422)
        let wage = #""wage":{"from":"2027-07","average":12800,"effective_from":"2027-07-01"}"#
        let plan = try await self.call(.post, path + "/preview", "{\(wage)}", token: boss.token)
        #expect(plan.status == 200)
        let change = #"{\#(wage),"fingerprint":"\#(plan["fingerprint"].string)"}"#
        #expect(try await self.call(.post, path, change, token: boss.token).status == 201)
        #expect(try await self.call(.post, path, change, token: boss.token).status == 422)
        let other = #"{"wage":{"from":"2027-07","average":12800,"effective_from":"2027-08-01"},"fingerprint":"x"}"#
        #expect(try await self.call(.post, path, other, token: boss.token).code == "rules_changed")
        #expect(try await self.call(.post, path + "/preview", "{}", token: boss.token).status == 422)
        let html = HTTPFields(dictionaryLiteral: (.accept, "text/html"))
        #expect(try await self.call(.get, "/staff/rules", token: boss.token, headers: html).status == 200)
    }

    func begin() async throws {
        let boss = try await self.service.colleague("starter", .administrator)
        let path = "/api/v1/trial-messages"
        #expect(try await self.call(.get, "/api/v1/start", token: boss.token).status == 200)
        #expect(try await self.call(.get, "/api/v1/start?x=1", token: boss.token).status == 422)
        let phone = #"{"phone":"13800000077"}"#
        let sent = try await self.call(.post, path, phone, token: boss.token)
        #expect(sent.status == 202)
        let trial = path + "/" + sent["id"].string
        #expect(try await self.call(.get, trial, token: boss.token)["state"].string == "queued")
        #expect(try await self.call(.get, trial + "?x=1", token: boss.token).status == 422)
        try await self.service.services.outboxWorker.runOnce()
        #expect(try await self.call(.get, trial, token: boss.token)["state"].string == "sent")
        #expect(try await self.call(.get, path + "/\(UUID().text)", token: boss.token).status == 404)
        #expect(try await self.call(.post, path, #"{"phone":"1"}"#, token: boss.token).status == 422)
        for _ in 0..<4 { #expect(try await self.call(.post, path, phone, token: boss.token).status == 202) }
        #expect(try await self.call(.post, path, phone, token: boss.token).status == 429)
        let html = HTTPFields(dictionaryLiteral: (.accept, "text/html"))
        #expect(try await self.call(.get, "/staff/start", token: boss.token, headers: html).status == 200)
    }

    func dress() async throws {
        let boss = try await self.service.colleague("dresser", .administrator)
        let file = Data(PictureText.png(width: 200, height: 50)).base64EncodedString()
        let logo = try await self.call(.post, "/api/v1/logos", #"{"file":"\#(file)"}"#, token: boss.token)
        #expect(logo.status == 201)
        #expect(try await self.call(.post, "/api/v1/logos", #"{"file":"eA=="}"#, token: boss.token).status == 422)
        #expect(try await self.call(.get, "/logo/\(logo["sha256"].string).png").status == 200)
        let tag = try #require(try await self.call(.get, "/brand.css").headers[.eTag])
        #expect(try await self.call(.get, "/brand.css", headers: [.ifNoneMatch: tag]).status == 304)
    }

    func changeSettings() async throws {
        let boss = try await self.service.colleague("tuner", .administrator)
        let path = "/api/v1/settings"
        let change = #"{"values":{"claim_minutes":20},"seen":{"claim_minutes":30}}"#
        #expect(try await self.call(.get, path, token: boss.token).status == 200)
        #expect(try await self.call(.get, path + "?x=1", token: boss.token).status == 422)
        #expect(try await self.call(.post, path + "/preview", change, token: boss.token).status == 200)
        #expect(try await self.call(.patch, path, change, token: boss.token).status == 200)
        for (method, path) in [(HTTPRequest.Method.post, path + "/preview"), (.patch, path)] {
            #expect(try await self.call(method, path, change, token: boss.token).code == "setting_changed")
            #expect(try await self.call(method, path, "{}", token: boss.token).status == 422)
        }
        let html = HTTPFields(dictionaryLiteral: (.accept, "text/html"))
        #expect(try await self.call(.get, "/staff/settings", token: boss.token, headers: html).status == 200)
    }
}
