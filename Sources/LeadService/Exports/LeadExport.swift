import Crypto
package import Foundation
import Leads
import Logging
package import NIOCore

/// What somebody asked to have exported.
package struct ExportRequest: Sendable {
    package enum Format: String, Sendable, CaseIterable {
        case csv, ndjson, xlsx

        var contentType: String {
            switch self {
            case .csv: "text/csv; charset=utf-8"
            case .ndjson: "application/x-ndjson; charset=utf-8"
            case .xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        }
    }

    package enum Phones: String, Sendable {
        case masked, plain
    }

    package var format: Format
    package var filter: LeadFilter
    package var columns: [ExportColumn]
    package var phone: Phones
    package var reason: String
    package var actor: String
    package var role: String
    package var staffID: UUID?

    package init(
        format: Format, filter: LeadFilter, columns: [ExportColumn], phone: Phones, reason: String, actor: String,
        role: String,
        staffID: UUID?
    ) {
        self.format = format
        self.filter = filter
        self.columns = columns
        self.phone = phone
        // The record keeps it in the clear.
        self.reason = PhoneNumber.redacted(in: IdentityNumber.masked(in: reason))
        self.actor = actor
        self.role = role
        self.staffID = staffID
    }
}

/// The record of one export.
struct ExportRecord: Sendable {
    var id: UUID
    var at: Date
    var staffID: UUID?
    var actor: String
    var format: ExportRequest.Format
    var filters: [String: JSONOutput]
    var columns: [String]
    var phone: ExportRequest.Phones
    var reason: String

    init(_ request: ExportRequest, id: UUID, at: Date) {
        self.id = id
        self.at = at
        self.staffID = request.staffID
        self.actor = request.actor
        self.format = request.format
        self.filters = request.filter.summary
        self.columns = request.columns.map(\.rawValue)
        self.phone = request.phone
        self.reason = request.reason
    }

    /// What the audit tells of it.
    func detail(_ written: LeadExport.Written) -> [String: JSONOutput] {
        [
            "format": .string(self.format.rawValue), "filters": .object(self.filters),
            "columns": .array(self.columns.map { .string($0) }), "phone": .string(self.phone.rawValue),
            "reason": .string(self.reason), "rows": .optional(written.rows), "excluded": .optional(written.excluded),
            "sha256": .optional(written.sha256.map { Hex.text($0) }),
        ]
    }
}

/// Exporting leads: one snapshot, each matching lead once, in constant memory, recorded whatever becomes of it.
package struct LeadExport: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    private static let batch = 500
    /// A batch is decrypted and written in so many parts at once.
    private static let parts = max(1, min(8, ProcessInfo.processInfo.activeProcessorCount))

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Streams an export: `begin` gets the counts of the snapshot before the first byte, `write` the bytes in order.
    ///
    /// A failure in the middle is thrown after the record says `failed`, so that the transfer breaks visibly.
    package func stream(
        _ request: ExportRequest, limit: Int? = nil,
        begin: @Sendable (_ rows: Int, _ excluded: Int) async throws -> Void,
        write: @Sendable (ByteBuffer) async throws -> Void
    ) async throws {
        let record = ExportRecord(request, id: self.dependencies.makeID(), at: self.dependencies.now())
        try await self.database.autocommit { try await $0.insertExportRecord(record) }
        let database = self.database
        do {
            // The database is there; counting and sorting everything may take it longer than a visitor's page.
            try await Database.patient {
                let written = try await self.write(
                    request, as: record, limit: limit, begin: begin,
                    note: { leads in
                        try await database.autocommit { try await $0.insertExportLeads(leads, of: record.id) }
                    }, write: write)
                try await self.finish(record, request, state: "done", written)
            }
        } catch {
            if let broken = error as? SealBroken {
                self.dependencies.logger.error("an export broke off", metadata: broken.logMetadata)
            }
            // Whoever asked may be gone, and with them this task; the record is kept all the same.
            await Task { try? await self.finish(record, request, state: "failed", Written()) }.value
            throw error
        }
    }

    struct Written: Sendable {
        var rows: Int?
        var excluded: Int?
        var sha256: [UInt8]?
    }

    /// Writes an export of one snapshot.
    ///
    /// - Parameters:
    ///   - limit: the most rows it may have.
    ///   - begin: gets the counts before the first byte.
    ///   - note: gets the leads of each batch before their bytes are written.
    ///   - write: gets the bytes in order.
    func write(
        _ request: ExportRequest, as record: ExportRecord, limit: Int?,
        begin: @Sendable (Int, Int) async throws -> Void, note: @Sendable ([UUID]) async throws -> Void,
        write: @Sendable (ByteBuffer) async throws -> Void
    ) async throws -> Written {
        let keys = self.dependencies.keys
        let filter = IndexedLeadFilter(request.filter, keys: keys)
        return try await self.database.snapshot { tx in
            let counts = try await tx.countLeads(filter)
            if let limit, counts.rows > limit { throw ExportTooLarge(rows: counts.rows, limit: limit) }
            try await begin(counts.rows, counts.excluded)
            let needsQuestions = request.format != .ndjson && request.columns.contains(.extra)
            let questions =
                needsQuestions ? try await Self.questions(filter, keys, tx, at: record.at) : ExtraQuestions()
            let encoder = ExportEncoder(request: request, questions: questions, keys: keys)
            var hash = SHA256()
            var rows = 0
            func emit(_ buffer: ByteBuffer) async throws {
                hash.update(data: Array(buffer.readableBytesView))
                try await write(buffer)
            }
            let table = request.format == .xlsx ? try ExportTable(encoder, id: record.id) : nil
            if table == nil { try await emit(ByteBuffer(string: encoder.header)) }
            try await tx.declareExport(filter)
            var batch = try await tx.fetchExport(Self.batch)
            while !batch.isEmpty {
                // The database looks for the next leads while these are decrypted and sent.
                async let next = tx.fetchExport(Self.batch)
                // Before the bytes leave: an export that breaks off has shown what it had shown.
                try await note(batch.map(\.leadID))
                if let table {
                    let rows = try await Self.parts(of: batch) { part in try part.map { try encoder.cells($0) } }
                    for row in rows.joined() { try table.append(row) }
                } else {
                    let texts = try await Self.parts(of: batch) { part in
                        var text = ""
                        for row in part { try encoder.write(row, to: &text) }
                        return text
                    }
                    for text in texts { try await emit(ByteBuffer(string: text)) }
                }
                rows += batch.count
                batch = try await next
            }
            guard rows == counts.rows else { throw ExportIncomplete(expected: counts.rows, written: rows) }
            if let table {
                try table.close(with: self.facts(of: record, rows: rows, excluded: counts.excluded))
                while let part = try table.read() { try await emit(part) }
            }
            return Written(rows: rows, excluded: counts.excluded, sha256: Array(hash.finalize()))
        }
    }

    /// What the leads of the snapshot answered beyond our own questions: a table needs its columns before its first row.
    private static func questions(
        _ filter: IndexedLeadFilter, _ keys: KeyRing, _ tx: Transaction, at now: Date
    ) async throws -> ExtraQuestions {
        let settings = Settings(rows: try await tx.settingRows().filter { $0.effectiveAt <= now })
        var questions = ExtraQuestions(asked: settings.extraQuestions, former: settings.formerQuestions)
        try await tx.declareExtras(filter)
        while true {
            let batch = try await tx.fetchExtras(Self.batch)
            guard !batch.isEmpty else { break }
            for each in batch { questions.add(try LeadRow.extra(each.sealed, of: each.inquiry, keys).keys) }
        }
        questions.settle()
        return questions
    }

    /// What the second sheet of a table says of it.
    private func facts(of record: ExportRecord, rows: Int, excluded: Int) -> [(String, ExportCell)] {
        [
            ("导出人", .ours(record.actor)), ("导出时间（北京时间）", .ours(ExportEncoder.local(record.at))),
            ("导出编号", .ours(record.id.uuidString.lowercased())),
            ("筛选", .foreign(JSONOutput.object(record.filters).text)),
            ("号码", .ours(record.phone == .plain ? "完整" : "打码")), ("用途", .foreign(record.reason)),
            ("行数", .number(rows)), ("按规定未导出（已删除、已撤回、要求不再联系）", .number(excluded)),
        ]
    }

    /// A batch turned into something, its parts side by side and in order.
    private static func parts<Part: Sendable>(
        of batch: [LeadRow], _ body: @escaping @Sendable (ArraySlice<LeadRow>) throws -> Part
    ) async throws -> [Part] {
        let length = (batch.count + Self.parts - 1) / Self.parts
        return try await withThrowingTaskGroup(of: (Int, Part).self) { group in
            for start in stride(from: 0, to: batch.count, by: length) {
                let part = batch[start..<min(start + length, batch.count)]
                // The tasks of a lease run on its connection's thread unless told otherwise.
                group.addTask(executorPreference: globalConcurrentExecutor) { (start, try body(part)) }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map { $0.1 }
        }
    }

    private func finish(
        _ record: ExportRecord, _ request: ExportRequest, state: String, _ written: Written
    ) async throws {
        let event = self.audit.event(
            "export.\(state)", on: record.id.uuidString.lowercased(), by: request.actor, role: request.role,
            detail: record.detail(written))
        let now = self.dependencies.now()
        try await self.database.transaction { tx in
            try await tx.finishExportRecord(
                record.id, state: state, rows: written.rows, excluded: written.excluded, sha256: written.sha256, at: now
            )
            try await tx.insert(event)
        }
    }
}

/// The snapshot held another number of rows than were written.
package struct ExportIncomplete: Error, CustomStringConvertible {
    package let expected: Int
    package let written: Int
    package var description: String { "the export broke off: \(self.written) of \(self.expected) rows" }
}

/// More rows than the settings allow.
package struct ExportTooLarge: Error {
    package let rows: Int
    package let limit: Int
}

/// Bytes as lower-case hexadecimal.
package enum Hex {
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
