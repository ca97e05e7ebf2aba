import Foundation
import Leads
import NIOCore
import Postgres

extension ClaimedImport: TableRow {
    static let columns = "b.id, b.lease_token, b.columns::text, b.request_sealed"

    init(row: PostgresRow) throws {
        let (id, token, columns, request) = try row.decode((UUID, UUID, String, ByteBuffer).self)
        self.init(id: id, token: token, columns: try ImportColumns(json: columns), requestSealed: request.bytes)
    }
}

extension Transaction {
    /// Makes a batch that is brought in at once, in the transaction that does so.
    func insertImport(
        _ batch: ClaimedImport, at now: Date, by username: String, sha256: [UInt8], basis: ConsentBasis, rows: Int
    ) async throws {
        try await self.execute(
            """
            INSERT INTO lead_imports (id, made_at, made_by, sha256, basis, state, rows, added, joined, repeated, refused, columns,
                                      lease_token, lease_until, attempts)
            VALUES (\(batch.id), \(now), \(username), \(ByteBuffer(bytes: sha256)), \(basis.rawValue), 'running', \(Int32(rows)), 0, 0, 0, 0,
                    \(batch.columns.json.text)::text::jsonb, \(batch.token), \(now), 1)
            """)
    }

    /// Takes the oldest batch that waits, or whose process has not been heard of.
    func claimImport(_ token: UUID, at now: Date, until: Date) async throws -> ClaimedImport? {
        try await self.first(
            """
            UPDATE lead_imports b SET state = 'running', attempts = attempts + 1, lease_token = \(token), lease_until = \(until)
            WHERE b.id = (SELECT id FROM lead_imports
                          WHERE (state = 'queued' OR state = 'running' AND lease_until <= \(now)) AND attempts < \(Int16(ImportBatch.mostAttempts))
                          ORDER BY made_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING \(columnsOf: ClaimedImport.self)
            """)
    }

    /// Holds the batch for the transaction that brings a part in; false when somebody else has it.
    func holdImport(_ batch: ClaimedImport) async throws -> Bool {
        try await self.execute("SELECT 1 FROM lead_imports b WHERE \(isOurs: batch) FOR UPDATE")
    }

    /// Counts what came in of a held batch and says that its process is alive.
    ///
    /// What gets on has crashed nowhere: the attempts begin anew.
    func countImport(_ batch: ClaimedImport, _ outcome: ImportOutcome, until: Date) async throws {
        try await self.execute(
            """
            UPDATE lead_imports b SET added = added + \(Int32(outcome.added)), joined = joined + \(Int32(outcome.joined)),
                   repeated = repeated + \(Int32(outcome.repeated)), refused = refused + \(Int32(outcome.refused.count - outcome.repeated)),
                   attempts = 1, lease_until = \(until)
            WHERE \(isOurs: batch)
            """)
        try await self.insertRefusals(outcome.refused, of: batch.id)
    }

    func deleteImportPart(_ id: UUID) async throws {
        try await self.execute("DELETE FROM lead_import_parts WHERE id = \(id)")
    }

    /// Ends a batch of which nothing is left to come in; nil when somebody else has it.
    func finishImport(_ batch: ClaimedImport, at now: Date) async throws -> ImportBatch? {
        try await self.first(
            """
            UPDATE lead_imports b SET state = CASE WHEN added + joined > 0 THEN 'done' ELSE 'failed' END,
                   failure = CASE WHEN added + joined > 0 THEN NULL ELSE \(ImportBatch.Failure.nothing.rawValue) END,
                   lease_token = NULL, lease_until = NULL, heading_sealed = NULL, request_sealed = NULL, finished_at = \(now)
            WHERE \(isOurs: batch) AND NOT EXISTS (SELECT FROM lead_import_parts p WHERE p.import_id = b.id)
            RETURNING \(columnsOf: ImportBatch.self)
            """)
    }

    /// Gives a batch back, to go on where it is; the attempt does not count.
    func returnImport(_ batch: ClaimedImport, counts: Bool) async throws {
        try await self.execute(
            """
            UPDATE lead_imports b SET state = 'queued', lease_token = NULL, lease_until = NULL,
                   attempts = greatest(0, attempts - \(Int16(counts ? 0 : 1)))
            WHERE \(isOurs: batch)
            """)
    }

    func failImport(_ batch: ClaimedImport, _ failure: ImportBatch.Failure, at now: Date) async throws -> ImportBatch? {
        try await self.first(
            """
            UPDATE lead_imports b SET state = 'failed', failure = \(failure.rawValue), lease_token = NULL, lease_until = NULL,
                   finished_at = \(now)
            WHERE \(isOurs: batch) RETURNING \(columnsOf: ImportBatch.self)
            """)
    }

    /// Stops the batches whose last attempt nobody has heard of.
    func failCrashedImports(at now: Date) async throws -> [ImportBatch] {
        try await self.all(
            """
            UPDATE lead_imports b SET state = 'failed', failure = \(ImportBatch.Failure.crashed.rawValue), lease_token = NULL,
                   lease_until = NULL, finished_at = \(now)
            WHERE (state = 'running' AND lease_until <= \(now) OR state = 'queued') AND attempts >= \(Int16(ImportBatch.mostAttempts))
            RETURNING \(columnsOf: ImportBatch.self)
            """)
    }

    /// Queues what stopped again, where its file is still there.
    func retryImports() async throws -> Int {
        try await self.rows(
            """
            UPDATE lead_imports SET state = 'queued', attempts = 0, failure = NULL, finished_at = NULL
            WHERE state = 'failed' AND request_sealed IS NOT NULL
              AND NOT EXISTS (SELECT FROM lead_imports o WHERE o.sha256 = lead_imports.sha256 AND o.state IN ('queued', 'running', 'done'))
            RETURNING 1
            """
        ).count
    }
}

extension PostgresQuery.StringInterpolation {
    /// Whether batch `b` still is the claimed one's.
    fileprivate mutating func appendInterpolation(isOurs batch: ClaimedImport) {
        self.appendLiteral("b.id = ")
        self.appendInterpolation(batch.id)
        self.appendLiteral(" AND b.state = 'running' AND b.lease_token = ")
        self.appendInterpolation(batch.token)
    }
}
