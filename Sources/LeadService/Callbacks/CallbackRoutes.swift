import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// The queue's operations and the desk.
struct CallbackRoutes: RouteList {
    let queue: CallbackQueue
    let numbers: SecondNumbers
    let pages: Pages
    let publicURL: URL

    var routes: [Route] {
        [
            Route(.get, "/api/v1/callbacks", .staff(.workCallbacks), self.list),
            Route(.post, "/api/v1/callbacks/claim", .staff(.workCallbacks), self.claim),
            Route(.get, "/api/v1/callbacks/{id}", .staff(.workCallbacks), self.card),
            self.onTask("reveal", .workCallbacks, self.reveal),
            self.onTask("attempts", .workCallbacks, self.record),
            self.onTask("undo", .workCallbacks, self.undo),
            self.onTask("release", .workCallbacks, self.release),
            self.onTask("assign", .assignCallbacks, self.assign),
            self.onTask("pause", .workCallbacks, self.pause),
            self.onTask("resume", .workCallbacks, self.resume),
            self.onTask("reopen", .assignCallbacks, self.reopen),
            Route(.post, "/api/v1/leads/{id}/unmerge", .staff(.assignCallbacks), self.unmerge),
            Route(.get, "/staff/desk", .page(.workCallbacks), self.desk),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        var fields = try QueryFields.reader(request)
        let view = fields.parsed("view", required: false) { text throws(ValidationFailure) in
            guard let view = CallbackView(rawValue: text) else {
                throw ValidationFailure("view_unknown", "没有这个列表", english: "mine, pool, scheduled, overdue or closed.")
            }
            return view
        }
        let limit = QueryFields.limit(&fields)
        let cursor = fields.parsed("cursor", required: false, longest: 200) { text throws(ValidationFailure) in
            guard let cursor = CallbackCursor(text, view: view ?? .pool) else {
                throw ValidationFailure("cursor_invalid", "翻页位置无效，请从第一页重新开始", english: "Unknown cursor.")
            }
            return cursor
        }
        let filter = CallbackFilter.read(&fields, of: view ?? .pool)
        let withDetails = fields.parsed("details", required: false) { text throws(ValidationFailure) in
            guard let isWanted = Bool(text) else {
                throw ValidationFailure("type_mismatch", "此处应为 true 或 false", english: "This must be true or false.")
            }
            return isWanted
        }
        try fields.finish()
        return .json(
            try await self.queue.list(
                view ?? .pool, filter, after: cursor, limit: limit, withDetails: withDetails ?? false, for: session))
    }

    @Sendable private func claim(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        var fields = try FieldReader(try await request.optionalJSON(context))
        let phone = fields.parsed("phone", required: false) { text throws(ValidationFailure) in
            try PhoneNumber(parsing: text)
        }
        let lead = fields.optionalUUID("lead_id")
        if phone != nil, lead != nil {
            fields.fail("not_allowed", at: "lead_id", "号码和线索只填一个", english: "Either phone or lead_id.")
        }
        try fields.finish()
        let caller = phone.map { CallbackQueue.Caller.phone($0) } ?? lead.map { CallbackQueue.Caller.lead($0) }
        let task: CallbackTask?
        if let caller {
            task = try await self.queue.claimIncoming(caller, for: session)
        } else {
            task = try await self.queue.claimNext(for: session)
        }
        guard let task else { return Response(status: .noContent) }
        return .json(.object(try self.queue.claimed(task)))
    }

    @Sendable private func card(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try QueryFields.none(request)
        guard
            let card = try await self.queue.card(
                try context.id, for: try context.loggedIn, publicURL: self.publicURL)
        else {
            throw Problems.notFound
        }
        return .json(card)
    }

    @Sendable private func reveal(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let purpose = fields.string("purpose", longest: 200)?.trimmed
        if purpose == "" { fields.missing("purpose") }
        try fields.finish()
        let phone = try await self.queue.reveal(try context.id, purpose: purpose ?? "", for: try context.loggedIn)
        let second = try await self.numbers.shown(with: try context.id, to: try context.loggedIn)
        return .json(
            .object([
                "phone": .string(phone.e164), "second_phone": second?.json ?? .null,
                "qr": .dialling(phone.e164),
            ]))
    }

    @Sendable private func record(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let key = try request.idempotencyKey()
        let result = try CallResult.read(try await request.json(context), idempotencyKey: key)
        return .json(text: try await self.queue.record(result, on: try context.id, by: try context.loggedIn))
    }

    /// A write on one task: what it does extends the claimant's lease or ends the claim, and so, for the lease, does a refusal
    /// of whatever kind.
    private func onTask(_ verb: String, _ permission: Permission, _ handler: @escaping Route.Handler) -> Route {
        Route(.post, "/api/v1/callbacks/{id}/\(verb)", .staff(permission)) { request, context in
            do {
                return try await handler(request, context)
            } catch  where error is Problem || error is NIOTooManyBytesError {
                try await self.queue.keepClaim(try context.id, for: try context.loggedIn)
                throw error
            }
        }
    }

    @Sendable private func release(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        let reason = fields.optionalString("reason", longest: 200).map { IdentityNumber.masked(in: $0) }
        try fields.finish()
        try await self.queue.release(try context.id, reason: reason, for: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func assign(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let adviser = fields.string("adviser", longest: 32)
        try fields.finish()
        try await self.queue.assign(try context.id, to: adviser ?? "", by: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func pause(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let pause = try PauseRequest.read(try await request.json(context), at: self.queue.dependencies.now())
        try await self.queue.pause(try context.id, pause, for: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func resume(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        try await self.queue.resume(try context.id, for: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func desk(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try self.pages.render("staff/desk", try await self.queue.deskContext(for: try context.loggedIn))
    }
}

extension LeadRequestContext {
    /// Who is logged in.
    var loggedIn: StaffSession {
        get throws {
            guard let session else { throw Problems.unauthenticated }
            return session
        }
    }

    /// The id in the path; one that is no id is nobody's.
    var id: UUID {
        get throws {
            guard let id = self.parameters.get("id").flatMap({ UUID(uuidString: $0) }) else { throw Problems.notFound }
            return id
        }
    }
}
