import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// Whose pages carry the form: administrators add and change sites, the office reads them.
struct SiteRoutes: RouteList {
    let sites: Sites
    let pages: Pages
    let publicURL: URL
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.get, "/api/v1/sites", .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(
                    .object([
                        "items": .array(try await self.sites.all().map(\.listed)), "next_cursor": .null,
                    ]))
            },
            Route(.post, "/api/v1/sites", .steppedUp(.manageStaff), self.add),
            Route(.patch, "/api/v1/sites/{name}", .steppedUp(.manageStaff), self.change),
            Route(.get, "/staff/sites", .page(.readOffice)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/sites",
                    page.context("sites", title: "表单").merging([
                        "can_manage": session.role.may(.manageStaff),
                        "script_url": self.publicURL.absoluteString.trimmingSuffix("/") + "/embed.js",
                    ]) { first, _ in first })
            },
        ]
    }

    @Sendable private func add(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let name = fields.string("name", longest: 100)
        let said = SiteFields.read(&fields, needsOrigins: true)
        try fields.finish()
        guard let name else { throw Problems.internal }
        let site = try await self.sites.add(name, { said.apply(to: &$0) }, by: try context.loggedIn.actor)
        return .json(site.listed, status: .created)
    }

    @Sendable private func change(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let seen = fields.string("version", longest: 64)
        let said = SiteFields.read(&fields, needsOrigins: false)
        try fields.finish()
        guard let seen else { throw Problems.internal }
        let name = context.parameters.get("name") ?? ""
        let site = try await self.sites.change(
            name, from: seen, { said.apply(to: &$0) }, by: try context.loggedIn.actor)
        guard let site else { throw Problems.notFound }
        return .json(site.listed)
    }
}

extension Site {
    /// What tells one state of it from another, whatever it has taken meanwhile.
    var version: String {
        var still = self
        still.taken = 0
        return StaticFile.tag(Data(still.json.text.utf8))
    }

    /// As it is listed, with the version that a change of it names.
    var listed: JSONOutput {
        guard case .object(let members) = self.json else { return self.json }
        return .object(members.merging(["version": .string(self.version)]) { first, _ in first })
    }
}
