import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The stored result behind `result_url`: JSON for programs, a page for people, and deleting it, with scripts or without.
struct ResultRoutes: RouteList {
    let visitors: VisitorPages
    let assessments: Assessments
    let links: LinkToken

    var routes: [Route] {
        [
            Route(.get, "/a/{token}", .visitor, self.show),
            Route(.delete, "/a/{token}", .visitor) { _, context in
                try await self.delete(context)
                return Response(status: .noContent)
            },
            Route(.post, "/a/{token}/delete", .visitor, self.deleteByForm),
        ]
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let token = context.parameters.get("token") ?? ""
        let id = try self.assessment(token)
        guard let result = try await self.assessments.stored(id) else { throw Problems.gone }
        var response: Response
        if self.visitors.pages.wantsPage(request) {
            response = try self.visitors.pages.render(
                "assessments/result",
                self.visitors.result(result, at: "/a/" + token, from: Arrival(query: request.uri.query ?? "")))
        } else {
            var members = result.members
            members["assessment_id"] = .string(id.uuidString.lowercased())
            response = .json(.object(members))
        }
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }

    /// What the page's form asks for, in two presses; the answer is a page.
    @Sendable private func deleteByForm(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        _ = try await request.form(context)
        try await self.delete(context)
        var response = try self.visitors.pages.render("assessments/deleted", ["title": "测算已删除"])
        response.headers[.referrerPolicy] = "no-referrer"
        return response
    }

    private func delete(_ context: LeadRequestContext) async throws {
        let id = try self.assessment(context.parameters.get("token") ?? "")
        guard try await self.assessments.delete(id) else { throw Problems.gone }
    }

    private func assessment(_ token: String) throws -> UUID {
        guard let id = self.links.id(.assessment, in: token) else { throw Problems.notFound }
        return id
    }
}
