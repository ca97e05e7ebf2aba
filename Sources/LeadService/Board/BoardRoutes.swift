import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The supervisor's board, the forecast on it, and handing over somebody's list.
struct BoardRoutes: RouteList {
    let board: Board
    let forecasts: Forecasts
    let pages: Pages

    var routes: [Route] {
        [
            Route(.get, "/api/v1/board", .staff(.assignCallbacks)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.board.show())
            },
            Route(.get, "/api/v1/forecast", .staff(.assignCallbacks)) { request, _ in
                try QueryFields.none(request)
                return .json(try await self.forecasts.show())
            },
            Route(.post, "/api/v1/staff/{id}/handover", .staff(.assignCallbacks), self.handOver),
            Route(.get, "/staff/board", .page(.assignCallbacks)) { _, context in
                try self.pages.render("staff/board", try await self.board.pageContext(for: try context.loggedIn))
            },
        ]
    }

    @Sendable private func handOver(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        let adviser = fields.optionalString("adviser", longest: 32)
        try fields.finish()
        let moved = try await self.board.handOver(
            from: try context.id, to: adviser, by: try context.loggedIn)
        return .json(.object(["tasks": .integer(moved)]))
    }
}
