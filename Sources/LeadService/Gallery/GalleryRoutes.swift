import Hummingbird
import Leads

/// `/dev/gallery`: the real pages with made-up people in every state of their components, in a development run only.
struct GalleryRoutes: RouteList {
    let page: GalleryPage
    let pages: Pages
    let isOn: Bool

    var routes: [Route] {
        guard self.isOn else { return [] }
        return [
            Route(.get, "/dev/gallery", .visitor) { _, _ in
                try self.pages.render("gallery/contents", GalleryPage.contents)
            },
            Route(.get, "/dev/gallery/{page}/{state}", .visitor, self.show),
        ]
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let name = GalleryPage.Name(rawValue: context.parameters.get("page") ?? ""),
            let state = GalleryPage.State(rawValue: context.parameters.get("state") ?? ""), name.states.contains(state)
        else { throw Problems.notFound }
        return try self.pages.render(name.template, self.page.context(of: name, in: state))
    }
}
