import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// Leads from files: for administrators who just proved who they are.
struct LeadImportRoutes: RouteList {
    let imports: LeadImports
    let pages: Pages
    let now: @Sendable () -> Date

    var routes: [Route] {
        [
            Route(.post, LeadImport.path, .steppedUp(.manageStaff), self.take),
            Route(.post, ImportBatch.path, .steppedUp(.manageStaff), self.draft),
            Route(.get, "/api/v1/imports", .staff(.manageStaff), self.list),
            Route(.get, "/api/v1/imports/{id}", .staff(.manageStaff), self.show),
            Route(.delete, "/api/v1/imports/{id}", .staff(.manageStaff), self.drop),
            Route(.post, "/api/v1/imports/{id}/try", .staff(.manageStaff), self.attempt),
            Route(.post, "/api/v1/imports/{id}/start", .steppedUp(.manageStaff), self.start),
            Route(.get, "/api/v1/imports/{id}/errors", .staff(.manageStaff), self.errors),
            Route(.post, "/api/v1/imports/{id}/undo", .steppedUp(.manageStaff), self.undo),
            Route(.get, "/staff/imports", .page(.manageStaff), self.page),
        ]
    }

    @Sendable private func take(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let handed = try LeadImport.read(try await request.json(context))
        let result = try await self.imports.take(handed, by: try context.loggedIn, from: request.sender(context))
        return .json(result.json, status: result.id == nil ? .ok : .created)
    }

    @Sendable private func draft(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let type = request.headers[.contentType]?.split(separator: ";").first.map { String($0).trimmed.lowercased() }
        guard type == "text/csv" else { throw Problems.noCSV }
        let file = Array(try await request.body.collect(upTo: context.maxUploadSize).readableBytesView)
        let id = try await self.imports.draft(file, by: try context.loggedIn)
        return .json(try await self.imports.show(id), status: .created)
    }

    @Sendable private func list(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try QueryFields.reader(request)
        let limit = QueryFields.limit(&fields)
        let cursor = QueryFields.idCursor(&fields)
        try fields.finish()
        return .json(try await self.imports.list(before: cursor, limit: limit))
    }

    @Sendable private func show(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try QueryFields.none(request)
        return .json(try await self.imports.show(try context.id))
    }

    @Sendable private func drop(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.imports.drop(try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func attempt(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.optionalJSON(context))
        let columns = try fields.object("columns") { LeadImport.columns(&$0) }
        try fields.finish()
        let id = try context.id
        return .json(try await Database.patient { try await self.imports.attempt(id, columns) })
    }

    @Sendable private func start(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        var fields = try FieldReader(try await request.json(context))
        let columns = try fields.object("columns") { LeadImport.columns(&$0) }
        let consent = try fields.object("consent", required: true) { try EntryDraft.consent(&$0) }
        try fields.finish()
        guard let consent else { throw Problems.internal }
        let id = try context.id
        try await self.imports.start(
            id, columns,
            for: ImportRequest(
                witness: try context.loggedIn.witness, sender: request.sender(context), basis: consent.basis,
                evidence: consent.evidence))
        return .json(try await self.imports.show(id), status: .accepted)
    }

    @Sendable private func errors(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try QueryFields.none(request)
        let file = try await self.imports.errorFile(of: try context.id)
        return Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: "attachment; filename=\"import-errors.csv\"", .cacheControl: "no-store",
            ], body: ResponseBody(byteBuffer: ByteBuffer(string: file)))
    }

    @Sendable private func undo(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        try await self.imports.undo(try context.id, by: try context.loggedIn)
        return Response(status: .noContent)
    }

    @Sendable private func page(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        let session = try context.loggedIn
        let page = ConsolePage(session: session, now: self.now(), people: [])
        return try self.pages.render(
            "staff/imports",
            page.context("imports", title: "导入").merging([
                "bases": ConsentBasis.allCases.map { ["value": $0.rawValue, "title": $0.title] },
                "fields": ImportColumns.Field.allCases.map {
                    ["value": $0.rawValue, "title": $0.title, "required": $0 == .name || $0 == .phone] as [String: Any]
                },
            ]) { first, _ in first })
    }
}

extension Request {
    fileprivate func sender(_ context: LeadRequestContext) -> EntrySender {
        EntrySender(address: context.clientAddress, userAgent: self.evidenceUserAgent, idempotencyKey: nil)
    }
}

extension Problems {
    static let noCSV = Problem(
        .unsupportedMediaType, "unsupported_media_type", "请以 text/csv 提交，不使用压缩",
        english: "Send text/csv without any Content-Encoding.")
}

extension ImportColumns.Field {
    /// What people know it by.
    var title: String {
        switch self {
        case .name: "称呼"
        case .phone: "手机号"
        case .source: "来源"
        case .remark: "备注"
        case .need: "需求"
        case .window: "方便时段"
        }
    }
}
