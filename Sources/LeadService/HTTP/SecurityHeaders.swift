import HTTPTypes
import Hummingbird

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    static let permissionsPolicy = HTTPField.Name("Permissions-Policy")!
    // swift-format-ignore: NeverForceUnwrap
    static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    // swift-format-ignore: NeverForceUnwrap
    static let crossOriginOpenerPolicy = HTTPField.Name("Cross-Origin-Opener-Policy")!
    // swift-format-ignore: NeverForceUnwrap
    static let crossOriginResourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
    // swift-format-ignore: NeverForceUnwrap
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    // swift-format-ignore: NeverForceUnwrap
    static let secFetchSite = HTTPField.Name("Sec-Fetch-Site")!
    // swift-format-ignore: NeverForceUnwrap
    static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    // swift-format-ignore: NeverForceUnwrap
    static let rowCount = HTTPField.Name("X-Row-Count")!
    // swift-format-ignore: NeverForceUnwrap
    static let excludedCount = HTTPField.Name("X-Excluded-Count")!
    // swift-format-ignore: NeverForceUnwrap
    static let requestID = HTTPField.Name("X-Request-Id")!
}

/// The headers that every answer carries, errors and 404 included.
struct SecurityHeaders: RouterMiddleware {
    typealias Context = LeadRequestContext
    let isProduction: Bool

    private static let policy = Self.policy(frameAncestors: [])

    /// The policy of a page that pages of these origins may frame.
    static func policy(frameAncestors: [String]) -> String {
        let ancestors = frameAncestors.isEmpty ? "'none'" : frameAncestors.joined(separator: " ")
        return [
            "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
            "form-action 'self'", "base-uri 'none'", "object-src 'none'", "frame-ancestors \(ancestors)",
            "worker-src 'self'", "require-trusted-types-for 'script'", "trusted-types huifang",
        ].joined(separator: "; ")
    }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        func set(_ name: HTTPField.Name, _ value: String) {
            if response.headers[name] == nil { response.headers[name] = value }
        }
        set(.contentSecurityPolicy, Self.policy)
        set(.xContentTypeOptions, "nosniff")
        let keepsSecret = ["/staff", "/r/", "/a/", "/p/"].contains { request.uri.path.hasPrefix($0) }
        set(.referrerPolicy, keepsSecret ? "no-referrer" : "strict-origin")
        set(.permissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=()")
        set(.crossOriginOpenerPolicy, "same-origin")
        set(.crossOriginResourcePolicy, "same-origin")
        set(.cacheControl, "no-store")
        set(.requestID, context.id)
        if self.isProduction { set(.strictTransportSecurity, "max-age=31536000; includeSubDomains") }
        return response
    }
}
