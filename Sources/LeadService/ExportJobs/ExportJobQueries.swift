import Foundation
import NIOCore
import Postgres

extension ExportJob: TableRow {
    static let columns = """
        j.id, j.requested_by, r.username, j.requested_at, j.format, j.filters::text, j.columns, j.phone, j.reason, j.state, a.username,
        j.approved_at, j.attempts, j.done, j.total, j.chunks, j.rows, j.excluded, j.bytes, j.sha256, j.key_sealed, j.failure,
        j.finished_at, j.expires_at, j.downloads
        """
    static let tables =
        "export_jobs j JOIN staff r ON r.id = j.requested_by LEFT JOIN staff a ON a.id = j.approved_by"

    init(row: PostgresRow) throws {
        let row = row.makeRandomAccess()
        guard let format = ExportRequest.Format(rawValue: try row[4].decode(String.self)),
            let phone = ExportRequest.Phones(rawValue: try row[7].decode(String.self)),
            let state = ExportJobState(rawValue: try row[9].decode(String.self))
        else { throw MissingRow() }
        self.init(
            id: try row[0].decode(UUID.self), requestedByID: try row[1].decode(UUID.self),
            requestedBy: try row[2].decode(String.self), requestedAt: try row[3].decode(Date.self), format: format,
            filters: try row[5].decode(String.self), columns: try row[6].decode([String].self), phone: phone,
            reason: try row[8].decode(String.self), state: state, approvedBy: try row[10].decode(String?.self),
            approvedAt: try row[11].decode(Date?.self), attempts: Int(try row[12].decode(Int16.self)),
            done: try row[13].decode(Int.self), total: try row[14].decode(Int?.self),
            chunks: try row[15].decode(Int32?.self).map { Int($0) }, rows: try row[16].decode(Int?.self),
            excluded: try row[17].decode(Int?.self), bytes: try row[18].decode(Int?.self),
            sha256: try row[19].decode(ByteBuffer?.self)?.bytes, keySealed: try row[20].decode(ByteBuffer?.self)?.bytes,
            failure: try row[21].decode(String?.self), finishedAt: try row[22].decode(Date?.self),
            expiresAt: try row[23].decode(Date?.self), downloads: Int(try row[24].decode(Int32.self)))
    }
}

/// A part of a file as it lies there.
struct ExportChunk: TableRow {
    static let columns = "is_last, ciphertext"
    let isLast: Bool
    let sealed: [UInt8]

    init(row: PostgresRow) throws {
        let (isLast, sealed) = try row.decode((Bool, ByteBuffer).self)
        (self.isLast, self.sealed) = (isLast, sealed.bytes)
    }
}

extension Transaction {
    /// Queues a job; plain numbers wait for a second administrator where the settings ask for one and there is one.
    ///
    /// - Returns: the id, that of the same job if it waits or runs already, and whether it was new and waits.
    func insertExportJob(
        _ id: UUID, _ draft: ExportJobDraft, filterSealed: [UInt8], fingerprint: [UInt8], needsApproval: Bool,
        by staff: UUID, at now: Date, _ event: AuditEvent
    ) async throws -> (id: UUID, isNew: Bool, waits: Bool) {
        let fingerprint = ByteBuffer(bytes: fingerprint)
        let made = try await self.rows(
            """
            WITH made AS (
                INSERT INTO export_jobs (id, requested_by, requested_at, format, filters, filter_sealed, columns, phone, reason, fingerprint, state)
                SELECT \(id), \(staff), \(now), \(draft.format.rawValue), \(JSONOutput.object(draft.filter.summary).text)::text::jsonb,
                       \(ByteBuffer(bytes: filterSealed)), \(draft.columns.map(\.rawValue))::text[], \(draft.phone.rawValue), \(draft.reason),
                       \(fingerprint), CASE WHEN \(needsApproval && draft.phone == .plain) AND \(hasSecondAdministrator: ())
                                       THEN 'waiting_approval' ELSE 'queued' END
                ON CONFLICT (requested_by, fingerprint) WHERE state IN ('waiting_approval', 'queued', 'running') DO NOTHING
                RETURNING id, state
            ), \(auditing: event, when: "made")
            SELECT state = 'waiting_approval' FROM made
            """
        ).first?.decode(Bool.self)
        if let made { return (id, true, made) }
        let same = try await self.rows(
            """
            SELECT id FROM export_jobs WHERE requested_by = \(staff) AND fingerprint = \(fingerprint)
              AND state IN ('waiting_approval', 'queued', 'running')
            """
        ).first?.decode(UUID.self)
        guard let same else { throw MissingRow() }
        return (same, false, false)
    }

    /// Whether there is a second administrator to agree to anything.
    func hasSecondAdministrator() async throws -> Bool {
        try await self.rows("SELECT \(hasSecondAdministrator: ())").first?.decode(Bool.self) ?? false
    }

    func exportJob(_ id: UUID) async throws -> ExportJob? {
        try await self.first(
            "SELECT \(columnsOf: ExportJob.self) FROM \(unescaped: ExportJob.tables) WHERE j.id = \(id)")
    }

    func exportJobs(before id: UUID?, limit: Int) async throws -> [ExportJob] {
        try await self.all(
            """
            SELECT \(columnsOf: ExportJob.self) FROM \(unescaped: ExportJob.tables)
            WHERE \(id)::uuid IS NULL OR j.id < \(id)::uuid ORDER BY j.id DESC LIMIT \(limit)
            """)
    }

    /// The columns somebody chose last.
    func lastExportColumns(of staff: UUID) async throws -> [String]? {
        try await self.rows(
            "SELECT columns FROM export_jobs WHERE requested_by = \(staff) ORDER BY id DESC LIMIT 1"
        ).first?.decode([String].self)
    }

    /// Lets a waiting job go on; never by whoever asked for it.
    func approveExportJob(_ id: UUID, by staff: UUID, at now: Date, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH approved AS (
                UPDATE export_jobs SET state = 'queued', approved_by = \(staff), approved_at = \(now)
                WHERE id = \(id) AND state = 'waiting_approval' AND requested_by <> \(staff) RETURNING id
            ), \(auditing: event, when: "approved")
            SELECT 1 FROM approved
            """)
    }

    /// Stops a job that is not over, or takes its file away; whoever runs it notices with the next batch.
    ///
    /// In the transaction of `forgetExport`, which has to come after it.
    func cancelExportJob(_ id: UUID, at now: Date, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH stopped AS (
                UPDATE export_jobs SET state = 'cancelled', lease_token = NULL, lease_until = NULL, key_sealed = NULL, filter_sealed = NULL,
                       finished_at = \(now)
                WHERE id = \(id) AND state IN ('waiting_approval', 'queued', 'running', 'done') RETURNING id
            ), \(auditing: event, when: "stopped")
            SELECT 1 FROM stopped
            """)
    }

    /// Deletes the parts of a file, and whose data it held if nobody could have seen it.
    func forgetExport(_ id: UUID, at now: Date) async throws {
        try await self.execute("DELETE FROM export_chunks WHERE job_id = \(id)")
        try await self.execute(
            """
            DELETE FROM export_leads WHERE export_id = \(id)
              AND EXISTS (SELECT FROM export_jobs WHERE id = \(id) AND sha256 IS NULL)
            """)
        try await self.execute(
            "UPDATE export_records SET state = 'failed', finished_at = \(now) WHERE id = \(id) AND state = 'running'")
    }

    func exportChunk(of job: UUID, at position: Int) async throws -> ExportChunk? {
        try await self.first(
            """
            SELECT \(columnsOf: ExportChunk.self) FROM export_chunks
            WHERE job_id = \(job) AND position = \(Int32(position))
            """)
    }

    func countExportChunks(of job: UUID) async throws -> Int {
        try await self.rows("SELECT count(*) FROM export_chunks WHERE job_id = \(job)").first?.decode(Int.self) ?? 0
    }

    /// Notes that a file is handed out, while it is there.
    func noteExportDownload(_ id: UUID, at now: Date, _ event: AuditEvent) async throws -> Bool {
        try await self.execute(
            """
            WITH handed AS (
                UPDATE export_jobs SET downloads = downloads + 1
                WHERE id = \(id) AND state = 'done' AND expires_at > \(now) RETURNING id
            ), \(auditing: event, when: "handed")
            SELECT 1 FROM handed
            """)
    }

    /// Queues failed jobs again from the beginning, where what they were to export is still known.
    func retryExportJobs() async throws -> Int {
        try await self.rows(
            """
            UPDATE export_jobs j SET state = 'queued', attempts = 0, done = 0, total = NULL, failure = NULL, finished_at = NULL
            WHERE state = 'failed' AND filter_sealed IS NOT NULL
              AND NOT EXISTS (SELECT FROM export_jobs o WHERE o.requested_by = j.requested_by AND o.fingerprint = j.fingerprint
                                AND (o.state IN ('waiting_approval', 'queued', 'running') OR o.state = 'failed' AND o.id > j.id))
            RETURNING 1
            """
        ).count
    }
}

extension PostgresQuery.StringInterpolation {
    /// Whether there is a second administrator to agree to anything.
    fileprivate mutating func appendInterpolation(hasSecondAdministrator: Void) {
        self.appendLiteral("(SELECT count(*) > 1 FROM staff WHERE active AND role = 'administrator')")
    }
}
