import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The accounts of the staff, for administrators; auditors read the list.
struct AccountRoutes: RouteList {
    let accounts: StaffAccounts
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.get, "/api/v1/staff", .staff(.readStaff), self.list),
            Route(.post, "/api/v1/staff", .steppedUp(.manageStaff), self.add),
            Route(.patch, "/api/v1/staff/{id}", .steppedUp(.manageStaff), self.change),
            Route(.post, "/api/v1/staff/{id}/reset", .steppedUp(.manageStaff), self.reset),
            Route(.get, "/staff/people", .page(.readStaff)) { _, context in
                let session = try context.loggedIn
                let page = ConsolePage(session: session, now: self.now(), people: [])
                return try self.pages.render(
                    "staff/people-list",
                    page.context("people", title: "员工").merging([
                        "can_manage": session.role.may(.manageStaff),
                        "roles": Role.allCases.map { ["value": $0.rawValue, "title": $0.title] },
                    ]) { first, _ in first })
            },
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let cursor = fields.parsed("cursor", required: false, longest: 200) { text throws(ValidationFailure) in
            guard let username = try? Username(parsing: text) else { throw LeadCursor.invalid }
            return username.text
        }
        try fields.finish()
        return .json(try await self.accounts.list(after: cursor, limit: limit))
    }

    @Sendable private func add(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        var fields = try FieldReader(try await request.json(context))
        let username = fields.parsed("username", longest: 64) { text throws(ValidationFailure) in
            try Username(parsing: text)
        }
        let displayName = Self.displayName(&fields, required: true)
        let role = Self.role(&fields, required: true)
        try fields.finish()
        guard let username, let displayName, let role else { throw Problems.internal }
        let (id, password) = try await self.accounts.create(
            username, displayName: displayName, role: role, by: session.username, as: session.role.rawValue)
        return Self.created(id, password)
    }

    @Sendable private func change(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let change = StaffChange(
            role: Self.role(&fields, required: false), displayName: Self.displayName(&fields, required: false),
            isActive: fields.optionalBool("active"))
        try fields.finish()
        return .json(try await self.accounts.change(try context.id, change, by: try context.loggedIn).json)
    }

    @Sendable private func reset(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        try fields.finish()
        let id = try context.id
        return Self.created(id, try await self.accounts.reset(id, by: try context.loggedIn))
    }

    /// A one-time password is told once, and nobody keeps it on the way.
    private static func created(_ id: UUID, _ password: String) -> Response {
        .json(
            .object(["id": .string(id.uuidString.lowercased()), "one_time_password": .string(password)]),
            status: .created)
    }

    private static func role(_ fields: inout FieldReader, required: Bool) -> Role? {
        fields.parsed("role", required: required, longest: 32) { text throws(ValidationFailure) in
            guard let role = Role(rawValue: text) else {
                throw ValidationFailure(
                    "role_unknown", "没有这个角色",
                    english: "adviser, supervisor, administrator, auditor or privacy.")
            }
            return role
        }
    }

    private static func displayName(_ fields: inout FieldReader, required: Bool) -> String? {
        fields.parsed("display_name", required: required, longest: 200) { text throws(ValidationFailure) in
            try StaffAccounts.checked(displayName: text)
        }
    }
}
