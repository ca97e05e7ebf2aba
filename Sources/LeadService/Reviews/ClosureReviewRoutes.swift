import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// A day's results that ended promises without a call, and what a supervisor finds of them.
struct ClosureReviewRoutes: RouteList {
    let reviews: ClosureReviews

    var routes: [Route] {
        [
            Route(.get, "/api/v1/closure-reviews", .staff(.assignCallbacks), self.show),
            Route(.put, "/api/v1/closure-reviews/{id}/verdict", .staff(.assignCallbacks), self.judge),
        ]
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let day = fields.parsed("on", required: false, longest: 10) { text throws(ValidationFailure) in
            try ShanghaiDate(parsing: text)
        }
        try fields.finish()
        return .json(try await self.reviews.show(day ?? self.reviews.lastDay))
    }

    @Sendable private func judge(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let verdict = fields.parsed("verdict", longest: 16) { text throws(ValidationFailure) in
            guard let verdict = ClosureVerdict(rawValue: text) else {
                throw ValidationFailure("verdict_unknown", "结论应为 right 或 wrong", english: "right or wrong.")
            }
            return verdict
        }
        try fields.finish()
        guard let verdict else { throw Problems.internal }
        try await self.reviews.judge(try context.id, verdict, by: try context.loggedIn)
        return Response(status: .noContent)
    }
}
