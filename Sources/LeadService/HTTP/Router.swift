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

    /// The framework's router with our middleware, outermost first, asked with methods it knows.
    package func build() -> KnownMethods { KnownMethods(router: self.router) }

    private var router: Router<LeadRequestContext> {
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
                try await route.handler(request, access.admit(request, context, to: route.access, scope: route.scope))
            }
        }
        let methods = Dictionary(grouping: self.routes, by: \.path)
        for (path, routes) in methods {
            var present = Set(routes.map(\.method))
            let answersHead = routes.contains { $0.method == .get && $0.answersHead }
            if answersHead { present.insert(.head) }
            var refusal = Problems.methodNotAllowed
            refusal.allow = present.map(\.rawValue).sorted()
            for method in KnownMethods.all where !present.contains(method) {
                router.on(RouterPath(path), method: method) { [refusal] _, _ -> Response in throw refusal }
            }
        }
        return router
    }
}

/// Asks the framework's router, to which every method it has not been told of is an unknown address.
package struct KnownMethods: HTTPResponderBuilder {
    let router: Router<LeadRequestContext>

    /// Stands for every method that is none of HTTP's own.
    private static let other = HTTPRequest.Method(rawValue: "OTHER") ?? .connect
    static let all: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect, Self.other,
    ]

    package func buildResponder() -> CallbackResponder<LeadRequestContext> {
        let responder = self.router.buildResponder()
        return CallbackResponder { request, context in
            guard !Self.all.contains(request.method) else {
                return try await responder.respond(to: request, context: context)
            }
            var head = request.head
            head.method = Self.other
            return try await responder.respond(to: Request(head: head, body: request.body), context: context)
        }
    }
}
