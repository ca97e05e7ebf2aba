import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The keys of programs, for administrators; auditors read the list.
struct APIKeyRoutes: RouteList {
    let keys: APIKeys
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.get, "/api/v1/api-keys", .staff(.readStaff), self.list),
            Route(.post, "/api/v1/api-keys", .steppedUp(.manageStaff), self.make),
            Route(.delete, "/api/v1/api-keys/{id}", .steppedUp(.manageStaff), self.revoke),
            Route(.post, "/api/v1/api-keys/{id}/rotate", .steppedUp(.manageStaff), self.rotate),
            Route(.get, "/staff/api-keys", .page(.readStaff)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/api-keys",
                    page.context("api-keys", title: "密钥").merging([
                        "can_manage": session.role.may(.manageStaff),
                        "scopes": APIScope.allCases.map { ["value": $0.rawValue, "title": $0.title] },
                    ]) { first, _ in first })
            },
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let cursor = QueryFields.idCursor(&fields)
        try fields.finish()
        return .json(try await self.keys.list(before: cursor, limit: limit))
    }

    @Sendable private func make(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let name = fields.parsed("name", longest: 64) { text throws(ValidationFailure) in
            guard let name = try? Username(parsing: text) else {
                throw ValidationFailure(
                    "key_name_invalid", "名称为 2–32 个小写字母、数字、点、横线，不含电话或证件号码",
                    english: "2–32 lower-case letters, digits, dots or hyphens, and no telephone or identity number.")
            }
            return name.text
        }
        let scopes = Self.scopes(&fields)
        let expiresAt = fields.optionalDate("expires_at")
        if let expiresAt, expiresAt <= self.now() {
            fields.fail("expiry_past", at: "expires_at", "到期时间要在现在之后", english: "The expiry must lie ahead.")
        }
        try fields.finish()
        guard let name else { throw Problems.internal }
        let draft = APIKeyDraft(name: name, scopes: scopes, expiresAt: expiresAt)
        let (id, key) = try await self.keys.make(draft, by: try context.loggedIn)
        return .json(
            .object(["id": .string(id.uuidString.lowercased()), "key": .string(key)]), status: .created)
    }

    @Sendable private func rotate(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        let id = try context.id
        let (key, until) = try await self.keys.rotate(id, by: try context.loggedIn)
        return .json(
            .object([
                "id": .string(id.uuidString.lowercased()), "key": .string(key),
                "previous_until": .string(RFC3339.text(until)),
            ]), status: .created)
    }

    @Sendable private func revoke(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.keys.revoke(try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    private static func scopes(_ fields: inout FieldReader) -> [APIScope] {
        guard fields.has("scopes"), let values = fields.value("scopes")?.asList else {
            fields.missing("scopes")
            return []
        }
        let scopes = values.compactMap { $0.asText.flatMap { APIScope(rawValue: $0) } }
        if scopes.isEmpty || scopes.count < values.count || Set(scopes).count < scopes.count {
            fields.fail(
                "scopes_invalid", at: "scopes", "权限至少选一项，不重复",
                english: "At least one, each once: \(APIScope.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return scopes
    }
}
