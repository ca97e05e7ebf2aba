import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import Postgres

/// Turns whatever a route throws into an answer: problem JSON for programs, a page for browsers.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = LeadRequestContext
    let pages: Pages

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            let problem = Self.problem(for: error, logger: context.logger)
            if request.method == .get, request.uri.path.hasPrefix("/staff/"), self.pages.wantsPage(request) {
                if problem.code == "unauthenticated" { return Self.redirect("/staff/login?next=" + request.uri.path) }
                if problem.code == "password_change_required" {
                    return Self.redirect("/staff/password?next=" + request.uri.path)
                }
                if problem.code == "totp_required" {
                    return Self.redirect("/staff/second-factor?next=" + request.uri.path)
                }
                if problem.code == "forbidden", let page = try? self.pages.render("staff/forbidden", status: .forbidden)
                {
                    return page
                }
            }
            return self.pages.wantsPage(request)
                ? self.pages.problem(problem) : problem.response(english: Problem.prefersEnglish(request))
        }
    }

    private static func redirect(_ path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }

    /// The problem a failure is answered with; faults of ours are logged without any row's content.
    static func problem(for error: any Error, logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case is NIOTooManyBytesError: return Problems.tooLarge
        case let error as HTTPError:
            switch error.status {
            case .notFound: return Problems.notFound
            case .contentTooLarge: return Problems.tooLarge
            case .methodNotAllowed: return Problems.methodNotAllowed
            default:
                let status = Problem.Status(rawValue: error.status.code) ?? .badRequest
                return Problem(status, "http_error", Problems.title(of: status), english: error.status.reasonPhrase)
            }
        case let error as PSQLError:
            logger.error("database failure", metadata: error.logMetadata)
            return error.meansUnavailable ? Problems.unavailable : Problems.internal
        case let error as PostgresTransactionError:
            let cause = error.closureError ?? error.commitError ?? error.beginError ?? error.rollbackError
            return cause.map { Self.problem(for: $0, logger: logger) } ?? Problems.internal
        case let broken as SealBroken:
            logger.error("a sealed value does not open", metadata: broken.logMetadata)
            return Problems.internal
        case is CancellationError: return Problems.unavailable
        default:
            logger.error("fault", metadata: ["error": "\(String(describing: type(of: error)))"])
            return Problems.internal
        }
    }
}
