import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// What people may ask about their data: one JSON operation, the same as forms without JavaScript, and the result.
struct PrivacyRoutes: RouteList {
    let requests: PrivacyRequests
    let verification: PhoneVerification
    let pages: Pages
    let visitors: VisitorPages
    let publicURL: URL

    var routes: [Route] {
        [
            Route(.post, "/api/v1/privacy-requests", .visitor, self.submit),
            Route(.get, "/api/v1/privacy-requests", .staff(.readPrivacyRequests), self.list),
            .back(from: "/privacy/code", to: "/privacy#requests"),
            .back(from: "/privacy/requests", to: "/privacy#requests"),
            Route(.post, "/privacy/code", .visitor, self.sendCode),
            Route(.post, "/privacy/requests", .visitor, self.submitForm),
            Route(.get, "/p/{token}", .visitor, self.result),
        ]
    }

    @Sendable private func submit(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let draft = try PrivacyDraft.read(try await request.json(context))
        let done = try await self.requests.submit(draft, from: context.clientAddress)
        return .json(
            .object([
                "request_id": .string(done.id.uuidString.lowercased()),
                "result_url": .string(self.publicURL.absoluteString.trimmingSuffix("/") + "/p/" + done.token),
            ]), status: .accepted)
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let cursor = fields.parsed("cursor", required: false, longest: 200) { text throws(ValidationFailure) in
            guard let cursor = PrivacyCursor(text) else {
                throw ValidationFailure("cursor_invalid", "翻页位置无效，请从第一页重新开始", english: "Unknown cursor.")
            }
            return cursor
        }
        try fields.finish()
        return .json(try await self.requests.list(after: cursor, limit: limit))
    }

    @Sendable private func sendCode(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let form = try await request.form(context)
        var fields = try form.reader("phone", "kind")
        let phone = fields.parsed("phone") { text throws(ValidationFailure) in try PhoneNumber(parsing: text) }
        let kind = fields.parsed("kind") { text throws(ValidationFailure) in try PrivacyDraft.kind(text) }
        guard let phone, let kind, fields.failures.isEmpty else {
            return try self.again(form, fields.failures, status: .unprocessableContent)
        }
        // The page's script has asked for the code itself, with a proof where one was needed.
        if let sent = form["sent"].flatMap({ UUID(uuidString: $0) }) {
            return try await self.codePage(
                form, phone, kind, sends: CodeSteps.sends(form["sends"]) + 1, challenge: sent.uuidString.lowercased(),
                resendAfter: self.visitors.settings.current.resendCooldown)
        }
        let issue = try await self.verification.sendCode(
            to: phone, for: .privacy, from: context.clientAddress, by: .page)
        switch issue {
        case .issued(let challenge, let resendAfter):
            return try await self.codePage(
                form, phone, kind, sends: CodeSteps.sends(form["sends"]) + 1,
                challenge: challenge.uuidString.lowercased(), resendAfter: resendAfter)
        case .tooMany(let seconds):
            let carried = form["challenge_id"]
            let held = try await self.verification.challenge(heldBy: phone, for: .privacy, from: context.clientAddress)
            var response = try await self.codePage(
                form, phone, kind, challenge: carried ?? held.uuidString.lowercased(), resendAfter: seconds,
                failures: [CodeSteps.tooMany(retryAfter: seconds, again: carried != nil, at: "/ask")],
                status: .tooManyRequests)
            response.headers[.retryAfter] = String(seconds)
            return response
        case .telephone(let seconds): return try self.visitors.telephone(retryAfter: seconds)
        case .proofRequired: return try self.visitors.telephone(retryAfter: 60)
        }
    }

    @Sendable private func submitForm(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let form = try await request.form(context)
        do {
            let draft = try PrivacyDraft.read(try self.draft(form))
            let done = try await self.requests.submit(draft, from: context.clientAddress)
            return Response(status: .seeOther, headers: [.location: "/p/" + done.token])
        } catch {
            let problem = ErrorMiddleware.problem(for: error, logger: context.logger)
            var failures = problem.failures
            // The same form, so that what was typed can be sent once more when there is room.
            if failures.isEmpty, [.tooManyRequests, .serviceUnavailable].contains(problem.status) {
                failures = [
                    ValidationFailure(problem.code, at: "/hand-in", problem.detail, english: problem.detailInEnglish)
                ]
            }
            guard !failures.isEmpty else { throw error }
            var response = try await self.formAgain(form, failures, status: problem.status.http)
            if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
            return response
        }
    }

    /// The step at which the form was handed in, or the first one when it says neither number nor wish.
    private func formAgain(
        _ form: FormFields, _ failures: [ValidationFailure], status: HTTPResponse.Status
    ) async throws -> Response {
        guard let phone = try? PhoneNumber(parsing: form["phone"] ?? ""),
            let kind = try? PrivacyDraft.kind(form["kind"] ?? "")
        else { return try self.again(form, failures, status: status) }
        return try await self.codePage(
            form, phone, kind, challenge: form["challenge_id"] ?? "", resendAfter: nil, failures: failures,
            status: status)
    }

    /// The JSON of the same request.
    private func draft(_ form: FormFields) throws -> JSONValue {
        var members: [String: JSONValue] = [:]
        for name in ["phone", "challenge_id", "code", "kind"] {
            if let value = form[name], !value.isEmpty { members[name] = .string(value) }
        }
        if form["kind"] == PrivacyRequestKind.correct.rawValue {
            if let name = form["name"], !name.isEmpty { members["name"] = .string(name) }
            if AnswerForm.isAnswered(form) { members["answers"] = try self.visitors.answers(in: form) }
        }
        return .object(members)
    }

    @Sendable private func result(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let token = context.parameters.get("token") ?? ""
        let (row, copy) = try await self.requests.result(token)
        let expires = row.requestedAt.addingTimeInterval(PrivacyRequests.lifetime)
        let isFile = FormFields(request.uri.query ?? "")["format"] == "json"
        if !isFile, self.pages.wantsPage(request) {
            var page = PrivacyResultPage.context(
                row, copy, until: expires, questions: self.visitors.questions)
            page["result_path"] = "/p/" + token
            return try self.pages.render("privacy/result", page)
        }
        var members = copy.members
        members["request_id"] = .string(row.id.uuidString.lowercased())
        members["kind"] = .string(row.kind.rawValue)
        members["state"] = .string("done")
        members["requested_at"] = .string(RFC3339.text(row.requestedAt))
        members["expires_at"] = .string(RFC3339.text(expires))
        var response = Response.json(.object(members))
        if isFile { response.headers[.contentDisposition] = "attachment; filename=\"my-data.json\"" }
        return response
    }

    /// The form's fields, with what was typed and what was wrong.
    static func requestForm(_ form: FormFields?, failures: [ValidationFailure]) -> [String: Any] {
        var context: [String: Any] = [
            "kinds": PrivacyRequestKind.allCases.map { kind -> [String: Any] in
                [
                    "value": kind.rawValue, "text": kind.title, "help": kind.explanation,
                    "is_selected": form?["kind"] == kind.rawValue,
                ]
            },
            "visitor_phone": form?["phone"] ?? "", "visitor_name": form?["name"] ?? "",
            "has_errors": !failures.isEmpty,
            "errors": failures.map { ["field": Self.field($0.pointer), "detail": $0.detail] },
        ]
        for failure in failures where context[Self.field(failure.pointer) + "_error"] == nil {
            context[Self.field(failure.pointer) + "_error"] = failure.detail
        }
        return context
    }

    private static func field(_ pointer: String) -> String {
        let path = pointer.split(separator: "/").map(String.init)
        if path.first == "challenge_id" { return "code" }
        return path.first == "answers" ? path.dropFirst().joined(separator: ".") : path.first ?? ""
    }

    private func again(
        _ form: FormFields, _ failures: [ValidationFailure], status: HTTPResponse.Status
    ) throws -> Response {
        var context = Self.requestForm(form, failures: failures)
        context["title"] = "查看、更正、删除我的信息"
        return try self.pages.render("privacy/request", context, status: status)
    }

    private func codePage(
        _ form: FormFields, _ phone: PhoneNumber, _ kind: PrivacyRequestKind, sends: Int? = nil, challenge: String,
        resendAfter: Int?, failures: [ValidationFailure] = [], status: HTTPResponse.Status = .ok
    ) async throws -> Response {
        var context = Self.requestForm(form, failures: failures)
        let sends = sends ?? CodeSteps.sends(form["sends"])
        context.merge(
            try await self.visitors.codes.context(of: challenge, sends: sends, isBusy: status == .serviceUnavailable)
        ) { first, _ in first }
        context.merge(self.visitors.asking(form, failures: failures)) { first, _ in first }
        context["title"] = "填写短信验证码"
        context["change_path"] = "/privacy#requests"
        context["hidden"] = [
            ["name": "phone", "value": phone.national], ["name": "kind", "value": kind.rawValue],
            ["name": "challenge_id", "value": challenge], ["name": "sends", "value": String(sends)],
        ]
        context["phone_masked"] = phone.maskedForPages
        context["expires_minutes"] = Int(PhoneVerification.lifetime) / 60
        context["kind_title"] = kind.title
        context["kind_help"] = kind.explanation
        context["is_correction"] = kind == .correct
        if let resendAfter { context["resend_seconds"] = resendAfter }
        return try self.pages.render("privacy/code", context, status: status)
    }
}
