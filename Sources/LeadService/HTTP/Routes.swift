package import HTTPTypes
package import Hummingbird
package import Leads

/// Who may use a route; checked in one place, `AccessCheck`.
package enum Access: Sendable, Equatable {
    /// Anybody; no cookie is read.
    case visitor
    /// Anybody, but a write must come from our own pages: logging in.
    case login
    /// Any session, also one whose one-time password is not changed yet.
    case anySession
    /// Any session whose password is its person's own, also one whose second factor is not set up yet.
    case enrolment
    /// A session whose role has the permission.
    case staff(Permission)
    /// As `staff`, within five minutes of a login or a step-up.
    case steppedUp(Permission)
    /// As `staff`, for a page: somebody who is not logged in is sent to the login page.
    case page(Permission)
}

/// One operation: method, path, who may, and what it does.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request, LeadRequestContext) async throws -> Response

    package var method: HTTPRequest.Method
    /// As in OpenAPI: `/api/v1/callbacks/{id}`.
    package var path: String
    package var access: Access
    package var handler: Handler
    /// Whether HEAD does what GET does and leaves out the body; not where that is more than looking.
    package var answersHead = true
    /// What a key must be for to use it; nil where none may.
    package var scope: APIScope?

    package init(
        _ method: HTTPRequest.Method, _ path: String, _ access: Access, _ handler: @escaping Handler
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.handler = handler
    }
}

extension Route {
    /// The same for programs with a key of a scope.
    func open(to scope: APIScope) -> Route {
        var route = self
        route.scope = scope
        return route
    }

    /// Leads whoever opens the address of a page that was posted, as a browser does when it comes back, to the form before it.
    static func back(from path: String, to form: String) -> Route {
        Route(.get, path, .visitor) { _, _ in Response(status: .seeOther, headers: [.location: form]) }
    }
}

/// A feature's routes.
package protocol RouteList: Sendable {
    var routes: [Route] { get }
}
