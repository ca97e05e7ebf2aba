import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The list of inquiries that were put aside, and what a supervisor does with them.
struct QuarantineRoutes: RouteList {
    let quarantine: Quarantine
    let pages: Pages

    var routes: [Route] {
        [
            Route(.get, "/api/v1/quarantine", .staff(.browseLeads), self.list),
            Route(.post, "/api/v1/quarantine/{id}/release", .staff(.browseLeads), self.release),
            Route(.post, "/api/v1/quarantine/{id}/dismiss", .staff(.browseLeads), self.dismiss),
            Route(.get, "/staff/quarantine", .page(.browseLeads)) { _, context in
                try self.pages.render("staff/quarantine", self.quarantine.pageContext(for: try context.loggedIn))
            },
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let state = fields.optionalString("state", longest: 16) ?? "waiting"
        if !["waiting", "dismissed", "released"].contains(state) {
            fields.fail(
                "state_unknown", at: "state", "状态应为 waiting、dismissed 或 released",
                english: "state is waiting, dismissed or released.")
        }
        let limit = QueryFields.limit(&fields)
        let cursor = fields.parsed("cursor", required: false, longest: 200) { text throws(ValidationFailure) in
            guard let cursor = QuarantineCursor(text, state: state) else { throw LeadCursor.invalid }
            return cursor
        }
        try fields.finish()
        return .json(try await self.quarantine.list(state, after: cursor, limit: limit))
    }

    @Sendable private func release(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        switch try await self.quarantine.release(try context.id, by: try context.loggedIn) {
        case .released(let dueAt): return .json(.object(["due_at": .string(RFC3339.text(dueAt))]))
        case .releasedBefore: throw Self.alreadyReleased
        case .takenBack: throw Self.takenBack
        case .refused: throw Self.refused
        case .unknown: throw Problems.notFound
        }
    }

    @Sendable private func dismiss(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let isDone = try await self.quarantine.dismiss(try context.id, by: try context.loggedIn) else {
            throw Problems.notFound
        }
        guard isDone else { throw Self.alreadyReleased }
        return Response(status: .noContent)
    }

    private static let takenBack = Problem(
        .conflict, "already_closed", "访客已撤回这次咨询，不再致电", english: "The visitor has taken it back.")
    private static let refused = Problem(
        .conflict, "do_not_call", "提交之后，这个号码已要求不再致电，不能放行；本人可以再次提交咨询",
        english: "The number asked since not to be called.")
    private static let alreadyReleased = Problem(
        .conflict, "already_released", "这条提交已经放行，任务已建立", english: "The inquiry was released already.")
}
