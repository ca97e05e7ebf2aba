import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// The audit, for administrators and auditors.
struct AuditRoutes: RouteList {
    let audit: AuditList
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.get, "/api/v1/audit", .staff(.readAudit), self.list),
            Route(.get, "/staff/audit", .page(.readAudit), self.show),
        ]
    }

    private struct Wanted {
        var filter: AuditFilter
        var cursor: UUID?
        var limit: Int
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let wanted = try Self.wanted(request)
        let (events, next) = try await self.audit.page(wanted.filter, after: wanted.cursor, limit: wanted.limit)
        return .json(
            .object([
                "items": .array(events.map { self.audit.json($0) }),
                "next_cursor": .optional(next?.uuidString.lowercased()),
            ]))
    }

    /// The page, also with what was wrong about the filter.
    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        let typed = FormFields(request.uri.query ?? "")
        var page = ConsolePage(session: session, now: self.now(), people: []).context("audit", title: "审计")
        for name in ["from", "to", "actor", "action", "object"] { page[name] = typed[name] ?? "" }
        do {
            let wanted = try Self.wanted(request)
            let (events, next) = try await self.audit.page(wanted.filter, after: wanted.cursor, limit: wanted.limit)
            page["is_empty"] = events.isEmpty
            page["has_events"] = !events.isEmpty
            page["events"] = events.map {
                [
                    "at": RFC3339.text($0.at).prefix(19).replacing("T", with: " "), "actor": $0.actor,
                    "role": Role(rawValue: $0.role)?.title ?? $0.role, "action": $0.action, "object": $0.object,
                    "detail": Self.shown(self.audit.detail(of: $0)),
                ]
            }
            page["next"] = next.map { Self.address(typed, after: $0) } ?? ""
            page["has_next"] = next != nil
            return try self.pages.render("staff/audit", page)
        } catch let problem as Problem where !problem.failures.isEmpty {
            page["has_errors"] = true
            page["errors"] = problem.failures.map { ["detail": $0.detail, "field": $0.pointer.trimmingPrefix("/")] }
            return try self.pages.render("staff/audit", page, status: .unprocessableContent)
        }
    }

    /// An empty detail says nothing.
    private static func shown(_ detail: String) -> String { detail == "{}" ? "" : detail }

    private static func address(_ typed: FormFields, after id: UUID) -> String {
        var parts = URLComponents()
        parts.path = "/staff/audit"
        parts.queryItems =
            ["from", "to", "actor", "action", "object"].compactMap { name in
                typed[name].flatMap { $0.isEmpty ? nil : URLQueryItem(name: name, value: $0) }
            } + [URLQueryItem(name: "cursor", value: id.uuidString.lowercased())]
        return parts.string ?? "/staff/audit"
    }

    /// `from` and `to` are days in Shanghai, both included.
    private static func wanted(_ request: Request) throws -> Wanted {
        var fields = try QueryFields.reader(request)
        func day(_ name: String) -> ShanghaiDate? {
            fields.parsed(name, required: false) { text throws(ValidationFailure) in try ShanghaiDate(parsing: text) }
        }
        func text(_ name: String) -> String? {
            fields.optionalString(name, longest: 200).flatMap { $0.isEmpty ? nil : $0 }
        }
        let (from, to) = (day("from"), day("to"))
        if let from, let to, from > to {
            fields.fail("period_invalid", at: "to", "结束日期不能早于开始日期", english: "to is before from.")
        }
        let filter = AuditFilter(
            from: from?.at(minute: 0), before: to?.adding(1).at(minute: 0), actor: text("actor"),
            action: text("action"), object: text("object"))
        let limit = QueryFields.limit(&fields)
        let cursor = fields.parsed("cursor", required: false, longest: 36) { text throws(ValidationFailure) in
            guard let id = UUID(uuidString: text) else { throw LeadCursor.invalid }
            return id
        }
        try fields.finish()
        return Wanted(filter: filter, cursor: cursor, limit: limit)
    }
}
