import Foundation
import HTTPTypes
import Hummingbird
import Leads

/// Exports as jobs: `/api/v1/exports` and its page.
struct ExportJobRoutes: RouteList {
    let jobs: ExportJobs
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        var file = Route(.get, "/api/v1/exports/{id}/file", .staff(.exportLeads), self.file)
        // Whoever looks at a file is recorded as having it.
        file.answersHead = false
        return [
            Route(.get, "/api/v1/exports", .staff(.readOffice), self.list),
            Route(.post, "/api/v1/exports", .staff(.exportLeads), self.make),
            Route(.get, "/api/v1/exports/{id}", .staff(.exportLeads), self.show),
            Route(.delete, "/api/v1/exports/{id}", .staff(.exportLeads), self.cancel),
            Route(.post, "/api/v1/exports/{id}/approve", .steppedUp(.exportLeads), self.approve),
            file,
            Route(.get, "/staff/exports", .page(.readOffice), self.page),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let cursor = QueryFields.idCursor(&fields)
        try fields.finish()
        return .json(try await self.jobs.list(before: cursor, limit: limit, for: try context.loggedIn))
    }

    @Sendable private func make(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        var fields = try FieldReader(try await request.json(context))
        let format = ExportRoutes.format(&fields)
        let phone = ExportRoutes.phone(&fields)
        let columns = Self.columns(&fields)
        let filters = fields.optionalObject("filters") ?? .object([:])
        var members = try FieldReader(filters, at: "/filters")
        let filter = LeadFilter(exporting: &members)
        members.refuseUnknown()
        fields.add(members.failures)
        let reason = fields.optionalString("reason", longest: 500)?.trimmed ?? ""
        if phone == .plain, reason.isEmpty {
            fields.fail("reason_required", at: "reason", "导出完整号码须填写用途", english: "Plain numbers need a reason.")
        } else if phone == .plain, reason.count < self.jobs.reasonLength {
            fields.fail(
                "reason_short", at: "reason", "用途至少写 \(self.jobs.reasonLength) 个字，说明给谁、做什么",
                english: "The reason has at least \(self.jobs.reasonLength) characters.")
        }
        try fields.finish()
        if phone == .plain, !session.isSteppedUp(at: self.now()) { throw Problems.stepUpRequired }
        // Written as the direct export writes it, with what is nobody's business taken out.
        let export = ExportRequest(
            format: format, filter: filter, columns: columns, phone: phone, reason: reason, actor: session.username,
            role: session.auditRole, staffID: session.staffID)
        let id = try await self.jobs.make(
            ExportJobDraft(
                format: format, filters: JSONOutput(filters), filter: filter, columns: columns, phone: phone,
                reason: export.reason), by: session)
        return .json(.object(["id": .string(id.uuidString.lowercased())]), status: .accepted)
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try QueryFields.none(request)
        return .json(try await self.jobs.show(try context.id, to: try context.loggedIn))
    }

    @Sendable private func cancel(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.jobs.cancel(try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func approve(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.jobs.approve(try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func file(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try QueryFields.none(request)
        let (job, reader) = try await self.jobs.file(of: try context.id, to: try context.loggedIn)
        let made = RFC3339.text(job.finishedAt ?? job.requestedAt).prefix(10)
        return Response(
            status: .ok,
            headers: [
                .contentType: job.format.contentType,
                .contentDisposition: "attachment; filename=\"leads-\(made).\(job.format.rawValue)\"",
                .cacheControl: "no-store", .rowCount: String(job.rows ?? 0),
                .excludedCount: String(job.excluded ?? 0),
            ],
            body: ResponseBody(contentLength: job.bytes) { writer in
                try await reader.read { try await writer.write($0) }
                try await writer.finish(nil)
            })
    }

    @Sendable private func page(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        let page = ConsolePage(session: session, now: self.now(), people: [])
        let chosen = try await self.jobs.lastColumns(of: session)
        let columns = chosen + ExportColumn.all.filter { !chosen.contains($0) }
        return try self.pages.render(
            "staff/exports",
            page.context("exports", title: "导出").merging([
                "reason_length": self.jobs.reasonLength,
                "columns": columns.map {
                    ["value": $0.rawValue, "title": $0.title, "chosen": chosen.contains($0)] as [String: Any]
                },
            ]) { first, _ in first })
    }

    private static func columns(_ fields: inout FieldReader) -> [ExportColumn] {
        guard fields.has("columns") else { return ExportColumn.standard }
        let names = fields.value("columns")?.asList?.map { $0.asText ?? "" } ?? []
        guard !names.isEmpty, let columns = ExportColumn.list(names.joined(separator: ",")),
            columns.count == names.count
        else {
            fields.fail("columns_invalid", at: "columns", "列名有误或重复", english: "Unknown or repeated column.")
            return []
        }
        return columns
    }
}

extension ExportColumn {
    /// Every column there is, the usual ones first.
    static let all: [ExportColumn] =
        Self.standard + ExportField.allCases.map { .one($0) }.filter { !Self.standard.contains($0) }

    /// What people know it by.
    var title: String {
        switch self {
        case .one(let field): field.title
        case .items: "测算各项得分"
        case .extra: "表单附加问题"
        }
    }
}
