import Hummingbird
import Leads

/// `GET /api/v1/eligible-leads`: who may be eligible under newer rules.
struct EligibilityRoutes: RouteList {
    let eligibility: Eligibility

    var routes: [Route] {
        [
            Route(.get, "/api/v1/eligible-leads", .staff(.assignCallbacks)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.eligibility.list())
            }
        ]
    }
}
