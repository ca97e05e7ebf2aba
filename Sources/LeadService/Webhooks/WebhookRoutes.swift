import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// Webhooks for administrators; auditors read.
struct WebhookRoutes: RouteList {
    let webhooks: Webhooks
    let snippets: WebhookSnippets
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        let path = "/api/v1/webhooks"
        return [
            Route(.get, path, .staff(.readStaff), self.list),
            Route(.post, path, .steppedUp(.manageStaff), self.make),
            Route(.patch, path + "/{id}", .steppedUp(.manageStaff), self.change),
            Route(.delete, path + "/{id}", .steppedUp(.manageStaff)) { _, context in
                try await self.webhooks.delete(try context.id, by: try context.loggedIn)
                return Response(status: .noContent)
            },
            Route(.post, path + "/{id}/rotate", .steppedUp(.manageStaff), self.rotate),
            Route(.post, path + "/{id}/test", .steppedUp(.manageStaff), self.sample),
            Route(.get, path + "/{id}/deliveries", .staff(.readStaff), self.deliveries),
            Route(.post, path + "/{id}/deliveries/{event_id}/replay", .steppedUp(.manageStaff), self.replay),
            Route(.get, "/staff/webhooks", .page(.readStaff)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/webhooks",
                    page.context("webhooks", title: "Webhook").merging([
                        "can_manage": session.role.may(.manageStaff),
                        "events": WebhookEvent.allCases.map { ["value": $0.rawValue, "title": $0.title] },
                    ]) { first, _ in first }.merging(self.snippets.context) { first, _ in first })
            },
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let cursor = QueryFields.idCursor(&fields)
        try fields.finish()
        return .json(try await self.webhooks.list(before: cursor, limit: limit))
    }

    @Sendable private func make(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let address = fields.parsed("url", longest: 2048) { text throws(ValidationFailure) in
            try WebhookAddress(parsing: text)
        }
        if !fields.has("events") { fields.missing("events") }
        let events = Self.events(&fields)
        try fields.finish()
        guard let address, let events else { throw Problems.internal }
        let (id, secret) = try await self.webhooks.make(address, events, by: try context.loggedIn)
        return .json(
            .object(["id": .string(id.uuidString.lowercased()), "secret": .string(secret)]), status: .created)
    }

    @Sendable private func change(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let address = fields.parsed("url", required: false, longest: 2048) { text throws(ValidationFailure) in
            try WebhookAddress(parsing: text)
        }
        let change = WebhookChange(
            address: address, events: Self.events(&fields), isActive: fields.optionalBool("active"))
        try fields.finish()
        return .json(try await self.webhooks.change(try context.id, change, by: try context.loggedIn))
    }

    @Sendable private func rotate(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        let id = try context.id
        let (secret, until) = try await self.webhooks.rotate(id, by: try context.loggedIn)
        return .json(
            .object([
                "id": .string(id.uuidString.lowercased()), "secret": .string(secret),
                "previous_until": .string(RFC3339.text(until)),
            ]), status: .created)
    }

    @Sendable private func sample(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let type = fields.parsed("type") { text throws(ValidationFailure) in
            guard let type = WebhookEvent(rawValue: text) else { throw Self.unknownEvent }
            return type
        }
        try fields.finish()
        guard let type else { throw Problems.internal }
        let event = try await self.webhooks.sample(type, for: try context.id, by: try context.loggedIn)
        return .json(.object(["id": .string(event.uuidString.lowercased())]), status: .created)
    }

    @Sendable private func deliveries(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let state = fields.parsed("state", required: false) { text throws(ValidationFailure) in
            guard ["queued", "sent", "dead"].contains(text) else {
                throw ValidationFailure(
                    "state_unknown", "没有这个状态，可用 queued、sent、dead", english: "One of queued, sent, dead.")
            }
            return text
        }
        let cursor = fields.parsed("cursor", required: false, longest: 19) { text throws(ValidationFailure) in
            guard let position = Int(text), position > 0 else { throw LeadCursor.invalid }
            return position
        }
        try fields.finish()
        return .json(
            try await self.webhooks.deliveries(of: try context.id, state: state, before: cursor, limit: limit))
    }

    @Sendable private func replay(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        guard let event = context.parameters.get("event_id").flatMap({ UUID(uuidString: $0) }) else {
            throw Problems.notFound
        }
        try await self.webhooks.replay(event, of: try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    private static func events(_ fields: inout FieldReader) -> [WebhookEvent]? {
        guard fields.has("events") else {
            _ = fields.value("events")
            return nil
        }
        let values = fields.value("events")?.asList ?? []
        let events = values.compactMap { $0.asText.flatMap { WebhookEvent(rawValue: $0) } }
        if events.isEmpty || events.count < values.count || Set(events).count < events.count {
            fields.fail(Self.unknownEvent, at: "events")
        }
        return events
    }

    private static let unknownEvent = ValidationFailure(
        "webhook_events_invalid", "事件至少选一项，不重复",
        english: "At least one, each once: \(WebhookEvent.allCases.map(\.rawValue).joined(separator: ", ")).")
}
