import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// What is kept how long, and how much of it is due.
struct RetentionRoutes: RouteList {
    let retention: Retention

    var routes: [Route] {
        [
            Route(.get, "/api/v1/retention", .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(
                    .object(["items": .array(try await self.retention.due().map(\.json)), "next_cursor": .null]))
            }
        ]
    }
}
