import Foundation
import Leads
import NIOCore
import Postgres

extension ImportBatch: TableRow {
    static let columns = """
        b.id, b.state, b.made_at, b.made_by, b.sha256, b.basis, b.rows, b.added, b.joined, b.repeated, b.refused, b.heading_sealed,
        b.columns::text, b.tried_at, b.failure, b.finished_at, b.undone_at, b.undone_by
        """

    init(row: PostgresRow) throws {
        let row = row.makeRandomAccess()
        guard let state = State(rawValue: try row[1].decode(String.self)) else { throw MissingRow() }
        self.init(
            id: try row[0].decode(UUID.self), state: state, madeAt: try row[2].decode(Date.self),
            madeBy: try row[3].decode(String.self), sha256: try row[4].decode(ByteBuffer.self).bytes,
            basis: try row[5].decode(String?.self), rows: Int(try row[6].decode(Int32.self)),
            added: Int(try row[7].decode(Int32.self)), joined: Int(try row[8].decode(Int32.self)),
            repeated: Int(try row[9].decode(Int32.self)), refused: Int(try row[10].decode(Int32.self)),
            headingSealed: try row[11].decode(ByteBuffer?.self)?.bytes,
            columns: try row[12].decode(String?.self).map { try ImportColumns(json: $0) },
            triedAt: try row[13].decode(Date?.self), failure: try row[14].decode(String?.self),
            finishedAt: try row[15].decode(Date?.self), undoneAt: try row[16].decode(Date?.self),
            undoneBy: try row[17].decode(String?.self))
    }
}

extension ImportColumns {
    /// What `json` wrote.
    init(json text: String) throws {
        var fields = try FieldReader(try StrictJSON.read(Array(text.utf8)))
        self = LeadImport.columns(&fields)
        try fields.finish()
    }
}

/// A part of a file as it is kept.
struct KeptPart: TableRow {
    static let columns = "p.id, p.line, p.rows, p.text_sealed"
    let id: UUID
    let line: Int
    let rows: Int
    let sealed: [UInt8]

    init(row: PostgresRow) throws {
        let (id, line, rows, sealed) = try row.decode((UUID, Int32, Int32, ByteBuffer).self)
        (self.id, self.line, self.rows, self.sealed) = (id, Int(line), Int(rows), sealed.bytes)
    }
}

/// Why a row did not come in, as it is kept.
struct KeptRefusal: TableRow {
    static let columns = "r.line, r.code, r.detail"
    let line: Int
    let code: String
    let detail: String

    init(row: PostgresRow) throws {
        let (line, code, detail) = try row.decode((Int32, String, String).self)
        (self.line, self.code, self.detail) = (Int(line), code, detail)
    }
}

extension Transaction {
    func importBatch(_ id: UUID) async throws -> ImportBatch? {
        try await self.first("SELECT \(columnsOf: ImportBatch.self) FROM lead_imports b WHERE b.id = \(id)")
    }

    func importBatches(before id: UUID?, limit: Int) async throws -> [ImportBatch] {
        try await self.all(
            """
            SELECT \(columnsOf: ImportBatch.self) FROM lead_imports b
            WHERE \(id)::uuid IS NULL OR b.id < \(id)::uuid ORDER BY b.id DESC LIMIT \(limit)
            """)
    }

    /// Whether this very file came in, or is about to.
    func isImported(sha256: [UInt8]) async throws -> Bool {
        try await self.execute(
            """
            SELECT 1 FROM lead_imports WHERE sha256 = \(ByteBuffer(bytes: sha256))
              AND (state IN ('queued', 'running', 'done') OR state = 'failed' AND added + joined > 0)
            """)
    }

    func insertImportDraft(
        _ id: UUID, at now: Date, by username: String, sha256: [UInt8], rows: Int, headingSealed: [UInt8],
        columns: ImportColumns, _ event: AuditEvent
    ) async throws {
        try await self.execute(
            """
            WITH made AS (
                INSERT INTO lead_imports (id, made_at, made_by, sha256, state, rows, added, joined, repeated, refused, heading_sealed, columns)
                VALUES (\(id), \(now), \(username), \(ByteBuffer(bytes: sha256)), 'draft', \(Int32(rows)), 0, 0, 0, 0,
                        \(ByteBuffer(bytes: headingSealed)), \(columns.json.text)::text::jsonb)
                RETURNING id
            ), \(auditing: event, when: "made")
            SELECT 1 FROM made
            """)
    }

    func insertImportPart(
        _ id: UUID, of batch: UUID, at position: Int, _ part: LeadImportFile.Part, sealed: [UInt8]
    ) async throws {
        try await self.execute(
            """
            INSERT INTO lead_import_parts (id, import_id, position, line, rows, text_sealed)
            VALUES (\(id), \(batch), \(Int32(position)), \(Int32(part.line)), \(Int32(part.rows)), \(ByteBuffer(bytes: sealed)))
            """)
    }

    /// The part after a position of what has not come in yet.
    func importPart(of batch: UUID, after position: Int) async throws -> (part: KeptPart, position: Int)? {
        let rows = try await self.rows(
            """
            SELECT position, \(columnsOf: KeptPart.self) FROM lead_import_parts p
            WHERE import_id = \(batch) AND position > \(Int32(position)) ORDER BY position LIMIT 1
            """)
        guard let row = rows.first else { return nil }
        let (at, id, line, count, sealed) = try row.decode((Int32, UUID, Int32, Int32, ByteBuffer).self)
        return (KeptPart(id: id, line: Int(line), rows: Int(count), sealed: sealed.bytes), Int(at))
    }

    /// Notes what a trial found, in place of the one before; false when the batch is no draft any more.
    func noteTrial(of id: UUID, _ columns: ImportColumns, _ outcome: ImportOutcome, at now: Date) async throws -> Bool {
        let isDraft = try await self.execute(
            """
            UPDATE lead_imports SET columns = \(columns.json.text)::text::jsonb, tried_at = \(now), added = \(Int32(outcome.added)),
                   joined = \(Int32(outcome.joined)), repeated = \(Int32(outcome.repeated)),
                   refused = \(Int32(outcome.refused.count - outcome.repeated))
            WHERE id = \(id) AND state = 'draft' RETURNING 1
            """)
        guard isDraft else { return false }
        try await self.execute("DELETE FROM lead_import_refusals WHERE import_id = \(id)")
        for first in stride(from: 0, to: outcome.refused.count, by: 5000) {
            try await self.insertRefusals(
                Array(outcome.refused[first..<min(first + 5000, outcome.refused.count)]), of: id)
        }
        return true
    }

    func insertRefusals(_ refused: [RefusedRow], of id: UUID) async throws {
        guard !refused.isEmpty else { return }
        try await self.execute(
            """
            INSERT INTO lead_import_refusals (import_id, line, code, detail)
            SELECT \(id), r.line, r.code, left(r.detail, 300)
            FROM unnest(\(refused.map { Int32($0.line) })::integer[], \(refused.map(\.failure.code))::text[], \(refused.map(\.failure.detail))::text[])
                 AS r (line, code, detail)
            """)
    }

    func importRefusals(of id: UUID) async throws -> [KeptRefusal] {
        try await self.all(
            """
            SELECT \(columnsOf: KeptRefusal.self) FROM lead_import_refusals r WHERE r.import_id = \(id) ORDER BY r.line LIMIT \(ImportBatch.mostRows)
            """)
    }

    /// Queues a draft; false when it is none any more.
    func startImport(
        _ id: UUID, by username: String, _ columns: ImportColumns, basis: ConsentBasis, requestSealed: [UInt8],
        _ event: AuditEvent
    ) async throws -> Bool {
        let isStarted = try await self.execute(
            """
            WITH started AS (
                UPDATE lead_imports SET state = 'queued', made_by = \(username), columns = \(columns.json.text)::text::jsonb,
                       basis = \(basis.rawValue), request_sealed = \(ByteBuffer(bytes: requestSealed)), tried_at = NULL,
                       added = 0, joined = 0, repeated = 0, refused = 0
                WHERE id = \(id) AND state = 'draft' RETURNING id
            ), \(auditing: event, when: "started")
            SELECT 1 FROM started
            """)
        if isStarted { try await self.execute("DELETE FROM lead_import_refusals WHERE import_id = \(id)") }
        return isStarted
    }

    /// Deletes a draft with its file; false when it is none any more.
    func dropImport(_ id: UUID, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH dropped AS (
                DELETE FROM lead_imports WHERE id = \(id) AND state = 'draft' RETURNING id
            ), \(auditing: event, when: "dropped")
            SELECT 1 FROM dropped
            """)
    }

    /// Deletes the files that wait too long: drafts, and what failed and was not tried again.
    func deletePastImportFiles(before: Date) async throws -> Int {
        let drafts = try await self.rows(
            "DELETE FROM lead_imports WHERE state = 'draft' AND made_at < \(before) RETURNING 1")
        let parts = try await self.rows(
            """
            DELETE FROM lead_import_parts p USING lead_imports b
            WHERE b.id = p.import_id AND b.state = 'failed' AND b.finished_at < \(before) RETURNING 1
            """)
        try await self.execute(
            """
            UPDATE lead_imports SET heading_sealed = NULL, request_sealed = NULL
            WHERE state = 'failed' AND finished_at < \(before) AND num_nonnulls(heading_sealed, request_sealed) > 0
            """)
        return drafts.count + parts.count
    }
}

extension KeptPart {
    init(id: UUID, line: Int, rows: Int, sealed: [UInt8]) {
        (self.id, self.line, self.rows, self.sealed) = (id, line, rows, sealed)
    }
}
