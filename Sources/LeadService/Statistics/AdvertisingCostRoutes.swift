import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// What advertisements cost, handed in as a file.
struct AdvertisingCostRoutes: RouteList {
    let costs: AdvertisingCosts

    var routes: [Route] { [Route(.post, "/api/v1/advertising-costs", .staff(.exportLeads), self.take)] }

    @Sendable private func take(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let tried = fields.optionalString("dry_run", longest: 5)
        if let tried, !["true", "false"].contains(tried) {
            fields.fail("type_mismatch", at: "dry_run", "此处应为 true 或 false", english: "This must be true or false.")
        }
        try fields.finish()
        let type = request.headers[.contentType]?.split(separator: ";").first.map { String($0).trimmed.lowercased() }
        guard type == "text/csv" else { throw Problems.noCSV }
        let file = Array(try await request.body.collect(upTo: context.maxUploadSize).readableBytesView)
        let done = try await self.costs.take(file, isTried: tried == "true", for: try context.loggedIn)
        return .json(
            .object([
                "dry_run": .bool(done.isTried), "rows": .integer(done.rows), "new": .integer(done.added),
                "replaced": .integer(done.replaced), "unchanged": .integer(done.unchanged),
                "errors": .array(
                    done.failures.map {
                        .object([
                            "pointer": .string($0.pointer), "code": .string($0.code), "detail": .string($0.detail),
                        ])
                    }),
            ]))
    }
}
