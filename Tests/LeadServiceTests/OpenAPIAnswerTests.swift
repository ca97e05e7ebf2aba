import Foundation
import HTTPTypes
import LeadService
import Leads
import Testing

/// Real answers against the description: every status that an operation documents is provoked (but for 503) and fits.
@Suite struct OpenAPIAnswerTests {
    @Test func `every documented status is answered as it is documented`() async throws {
        let description = try APIDescription()
        try await withService { service in
            let described = DescribedService(service: service, description: description)
            try await described.refuseBodies()
            try await described.refuseStrangers()
            try await described.findNothing()
            try await described.visitPages()
            try await described.inquire()
            try await described.inquireByForm()
            try await described.askAboutData()
            try await described.changeReceipts()
            try await described.assess()
            try await described.useBenefits()
            try await described.useSites()
            try await described.workCallbacks()
            try await described.takeBack()
            try await described.loseCallbacks()
            try await described.watchBoard()
            try await described.lookUpLeads()
            try await described.reviewQuarantine()
            try await described.openSessions()
            try await described.manageAccounts()
            try await described.importFiles()
            try await described.changeRetention()
            try await described.changeCalendar()
            try await described.changeSites()
            try await described.changeSettings()
            try await described.changeRules()
            try await described.begin()
            try await described.dress()
        }
        try await withService(["WEBHOOK_PRIVATE_CIDRS": "127.0.0.0/8"]) { service in
            try await DescribedService(service: service, description: description).keepWebhooks()
        }
        try await withService(["PROOF_OF_WORK": "always"]) { service in
            try await DescribedService(service: service, description: description).proveWork()
        }
        try await withService(["BUDGET_FACTOR": "0.1", "CALLING_HOURS": "01:00-02:00"]) { service in
            let described = DescribedService(service: service, description: description)
            try await described.refuseAtNight()
            try await described.exhaustBudgets()
        }
        try await withService([
            "SMS_GATEWAY": "webhook", "SMS_WEBHOOK_URL": "http://127.0.0.1:9/",
            "SMS_WEBHOOK_SECRET": "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "SMS_HOOK_TOKEN": "hook-token",
        ]) { service in
            let described = DescribedService(service: service, description: description)
            for path in ["/dev/messages", "/dev/gallery"] {
                #expect(try await described.call(.get, path).status == 404)
            }
            try await described.receiveReports()
            try await described.useTelephone()
        }
        #expect(description.documented.subtracting(description.covered).sorted() == [])
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let site = HTTPField.Name("Sec-Fetch-Site")!
    // swift-format-ignore: NeverForceUnwrap
    fileprivate static let key = HTTPField.Name("Idempotency-Key")!
}

extension DescribedService {
    /// Bodies that no operation takes, and members and fields that nobody asked for.
    fileprivate func refuseBodies() async throws {
        let chief = try await self.service.colleague("bodies", .administrator)
        let large = String(repeating: " ", count: 64 * 1024 + 1)
        for operation in self.description.operations where operation.json["requestBody"] != .null {
            // Vendors' bodies are looked at once the token is right.
            if operation.path.hasPrefix("/hooks/") { continue }
            // Nothing is sent there that is longer than it takes: `importFiles` says it is.
            if operation.path == "/api/v1/import-files" { continue }
            let (method, path) = (operation.method, operation.path())
            let type = operation.takes("application/json") ? "application/json" : "application/x-www-form-urlencoded"
            #expect(
                try await self.call(method, path, "{}", token: chief.token, headers: [.contentType: "text/plain"])
                    .status == 415)
            #expect(
                try await self.call(
                    method, path, "{}", token: chief.token, headers: [.contentType: type, .contentEncoding: "gzip"]
                ).status == 415)
            // Where files are taken the body may be longer.
            let much = path == "/api/v1/imports" ? String(repeating: large, count: 49) : large
            #expect(
                try await self.call(method, path, much, token: chief.token, headers: [.contentType: type]).status
                    == 413)
            guard operation.takes("application/json") else { continue }
            #expect(try await self.call(method, path, #"{"a":1,"a":2}"#, token: chief.token).status == 400)
            let unknown = try await self.call(method, path, #"{"nobody_asked":1}"#, token: chief.token)
            #expect(unknown.status == 422 || operation.path.contains("{id}"), "\(operation.name) \(unknown.text)")
        }
        for path in ["/api/v1/callbacks", "/api/v1/leads", "/api/v1/leads/export", "/api/v1/privacy-requests"] {
            #expect(try await self.call(.get, path + "?nobody_asked=1", token: chief.token).code == "unknown_member")
        }
        for path in ["/api/v1/inquiries", "/api/v1/leads", "/api/v1/callbacks/\(UUID().text)/attempts"] {
            let refused = try await self.call(.post, path, "{}", token: chief.token, headers: [.key: "no spaces"])
            #expect(refused.code == "idempotency_key_invalid")
        }
    }

    /// A vendor's reports: garbled, unsigned, too long, packed, and in order.
    fileprivate func receiveReports() async throws {
        let (path, body) = (
            "/hooks/sms/webhook/hook-token",
            #"{"message_id":"m-1","status":"delivered","at":"2026-11-25T10:30:00+08:00"}"#
        )
        let timestamp = String(Int(self.service.clock.now.timeIntervalSince1970))
        func headers(_ body: String) throws -> HTTPFields {
            let signature = WebhookSignature(secret: [UInt8](repeating: 0, count: 24))
                .header(id: "r-1", timestamp: timestamp, body: Array(body.utf8))
            var headers = HTTPFields()
            for (name, value) in [("id", "r-1"), ("timestamp", timestamp), ("signature", signature)] {
                headers.append(HTTPField(name: try #require(HTTPField.Name("webhook-\(name)")), value: value))
            }
            return headers
        }
        #expect(try await self.call(.post, path, body, headers: try headers(body)).status == 200)
        let unsigned = try await self.call(.post, path, body)
        #expect(unsigned.status == 401 && unsigned["title"].string == "签名未通过")
        for at in [#""yesterday""#, #""2026-11-25 10:30:00""#, "5", "null", #""""#] {
            let garbled = #"{"message_id":"m-1","status":"delivered","at":\(at)}"#
            let answer = try await self.call(.post, path, garbled, headers: try headers(garbled))
            #expect(answer.status == 400 && answer.code == "malformed_report", "\(at)")
        }
        #expect(try await self.call(.post, path, "{", headers: try headers("{")).code == "malformed_report")
        var packed = try headers(body)
        packed[.contentEncoding] = "gzip"
        #expect(try await self.call(.post, path, body, headers: packed).status == 415)
        #expect(try await self.call(.post, path, String(repeating: " ", count: 65537)).status == 413)
        #expect(try await self.call(.post, "/hooks/sms/aliyun/hook-token", body).status == 404)
    }

    /// Nobody logged in, a role that may not, another site, a one-time password.
    fileprivate func refuseStrangers() async throws {
        let auditor = try await self.service.colleague("auditor", .auditor)
        let adviser = try await self.service.colleague("adviser")
        let cookie: HTTPFields = [.cookie: "__Host-sid=\(auditor.token)", .site: "cross-site"]
        for operation in self.description.operations where operation.needsSession {
            let body = operation.json["requestBody"] == .null ? nil : "{}"
            // What an auditor reads is what an adviser does not.
            let reads = [
                "privacy-requests", "stats", "/stats/{table}", "statistics", "/staff", "/people", "/api-keys", "/audit",
                "/calendar",
                "/retention", "/privacy", "/privacy-cases", "/audit/export", "/exports", "/jobs",
                "/webhooks", "/deliveries", "/sites", "/settings", "/rule-sets", "/rules", "/start",
            ].contains {
                operation.path.hasSuffix($0)
            }
            #expect(try await self.call(operation.method, operation.path(), body).status == 401)
            // Everybody's own to read.
            if operation.method == .get, ["/staff/account", "/api/v1/sessions"].contains(operation.path) { continue }
            if operation.path.hasPrefix("/api/v1/session") {
                #expect(
                    try await self.call(operation.method, operation.path(), body, headers: cookie).code == "cross_site")
            } else {
                let token = reads ? adviser.token : auditor.token
                #expect(
                    try await self.call(operation.method, operation.path(), body, token: token).code == "forbidden",
                    "\(operation.name)")
            }
            guard operation.isPage else { continue }
            #expect(try await self.call(.get, operation.path, headers: [.accept: "text/html"]).status == 303)
            #expect(
                try await self.call(
                    .get, operation.path, token: (reads ? adviser : auditor).token, headers: [.accept: "text/html"]
                ).status == 403)
        }
        #expect(try await self.call(.post, "/api/v1/session", "{}", headers: cookie).code == "cross_site")
        for operation in self.description.operations where !operation.needsSession && operation.method != .get {
            guard !operation.path.hasPrefix("/api/"), !operation.path.hasPrefix("/hooks/") else { continue }
            let body = operation.method == .delete ? nil : ""
            for accept in ["text/html", "application/json"] {
                let headers: HTTPFields = [
                    .site: "cross-site", .accept: accept, .contentType: "application/x-www-form-urlencoded",
                ]
                let refused = try await self.call(operation.method, operation.path(), body, headers: headers)
                #expect(refused.status == 403, "\(operation.name)")
            }
        }
        let login = #"{"username":"nobody","password":"four-made-up-words-here"}"#
        #expect(try await self.call(.post, "/api/v1/session", login).status == 401)
    }

    /// What is not there: ids, tokens, versions and files of nobody.
    fileprivate func findNothing() async throws {
        let chief = try await self.service.colleague("nothing", .administrator)
        let bodies = [
            "reveal": #"{"purpose":"致电"}"#, "attempts": #"{"disposition":"no_answer"}"#,
            "second-number": #"{"number":null}"#, "assign": #"{"adviser":"boris"}"#, "release": "{}",
            "window": #"{"preferred_window":"morning"}"#,
            "availability": #"{"availability":"break"}"#, "shifts": #"{"shifts":[]}"#, "handover": "{}",
            "assignment": #"{"skills":[],"weight":1}"#,
            "leaves": #"{"first_day":"2026-11-26","last_day":"2026-11-26"}"#,
            "reopen": #"{"reason":"再联系"}"#, "permit": #"{"valid_until":null}"#,
            "cancel": "{}", "resume": "{}", "verdict": #"{"verdict":"wrong"}"#, "test": #"{"type":"lead.created"}"#,
            "pause":
                #"{"reason":"visitor_away","until":"\#(RFC3339.text(self.service.clock.now.addingTimeInterval(3600)))"}"#,
            "start": #"{"consent":{"basis":"written","evidence":"x"}}"#,
            "requests": #"{"phone":"13800000001","kind":"copy"}"#, "close": #"{"outcome":"done"}"#,
            "assessments": #"{"answers":{"age":30},"note":"x"}"#, "assessment": "age=30&note=x",
        ]
        let form = "application/x-www-form-urlencoded"
        for operation in self.description.operations where operation.path.contains("{") {
            let last = operation.path.split(separator: "/").last.map(String.init) ?? ""
            let seen = operation.path.contains("/sites/") ? #""version":"x","# : ""
            let body = operation.method == .patch ? "{\(seen)\"active\":true}" : bodies[last]
            // Of a code, one that was never given out is answered as one that is on its way.
            let names = operation.path.hasPrefix("/api/v1/verification-codes/") ? ["nobody"] : [UUID().text, "nobody"]
            for name in names {
                #expect(
                    try await self.call(
                        operation.method, operation.path(name), body, token: chief.token,
                        headers: operation.takes(form) ? [.contentType: form] : [:]
                    ).status == 404,
                    "\(operation.name)")
            }
        }
        let unknown = try await self.call(
            .post, "/api/v1/callbacks/claim", #"{"phone":"13800009999"}"#, token: chief.token)
        #expect(unknown.code == "lead_unknown")
    }

    fileprivate func visitPages() async throws {
        for operation in self.description.operations
        where operation.method == .get && !operation.path.contains("{") && !operation.needsSession {
            let wanted = operation.json["responses"].names.contains("200") ? 200 : 303
            #expect(try await self.call(.get, operation.path).status == wanted, "\(operation.name)")
        }
        try await self.call(.get, "/problems/cursor_invalid")
        for path in ["/", "/assets/site.css", "/api/v1/assessment-rules", "/embed.js"] {
            let tag = try #require(try await self.call(.get, path).headers[.eTag])
            #expect(try await self.call(.get, path, headers: [.ifNoneMatch: tag]).status == 304)
        }
        #expect(try await self.call(.get, "/dev/gallery/landing/rest").status == 200)
        let version = try await self.call(.get, "/api/v1/privacy-notice")["version"].string
        #expect(try await self.call(.get, "/api/v1/privacy-notice/\(version)").status == 200)
        #expect(try await self.call(.get, "/privacy/\(version)").status == 200)
    }

    /// An inquiry by JSON, its receipt, its repetitions.
    fileprivate func inquire() async throws {
        #expect(
            try await self.call(.post, "/api/v1/verification-codes", #"{"phone":"13800000001","purpose":"inquiry"}"#)
                .status == 202)
        #expect(
            try await self.call(.post, "/api/v1/verification-codes", #"{"phone":"13800000001","purpose":"inquiry"}"#)
                .status == 429)
        #expect(
            try await self.call(.post, "/api/v1/verification-codes", #"{"phone":"1380000000","purpose":"none"}"#).code
                == "phone_invalid")
        let (challenge, code) = try await self.service.challenge(for: "13800000002")
        #expect(try await self.call(.get, "/api/v1/verification-codes/\(challenge)")["state"].string == "unknown")
        #expect(try await self.call(.get, "/api/v1/verification-codes/none").status == 404)
        let more =
            #","preferred_window":"afternoon","remark":"请先发材料清单","source":{"utm":{"source":"article"}},"answers":{"age":30}"#
        let body = self.service.inquiry(phone: "13800000002", challenge: challenge, code: code, more: more)
        let accepted = try await self.call(.post, "/api/v1/inquiries", body, headers: [.key: "first"])
        #expect(accepted.status == 201)
        let other = self.service.inquiry(
            phone: "13800000002", name: "王女士", challenge: challenge, code: code, more: more)
        #expect(
            try await self.call(.post, "/api/v1/inquiries", other, headers: [.key: "first"]).code
                == "idempotency_conflict")
        #expect(try await self.call(.post, "/api/v1/inquiries", body).code == "code_invalid")
        let receipt = try #require(URL(string: accepted["receipt_url"].string)).path
        #expect(try await self.call(.get, receipt)["state"].string == "waiting")
        #expect(try await self.call(.get, receipt, headers: [.accept: "text/html"]).status == 200)
        let gone = LinkToken(keys: self.service.keys).token(.receipt, for: UUID())
        #expect(try await self.call(.get, "/r/\(gone)").status == 410)
    }

    /// The same without JavaScript.
    fileprivate func inquireByForm() async throws {
        let person = "name=%E7%8E%8B%E5%A5%B3%E5%A3%AB&phone=13800000003&consent=true&notice_version=2026-11"
        #expect(try await self.post("/inquiry/code", person).status == 200)
        #expect(try await self.post("/inquiry/code", person).status == 429)
        #expect(try await self.post("/inquiry/code", "name=&phone=1").status == 422)
        #expect(try await self.post("/inquiry/delivery", person).status == 200)
        let (challenge, code) = try await self.service.challenge(for: "13800000004")
        let fields = "name=%E7%8E%8B&phone=13800000004&challenge_id=\(challenge)&consent=true&notice_version=2026-11"
        let id = UUID().text
        #expect(try await self.post("/inquiry", fields + "&id=\(id)&code=").status == 422)
        #expect(try await self.post("/inquiry", fields + "&id=\(id)&code=\(code)").status == 200)
        #expect(try await self.post("/inquiry", fields + "&id=\(id)&code=\(code)&remark=another").status == 409)
        #expect(try await self.post("/permit-renewal", "valid_until=2026-12-20").status == 200)
        #expect(try await self.post("/permit-renewal", "valid_until=2026-02-30").status == 422)
    }

    fileprivate func assess() async throws {
        for day in ["2026-10-01", "2026-11-25", "2027-01-10", "2027-03-01", "2028-01-01"] {
            let body = #"{"valid_until":"2026-12-20","on":"\#(day)"}"#
            #expect(try await self.call(.post, "/api/v1/permit-renewals", body).status == 200)
        }
        #expect(try await self.call(.post, "/api/v1/permit-renewals", #"{"valid_until":"2026-12-20"}"#).status == 200)
        var link = ""
        let suburb = #""suburb_area":{"zone":"lingang","years":3.5}"#
        for answers in [
            "{}", #"{"age":30,"education":"bachelor_with_degree","insured_months":36,"months_at_1x":12,\#(suburb)}"#,
            #"{"age":70,"education":"doctor","title":"skill_2_or_mid_title","awards":[30,110],"detention_records":2,"serious_crime":true}"#,
            #"{"age":30,"invest":{"share_pct":50,"tax_total_3y_wan":120.5},"permit_valid":false,"insured_months":360}"#,
        ] {
            let created = try await self.call(.post, "/api/v1/assessments", #"{"answers":\#(answers)}"#)
            #expect(created.status == 201, "\(created.text)")
            link = try #require(URL(string: created["result_url"].string)).path
        }
        #expect(try await self.call(.get, link)["can_apply"] == .bool(false))
        #expect(try await self.call(.get, link, headers: [.accept: "text/html"]).status == 200)
        #expect(try await self.call(.delete, link).status == 204)
        #expect(try await self.call(.get, link).status == 410)
        #expect(try await self.call(.delete, link).status == 410)
        let other = try await self.call(.post, "/api/v1/assessments", #"{"answers":{"age":30}}"#)
        let form = try #require(URL(string: other["result_url"].string)).path + "/delete"
        #expect(try await self.post(form, "").status == 200)
        #expect(try await self.post(form, "").status == 410)
        #expect(try await self.post("/assessment", "age=30&education=bachelor").status == 303)
        #expect(try await self.post("/assessment", "age=300").status == 422)
        let script: HTTPFields = [
            .contentType: "application/x-www-form-urlencoded", .accept: "application/json",
        ]
        #expect(
            try await self.call(.post, "/assessment", "birth_year=1992&birth_month=5", headers: script).status == 201)
        #expect(try await self.call(.post, "/assessment", "birth_year=92", headers: script).status == 422)
    }
}
