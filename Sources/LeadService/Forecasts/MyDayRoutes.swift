import Hummingbird
import Leads

/// The line at the top of the desk.
struct MyDayRoutes: RouteList {
    let day: MyDay

    var routes: [Route] {
        [
            Route(.get, "/api/v1/my-day", .staff(.workCallbacks)) { request, context in
                try QueryFields.none(request)
                return .json(try await self.day.show(for: try context.loggedIn))
            }
        ]
    }
}
