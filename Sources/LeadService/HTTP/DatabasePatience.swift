import HTTPTypes
import Hummingbird

/// Lets no request wait for a database that says nothing: a frozen server cannot end a statement by itself.
///
/// What is sent after the head, the lines of an export, is not waited for in vain: its reader sees them come.
struct DatabasePatience: RouterMiddleware {
    typealias Context = LeadRequestContext
    let limit: Duration

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        try await Database.impatient(after: self.limit) { try await next(request, context) }
    }
}
