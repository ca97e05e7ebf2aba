import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let key = HTTPField.Name("Idempotency-Key")!
}

/// The staff's side of `OpenAPIAnswerTests`, and what runs out.
extension DescribedService {
    /// From the claim of a real inquiry to its end, with the card at every step.
    func workCallbacks() async throws {
        let (anna, boris) = (try await self.service.colleague("anna"), try await self.service.colleague("boris"))
        let claim = "/api/v1/callbacks/claim"
        let claimed = try await self.call(.post, claim, #"{"phone":"13800000002"}"#, token: anna.token)
        #expect(
            try await self.call(.post, claim, #"{"phone":"13800000002"}"#, token: boris.token).code
                == "claimed_by_other")
        #expect(try await self.call(.post, claim, #"{"phone":"13800000004"}"#, token: anna.token).code == "claim_open")
        let path = "/api/v1/callbacks/\(claimed["id"].string)"
        func show() async throws {
            for token in [anna.token, boris.token] {
                #expect(try await self.call(.get, path, token: token).status == 200)
            }
        }
        try await show()
        #expect(try await self.call(.get, path + "?x=1", token: anna.token).status == 422)
        #expect(
            try await self.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: boris.token).code
                == "not_claimant")
        #expect(
            try await self.call(.post, path + "/reveal", #"{"purpose":"致电"}"#, token: anna.token)["phone"].string
                == "+8613800000002")
        #expect(try await self.call(.post, path + "/reveal", "{}", token: anna.token).code == "required")
        #expect(try await self.call(.post, path + "/release", #"{"reason":5}"#, token: anna.token).status == 422)
        #expect(try await self.call(.post, path + "/release", #"{"reason":"换班"}"#, token: anna.token).status == 204)
        #expect(try await self.call(.post, path + "/release", token: anna.token).code == "not_claimant")
        let chief = try await self.service.colleague("chief", .supervisor)
        #expect(
            try await self.call(.post, path + "/assign", #"{"adviser":"nobody"}"#, token: chief.token).code
                == "adviser_unknown")
        #expect(try await self.call(.post, path + "/take-back", "{}", token: chief.token).status == 204)
        #expect(try await self.call(.post, path + "/assign", #"{"adviser":"anna"}"#, token: chief.token).status == 204)
        try await self.pause(path, anna, boris, chief)
        let alerts = try await self.call(.get, "/api/v1/alerts", token: anna.token)
        #expect(alerts["items"].array.count == 1)
        let read = #"{"ids":["\#(alerts["items"][0]["id"].string)"]}"#
        #expect(try await self.call(.post, "/api/v1/alerts/read", read, token: anna.token).status == 204)
        #expect(try await self.call(.get, "/api/v1/alerts?limit=0", token: anna.token).status == 422)
        _ = try await self.call(.post, claim, #"{"lead_id":"\#(claimed["lead_id"].string)"}"#, token: anna.token)
        let noAnswer = #"{"disposition":"no_answer","note":"下午再打"}"#
        #expect(try await self.call(.post, path + "/attempts", noAnswer, token: boris.token).code == "not_claimant")
        #expect(try await self.call(.post, path + "/attempts", "{}", token: anna.token).code == "required")
        let recorded = try await self.call(
            .post, path + "/attempts", noAnswer, token: anna.token, headers: [.key: "call-1"])
        #expect(recorded["state"].string == "open")
        let conflict = try await self.call(
            .post, path + "/attempts", #"{"disposition":"spam"}"#, token: anna.token, headers: [.key: "call-1"])
        #expect(conflict.code == "idempotency_conflict")
        _ = try await self.call(.post, claim, #"{"phone":"13800000002"}"#, token: anna.token)
        try await show()
        let closed = try await self.call(
            .post, path + "/attempts", #"{"disposition":"converted","reference":"HT-1"}"#, token: anna.token)
        #expect(closed["closed_reason"].string == "converted")
        try await show()
        #expect(
            try await self.call(.post, path + "/assign", #"{"adviser":"anna"}"#, token: chief.token).code
                == "already_closed")
        #expect(try await self.call(.post, path + "/take-back", token: chief.token).code == "already_closed")
    }

    /// The sample of today, and a verdict on what is in it.
    private func reviewClosures(_ chief: Colleague) async throws {
        let address = "/api/v1/closure-reviews"
        let gus = try await self.service.colleague("gus")
        let task = try await self.service.seed(TaskSeed(phone: "13800000777"))
        _ = try await self.service.claim(gus, #"{"lead_id":"\#(task.lead.text)"}"#)
        #expect(try await self.service.record("spam", on: task, gus).status == 200)
        let today = ShanghaiDate(self.service.clock.now).description
        let list = try await self.call(.get, "\(address)?on=\(today)", token: chief.token)
        #expect(list.status == 200)
        #expect(try await self.call(.get, address, token: chief.token).status == 200)
        #expect(try await self.call(.get, "\(address)?on=today", token: chief.token).code == "date_invalid")
        let unknown = "\(address)/\(UUID().uuidString.lowercased())/verdict"
        #expect(try await self.call(.put, unknown, #"{"verdict":"wrong"}"#, token: chief.token).status == 404)
        #expect(try await self.call(.put, unknown, #"{"verdict":"so"}"#, token: chief.token).code == "verdict_unknown")
        let first = try #require(list["items"].array.first)
        let path = "\(address)/\(first["id"].string)/verdict"
        #expect(try await self.call(.put, path, #"{"verdict":"right"}"#, token: chief.token).status == 204)
    }

    /// A task rests and goes on; its card says so.
    private func pause(_ path: String, _ anna: Colleague, _ boris: Colleague, _ chief: Colleague) async throws {
        let until = RFC3339.text(self.service.clock.now.addingTimeInterval(86400))
        let body = #"{"reason":"other","until":"\#(until)","note":"等孩子放假"}"#
        #expect(try await self.call(.post, path + "/resume", token: chief.token).code == "not_paused")
        #expect(try await self.call(.post, path + "/pause", body, token: boris.token).code == "not_claimant")
        #expect(try await self.call(.post, path + "/pause", "{}", token: chief.token).code == "required")
        #expect(try await self.call(.post, path + "/pause", body, token: chief.token).status == 204)
        #expect(try await self.call(.post, path + "/pause", body, token: chief.token).code == "already_paused")
        #expect(try await self.call(.get, path, token: boris.token)["pause"]["by"].string == "chief")
        #expect(try await self.call(.get, "/api/v1/board", token: chief.token)["paused"].array.count == 1)
        #expect(try await self.call(.post, path + "/resume", token: boris.token).code == "forbidden")
        #expect(try await self.call(.post, path + "/resume", "{}", token: chief.token).status == 204)
        #expect(try await self.call(.get, path, token: boris.token)["pause"] == .null)
    }

    /// An ordinary claim that runs out, and a queue with nothing left.
    func loseCallbacks() async throws {
        let (clara, chief) = (
            try await self.service.colleague("clara"), try await self.service.colleague("boss", .supervisor)
        )
        let claimed = try await self.call(.post, "/api/v1/callbacks/claim", token: clara.token)
        #expect(claimed.status == 200)
        #expect(try await self.call(.get, "/api/v1/callbacks?view=mine", token: clara.token)["items"].array.count == 1)
        self.service.clock.advance(by: 3600)
        let again = try await self.call(.post, "/api/v1/callbacks/claim", "{}", token: chief.token)
        #expect(
            try await self.call(.get, "/api/v1/callbacks/\(again["id"].string)", token: chief.token)["history"].array
                .count > 2)
        #expect(try await self.call(.post, "/api/v1/callbacks/claim", "{}", token: clara.token).status == 204)
        for view in ["pool", "scheduled", "overdue", "closed", "mine"] {
            #expect(
                try await self.call(.get, "/api/v1/callbacks?view=\(view)&limit=1&details=true", token: chief.token)
                    .status == 200)
        }
        #expect(
            try await self.call(.get, "/staff/desk", token: clara.token, headers: [.accept: "text/html"]).status == 200)
        try await self.watchQueue()
        try await self.enterLeads()
    }

    /// Availability, plan and leave of an adviser, and the board that shows them.
    func watchBoard() async throws {
        let chief = try await self.service.colleague("overseer", .supervisor)
        let path = "/api/v1/staff/\(chief.id.text)/"
        func put(_ what: String, _ body: String) async throws {
            #expect(try await self.call(.put, path + what, body, token: chief.token).status == 204)
        }
        try await put("availability", #"{"availability":"on_shift"}"#)
        try await put("shifts", #"{"shifts":[{"weekday":1,"from":"09:00","to":"12:00"}]}"#)
        try await put("assignment", #"{"skills":["续签"],"weight":2,"cap":null}"#)
        #expect(
            try await self.call(.post, "/api/v1/board/rebalance", #"{"preview":true}"#, token: chief.token).status
                == 200)
        let leave = try await self.call(
            .post, path + "leaves", #"{"first_day":"2026-12-01","last_day":"2026-12-02"}"#, token: chief.token)
        #expect(leave.status == 201)
        #expect(try await self.call(.get, "/api/v1/events?x=1", token: chief.token).status == 422)
        try await self.reviewClosures(chief)
        for address in ["/api/v1/board", "/api/v1/forecast", "/api/v1/my-day"] {
            #expect(try await self.call(.get, address, token: chief.token).status == 200)
            #expect(try await self.call(.get, address + "?x=1", token: chief.token).status == 422)
        }
        #expect(try await self.call(.delete, path + "leaves/\(leave["id"].string)", token: chief.token).status == 204)
        #expect(try await self.call(.post, path + "handover", "{}", token: chief.token).status == 200)
        #expect(
            try await self.call(.get, "/staff/board", token: chief.token, headers: [.accept: "text/html"]).status == 200
        )
    }

    func lookUpLeads() async throws {
        let chief = try await self.service.colleague("leader", .administrator)
        let days = "from=2026-11-01&to=2026-11-30"
        let list = try await self.call(.get, "/api/v1/leads?limit=1&\(days)", token: chief.token)
        #expect(list["next_cursor"] != .null)
        #expect(
            try await self.call(
                .get, "/api/v1/leads?\(days)&cursor=\(list["next_cursor"].string)", token: chief.token
            ).status == 200)
        let id = list["items"][0]["id"].string
        #expect(try await self.call(.get, "/api/v1/leads/\(id)", token: chief.token).status == 200)
        #expect(try await self.call(.get, "/api/v1/leads/\(id)?x=1", token: chief.token).status == 422)
        try await self.reviewAssessment(of: id, by: chief)
        let found = try await self.call(
            .post, "/api/v1/leads/search", #"{"q":"13800000002","limit":10}"#, token: chief.token)
        #expect(found["items"].array.count == 1)
        #expect(
            try await self.call(.get, "/staff/leads", token: chief.token, headers: [.accept: "text/html"]).status == 200
        )
        for (query, status) in [("", 200), ("?from=x", 422)] {
            #expect(try await self.call(.get, "/api/v1/stats" + query, token: chief.token).status == status)
            let page = try await self.call(
                .get, "/staff/statistics" + query, token: chief.token, headers: [.accept: "text/html"])
            #expect(page.status == status)
            let file = try await self.call(.get, "/api/v1/stats/sources" + query, token: chief.token)
            #expect(file.status == status)
        }
        #expect(try await self.call(.get, "/api/v1/stats/nothing", token: chief.token).status == 404)
        #expect(try await self.call(.get, "/api/v1/leads/export", token: chief.token).status == 200)
        let row = self.description.root["components"]["schemas"]["ExportRow"]
        for more in ["phone=masked", "phone=plain&reason=test", "columns=lead_id,phone"] {
            let file = try await self.call(.get, "/api/v1/leads/export?format=ndjson&\(more)", token: chief.token)
            let lines = file.text.split(separator: "\n")
            // swift-format-ignore: NeverForceUnwrap
            #expect(lines.count == Int(file.headers[HTTPField.Name("X-Row-Count")!] ?? "") && !lines.isEmpty)
            for line in lines {
                #expect(self.description.schema.errors(in: try StrictJSON.read(Array(line.utf8)), against: row) == [])
            }
        }
    }

    /// An adviser's assessment, its page and form, and what they refuse.
    private func reviewAssessment(of lead: String, by chief: Colleague) async throws {
        let path = "/api/v1/leads/\(lead)/assessments"
        let body = #"{"answers":{"age":30,"education":"bachelor_with_degree"},"note":"学位证书已看过"}"#
        #expect(try await self.call(.post, path, body, token: chief.token).status == 201)
        #expect(try await self.call(.post, path, #"{"answers":{"age":"x"}}"#, token: chief.token).status == 422)
        #expect(
            try await self.call(.post, "/api/v1/leads/\(UUID().text)/assessments", body, token: chief.token).status
                == 404)
        let page = "/staff/leads/\(lead)/assessment"
        let headers: HTTPFields = [.accept: "text/html", .contentType: "application/x-www-form-urlencoded"]
        #expect(try await self.call(.get, page, token: chief.token, headers: [.accept: "text/html"]).status == 200)
        #expect(try await self.call(.post, page, "age=30&note=x", token: chief.token, headers: headers).status == 303)
        #expect(try await self.call(.post, page, "age=30", token: chief.token, headers: headers).status == 422)
    }

    /// An inquiry put aside, dismissed, released, released again; and the code of a test number.
    func reviewQuarantine() async throws {
        let chief = try await self.service.colleague("reviewer", .administrator)
        let told = try await self.service.submit(phone: "13800000008", more: #","website":"x""#)
        let list = try await self.call(.get, "/api/v1/quarantine", token: chief.token)
        #expect(list["items"].array.count == 1)
        let path = "/api/v1/quarantine/\(told["inquiry_id"].string)"
        #expect(try await self.call(.post, path + "/dismiss", token: chief.token).status == 204)
        #expect(try await self.call(.post, path + "/release", token: chief.token).status == 200)
        for action in ["/release", "/dismiss"] {
            #expect(try await self.call(.post, path + action, token: chief.token).code == "already_released")
        }
        for state in ["waiting", "dismissed", "released"] {
            #expect(try await self.call(.get, "/api/v1/quarantine?state=\(state)", token: chief.token).status == 200)
        }
        #expect(try await self.call(.get, "/api/v1/quarantine?state=gone", token: chief.token).status == 422)
        #expect(
            try await self.call(.get, "/staff/quarantine", token: chief.token, headers: [.accept: "text/html"]).status
                == 200)
        let body = #"{"phone":"13800000009"}"#
        #expect(try await self.call(.post, "/api/v1/test-codes", body, token: chief.token).code == "test_code_unknown")
        try await self.service.set(#"{"test_numbers":[{"phone":"13800000009","until":"2026-12-31"}]}"#)
        #expect(try await self.service.sendCode("13800000009").status == 202)
        #expect(try await self.call(.post, "/api/v1/test-codes", body, token: chief.token).status == 200)
    }

    /// What is asked for a code when work is asked, and what a browser without JavaScript is led to.
    func proveWork() async throws {
        let body = #"{"phone":"13800000010","purpose":"inquiry""#
        let refused = try await self.call(.post, "/api/v1/verification-codes", body + "}")
        #expect(refused.code == "proof_of_work_required")
        let proof = try solve(refused["challenge"])
        let taken = try await self.call(.post, "/api/v1/verification-codes", body + #","proof_of_work":"\#(proof)"}"#)
        #expect(taken.status == 202)
        for status in [200, 200, 200, 429] {
            self.service.clock.advance(by: 60)
            let page = try await self.post(
                "/inquiry/code", "name=%E7%8E%8B&phone=13800000011&consent=true&notice_version=2026-11")
            #expect(page.status == status)
        }
    }

    func openSessions() async throws {
        _ = try await self.service.services.accounts.bootstrap(password: "correct-horse-battery-9")
        let login = #"{"username":"admin","password":"correct-horse-battery-9"}"#
        let session = try await self.call(.post, "/api/v1/session", login)
        #expect(session.status == 200)
        let path = "/api/v1/session/password"
        #expect(
            try await self.call(.post, path, #"{"password":"short"}"#, token: session["token"].string).code
                == "password_weak")
        let changed = try await self.call(
            .post, path, #"{"password":"kranich-leuchtet-leise"}"#, token: session["token"].string)
        self.service.clock.advance(by: 400)
        let late = try await self.call(
            .post, path, #"{"password":"kranich-leuchtet-laut"}"#, token: changed["token"].string)
        #expect(late.code == "step_up_required")
        let export = try await self.call(
            .get, "/api/v1/leads/export?phone=plain&reason=test", token: changed["token"].string)
        #expect(export.code == "step_up_required")
        #expect(try await self.call(.delete, "/api/v1/session", token: changed["token"].string).status == 204)
        let oneTime = try await self.service.services.accounts.add(username: "fresh", role: .adviser, by: "test")
        let first = try await self.call(.post, "/api/v1/session", #"{"username":"fresh","password":"\#(oneTime)"}"#)
        #expect(
            try await self.call(.get, "/api/v1/callbacks", token: first["token"].string).code
                == "password_change_required")
    }

    /// Outside calling hours nothing is revealed and no time is agreed.
    func refuseAtNight() async throws {
        let (anna, task) = (try await self.service.colleague("anna"), try await self.service.seed())
        _ = try await self.call(.post, "/api/v1/callbacks/claim", token: anna.token)
        #expect(
            try await self.call(.post, task.path + "/reveal", #"{"purpose":"致电"}"#, token: anna.token).code
                == "outside_calling_hours")
        let late = #"{"disposition":"call_back_at","call_again_at":"2026-11-26T23:00:00+08:00"}"#
        #expect(
            try await self.call(.post, task.path + "/attempts", late, token: anna.token).code == "outside_calling_hours"
        )
    }

    /// Guesses until the budgets for wrong codes and passwords are used up.
    func exhaustBudgets() async throws {
        let (challenge, code) = try await self.service.challenge(for: "13800000005")
        let wrong = code == "000000" ? "000001" : "000000"
        let body = self.service.inquiry(phone: "13800000005", challenge: challenge, code: wrong)
        for status in [422, 422, 422, 429] {
            #expect(try await self.call(.post, "/api/v1/inquiries", body).status == status)
        }
        let fields =
            "name=%E7%8E%8B&phone=13800000005&challenge_id=\(challenge)&code=\(wrong)&consent=true&notice_version=2026-11"
        #expect(try await self.post("/inquiry", fields).status == 429)
        try await self.exhaustPrivacyBudget(challenge, wrong)
        for number in 0...30 {
            let scored = try await self.call(.post, "/api/v1/assessments", #"{"answers":{}}"#)
            #expect(scored.status == (number < 30 ? 201 : 429), "\(number)")
        }
        #expect(try await self.post("/assessment", "birth_year=1992&birth_month=5").status == 429)
        let login = #"{"username":"nobody","password":"four-made-up-words-here"}"#
        for status in [401, 429] { #expect(try await self.call(.post, "/api/v1/session", login).status == status) }
    }
}
