import Foundation
import HTTPTypes
package import Hummingbird
import Leads

/// Every route of the service, in the order of the contract.
package struct ServiceRouter: Sendable {
    package let routes: [Route]
    private let edge: EdgeMiddleware
    private let access: AccessCheck
    private let pages: Pages
    private let sites: Sites
    private let configuration: ServiceConfiguration
    private let databasePatience: Duration

    init(
        lists: [any RouteList], access: AccessCheck, pages: Pages, sites: Sites, configuration: ServiceConfiguration,
        databasePatience: Duration
    ) {
        self.routes = lists.flatMap(\.routes)
        self.access = access
        self.pages = pages
        self.sites = sites
        self.configuration = configuration
        self.databasePatience = databasePatience
        self.edge = EdgeMiddleware(publicHost: configuration.publicURL.host ?? "127.0.0.1")
    }

    /// The framework's router with our middleware: outermost first.
    package func build() -> Router<LeadRequestContext> {
        let router = Router(context: LeadRequestContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: RequestLog())
        router.add(middleware: SecurityHeaders(isProduction: self.configuration.isProduction))
        router.add(middleware: DatabasePatience(limit: self.databasePatience))
        router.add(middleware: CrossOrigin(sites: self.sites))
        router.add(middleware: ErrorMiddleware(pages: self.pages))
        router.add(middleware: self.edge)
        router.add(middleware: ClientAddressMiddleware(trusted: self.configuration.trustedProxies))
        let access = self.access
        for route in self.routes {
            router.on(RouterPath(route.path), method: route.method) { request, context -> Response in
                try await route.handler(request, access.admit(request, context, to: route.access))
            }
        }
        let methods = Dictionary(grouping: self.routes, by: \.path)
        for (path, routes) in methods {
            let present = Set(routes.map(\.method))
            let absent: [HTTPRequest.Method] = [.get, .post, .put, .patch, .delete].filter { !present.contains($0) }
            var refusal = Problems.methodNotAllowed
            refusal.allow = (present.contains(.get) ? ["HEAD"] : []) + present.map(\.rawValue).sorted()
            for method in absent {
                router.on(RouterPath(path), method: method) { [refusal] _, _ -> Response in throw refusal }
            }
        }
        return router
    }
}
