import HTTPTypes
import Hummingbird
import Leads

extension CallbackRoutes {
    @Sendable func undo(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        let other = fields.optionalUUID("give_back")
        try fields.finish()
        let task = try await self.queue.undo(try context.id, givingBack: other, for: try context.loggedIn)
        return .json(.object(try self.queue.claimed(task)))
    }

    @Sendable func reopen(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let reason = fields.parsed("reason", longest: 4000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }
        if reason?.text == "" { fields.missing("reason") }
        try fields.finish()
        guard let reason else { throw Problems.internal }
        let task = try await self.queue.reopen(try context.id, because: reason, by: try context.loggedIn)
        return .json(.object(try self.queue.shape(of: task)))
    }

    @Sendable func unmerge(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        try await self.queue.unmerge(try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }
}
