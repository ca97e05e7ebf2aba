import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// `PUT /api/v1/leads/{id}/permit`.
struct PermitDateRoutes: RouteList {
    let permits: PermitDates

    var routes: [Route] {
        [Route(.put, "/api/v1/leads/{id}/permit", .staff(.workCallbacks), self.set)]
    }

    @Sendable private func set(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let body = try await request.json(context)
        var fields = try FieldReader(body)
        // Null says that the date is not known; leaving it out says nothing.
        if case .object(let members) = body, members["valid_until"] == nil { fields.missing("valid_until") }
        let validUntil = fields.parsed("valid_until", required: false) { text throws(ValidationFailure) in
            try ShanghaiDate(parsing: text)
        }
        try fields.finish()
        let opens = try await self.permits.set(validUntil, of: try context.id, by: try context.loggedIn)
        return .json(
            .object([
                "valid_until": .optional(validUntil?.description), "call_on": .optional(opens?.description),
            ]))
    }
}
