import HTTPTypes
import Hummingbird

extension HTTPField.Name {
    // swift-format-ignore: NeverForceUnwrap
    static let requestedMethod = HTTPField.Name("Access-Control-Request-Method")!
}

/// Lets pages of the sites that carry our form call the operations a form needs (CORS), and refuses all other pages.
///
/// Without credentials: the public side has no cookies. A request without `Origin` comes from no foreign page.
struct CrossOrigin: RouterMiddleware {
    typealias Context = LeadRequestContext
    let sites: Sites

    /// What a form of one's own needs.
    ///
    /// Whose key it may use is looked at where the key is read.
    private static let paths: Set<String> = [
        "/api/v1/verification-codes", "/api/v1/inquiries", "/api/v1/form-token", "/api/v1/extra-questions",
        "/api/v1/privacy-notice",
        "/api/v1/assessment-rules", "/api/v1/assessments", "/api/v1/permit-renewals",
    ]

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard Self.paths.contains(request.uri.path) else { return try await next(request, context) }
        var response = try await self.answer(request, context, next: next)
        response.headers.append(HTTPField(name: .vary, value: "Origin"))
        return response
    }

    private func answer(
        _ request: Request, _ context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let origins = request.headers[values: .origin]
        guard let origin = origins.first, !(origins.count == 1 && self.sites.isOwn(origin)) else {
            return try await next(request, context)
        }
        let isAllowed: Bool
        do {
            isAllowed = origins.count == 1 ? try await self.sites.allows(origin) : false
        } catch {
            return ErrorMiddleware.problem(for: error, logger: context.logger)
                .response(english: Problem.prefersEnglish(request))
        }
        guard isAllowed else { return Problems.originRefused.response(english: Problem.prefersEnglish(request)) }
        let isPreflight = request.method == .options && request.headers[.requestedMethod] != nil
        var response = isPreflight ? Response(status: .noContent) : try await next(request, context)
        response.headers[.accessControlAllowOrigin] = origin
        if isPreflight {
            response.headers[.accessControlAllowMethods] = "GET, POST"
            response.headers[.accessControlAllowHeaders] = "Content-Type, Idempotency-Key"
            response.headers[.accessControlMaxAge] = "600"
        } else {
            response.headers[.accessControlExposeHeaders] = "Retry-After, X-Request-Id"
        }
        return response
    }
}
