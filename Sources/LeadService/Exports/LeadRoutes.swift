import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// Leads: the list, the search, one lead, and the page.
struct LeadRoutes: RouteList {
    let leads: LeadList
    let pages: Pages

    var routes: [Route] {
        [
            Route(.get, "/api/v1/leads", .staff(.searchLeads), self.list).open(to: .leadsRead),
            Route(.post, "/api/v1/leads/search", .staff(.searchLeads), self.search).open(to: .leadsRead),
            Route(.get, "/api/v1/leads/{id}", .staff(.browseLeads), self.lead).open(to: .leadsRead),
            Route(.get, "/staff/leads", .page(.searchLeads), self.page),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.find(try QueryFields.reader(request), context)
    }

    @Sendable private func search(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.find(try FieldReader(try await request.json(context)), context)
    }

    private func find(_ reader: FieldReader, _ context: LeadRequestContext) async throws -> Response {
        guard let session = context.session else { throw Problems.unauthenticated }
        var fields = reader
        let filter = LeadFilter(&fields)
        let limit = QueryFields.limit(&fields)
        let cursor = fields.optionalString("cursor", longest: 200).map { text -> LeadCursor? in
            let cursor = LeadCursor(text)
            if cursor == nil { fields.fail(LeadCursor.invalid, at: "cursor") }
            return cursor
        }
        try fields.finish()
        return .json(try await self.leads.find(filter, after: cursor ?? nil, limit: limit, by: session))
    }

    @Sendable private func lead(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try QueryFields.none(request)
        guard let session = context.session else { throw Problems.unauthenticated }
        guard let id = context.parameters.get("id").flatMap({ UUID(uuidString: $0) }),
            let lead = try await self.leads.lead(id, by: session)
        else { throw Problems.notFound }
        return .json(lead)
    }

    @Sendable private func page(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try self.pages.render("staff/leads", try await self.leads.pageContext(for: try context.loggedIn))
    }
}
