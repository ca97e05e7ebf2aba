import Foundation
import NIOCore
import Postgres

extension ClaimedExport: TableRow {
    static let columns = """
        j.id, j.lease_token, j.attempts, j.started_at, j.requested_by, s.username, s.role, j.format, j.columns, j.phone, j.reason,
        j.filter_sealed
        """

    init(row: PostgresRow) throws {
        let row = row.makeRandomAccess()
        guard let format = ExportRequest.Format(rawValue: try row[7].decode(String.self)),
            let phone = ExportRequest.Phones(rawValue: try row[9].decode(String.self))
        else { throw MissingRow() }
        self.init(
            id: try row[0].decode(UUID.self), token: try row[1].decode(UUID.self),
            attempt: Int(try row[2].decode(Int16.self)), startedAt: try row[3].decode(Date.self),
            requestedByID: try row[4].decode(UUID.self), requestedBy: try row[5].decode(String.self),
            role: try row[6].decode(String.self), format: format, columns: try row[8].decode([String].self),
            phone: phone, reason: try row[10].decode(String.self),
            filterSealed: try row[11].decode(ByteBuffer.self).bytes)
    }
}

extension Transaction {
    /// Waits for erasures that are on their way, so that the snapshot after a claim knows them; an erasure after it ends it.
    private func waitForErasures() async throws {
        try await self.execute("SELECT pg_advisory_xact_lock(7203185245)")
    }

    /// Takes the oldest job that waits, or whose process has not been heard of; what an attempt before wrote is gone.
    func claimExportJob(_ token: UUID, at now: Date, until: Date) async throws -> ClaimedExport? {
        try await self.waitForErasures()
        let claimed: ClaimedExport? = try await self.first(
            """
            UPDATE export_jobs j SET state = 'running', attempts = attempts + 1, lease_token = \(token), lease_until = \(until),
                   started_at = \(now), done = 0, total = NULL, key_sealed = NULL
            FROM staff s
            WHERE s.id = j.requested_by AND j.id = (
                SELECT id FROM export_jobs
                WHERE (state = 'queued' OR state = 'running' AND lease_until <= \(now)) AND attempts < \(Int16(ExportJob.mostAttempts))
                ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING \(columnsOf: ClaimedExport.self)
            """)
        guard let claimed else { return nil }
        try await self.execute("DELETE FROM export_chunks WHERE job_id = \(claimed.id)")
        try await self.execute("DELETE FROM export_leads WHERE export_id = \(claimed.id)")
        return claimed
    }

    /// Says that the process is alive; false when somebody else has the job.
    func beatExportJob(_ job: ClaimedExport, until: Date) async throws -> Bool {
        try await self.execute(
            "UPDATE export_jobs j SET lease_until = \(until) WHERE \(isOurs: job) RETURNING 1")
    }

    /// Notes the key of the file and how many rows it will have.
    func beginExportJob(_ job: ClaimedExport, keySealed: [UInt8], total: Int) async throws -> Bool {
        try await self.execute(
            """
            UPDATE export_jobs j SET key_sealed = \(ByteBuffer(bytes: keySealed)), total = \(total) WHERE \(isOurs: job) RETURNING 1
            """)
    }

    /// Notes how far the job is, then whose data the next batch holds.
    ///
    /// Two statements, because an erasure locks leads before jobs.
    func noteExportBatch(_ leads: [UUID], of job: ClaimedExport) async throws -> Bool {
        let isOurs = try await self.execute(
            "UPDATE export_jobs j SET done = done + \(leads.count) WHERE \(isOurs: job) RETURNING 1")
        guard isOurs else { return false }
        try await self.execute(
            """
            INSERT INTO export_leads (lead_id, export_id)
            SELECT l, j.id FROM export_jobs j, unnest(\(leads)::uuid[]) AS l WHERE \(isOurs: job) ORDER BY l ON CONFLICT DO NOTHING
            """)
        return true
    }

    /// Stores a part of the file; a cancel or a claim in between waits for it, and then finds it.
    func insertExportChunk(
        _ sealed: [UInt8], at position: Int, isLast: Bool, of job: ClaimedExport
    ) async throws -> Bool {
        try await self.execute(
            """
            WITH ours AS (SELECT id FROM export_jobs j WHERE \(isOurs: job) FOR SHARE)
            INSERT INTO export_chunks (job_id, position, is_last, ciphertext)
            SELECT id, \(Int32(position)), \(isLast), \(ByteBuffer(bytes: sealed)) FROM ours RETURNING 1
            """)
    }

    /// Offers the file; false when somebody else has the job.
    func finishExportJob(
        _ job: ClaimedExport, _ written: LeadExport.Written, chunks: Int, bytes: Int, at now: Date, expiresAt: Date
    ) async throws -> Bool {
        try await self.execute(
            """
            UPDATE export_jobs j SET state = 'done', lease_token = NULL, lease_until = NULL, filter_sealed = NULL, chunks = \(Int32(chunks)),
                   rows = \(written.rows), excluded = \(written.excluded), bytes = \(bytes),
                   sha256 = \(written.sha256.map { ByteBuffer(bytes: $0) }), finished_at = \(now), expires_at = \(expiresAt)
            WHERE \(isOurs: job) RETURNING 1
            """)
    }

    /// Ends a job for good, in the transaction of `forgetExport`; false when somebody else has it.
    func failExportJob(_ job: ClaimedExport, _ failure: ExportJobFailure, at now: Date) async throws -> Bool {
        try await self.execute(
            """
            UPDATE export_jobs j SET state = 'failed', failure = \(failure.rawValue), lease_token = NULL, lease_until = NULL, key_sealed = NULL,
                   finished_at = \(now)
            WHERE \(isOurs: job) RETURNING 1
            """)
    }

    /// Gives a job back, to be begun again.
    ///
    /// - Parameter counts: whether the attempt counts; not when its process is asked to stop.
    func returnExportJob(_ job: ClaimedExport, counts: Bool) async throws -> Bool {
        try await self.execute(
            """
            UPDATE export_jobs j SET state = 'queued', lease_token = NULL, lease_until = NULL, key_sealed = NULL,
                   attempts = attempts - \(Int16(counts ? 0 : 1)) WHERE \(isOurs: job) RETURNING 1
            """)
    }

    /// Fails the jobs whose last attempt nobody has heard of; returns their ids.
    func failCrashedExportJobs(at now: Date) async throws -> [UUID] {
        try await self.rows(
            """
            UPDATE export_jobs SET state = 'failed', failure = \(ExportJobFailure.crashed.rawValue), lease_token = NULL, lease_until = NULL,
                   key_sealed = NULL, finished_at = \(now)
            WHERE (state = 'running' AND lease_until <= \(now) OR state = 'queued') AND attempts >= \(Int16(ExportJob.mostAttempts)) RETURNING id
            """
        ).map { try $0.decode(UUID.self) }
    }

    /// Ends what is too old, files and waiting for somebody who agrees, and what nobody may have any more; returns whose files
    /// have to go.
    func expireExportJobs(at now: Date) async throws -> [UUID] {
        try await self.rows(
            """
            UPDATE export_jobs SET state = CASE state WHEN 'done' THEN 'expired' ELSE 'cancelled' END, key_sealed = NULL, filter_sealed = NULL,
                   finished_at = coalesce(finished_at, \(now))
            WHERE state = 'done' AND expires_at <= \(now)
               OR state = 'waiting_approval' AND requested_at <= \(now.addingTimeInterval(-ExportJob.patience))
               OR state IN ('waiting_approval', 'queued')
                  AND NOT EXISTS (SELECT FROM staff s WHERE s.id = requested_by AND s.active AND s.role = 'administrator')
            RETURNING id
            """
        ).map { try $0.decode(UUID.self) }
    }

    /// Ends every file that holds a lead, and lets those that are being written begin again with a new snapshot.
    func eraseExports(of lead: UUID, at now: Date) async throws {
        try await self.execute("SELECT pg_advisory_xact_lock_shared(7203185245)")
        try await self.execute(
            """
            UPDATE export_jobs SET state = 'queued', lease_token = NULL, lease_until = NULL, key_sealed = NULL, attempts = attempts - 1
            WHERE state = 'running'
            """)
        // With a snapshot after that one waited for those that were just ending.
        try await self.execute(
            """
            WITH gone AS (
                UPDATE export_jobs SET state = 'expired', key_sealed = NULL, expires_at = \(now)
                WHERE state = 'done' AND id IN (SELECT export_id FROM export_leads WHERE lead_id = \(lead)) RETURNING id
            )
            DELETE FROM export_chunks c USING gone WHERE c.job_id = gone.id
            """)
        // It may be their number that was looked for.
        try await self.execute(
            "UPDATE export_jobs SET filter_sealed = NULL WHERE state = 'failed' AND filter_sealed IS NOT NULL AND filters ? 'q'"
        )
    }

    /// Deletes a batch of jobs that ended long ago; somebody's newest stays, because it knows their columns.
    func deletePastExportJobs(before: Date) async throws -> Int {
        try await self.rows(
            """
            DELETE FROM export_jobs WHERE id IN (
                SELECT id FROM export_jobs j WHERE finished_at < \(before)
                  AND EXISTS (SELECT FROM export_jobs n WHERE n.requested_by = j.requested_by AND n.id > j.id) LIMIT 1000) RETURNING 1
            """
        ).count
    }
}

extension PostgresQuery.StringInterpolation {
    /// Whether job `j` still is the claimed one's.
    fileprivate mutating func appendInterpolation(isOurs job: ClaimedExport) {
        self.appendLiteral("j.id = ")
        self.appendInterpolation(job.id)
        self.appendLiteral(" AND j.state = 'running' AND j.lease_token = ")
        self.appendInterpolation(job.token)
    }
}
