import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// Sessions, and the console's pages for logging in and out.
struct StaffRoutes: RouteList {
    let sessions: StaffSessions
    let pages: Pages
    let configuration: ServiceConfiguration

    var routes: [Route] {
        [
            Route(.post, "/api/v1/session", .login, self.login),
            Route(.delete, "/api/v1/session", .anySession, self.logout),
            Route(.post, "/api/v1/session/password", .anySession, self.changePassword),
            Route(.get, "/staff", .visitor) { _, _ in Self.redirect("/staff/desk") },
            Route(.get, "/staff/login", .visitor) { _, _ in
                try self.pages.render("staff/login", ConsolePage.gate(title: "员工登录", script: "login.js"))
            },
            Route(.get, "/staff/password", .visitor) { _, _ in
                try self.pages.render("staff/password", ConsolePage.gate(title: "设置密码", script: "login.js"))
            },
            Route(.get, "/staff/logout", .visitor) { _, _ in
                try self.pages.render("staff/logout", ConsolePage.gate(title: "退出登录", script: "logout.js"))
            },
        ]
    }

    @Sendable private func login(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let username = fields.string("username", longest: 64)
        let password = fields.string("password", longest: 1024)
        let code = fields.optionalString("totp", longest: 64)
        try fields.finish()
        guard let username, let password else { throw Problems.internal }
        return Self.answer(
            try await self.sessions.login(
                username: username, password: password, code: code, from: context.clientAddress))
    }

    @Sendable private func logout(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let session = context.session else { throw Problems.unauthenticated }
        try await self.sessions.logout(session)
        return Response(
            status: .noContent,
            headers: [
                .setCookie: SessionCookie.cleared, .clearSiteData: "\"cookies\", \"storage\"",
                .cacheControl: "no-store",
            ])
    }

    @Sendable private func changePassword(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let session = context.session else { throw Problems.unauthenticated }
        var fields = try FieldReader(try await request.json(context))
        // Whatever its length: a password that is too long is `password_weak` as any other.
        let password = fields.string("password", longest: context.maxUploadSize)
        try fields.finish()
        guard let password else { throw Problems.internal }
        return Self.answer(try await self.sessions.changePassword(of: session, to: password))
    }

    static func answer(_ opened: OpenedSession) -> Response {
        var response = Response.json(
            .object([
                "token": .string(opened.token), "role": .string(opened.role.rawValue),
                "expires_at": .string(RFC3339.text(opened.expiresAt)),
                "must_change_password": .bool(opened.mustChangePassword), "must_enrol_totp": .bool(opened.mustEnrol),
            ]))
        response.headers[.setCookie] = SessionCookie.holding(opened.token)
        return response
    }
}

extension StaffRoutes {
    /// Sends a browser to another page with GET.
    static func redirect(_ path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }
}

/// The session cookie; its name makes browsers insist on `Secure`, `Path=/` and no `Domain`.
enum SessionCookie {
    static let name = "__Host-sid"
    static let cleared = Self.text("", seconds: 0)

    static func holding(_ token: String) -> String { Self.text(token, seconds: Int(StaffSessions.absolute)) }

    private static func text(_ value: String, seconds: Int) -> String {
        "\(Self.name)=\(value); Max-Age=\(seconds); Path=/; Secure; HttpOnly; SameSite=Strict"
    }
}

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    static let clearSiteData = HTTPField.Name("Clear-Site-Data")!
}
