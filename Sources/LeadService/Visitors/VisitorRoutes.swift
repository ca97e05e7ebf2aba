import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The visitor's pages and the forms for browsers without JavaScript.
struct VisitorRoutes: RouteList {
    let pages: VisitorPages
    let sites: Sites
    let inquiries: Inquiries
    let verification: PhoneVerification
    let assessments: Assessments
    let links: LinkToken
    let tokens: FormTokens
    let dependencies: Dependencies

    var routes: [Route] {
        [
            Route(.get, "/", .visitor) { request, _ in
                try self.pages.pages.renderStatic(
                    "inquiries/landing", version: self.pages.landingVersion, for: request
                ) { self.pages.landing }
            },
            .back(from: "/assessment", to: "/#calc"), .back(from: "/inquiry/code", to: "/#contact"),
            .back(from: "/inquiry/delivery", to: "/#contact"), .back(from: "/inquiry", to: "/#contact"),
            Route(.post, "/assessment", .visitor, self.assess),
            Route(.post, "/inquiry/code", .visitor, self.sendCode),
            Route(.post, "/inquiry/delivery", .visitor, self.showDelivery),
            Route(.post, "/inquiry", .visitor, self.submit),
            Route(.get, "/permit-renewal", .visitor) { _, _ in
                try self.pages.pages.render("permit-renewals/result", self.pages.renewal(nil, typed: ""))
            },
            Route(.post, "/permit-renewal", .visitor, self.renewal),
        ]
    }

    /// Scores the form: a browser is led to the result's own page, so that "back" and "reload" are harmless; the page's
    /// script gets the same answer as programs do.
    @Sendable private func assess(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let form = try await request.form(context)
        let wantsPage = !(request.headers[.accept] ?? "").contains("application/json")
        do {
            let answers = try self.pages.answerForm().answers(in: form)
            let result = try await self.assessments.store(answers, from: context.clientAddress)
            let path = "/a/" + self.links.token(.assessment, for: result.assessed.id)
            if wantsPage {
                let campaign = Arrival(form, from: request.headers[.referer]).query
                return Response(
                    status: .seeOther, headers: [.location: campaign.isEmpty ? path : "\(path)?\(campaign)"])
            }
            let url = self.pages.publicURL.absoluteString.trimmingSuffix("/") + path
            return .json(result.created(at: url), status: .created)
        } catch let failure as AnswersFailure {
            guard wantsPage else { throw Problem(failures: failure.failures) }
            var page = self.pages.contact(form, failures: failure.failures)
            page.merge(self.pages.asking(form, failures: failure.failures, asked: form["age"] == nil)) { _, new in new }
            page["title"] = "积分测算"
            page["hidden"] = self.pages.hidden(
                form, asks: true, more: Self.carried(Arrival(form, from: request.headers[.referer])))
            return try self.pages.pages.render("assessments/form", page, status: .unprocessableContent)
        }
    }

    @Sendable private func sendCode(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var form = try await request.form(context)
        form[Arrival.field] = Arrival(form, from: request.headers[.referer]).text
        let frame = try await self.frame(form, request)
        if let closed = self.sites.closed(frame.site) { return try self.pages.closed(closed, in: frame) }
        var failures = Self.failures {
            _ = try PersonName(parsing: form["name"] ?? "")
        } at: {
            "/name"
        }
        failures += Self.failures {
            _ = try PhoneNumber(parsing: form["phone"] ?? "")
        } at: {
            "/phone"
        }
        failures += Self.failures {
            _ = try Remark(parsing: form["remark"] ?? "")
        } at: {
            "/remark"
        }
        if case .object(let said) = self.pages.extra(form) ?? .object([:]) {
            failures += self.pages.settings.current.extraQuestions.check(said).failures
        }
        if form["consent_reminder"] == "true" {
            let date = form["permit_end"] ?? ""
            failures +=
                InquiryDraft.Consent.reminderFailure(date, on: ShanghaiDate(self.dependencies.now()))
                .map { [$0.within("/permit_end")] } ?? []
        }
        if AnswerForm.isAnswered(form) {
            do {
                _ = try self.pages.answerForm().answers(in: form)
            } catch let failure as AnswersFailure {
                failures += failure.failures
            }
        }
        guard failures.isEmpty, let phone = try? PhoneNumber(parsing: form["phone"] ?? "") else {
            return try self.again(form, failures, in: frame)
        }
        let issue = try await self.verification.sendCode(
            to: phone, for: .inquiry, from: context.clientAddress, by: .page, on: frame.site.name)
        switch issue {
        case .issued(let challenge, let resendAfter):
            return try await self.codePage(
                form, more: self.carried(form, challenge), resendAfter: resendAfter, in: frame)
        case .tooMany(let seconds):
            var carried: [String: String] = [:]
            if form["challenge_id"] == nil {
                carried = self.carried(
                    form,
                    try await self.verification.challenge(heldBy: phone, for: .inquiry, from: context.clientAddress))
            }
            var response = try await self.codePage(
                form, more: carried, resendAfter: seconds,
                failures: [CodeSteps.tooMany(retryAfter: seconds, again: carried.isEmpty)], status: .tooManyRequests,
                in: frame)
            response.headers[.retryAfter] = String(seconds)
            return response
        case .telephone(let seconds): return try self.pages.telephone(retryAfter: seconds, in: frame)
        case .proofRequired: return try self.pages.telephone(retryAfter: 60, in: frame)
        }
    }

    @Sendable private func submit(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let form = try await request.form(context)
        let frame = try await self.frame(form, request)
        do {
            let draft = try InquiryFields.read(
                try self.pages.inquiry(form), tokens: self.tokens, questions: self.pages.settings.current.extraQuestions
            )
            let sender = InquirySender(
                address: context.clientAddress,
                userAgent: request.evidenceUserAgent,
                channel: "form", idempotencyKey: nil, site: frame.site,
                refusal: self.sites.closed(frame.site))
            let receipt = try InquiryRoutes.receipt(try await self.inquiries.submit(draft, from: sender))
            var page = self.pages.accepted(receipt)
            if let assessment = form["assessment_id"].flatMap({ UUID(uuidString: $0) }) {
                page["whole_url"] = "/a/" + self.links.token(.assessment, for: assessment)
            }
            return try self.pages.render("inquiries/accepted", page, in: frame)
        } catch let problem as Problem where !problem.failures.isEmpty {
            return try await self.codePage(
                form, more: [:], resendAfter: nil, failures: problem.failures, status: problem.status.http, in: frame)
        } catch let problem as Problem where problem.code == "form_closed" {
            return try self.pages.closed(problem, in: frame)
        } catch {
            let problem = ErrorMiddleware.problem(for: error, logger: context.logger)
            guard [.tooManyRequests, .serviceUnavailable].contains(problem.status) else { throw problem }
            // The same form, so that pressed again it is the same inquiry, whatever became of this one.
            let failure = ValidationFailure(
                problem.code, at: "/hand-in", problem.detail, english: problem.detailInEnglish)
            var response = try await self.codePage(
                form, more: [:], resendAfter: nil, failures: [failure], status: problem.status.http, in: frame)
            if let retryAfter = problem.retryAfter { response.headers[.retryAfter] = String(retryAfter) }
            return response
        }
    }

    /// The code step again, with what has become of the code since.
    @Sendable private func showDelivery(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let form = try await request.form(context)
        return try await self.codePage(form, more: [:], resendAfter: nil, in: try await self.frame(form, request))
    }

    /// What the code step writes into the form first.
    private func carried(_ form: FormFields, _ challenge: UUID) -> [String: String] {
        [
            "id": form["id"] ?? self.dependencies.makeID().uuidString.lowercased(),
            "challenge_id": challenge.uuidString.lowercased(), "form_token": form["form_token"] ?? self.tokens.make(),
            "sends": String(CodeSteps.sends(form["sends"]) + 1),
        ]
    }

    private static func carried(_ arrival: Arrival) -> [String: String] {
        arrival.text.isEmpty ? [:] : [Arrival.field: arrival.text]
    }

    /// The form that the fields came from, and whether a site frames it.
    ///
    /// - Throws: 403 `origin_refused` when the page that posted them may not carry that form.
    private func frame(_ form: FormFields, _ request: Request) async throws -> FramedPage {
        guard try await self.sites.site(form["form_key"]) != nil else { throw Problems.formUnknown }
        // A page of ours that hides where it is sends "null"; the same from elsewhere did not come this far.
        let origin = request.headers[.origin].flatMap { $0 == "null" ? nil : $0 }
        return FramedPage(site: try await self.sites.form(form["form_key"], from: origin).site, form: form)
    }

    private func codePage(
        _ form: FormFields, more: [String: String], resendAfter: Int?, failures: [ValidationFailure] = [],
        status: HTTPResponse.Status = .ok, in frame: FramedPage
    ) async throws -> Response {
        var page = self.pages.contact(form, failures: failures)
        let sends = CodeSteps.sends(more["sends"] ?? form["sends"])
        let step = try await self.pages.codes.context(
            of: more["challenge_id"] ?? form["challenge_id"], sends: sends, isBusy: status == .serviceUnavailable)
        page.merge(step) { _, new in new }
        // What was agreed to travels on; once something of it is refused, the box is asked again, empty, for today's notice.
        let refused = failures.map(\.pointer).filter { $0.hasPrefix("/consent") && !$0.hasPrefix("/consent/reminder") }
        let isAgreed = form["consent"] == "true" && refused.isEmpty
        var carried = more
        if isAgreed {
            carried["consent"] = "true"
            carried["notice_version"] = form["notice_version"] ?? self.pages.notices.current?.version ?? ""
        }
        page["title"] = "填写短信验证码"
        let asksExtra = failures.contains { $0.pointer == "/preferred_window" || $0.pointer == "/remark" }
        let asksReminder = failures.contains { $0.pointer.hasPrefix("/consent/reminder") }
        let asksCompany = failures.contains { $0.pointer.hasPrefix("/extra/") }
        page["ask_company"] = asksCompany
        page["ask_extra"] = asksExtra
        page["ask_reminder"] = asksReminder
        page["hidden"] = self.pages.hidden(
            form,
            without: (asksExtra ? VisitorPages.extraFields : []).union(asksReminder ? VisitorPages.reminderFields : [])
                .union(asksCompany ? self.pages.questionFields : [])
                .union(refused.contains("/consent/recipients") ? ["consent_recipient"] : []),
            more: carried)
        page["ask_consent"] = !isAgreed
        page["consent_given"] = false
        page["phone_masked"] = (try? PhoneNumber(parsing: form["phone"] ?? ""))?.maskedForPages ?? ""
        page["expires_minutes"] = Int(PhoneVerification.lifetime) / 60
        page["change_open"] =
            step["refused"] != nil || sends >= CodeSteps.patience
            || failures.contains { $0.pointer == "/name" || $0.pointer == "/phone" }
        if let resendAfter { page["resend_seconds"] = resendAfter }
        return try self.pages.render("inquiries/code", page, status: status, in: frame)
    }

    /// The contact form again, with what was typed and what was wrong.
    private func again(
        _ form: FormFields, _ failures: [ValidationFailure], in frame: FramedPage
    ) throws -> Response {
        var page = self.pages.contact(form, failures: failures)
        page["title"] = "请顾问人工复核"
        let own = ["/name", "/phone", "/remark", "/preferred_window", "/permit_end"]
        let answers = failures.filter { !own.contains($0.pointer) && !$0.pointer.hasPrefix("/extra/") }
        let asks = !answers.isEmpty
        if asks { page.merge(self.pages.asking(form, failures: answers)) { _, new in new } }
        let asksReminder = failures.contains { $0.pointer == "/permit_end" }
        page["ask_reminder"] = asksReminder
        page["hidden"] = self.pages.hidden(
            form, asks: asks,
            without: VisitorPages.extraFields.union(self.pages.questionFields)
                .union(asksReminder ? VisitorPages.reminderFields : []))
        return try self.pages.render("inquiries/form", page, status: .unprocessableContent, in: frame)
    }

    @Sendable private func renewal(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let form = try await request.form(context)
        let typed = form["valid_until"] ?? ""
        do {
            let permit = PermitRenewal(
                validUntil: try ShanghaiDate(parsing: typed), on: ShanghaiDate(self.dependencies.now()))
            return try self.pages.pages.render("permit-renewals/result", self.pages.renewal(permit, typed: typed))
        } catch let failure as ValidationFailure {
            return try self.pages.pages.render(
                "permit-renewals/result", self.pages.renewal(nil, typed: typed, failure: failure),
                status: .unprocessableContent)
        }
    }

    private static func failures(of check: () throws -> Void, at pointer: () -> String) -> [ValidationFailure] {
        do {
            try check()
            return []
        } catch let failure as ValidationFailure {
            return [failure.within(pointer())]
        } catch {
            return []
        }
    }
}
