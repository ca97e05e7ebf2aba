import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Files that are the same for everybody: styles, scripts, the API's description.
struct AssetRoutes: RouteList {
    private let pages: Pages
    private let description: ByteBuffer

    init(pages: Pages, resources: URL) throws {
        self.pages = pages
        self.description = ByteBuffer(bytes: try Data(contentsOf: resources.appendingPathComponent("openapi.yaml")))
    }

    var routes: [Route] {
        [
            Route(.get, "/assets/{name}", .visitor) { request, context in
                try self.pages.asset(context.parameters.get("name") ?? "", for: request)
            },
            Route(.get, "/openapi.yaml", .visitor) { _, _ in
                Response(
                    status: .ok,
                    headers: [.contentType: "application/yaml; charset=utf-8", .cacheControl: "public, max-age=300"],
                    body: ResponseBody(byteBuffer: self.description))
            },
        ]
    }
}
