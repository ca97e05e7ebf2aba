import Foundation
import Leads

/// A batch of leads from a file.
struct ImportBatch: Sendable {
    enum State: String, Sendable {
        /// The file is there, and nothing came in.
        case draft
        case queued, running, done
        /// It stopped; what came in before is there.
        case failed
        case undone
    }

    /// Why a batch stopped.
    enum Failure: String, Sendable {
        /// Its process ended, or the database was lost, again and again at the same place.
        case crashed
        /// No row of it could come in.
        case nothing
        /// A part of the file does not open.
        case unreadable
    }

    var id: UUID
    var state: State
    var madeAt: Date
    var madeBy: String
    var sha256: [UInt8]
    var basis: String?
    var rows: Int
    var added: Int
    var joined: Int
    var repeated: Int
    var refused: Int
    var headingSealed: [UInt8]?
    var columns: ImportColumns?
    var triedAt: Date?
    var failure: String?
    var finishedAt: Date?
    var undoneAt: Date?
    var undoneBy: String?

    /// How often the same part is begun at most.
    static let mostAttempts = 3
    /// How long a file waits for somebody who lets it in, or to be tried again.
    static let patience: TimeInterval = 24 * 3600
    static let path = "/api/v1/import-files"
    static let mostBytes = 50 * 1024 * 1024
    static let mostRows = 200_000

    static let tooLarge = Problem(
        .contentTooLarge, "too_large", "文件超过 50 MB，请分几个文件导入", english: "The file is larger than 50 MB; split it.")

    static func headingPlace(_ id: UUID) -> SealedPlace { SealedPlace("lead_imports", "heading_sealed", id) }
    static func requestPlace(_ id: UUID) -> SealedPlace { SealedPlace("lead_imports", "request_sealed", id) }
    static func partPlace(_ id: UUID) -> SealedPlace { SealedPlace("lead_import_parts", "text_sealed", id) }

    /// What the first line of the file says, while it is kept.
    func heading(_ keys: KeyRing) throws -> [String]? {
        guard let headingSealed else { return nil }
        let text = try keys.open(headingSealed, at: Self.headingPlace(self.id))
        return try StrictJSON.read(Array(text.utf8)).asList?.compactMap(\.asText)
    }

    func json(_ keys: KeyRing, sample: [ImportedRow] = []) throws -> JSONOutput {
        let heading = try self.heading(keys)
        return .object([
            "id": .string(self.id.uuidString.lowercased()), "state": .string(self.state.rawValue),
            "made_by": .string(self.madeBy), "made_at": .string(RFC3339.text(self.madeAt)),
            "sha256": .string(Hex.text(self.sha256)), "basis": .optional(self.basis), "rows": .integer(self.rows),
            "new": .integer(self.added), "joined": .integer(self.joined), "repeated": .integer(self.repeated),
            "refused": .integer(self.refused), "tried": .bool(self.triedAt != nil),
            "headings": heading.map { .array($0.map { .string($0) }) } ?? .null,
            "columns": self.columns?.json ?? .null, "sample": LeadImportResult.json(sample),
            "failure": .optional(self.failure), "finished_at": .optional(self.finishedAt.map { RFC3339.text($0) }),
            "undone_at": .optional(self.undoneAt.map { RFC3339.text($0) }), "undone_by": .optional(self.undoneBy),
        ])
    }

    var counts: [String: JSONOutput] {
        [
            "rows": .integer(self.rows), "new": .integer(self.added), "joined": .integer(self.joined),
            "repeated": .integer(self.repeated), "refused": .integer(self.refused),
            "sha256": .string(Hex.text(self.sha256)), "basis": .optional(self.basis),
        ]
    }
}

/// Who lets a batch in, and how all of them agreed.
struct ImportRequest: Sendable {
    var witness: EntryWitness
    var sender: EntrySender
    var basis: ConsentBasis
    var evidence: Remark

    /// As it is sealed while the batch comes in.
    var text: String {
        JSONOutput.object([
            "staff": .string(self.witness.staffID.uuidString), "name": .string(self.witness.actor.name),
            "role": .string(self.witness.actor.role), "address": .string(self.sender.address.description),
            "user_agent": .string(self.sender.userAgent), "basis": .string(self.basis.rawValue),
            "evidence": .string(self.evidence.text),
        ]).text
    }
}

extension ImportRequest {
    /// What `text` wrote.
    init(_ text: String) throws {
        var fields = try FieldReader(try StrictJSON.read(Array(text.utf8)))
        let (staff, name, role) = (
            fields.optionalUUID("staff"), fields.string("name"), fields.string("role")
        )
        let (address, agent) = (fields.string("address"), fields.optionalString("user_agent") ?? "")
        let basis = fields.string("basis").flatMap { ConsentBasis(rawValue: $0) }
        let evidence = fields.parsed("evidence", longest: 2000) { text throws(ValidationFailure) in
            try Remark(parsing: text)
        }
        try fields.finish()
        guard let staff, let name, let role, let address, let basis, let evidence else { throw Problems.internal }
        self.init(
            witness: EntryWitness(staffID: staff, actor: AuditActor(name: name, role: role)),
            sender: EntrySender(address: ClientAddress(peer: address), userAgent: agent, idempotencyKey: nil),
            basis: basis, evidence: evidence)
    }
}

/// A batch that this process may bring in, under the token of its claim.
struct ClaimedImport: Sendable {
    var id: UUID
    var token: UUID
    var columns: ImportColumns
    var requestSealed: [UInt8]
}

/// Somebody else brings the batch in now.
struct ImportLeaseLost: Error {}
