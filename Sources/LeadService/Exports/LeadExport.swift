import Crypto
package import Foundation
import Leads
package import NIOCore

/// What somebody asked to have exported.
package struct ExportRequest: Sendable {
    package enum Format: String, Sendable, CaseIterable {
        case csv, ndjson
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
        self.reason = reason
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
}

/// Exporting leads: one snapshot, each matching lead once, in constant memory, recorded whatever becomes of it.
package struct LeadExport: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    private static let batch = 500

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Streams an export: `begin` gets the counts of the snapshot before the first byte, `write` the bytes in order.
    ///
    /// A failure in the middle is thrown after the record says `failed`, so that the transfer breaks visibly.
    package func stream(
        _ request: ExportRequest, begin: @Sendable (_ rows: Int, _ excluded: Int) async throws -> Void,
        write: @Sendable (ByteBuffer) async throws -> Void
    ) async throws {
        let record = ExportRecord(
            id: self.dependencies.makeID(), at: self.dependencies.now(), staffID: request.staffID, actor: request.actor,
            format: request.format, filters: request.filter.summary, columns: request.columns.map(\.rawValue),
            phone: request.phone,
            reason: request.reason)
        try await self.database.autocommit { try await $0.insertExportRecord(record) }
        do {
            let written = try await self.write(request, begin: begin, write: write)
            try await self.finish(record, request, state: "done", written)
        } catch {
            try? await self.finish(record, request, state: "failed", Written())
            throw error
        }
    }

    private struct Written: Sendable {
        var rows = 0
        var excluded = 0
        var sha256: [UInt8]?
    }

    private func write(
        _ request: ExportRequest, begin: @Sendable (Int, Int) async throws -> Void,
        write: @Sendable (ByteBuffer) async throws -> Void
    ) async throws -> Written {
        let keys = self.dependencies.keys
        let filter = IndexedLeadFilter(request.filter, keys: keys)
        return try await self.database.snapshot { tx in
            let counts = try await tx.countLeads(filter)
            try await begin(counts.rows, counts.excluded)
            let encoder = ExportEncoder(request: request, keys: keys)
            var hash = SHA256()
            var rows = 0
            func emit(_ text: String) async throws {
                let buffer = ByteBuffer(string: text)
                hash.update(data: Data(buffer.readableBytesView))
                try await write(buffer)
            }
            try await emit(encoder.header)
            try await tx.declareExport(filter)
            while true {
                let batch = try await tx.fetchExport(Self.batch)
                guard !batch.isEmpty else { break }
                try await emit(try batch.map { try encoder.line($0) }.joined())
                rows += batch.count
            }
            guard rows == counts.rows else { throw ExportIncomplete(expected: counts.rows, written: rows) }
            return Written(rows: rows, excluded: counts.excluded, sha256: Array(hash.finalize()))
        }
    }

    private func finish(
        _ record: ExportRecord, _ request: ExportRequest, state: String, _ written: Written
    ) async throws {
        let detail: [String: JSONOutput] = [
            "format": .string(record.format.rawValue), "filters": .object(record.filters),
            "columns": .array(record.columns.map { .string($0) }), "phone": .string(record.phone.rawValue),
            "reason": .string(record.reason), "rows": .integer(written.rows), "excluded": .integer(written.excluded),
            "sha256": .optional(written.sha256.map { Hex.text($0) }), "state": .string(state),
        ]
        let event = self.audit.event(
            "export.\(state)", on: record.id.uuidString.lowercased(), by: request.actor, role: request.role,
            detail: detail)
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

/// Bytes as lower-case hexadecimal.
package enum Hex {
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
