import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// What is kept how long and how much of it is due; administrators change the terms.
struct RetentionRoutes: RouteList {
    let retention: Retention
    let edit: RetentionEdit
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        let path = "/api/v1/retention"
        return [
            Route(.get, path, .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.edit.list(try await self.retention.due()))
            },
            Route(.post, path + "/preview", .staff(.manageStaff)) { request, context in
                let terms = try await self.edit.proposed(try await Self.changes(request, context))
                return .json(try await self.edit.list(try await self.retention.due(under: terms)))
            },
            Route(.patch, path, .steppedUp(.manageStaff)) { request, context in
                try await self.edit.apply(try await Self.changes(request, context), by: try context.loggedIn.actor)
                return .json(try await self.edit.list(try await self.retention.due()))
            },
            Route(.get, "/staff/retention", .page(.readOffice)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/retention",
                    page.context("retention", title: "保存期限").merging(["can_manage": session.role.may(.manageStaff)]) {
                        first, _ in first
                    })
            },
        ]
    }

    private static func changes(
        _ request: Request, _ context: LeadRequestContext
    ) async throws -> [RetentionTerm: TermChange] {
        var fields = try FieldReader(try await request.json(context))
        let changes = try fields.termChanges()
        try fields.finish()
        return changes
    }
}
