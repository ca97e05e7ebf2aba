import Foundation
import HTTPTypes
import Hummingbird
import Leads
import NIOCore

/// Ends the reading of an export with the answer that it is for, whether that was sent, broken off or never begun.
private final class ExportProducing: Sendable {
    private let producer: Task<Void, Never>

    init(_ producer: Task<Void, Never>) {
        self.producer = producer
    }

    func end() { self.producer.cancel() }

    deinit { self.end() }
}

/// `GET /api/v1/leads/export`: streams whatever the size, with the counts in the headers.
struct ExportRoutes: RouteList {
    let exports: LeadExport
    let jobs: ExportJobs
    let now: @Sendable () -> Date

    var routes: [Route] {
        var export = Route(.get, "/api/v1/leads/export", .staff(.exportLeads), self.export).open(to: .exportsRead)
        // Leads that nobody reads would be recorded as exported.
        export.answersHead = false
        return [export]
    }

    @Sendable private func export(_ request: Request, _ context: LeadRequestContext) async throws -> Response {
        guard let session = context.session else { throw Problems.unauthenticated }
        var fields = try QueryFields.reader(request)
        var filter = LeadFilter(&fields)
        filter.readRecipient(&fields)
        let format = Self.format(&fields)
        let columns = Self.columns(&fields)
        let phone = Self.phone(&fields)
        let reason = fields.optionalString("reason", longest: 500)?.trimmed ?? ""
        if phone == .plain, reason.isEmpty {
            fields.fail("reason_required", at: "reason", "导出完整号码须填写用途", english: "Plain numbers need a reason.")
        }
        try fields.finish()
        if phone == .plain, !session.isSteppedUp(at: self.now()) { throw Problems.stepUpRequired }
        let limit = try await self.jobs.allowDirect(phone)
        let export = ExportRequest(
            format: format, filter: filter, columns: columns, phone: phone, reason: reason, actor: session.username,
            role: session.auditRole, staffID: session.staffID)
        return try await self.response(export, limit: limit)
    }

    /// Starts the export, waits for its counts, and answers with a body that follows it.
    private func response(_ export: ExportRequest, limit: Int?) async throws -> Response {
        let pipe = ExportPipe()
        let exports = self.exports
        let producer = Task {
            do {
                try await exports.stream(
                    export, limit: limit, begin: { rows, excluded in pipe.begin(rows: rows, excluded: excluded) },
                    write: { try await pipe.write($0) })
                pipe.finish(nil)
            } catch {
                pipe.finish(error)
            }
        }
        let counts: (rows: Int, excluded: Int)
        do {
            counts = try await pipe.counts()
        } catch let large as ExportTooLarge {
            throw Problems.tooManyRows(large)
        } catch {
            producer.cancel()
            throw error
        }
        let producing = ExportProducing(producer)
        let name = "leads-\(RFC3339.text(self.now()).prefix(10)).\(export.format.rawValue)"
        return Response(
            status: .ok,
            headers: [
                .contentType: export.format.contentType,
                .contentDisposition: "attachment; filename=\"\(name)\"", .cacheControl: "no-store",
                .rowCount: String(counts.rows), .excludedCount: String(counts.excluded),
            ],
            body: ResponseBody { writer in
                // Also when the client is gone before the first byte, and nobody ever asks for the body.
                defer { producing.end() }
                while let buffer = try await pipe.next() { try await writer.write(buffer) }
                try await writer.finish(nil)
            })
    }

    static func format(_ fields: inout FieldReader) -> ExportRequest.Format {
        guard let format = ExportRequest.Format(rawValue: fields.optionalString("format") ?? "csv") else {
            fields.fail(
                "format_invalid", at: "format", "格式应为 csv、xlsx 或 ndjson", english: "format is csv, xlsx or ndjson.")
            return .csv
        }
        return format
    }

    static func phone(_ fields: inout FieldReader) -> ExportRequest.Phones {
        guard let phone = ExportRequest.Phones(rawValue: fields.optionalString("phone") ?? "masked") else {
            fields.fail("phone_invalid", at: "phone", "号码应为 masked 或 plain", english: "phone is masked or plain.")
            return .masked
        }
        return phone
    }

    private static func columns(_ fields: inout FieldReader) -> [ExportColumn] {
        guard let text = fields.optionalString("columns") else { return ExportColumn.standard }
        guard let columns = ExportColumn.list(text) else {
            fields.fail("columns_invalid", at: "columns", "列名有误或重复", english: "Unknown or repeated column.")
            return []
        }
        return columns
    }
}

extension Problems {
    static func tooManyRows(_ export: ExportTooLarge) -> Problem {
        Problem(
            .unprocessableContent, "too_many_rows", "共 \(export.rows) 行，超过设置的上限 \(export.limit) 行，请加筛选分几次导出",
            english: "\(export.rows) rows are more than the \(export.limit) that the settings allow.")
    }
}
