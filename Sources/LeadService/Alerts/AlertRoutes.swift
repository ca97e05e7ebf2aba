import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// Everybody's own alerts: the list, and what was read of it.
struct AlertRoutes: RouteList {
    let alerts: Alerts

    var routes: [Route] {
        [
            Route(.get, "/api/v1/alerts", .staff(.workCallbacks), self.list),
            Route(.post, "/api/v1/alerts/read", .staff(.workCallbacks), self.read),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let cursor = fields.parsed("cursor", required: false, longest: 200) { text throws(ValidationFailure) in
            guard text.utf8.count == 36, let cursor = UUID(uuidString: text) else {
                throw ValidationFailure("cursor_invalid", "翻页位置无效，请从第一页重新开始", english: "Unknown cursor.")
            }
            return cursor
        }
        try fields.finish()
        return .json(try await self.alerts.list(before: cursor, limit: limit, for: try context.loggedIn))
    }

    private static let mostAtOnce = 200

    @Sendable private func read(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let ids = (fields.value("ids")?.asList ?? []).map { $0.asText.flatMap { UUID(uuidString: $0) } }
        if ids.isEmpty || ids.count > Self.mostAtOnce || ids.contains(nil) {
            fields.fail(
                "ids_invalid", at: "ids", "请给出 1–\(Self.mostAtOnce) 条提醒的编号",
                english: "ids holds 1 to \(Self.mostAtOnce) ids of alerts.")
        }
        try fields.finish()
        try await self.alerts.read(ids.compactMap(\.self), for: try context.loggedIn)
        return Response(status: .noContent)
    }
}
