package import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle

/// Makes the files of export jobs, one at a time in a process.
///
/// A claim is a lease with a token. While the job runs the lease is renewed, apart from the limit that the whole run has;
/// when nobody renews it, the job is begun again from its first row, and the third crash is its last. Everything it writes
/// names the token, so that a process that lost its lease, or whose job was cancelled, stops at the next batch.
package struct ExportJobWorker: BackgroundWorker {
    package static let job = JobName.exports
    package let interval = Duration.seconds(1)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let export: LeadExport
    private let audit: Audit
    private let beat: Duration

    /// How long a claim is good for without a sign of life.
    package static let lease: TimeInterval = 60
    /// How long a whole run may take.
    package static let longestRun: TimeInterval = 2 * 3600

    /// - Parameter beat: how often the lease is renewed.
    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, beat: Duration = .seconds(10)
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.export = LeadExport(database: database, dependencies: dependencies)
        self.audit = Audit(dependencies: dependencies)
        self.beat = beat
    }

    package func work() async throws { try await self.runOnce() }

    /// Ends what is over, then makes the file of the next job; returns whether there was one.
    @discardableResult
    package func runOnce() async throws -> Bool {
        try await self.settle()
        guard self.settings.current.exports.isOn else { return false }
        let (now, token) = (self.dependencies.now(), UUID(bytes: self.dependencies.randomBytes(16)))
        let claimed = try await self.database.transaction {
            try await $0.claimExportJob(token, at: now, until: now.addingTimeInterval(Self.lease))
        }
        guard let job = claimed else { return false }
        await self.run(job)
        return true
    }

    /// Takes away files whose time is over, and ends jobs that crashed too often.
    private func settle() async throws {
        let now = self.dependencies.now()
        let (crashed, ended) = try await self.database.transaction { tx in
            let crashed = try await tx.failCrashedExportJobs(at: now)
            let ended = try await tx.expireExportJobs(at: now)
            for id in crashed + ended { try await tx.forgetExport(id, at: now) }
            for id in crashed {
                try await tx.insert(
                    self.audit.event(
                        "export.failed", on: id.uuidString.lowercased(), by: "exports", role: "system",
                        detail: ["failure": .string(ExportJobFailure.crashed.rawValue)]))
            }
            for id in ended {
                try await tx.insert(
                    self.audit.event("export.expire", on: id.uuidString.lowercased(), by: "exports", role: "system"))
            }
            return (crashed.count, ended.count)
        }
        Self.count("failed", crashed)
        Self.count("expired", ended)
    }

    private func run(_ job: ClaimedExport) async {
        do {
            try await self.underLease(job) { try await self.write(job) }
            Self.count("done", 1)
        } catch is ExportLeaseLost {
            self.dependencies.logger.notice("an export is somebody else's or over", metadata: Self.metadata(job))
        } catch {
            let isStopped = Task.isCancelled
            // Whatever asked this task to stop, the job is told.
            await Task { await self.giveUp(job, after: error, isStopped: isStopped) }.value
        }
    }

    /// Runs `body` while the lease is renewed; a lease that is lost, or a run that is too long, ends it.
    private func underLease(_ job: ClaimedExport, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await _ in AsyncTimerSequence(every: self.beat) {
                    let now = self.dependencies.now()
                    guard now.timeIntervalSince(job.startedAt) < Self.longestRun else { throw ExportTooLong() }
                    let until = now.addingTimeInterval(Self.lease)
                    // A database that is away for a moment takes the lease only if it stays away.
                    let isOurs = try? await self.database.autocommit { try await $0.beatExportJob(job, until: until) }
                    if isOurs == false { throw ExportLeaseLost() }
                }
                throw CancellationError()
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func write(_ job: ClaimedExport) async throws {
        let (database, keys) = (self.database, self.dependencies.keys)
        let request = try job.request(keys)
        let record = ExportRecord(request, id: job.id, at: job.startedAt)
        try await database.autocommit { try await $0.insertExportRecord(record) }
        let key = self.dependencies.randomBytes(32)
        let keySealed = try SealedFile.sealed(key, of: job.id, keys: keys)
        let writer = SealedFileWriter(SealedFile(job: job.id, key: key)) { position, isLast, sealed in
            let isOurs = try await database.autocommit {
                try await $0.insertExportChunk(sealed, at: position, isLast: isLast, of: job)
            }
            guard isOurs else { throw ExportLeaseLost() }
        }
        let written = try await self.export.write(
            request, as: record, limit: self.settings.current.exports.rowLimit,
            begin: { rows, _ in
                let isOurs = try await database.autocommit {
                    try await $0.beginExportJob(job, keySealed: keySealed, total: rows)
                }
                guard isOurs else { throw ExportLeaseLost() }
            },
            note: { leads in
                guard try await database.autocommit({ try await $0.noteExportBatch(leads, of: job) }) else {
                    throw ExportLeaseLost()
                }
            }, write: { try await writer.append($0) })
        let (chunks, bytes) = try await writer.close()
        let now = self.dependencies.now()
        let event = self.audit.event(
            "export.done", on: job.id.uuidString.lowercased(), by: job.requestedBy, role: job.role,
            detail: record.detail(written))
        try await database.transaction { tx in
            let isOurs = try await tx.finishExportJob(
                job, written, chunks: chunks, bytes: bytes, at: now,
                expiresAt: now.addingTimeInterval(ExportJob.shelfLife))
            guard isOurs else { throw ExportLeaseLost() }
            try await tx.finishExportRecord(
                job.id, state: "done", rows: written.rows, excluded: written.excluded, sha256: written.sha256, at: now)
            try await tx.insert(event)
        }
    }

    /// Ends the job where another attempt would do no better, and gives it back where it may.
    private func giveUp(_ job: ClaimedExport, after error: any Error, isStopped: Bool) async {
        let failure: ExportJobFailure? =
            switch error {
            case is ExportTooLarge: .tooManyRows
            case is ExportTooLong: .tooLong
            case is SealBroken, is ExportIncomplete: .unreadable
            default: nil
            }
        var metadata = Self.metadata(job)
        if let broken = error as? SealBroken { metadata.merge(broken.logMetadata) { _, new in new } }
        self.dependencies.logger.warning("an export broke off", metadata: metadata)
        let now = self.dependencies.now()
        do {
            guard let failure else {
                _ = try await self.database.autocommit { try await $0.returnExportJob(job, counts: !isStopped) }
                return
            }
            let event = self.audit.event(
                "export.failed", on: job.id.uuidString.lowercased(), by: job.requestedBy, role: job.role,
                detail: ["failure": .string(failure.rawValue)])
            try await self.database.transaction { tx in
                guard try await tx.failExportJob(job, failure, at: now) else { return }
                try await tx.forgetExport(job.id, at: now)
                try await tx.insert(event)
            }
            Self.count("failed", 1)
        } catch {
            // Without a database nobody can be told: the lease ends, and the job is begun again.
            self.dependencies.logger.warning("an export is left to its lease", metadata: Self.metadata(job))
        }
    }

    private static func metadata(_ job: ClaimedExport) -> Logger.Metadata {
        ["export": "\(job.id.uuidString.lowercased())", "attempt": "\(job.attempt)"]
    }

    private static func count(_ result: String, _ count: Int) {
        Counter(label: "huifang_export_jobs_total", dimensions: [("result", result)]).increment(by: count)
    }

    /// A job in the middle is given back when the process is asked to stop, so that no export holds up the end.
    package func run(_ rounds: JobRounds) async {
        await cancelWhenGracefulShutdown {
            for await _ in AsyncTimerSequence(every: self.interval) {
                await rounds.run(Self.job) { try await self.work() }
            }
        }
    }
}
