import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The privacy desk: cases that come in by hand, and its page, which shows those of visitors as done beside them.
struct PrivacyCaseRoutes: RouteList {
    let cases: PrivacyCases
    let pages: Pages
    let publicURL: URL
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.get, "/api/v1/privacy-cases", .staff(.readPrivacyRequests), self.list),
            Route(.post, "/api/v1/privacy-cases", .staff(.workPrivacyRequests), self.open),
            Route(.get, "/api/v1/privacy-cases/{id}", .staff(.workPrivacyRequests)) { _, context in
                .json(try await self.cases.show(try context.id, to: try context.loggedIn))
            },
            Route(.post, "/api/v1/privacy-cases/{id}/requests", .steppedUp(.workPrivacyRequests), self.fulfil),
            Route(.post, "/api/v1/privacy-cases/{id}/close", .staff(.workPrivacyRequests), self.close),
            Route(.get, "/staff/privacy", .page(.readPrivacyRequests)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                func options<Choice: RawRepresentable>(
                    _ choices: [Choice], _ title: (Choice) -> String
                ) -> [[String: String]] where Choice.RawValue == String {
                    choices.map { ["value": $0.rawValue, "title": title($0)] }
                }
                return try self.pages.render(
                    "staff/privacy",
                    page.context("privacy", title: "隐私请求").merging([
                        "can_work": session.role.may(.workPrivacyRequests),
                        "today": ShanghaiDate(self.now()).description,
                        "kinds": PrivacyCaseKind.allCases.map {
                            [
                                "value": $0.rawValue, "title": $0.title,
                                "wishes": $0.wishes.map(\.rawValue).joined(separator: " "),
                            ]
                        },
                        "petitioners": options(Petitioner.allCases, \.title),
                        "channels": options(CaseChannel.allCases, \.title),
                        "wishes": options(PrivacyRequestKind.allCases, \.title),
                    ]) { first, _ in first })
            },
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let isOpen = fields.parsed("state", required: false, longest: 10) { text throws(ValidationFailure) in
            guard ["open", "closed"].contains(text) else {
                throw ValidationFailure("state_unknown", "状态应为 open 或 closed", english: "open or closed.")
            }
            return text == "open"
        }
        let cursor = QueryFields.idCursor(&fields)
        try fields.finish()
        return .json(try await self.cases.list(open: isOpen ?? true, after: cursor, limit: limit))
    }

    @Sendable private func open(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let draft = try PrivacyCaseDraft.read(try await request.json(context), today: ShanghaiDate(self.now()))
        let id = try await self.cases.open(draft, by: try context.loggedIn)
        return .json(.object(["id": .string(id.uuidString.lowercased())]), status: .created)
    }

    @Sendable private func fulfil(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let wish = PrivacyWish.read(&fields)
        try fields.finish()
        guard let wish else { throw Problems.internal }
        let done = try await self.cases.fulfil(wish, under: try context.id, by: try context.loggedIn)
        return .json(
            .object([
                "request_id": .string(done.id.uuidString.lowercased()),
                "result_url": .string(self.publicURL.absoluteString.trimmingSuffix("/") + "/p/" + done.token),
            ]), status: .accepted)
    }

    @Sendable private func close(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let outcome: CaseOutcome? = fields.choice("outcome", or: "请选择办结或拒绝")
        let reason = fields.parsed("reason", required: false, longest: 4000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }
        if outcome == .refused, reason.map(\.text.isEmpty) ?? true, !fields.hasFailed("reason") {
            fields.fail(
                "reason_required", at: "reason", "拒绝要写明理由，并告诉对方", english: "A refusal has its reason (art. 50).")
        }
        try fields.finish()
        guard let outcome else { throw Problems.internal }
        try await self.cases.close(
            try context.id, outcome, reason: reason.flatMap { $0.text.isEmpty ? nil : $0 }, by: try context.loggedIn)
        return Response(status: .noContent)
    }
}
