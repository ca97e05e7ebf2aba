package import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle

/// Brings the files of started batches in, one part after another, one batch at a time in a process.
///
/// A part's rows, their count and the end of the part are one transaction under the token of the claim. A process that ends
/// leaves whole parts done and whole parts to do: when its lease is over, another goes on with the next. Every part renews the
/// lease, so that one that lost it writes nothing more.
package struct ImportWorker: BackgroundWorker {
    package static let job = JobName.imports
    package let interval = Duration.seconds(1)
    private let database: Database
    private let dependencies: Dependencies
    private let store: ImportStore
    private let audit: Audit
    private let rest: Duration

    /// How long a claim is good for without a part done.
    package static let lease: TimeInterval = 60

    /// - Parameter rest: how long it lets the database be after each part, so that visitors do not notice.
    init(store: ImportStore, rest: Duration = .milliseconds(50)) {
        self.database = store.database
        self.dependencies = store.dependencies
        self.store = store
        self.audit = Audit(dependencies: store.dependencies)
        self.rest = rest
    }

    package func work() async throws { try await self.runOnce() }

    /// Ends what is over, then brings the next batch in; returns whether there was one.
    @discardableResult
    package func runOnce() async throws -> Bool {
        try await self.settle()
        let (now, token) = (self.dependencies.now(), UUID(bytes: self.dependencies.randomBytes(16)))
        let claimed = try await self.database.autocommit {
            try await $0.claimImport(token, at: now, until: now.addingTimeInterval(Self.lease))
        }
        guard let batch = claimed else { return false }
        await self.run(batch)
        return true
    }

    private func settle() async throws {
        let now = self.dependencies.now()
        try await self.database.transaction { tx in
            for batch in try await tx.failCrashedImports(at: now) { try await tx.insert(self.failed(batch)) }
            _ = try await tx.deletePastImportFiles(before: now.addingTimeInterval(-ImportBatch.patience))
        }
    }

    private func run(_ batch: ClaimedImport) async {
        do {
            let keys = self.dependencies.keys
            let request = try ImportRequest(
                try keys.open(batch.requestSealed, at: ImportBatch.requestPlace(batch.id)))
            while let (part, _) = try await self.database.autocommit({
                try await $0.importPart(of: batch.id, after: -1)
            }) {
                let text = try keys.open(part.sealed, at: ImportBatch.partPlace(part.id))
                try await self.take(
                    LeadImportFile.Part(line: part.line, rows: part.rows, text: text), part.id, of: batch, for: request)
                try await Task.sleep(for: self.rest)
            }
            try await self.finish(batch, request)
        } catch is ImportLeaseLost {
            self.dependencies.logger.notice("an import is somebody else's", metadata: Self.metadata(batch))
        } catch {
            let isStopped = Task.isCancelled
            // Whatever asked this task to stop, the batch is told.
            await Task { await self.giveUp(batch, after: error, isStopped: isStopped) }.value
        }
    }

    private func take(
        _ part: LeadImportFile.Part, _ id: UUID, of batch: ClaimedImport, for request: ImportRequest
    ) async throws {
        var lines: [PhoneNumber: Int] = [:]
        let read = LeadImportFile.read(try part.cells(), batch.columns, lines: &lines)
        let outcome = try await self.store.transaction { tx in
            guard try await tx.holdImport(batch) else { throw ImportLeaseLost() }
            var outcome = try await self.store.take(read.rows, for: request, in: batch.id, tx)
            outcome.refused += read.refused
            try await tx.deleteImportPart(id)
            try await tx.countImport(
                batch, outcome, until: self.dependencies.now().addingTimeInterval(Self.lease))
            return outcome
        }
        for (result, count) in [
            ("new", outcome.added), ("joined", outcome.joined), ("refused", outcome.refused.count),
        ] {
            Counter(label: "huifang_imported_rows_total", dimensions: [("result", result)]).increment(by: count)
        }
    }

    private func finish(_ batch: ClaimedImport, _ request: ImportRequest) async throws {
        let now = self.dependencies.now()
        try await self.database.transaction { tx in
            guard let done = try await tx.finishImport(batch, at: now) else { throw ImportLeaseLost() }
            let event = self.audit.event("lead_import.add", on: batch.id, by: request.witness.actor, done.counts)
            try await tx.insert(done.state == .done ? event : self.failed(done))
        }
    }

    /// Stops the batch where going on would do no better, and gives it back where it may.
    private func giveUp(_ batch: ClaimedImport, after error: any Error, isStopped: Bool) async {
        var metadata = Self.metadata(batch)
        metadata["failure"] = "\(error.kind)"
        if let broken = error as? SealBroken { metadata.merge(broken.logMetadata) { _, new in new } }
        self.dependencies.logger.warning("an import broke off", metadata: metadata)
        let now = self.dependencies.now()
        do {
            try await self.database.transaction { tx in
                guard error is SealBroken else { return try await tx.returnImport(batch, counts: !isStopped) }
                guard let failed = try await tx.failImport(batch, .unreadable, at: now) else { return }
                try await tx.insert(self.failed(failed))
            }
        } catch {
            // Without a database nobody can be told: the lease ends, and the batch goes on.
            self.dependencies.logger.warning("an import is left to its lease", metadata: Self.metadata(batch))
        }
    }

    private func failed(_ batch: ImportBatch) -> AuditEvent {
        self.audit.event(
            "lead_import.failed", on: batch.id, by: AuditActor(name: "imports", role: "system"),
            batch.counts.merging(["failure": .optional(batch.failure)]) { first, _ in first })
    }

    private static func metadata(_ batch: ClaimedImport) -> Logger.Metadata {
        ["import": "\(batch.id.uuidString.lowercased())"]
    }

    /// A batch in the middle is given back when the process is asked to stop.
    package func run(_ rounds: JobRounds) async {
        await cancelWhenGracefulShutdown {
            for await _ in AsyncTimerSequence(every: self.interval) {
                await rounds.run(Self.job) { try await self.work() }
            }
        }
    }
}
