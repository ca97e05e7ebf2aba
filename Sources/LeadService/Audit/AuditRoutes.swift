import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// The audit, for administrators and auditors.
struct AuditRoutes: RouteList {
    let audit: AuditList
    let actions: AuditActions
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.get, "/api/v1/audit", .staff(.readAudit), self.list),
            self.export,
            Route(.get, "/staff/audit", .page(.readAudit), self.show),
        ]
    }

    private static let names = ["from", "to", "actor", "action", "object"]

    private var export: Route {
        // What nobody reads would be told as exported.
        var route = Route(.get, "/api/v1/audit/export", .staff(.readAudit), self.sendFile)
        route.answersHead = false
        return route
    }

    /// Everything that the filter finds as CSV, however long; the export is an event itself.
    @Sendable private func sendFile(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let wanted = try Self.wanted(request, paged: false).filter
        let typed = FormFields(request.uri.query ?? "")
        try await self.audit.noteExport(
            by: try context.loggedIn,
            of: Dictionary(uniqueKeysWithValues: Self.names.compactMap { name in typed[name].map { (name, $0) } }))
        let (audit, actions) = (self.audit, self.actions)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"audit-\(ShanghaiDate(self.now())).csv\"",
            ],
            body: ResponseBody { writer in
                func line(_ cells: [String]) -> String {
                    cells.map { CSVField.cell($0) }.joined(separator: ",") + "\r\n"
                }
                try await writer.write(
                    ByteBuffer(string: "\u{FEFF}" + line(["时间", "谁", "角色", "动作", "动作代码", "对象", "详情", "编号"])))
                var cursor: UUID?
                repeat {
                    let (events, next) = try await audit.page(wanted, after: cursor, limit: 1000)
                    let lines = events.map {
                        line([
                            RFC3339.text($0.at), $0.actor, Role(rawValue: $0.role)?.title ?? $0.role,
                            actions.title(of: $0.action), $0.action, $0.object, audit.detail(of: $0),
                            $0.id.uuidString.lowercased(),
                        ])
                    }
                    try await writer.write(ByteBuffer(string: lines.joined()))
                    cursor = next
                } while cursor != nil
                try await writer.finish(nil)
            })
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
        for name in Self.names { page[name] = typed[name] ?? "" }
        page["actions"] = self.actions.choices
        if let end = try await self.audit.end() { page["chain_end"] = end.noted }
        do {
            let wanted = try Self.wanted(request)
            let (events, next) = try await self.audit.page(wanted.filter, after: wanted.cursor, limit: wanted.limit)
            page["is_empty"] = events.isEmpty
            page["has_events"] = !events.isEmpty
            page["events"] = events.map {
                [
                    "at": RFC3339.text($0.at).prefix(19).replacing("T", with: " "), "actor": $0.actor,
                    "role": Role(rawValue: $0.role)?.title ?? $0.role, "action": self.actions.title(of: $0.action),
                    "code": $0.action, "object": $0.object,
                    "detail": Self.shown(self.audit.detail(of: $0)),
                ]
            }
            page["file"] = Self.address("/api/v1/audit/export", typed)
            page["next"] = next.map { Self.address("/staff/audit", typed, after: $0) } ?? ""
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

    private static func address(_ path: String, _ typed: FormFields, after id: UUID? = nil) -> String {
        var parts = URLComponents()
        parts.path = path
        let items =
            self.names.compactMap { name in
                typed[name].flatMap { $0.isEmpty ? nil : URLQueryItem(name: name, value: $0) }
            } + (id.map { [URLQueryItem(name: "cursor", value: $0.uuidString.lowercased())] } ?? [])
        parts.queryItems = items.isEmpty ? nil : items
        return parts.string ?? path
    }

    /// `from` and `to` are days in Shanghai, both included.
    private static func wanted(_ request: Request, paged: Bool = true) throws -> Wanted {
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
        guard paged else {
            try fields.finish()
            return Wanted(filter: filter, cursor: nil, limit: 0)
        }
        let limit = QueryFields.limit(&fields)
        let cursor = QueryFields.idCursor(&fields)
        try fields.finish()
        return Wanted(filter: filter, cursor: cursor, limit: limit)
    }
}
