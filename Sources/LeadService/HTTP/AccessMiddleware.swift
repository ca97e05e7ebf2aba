import Foundation
import HTTPTypes
import Hummingbird
import Leads
import Logging

/// The one place that decides who may use a route.
struct AccessCheck: Sendable {
    let sessions: StaffSessions
    let keys: APIKeys
    let ownOrigins: Set<String>
    let sites: Sites
    let now: @Sendable () -> Date

    /// Lets a request through with its session, or throws the problem that says why not.
    func admit(
        _ request: Request, _ context: LeadRequestContext, to access: Access, scope: APIScope?
    ) async throws -> LeadRequestContext {
        guard access != .visitor else {
            if Self.writes(request.method), Self.isPagesOwn(request.uri.path) {
                try await self.refuseForeignPage(request)
            }
            return context
        }
        let credential = Credential(request)
        if Self.writes(request.method), credential.isCookie || access == .login { try self.refuseCrossSite(request) }
        guard access != .login else { return context }
        if !credential.isCookie, let token = credential.token, APIKey.isMeant(by: token) {
            var context = context
            let session = try await self.keys.admit(token, to: scope, from: context.clientAddress)
            context.session = session
            context.logger[metadataKey: "key"] = "\(session.id.uuidString.lowercased())"
            return context
        }
        guard let token = credential.token, let session = try await self.sessions.find(token: token) else {
            throw Problems.unauthenticated
        }
        if access != .anySession {
            if session.mustChangePassword { throw Problems.passwordChangeRequired }
            if access != .enrolment, self.sessions.mustEnrol(session) { throw Problems.totpRequired }
        }
        switch access {
        case .staff(let permission), .page(let permission), .steppedUp(let permission):
            guard session.role.may(permission) else { throw Problems.forbidden }
            if access == .steppedUp(permission), !session.isSteppedUp(at: self.now()) { throw Problems.stepUpRequired }
        case .visitor, .login, .anySession, .enrolment: break
        }
        var context = context
        context.session = session
        context.logger[metadataKey: "staff"] = "\(session.staffID.uuidString.lowercased())"
        return context
    }

    private static func writes(_ method: HTTPRequest.Method) -> Bool {
        ![.get, .head, .options].contains(method)
    }

    /// Whether a write there comes from a page's form: operations for programs have their own rules (`CrossOrigin`), and
    /// what vendors call is behind a secret.
    private static func isPagesOwn(_ path: String) -> Bool { !path.hasPrefix("/api/") && !path.hasPrefix("/hooks/") }

    /// Refuses a form that a page of somebody else's posts: it would cost us messages in the name of whoever looks at it.
    ///
    /// `Origin` is our own or that of a site with our form, or else `Sec-Fetch-Site` says that the page is ours: from a page
    /// without a referrer a browser sends `Origin: null`. Who sends neither is no browser of today.
    private func refuseForeignPage(_ request: Request) async throws {
        let origins = request.headers[values: .origin]
        if origins.count == 1, try await self.isAllowed(origins[0]) { return }
        if let site = request.headers[.secFetchSite] {
            guard site == "same-origin" || site == "none" else { throw Problems.crossSite }
        } else if !origins.isEmpty {
            throw Problems.crossSite
        }
    }

    private func isAllowed(_ origin: String) async throws -> Bool {
        if self.ownOrigins.contains(origin) { return true }
        return origin == "null" ? false : try await self.sites.allows(origin)
    }

    /// Refuses a write with a cookie that does not come from our own pages.
    ///
    /// `Sec-Fetch-Site` and `Origin` must not say otherwise, and one of them must be there (contract §3). A client with a bearer token carries no cookie that another site could make it send.
    private func refuseCrossSite(_ request: Request) throws {
        let site = request.headers[.secFetchSite]
        let origin = request.headers[.origin]
        if Credential.bearer(request) != nil { return }
        if site == nil, origin == nil, request.headers[.cookie] == nil { return }
        if let site, site != "same-origin", site != "none" { throw Problems.crossSite }
        if let origin, !self.ownOrigins.contains(origin) { throw Problems.crossSite }
        if site == nil, origin == nil { throw Problems.crossSite }
    }
}

/// The session token of a request: a bearer token, or the cookie.
struct Credential: Sendable {
    let token: String?
    let isCookie: Bool

    init(_ request: Request) {
        if request.headers[.authorization] != nil {
            self.token = Self.bearer(request)
            self.isCookie = false
        } else {
            self.token = request.cookies[SessionCookie.name]?.value
            self.isCookie = self.token != nil
        }
    }

    /// The token of `Authorization: Bearer`; the scheme's case does not matter (RFC 9110 §11.1).
    static func bearer(_ request: Request) -> String? {
        guard let authorization = request.headers[.authorization], authorization.lowercased().hasPrefix("bearer ")
        else { return nil }
        return String(authorization.dropFirst(7)).trimmed
    }
}
