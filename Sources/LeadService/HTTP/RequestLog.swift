import HTTPTypes
import Hummingbird
import Logging
import Metrics

/// One log line and two metrics per request: the route's pattern, never the path or the query.
struct RequestLog: RouterMiddleware {
    typealias Context = LeadRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let clock = ContinuousClock()
        let start = clock.now
        let response = try await next(request, context)
        let elapsed = start.duration(to: clock.now)
        let route = context.endpointPath ?? "unmatched"
        let code = "\(response.status.code)"
        Counter(label: "huifang_http_requests_total", dimensions: [("route", route), ("code", code)]).increment()
        Metrics.Timer(label: "huifang_http_request_duration_seconds", dimensions: [("route", route)])
            .recordNanoseconds(Int64(elapsed.seconds * 1e9))
        context.logger.info(
            "request",
            metadata: [
                "route": "\(request.method.rawValue) \(route)", "code": "\(code)",
                "ms": "\(Int(elapsed.seconds * 1000))",
            ])
        return response
    }
}
