import Foundation
import Leads

/// What becomes of an export that is made in the background.
enum ExportJobState: String, Sendable {
    case waitingApproval = "waiting_approval"
    case queued, running, done, failed, cancelled, expired
}

/// Why an export job failed.
enum ExportJobFailure: String, Sendable {
    /// Its process ended, or the database was lost, in each of its attempts.
    case crashed
    /// More rows than the settings allow.
    case tooManyRows = "too_many_rows"
    /// A value that it should hold does not open, or the snapshot was not what was counted.
    case unreadable
    /// It ran longer than any export may.
    case tooLong = "too_long"
}

/// An export job as lists show it.
struct ExportJob: Sendable {
    var id: UUID
    var requestedByID: UUID
    var requestedBy: String
    var requestedAt: Date
    var format: ExportRequest.Format
    var filters: String
    var columns: [String]
    var phone: ExportRequest.Phones
    var reason: String
    var state: ExportJobState
    var approvedBy: String?
    var approvedAt: Date?
    var attempts: Int
    var done: Int
    var total: Int?
    var chunks: Int?
    var rows: Int?
    var excluded: Int?
    var bytes: Int?
    var sha256: [UInt8]?
    var keySealed: [UInt8]?
    var failure: String?
    var finishedAt: Date?
    var expiresAt: Date?
    var downloads: Int

    /// How often an export is begun at most.
    static let mostAttempts = 3
    /// How long its file is kept.
    static let shelfLife: TimeInterval = 24 * 3600
    /// How long it waits for somebody who agrees.
    static let patience: TimeInterval = 3 * 86400
    /// How long an ended job is listed.
    static let memory: TimeInterval = 90 * 86400

    /// The state at an instant: a file that is too old is gone, whether it was purged yet or not.
    func state(at now: Date) -> ExportJobState {
        if self.state == .done, let expiresAt, expiresAt <= now { return .expired }
        return self.state
    }

    func json(for session: StaffSession, at now: Date) -> JSONOutput {
        .object([
            "id": .string(self.id.uuidString.lowercased()), "state": .string(self.state(at: now).rawValue),
            "format": .string(self.format.rawValue), "filters": .raw(self.filters),
            "columns": .array(self.columns.map { .string($0) }), "phone": .string(self.phone.rawValue),
            "reason": .string(self.reason), "requested_by": .string(self.requestedBy),
            "requested_at": .string(RFC3339.text(self.requestedAt)), "approved_by": .optional(self.approvedBy),
            "approved_at": .optional(self.approvedAt.map { RFC3339.text($0) }), "attempts": .integer(self.attempts),
            "done": .integer(self.done), "total": .optional(self.total), "rows": .optional(self.rows),
            "excluded": .optional(self.excluded), "bytes": .optional(self.bytes),
            "sha256": .optional(self.sha256.map { Hex.text($0) }), "failure": .optional(self.failure),
            "finished_at": .optional(self.finishedAt.map { RFC3339.text($0) }),
            "expires_at": .optional(self.expiresAt.map { RFC3339.text($0) }), "downloads": .integer(self.downloads),
            "mine": .bool(self.requestedByID == session.staffID),
        ])
    }
}

/// An export job that this process may run, under the token of its claim.
struct ClaimedExport: Sendable {
    var id: UUID
    var token: UUID
    var attempt: Int
    var startedAt: Date
    var requestedByID: UUID
    var requestedBy: String
    var role: String
    var format: ExportRequest.Format
    var columns: [String]
    var phone: ExportRequest.Phones
    var reason: String
    var filterSealed: [UInt8]

    static func filterPlace(_ id: UUID) -> SealedPlace { SealedPlace("export_jobs", "filter_sealed", id) }

    /// What was asked for.
    func request(_ keys: KeyRing) throws -> ExportRequest {
        let text = try keys.open(self.filterSealed, at: Self.filterPlace(self.id))
        var fields = try FieldReader(try StrictJSON.read(Array(text.utf8)))
        let filter = LeadFilter(exporting: &fields)
        try fields.finish()
        return ExportRequest(
            format: self.format, filter: filter, columns: self.columns.compactMap { ExportColumn(rawValue: $0) },
            phone: self.phone, reason: self.reason, actor: self.requestedBy, role: self.role,
            staffID: self.requestedByID)
    }
}

/// An export job about to be queued.
struct ExportJobDraft: Sendable {
    var format: ExportRequest.Format
    /// The members of the filter as they came; read again when the job runs.
    var filters: JSONOutput
    var filter: LeadFilter
    var columns: [ExportColumn]
    var phone: ExportRequest.Phones
    var reason: String

    /// The same for the same export.
    var fingerprintText: String {
        [
            self.format.rawValue, self.filters.text, self.columns.map(\.rawValue).joined(separator: ","),
            self.phone.rawValue, self.reason,
        ].map { "\($0.utf8.count):\($0)" }.joined()
    }
}

extension LeadFilter {
    /// Reads the members of an export's filter.
    init(exporting fields: inout FieldReader) {
        self.init(&fields)
        self.readRecipient(&fields)
    }
}

/// Somebody else has the job now, or it was cancelled.
struct ExportLeaseLost: Error {}

/// A job ran longer than any export may.
struct ExportTooLong: Error {}
