import HTTPTypes
import Hummingbird

/// What other sites put on their pages: the widget's script, and the form that it shows in a frame.
struct EmbedRoutes: RouteList {
    let sites: Sites
    let visitors: VisitorPages
    let tokens: FormTokens

    var routes: [Route] {
        [
            Route(.get, "/embed.js", .visitor, self.script),
            Route(.get, "/embed/inquiry", .visitor, self.form),
        ]
    }

    /// Carries no data, and is the same for everybody.
    @Sendable private func script(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var response = try self.visitors.pages.asset("embed.js", for: request)
        response.headers[.cacheControl] = "public, max-age=3600"
        response.headers[.crossOriginResourcePolicy] = "cross-origin"
        return response
    }

    /// The landing page's form alone, in the frame of whoever may carry it; other fields of the query do not matter.
    @Sendable private func form(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let query = FormFields(request.uri.query ?? "")
        guard let site = try await self.sites.site(query["form"]) else { throw Problems.formUnknown }
        let frame = FramedPage(site: site, isEmbedded: true)
        if let closed = self.sites.closed(site) { return try self.visitors.closed(closed, in: frame) }
        var page = self.visitors.contact(nil)
        page.merge(self.visitors.optionalConsents) { first, _ in first }
        page["title"] = "预约顾问来电"
        let arrival = Arrival(query: request.uri.query ?? "", referrer: request.headers[.referer])
        page["hidden"] =
            frame.hidden + [
                ["name": "form_token", "value": self.tokens.make()], ["name": Arrival.field, "value": arrival.text],
            ]
        return try self.visitors.render("inquiries/form", page, in: frame)
    }
}

extension Problems {
    static let formUnknown = Problem(
        .notFound, "form_key_unknown", "没有找到这个表单，请联系放置表单的网站", english: "No form has this key.")
}
