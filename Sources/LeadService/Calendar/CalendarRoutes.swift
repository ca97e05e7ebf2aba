import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The working calendar as it is loaded.
struct CalendarRoutes: RouteList {
    let calendar: CalendarList

    var routes: [Route] {
        [
            Route(.get, "/api/v1/calendar", .staff(.readOffice)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.calendar.json())
            }
        ]
    }
}
