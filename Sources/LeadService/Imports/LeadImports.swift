import Crypto
import Foundation
import Leads

/// Takes leads from files: a small one at once, a large one as a draft that is tried, corrected and then brought in behind.
struct LeadImports: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let store: ImportStore
    private let audit: Audit

    init(store: ImportStore) {
        self.database = store.database
        self.dependencies = store.dependencies
        self.store = store
        self.audit = Audit(dependencies: store.dependencies)
    }

    /// Stores every row of a small file that can be, all of them or none, and tells of each of the others why not.
    ///
    /// - Throws: 422 when no row can come in; 409 `import_repeated` for a file that came in before.
    func take(_ handed: LeadImport, by session: StaffSession, from sender: EntrySender) async throws -> LeadImportResult
    {
        let text = try await self.database.csvText(handed.file)
        let file = try await LeadImportFile.cut(text, mostRows: LeadImport.mostRows)
        let columns = try LeadImportFile.columns(handed.columns, of: file.heading)
        var (rows, refused, lines) = ([ImportedRow](), [RefusedRow](), [PhoneNumber: Int]())
        for part in file.parts {
            let read = LeadImportFile.read(try part.cells(), columns, lines: &lines)
            (rows, refused) = (rows + read.rows, refused + read.refused)
        }
        var result = LeadImportResult(
            columns: columns, outcome: ImportOutcome(refused: refused), sample: Array(rows.prefix(5)))
        let (taken, all) = (rows, file.rows)
        if handed.isTried {
            result.outcome.add(try await self.database.snapshot { try await self.store.judge(taken, $0) })
        } else {
            let request = ImportRequest(
                witness: session.witness, sender: sender, basis: handed.basis, evidence: handed.evidence)
            let digest = Array(SHA256.hash(data: handed.file))
            let failed = refused
            let (id, outcome) = try await self.once {
                try await self.store.transaction { tx in
                    try await self.take(taken, failed, of: all, columns, digest, for: request, tx)
                }
            }
            (result.id, result.outcome) = (id, outcome)
        }
        result.outcome.refused.sort { $0.line < $1.line }
        return result
    }

    /// Brings a small file in under a claim of its own.
    private func take(
        _ rows: [ImportedRow], _ refused: [RefusedRow], of count: Int, _ columns: ImportColumns, _ digest: [UInt8],
        for request: ImportRequest, _ tx: Transaction
    ) async throws -> (UUID, ImportOutcome) {
        let now = self.dependencies.now()
        let batch = ClaimedImport(
            id: self.dependencies.makeID(), token: UUID(bytes: self.dependencies.randomBytes(16)), columns: columns,
            requestSealed: [])
        try await tx.insertImport(
            batch, at: now, by: request.witness.actor.name, sha256: digest, basis: request.basis, rows: count)
        var outcome = try await self.store.take(rows, for: request, in: batch.id, tx)
        guard outcome.added + outcome.joined > 0 else {
            throw CSVRows.unreadable("没有一行可以导入，请先试算，看看每一行的原因", "No row can come in; try it to see why.")
        }
        outcome.refused += refused
        try await tx.countImport(batch, outcome, until: now)
        guard let done = try await tx.finishImport(batch, at: now) else { throw ImportLeaseLost() }
        try await tx.insert(
            self.audit.event("lead_import.add", on: batch.id, by: request.witness.actor, done.counts))
        return (batch.id, outcome)
    }

    /// Keeps a large file, sealed, as a draft.
    ///
    /// - Throws: 422 `csv_invalid`; 409 `import_repeated`.
    func draft(_ bytes: [UInt8], by session: StaffSession) async throws -> UUID {
        let digest = Array(SHA256.hash(data: bytes))
        guard try await !self.database.autocommit({ try await $0.isImported(sha256: digest) }) else {
            throw Problems.importRepeated
        }
        let text = try await Database.patient { try await self.database.csvText(bytes) }
        let file = try await LeadImportFile.cut(text, mostRows: ImportBatch.mostRows)
        guard !file.parts.isEmpty else {
            throw CSVRows.unreadable("除了第一行的列名，文件里没有内容", "There is nothing below the heading.")
        }
        let (id, now, keys) = (self.dependencies.makeID(), self.dependencies.now(), self.dependencies.keys)
        let heading = try keys.seal(
            JSONOutput.array(file.heading.map { .string($0) }).text, at: ImportBatch.headingPlace(id))
        let event = self.audit.event(
            "lead_import.file", on: id, by: session.actor,
            ["rows": .integer(file.rows), "bytes": .integer(bytes.count), "sha256": .string(Hex.text(digest))])
        try await self.database.transaction { tx in
            try await tx.insertImportDraft(
                id, at: now, by: session.username, sha256: digest, rows: file.rows, headingSealed: heading,
                columns: ImportColumns(guessing: file.heading), event)
            for (position, part) in file.parts.enumerated() {
                let partID = self.dependencies.makeID()
                try await tx.insertImportPart(
                    partID, of: id, at: position, part,
                    sealed: try keys.seal(part.text, at: ImportBatch.partPlace(partID)))
            }
        }
        return id
    }

    /// Finds out what would come of a draft, under these columns or those the heading looks like, and keeps it.
    ///
    /// - Throws: 404; 409 `import_started`; 422 `csv_invalid` for columns that cannot be.
    func attempt(_ id: UUID, _ named: ImportColumns?) async throws -> JSONOutput {
        let columns = try await self.columns(named, of: id)
        var (outcome, lines, sample) = (ImportOutcome(), [PhoneNumber: Int](), [ImportedRow]())
        var position = -1
        while let next = try await self.database.autocommit({ [position] in
            try await $0.importPart(of: id, after: position)
        }) {
            position = next.position
            let read = LeadImportFile.read(try self.open(next.part).cells(), columns, lines: &lines)
            if sample.count < 5 { sample += read.rows.prefix(5 - sample.count) }
            outcome.refused += read.refused
            outcome.add(try await self.database.autocommit { try await self.store.judge(read.rows, $0) })
        }
        outcome.refused.sort { $0.line < $1.line }
        let (found, now) = (outcome, self.dependencies.now())
        guard try await self.database.transaction({ try await $0.noteTrial(of: id, columns, found, at: now) }) else {
            throw Problems.importStarted
        }
        return try await self.batch(id).json(self.dependencies.keys, sample: sample)
    }

    /// Lets a draft come in.
    ///
    /// - Throws: 404; 409 `import_started` or `import_repeated`; 422 `csv_invalid`.
    func start(_ id: UUID, _ named: ImportColumns?, for request: ImportRequest) async throws {
        let columns = try await self.columns(named, of: id)
        let sealed = try self.dependencies.keys.seal(request.text, at: ImportBatch.requestPlace(id))
        let event = self.audit.event(
            "lead_import.start", on: id, by: request.witness.actor,
            ["basis": .string(request.basis.rawValue), "columns": columns.json])
        let isStarted = try await self.once {
            try await self.database.transaction { tx in
                try await tx.startImport(
                    id, by: request.witness.actor.name, columns, basis: request.basis, requestSealed: sealed, event)
            }
        }
        guard isStarted else { throw Problems.importStarted }
    }

    /// Deletes a draft.
    ///
    /// - Throws: 404; 409 `import_started`.
    func drop(_ id: UUID, by session: StaffSession) async throws {
        _ = try await self.batch(id)
        let event = self.audit.event("lead_import.drop", on: id, by: session.actor)
        guard try await self.database.autocommit({ try await $0.dropImport(id, event) }) else {
            throw Problems.importStarted
        }
    }

    func list(before cursor: UUID?, limit: Int) async throws -> JSONOutput {
        let batches = try await self.database.autocommit {
            try await $0.importBatches(before: cursor, limit: limit + 1)
        }
        let page = batches.prefix(limit)
        return .object([
            "items": .array(try page.map { try $0.json(self.dependencies.keys) }),
            "next_cursor": .optional(batches.count > limit ? page.last?.id.uuidString.lowercased() : nil),
        ])
    }

    func show(_ id: UUID) async throws -> JSONOutput { try await self.batch(id).json(self.dependencies.keys) }

    /// The rows that did not come in, or would not, as a file.
    func errorFile(of id: UUID) async throws -> String {
        _ = try await self.batch(id)
        let refused = try await self.database.autocommit { try await $0.importRefusals(of: id) }
        return LeadImportResult.errorFile(["行号", "原因"], refused.map { ["\($0.line)", $0.detail] })
    }

    /// Takes a whole batch back: what it made is deleted, and tasks that it joined are what they were.
    ///
    /// - Throws: 404; 409 `import_running`, `import_undone`, or `import_in_use` with what stands in the way.
    func undo(_ id: UUID, by session: StaffSession) async throws {
        do {
            try await Database.patient {
                try await self.database.transaction { try await self.undo(id, by: session, $0) }
            }
        } catch let error where error.kind == "23503" {
            // Something came to refer to it that nothing above looks for.
            throw Problems.importInUse("这批有内容已被引用，不能撤销", ["known": 1])
        }
    }

    private func undo(_ id: UUID, by session: StaffSession, _ tx: Transaction) async throws {
        guard let batch = try await tx.lockImport(id) else { throw Problems.notFound }
        switch batch.state {
        case .draft, .queued, .running: throw Problems.importRunning
        case .undone: throw Problems.importUndone
        case .done, .failed: break
        }
        var uses: ImportUses?
        try await self.slices(of: id, tx) { slice in
            let found = try await tx.importUses(slice, of: id)
            if uses == nil { uses = found } else { uses?.add(found) }
        }
        let standing = uses?.standing ?? []
        guard standing.isEmpty else {
            throw Problems.importInUse(
                "不能撤销：" + standing.map { "\($0.count) \($0.text)" }.joined(separator: "，"),
                Dictionary(uniqueKeysWithValues: standing.map { ($0.kind, $0.count) }))
        }
        let now = self.dependencies.now()
        try await tx.restoreTasks(of: id)
        try await self.slices(of: id, tx) { try await tx.deleteImported($0, of: id, at: now) }
        let event = self.audit.event("lead_import.undo", on: id, by: session.actor, batch.counts)
        try await tx.finishUndo(id, by: session.username, at: now, event)
    }

    /// A statement for a thousand rows is over soon, however large the batch is.
    private func slices(
        of id: UUID, _ tx: Transaction, _ body: ([UUID]) async throws -> Void
    ) async throws {
        var last: UUID?
        while true {
            let slice = try await tx.importedInquiries(of: id, after: last, limit: 1000)
            guard !slice.isEmpty else { return }
            last = slice.last
            try await body(slice)
        }
    }

    /// The columns of a draft: those named, else those of its last trial or of its heading.
    private func columns(_ named: ImportColumns?, of id: UUID) async throws -> ImportColumns {
        let batch = try await self.batch(id)
        guard batch.state == .draft, let heading = try batch.heading(self.dependencies.keys) else {
            throw Problems.importStarted
        }
        return try LeadImportFile.columns(named ?? batch.columns, of: heading)
    }

    private func open(_ part: KeptPart) throws -> LeadImportFile.Part {
        LeadImportFile.Part(
            line: part.line, rows: part.rows,
            text: try self.dependencies.keys.open(part.sealed, at: ImportBatch.partPlace(part.id)))
    }

    private func batch(_ id: UUID) async throws -> ImportBatch {
        guard let batch = try await self.database.autocommit({ try await $0.importBatch(id) }) else {
            throw Problems.notFound
        }
        return batch
    }

    private func once<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error where error.violates("a_file_comes_in_once") {
            throw Problems.importRepeated
        }
    }
}

extension Problems {
    static let importRepeated = Problem(
        .conflict, "import_repeated", "这个文件已经导入过。要再导入，请先撤销那一批",
        english: "This very file was imported before; undo that batch first.")
    static let importStarted = Problem(
        .conflict, "import_started", "这批已经开始导入，不能再改", english: "The batch is coming in already.")
    static let importRunning = Problem(
        .conflict, "import_running", "这批还没有导入完，完成后才能撤销", english: "The batch has not come in whole yet.")
    static let importUndone = Problem(
        .conflict, "import_undone", "这批已经撤销", english: "The batch was undone already.")

    /// - Parameter uses: how many rows each kind of use stands in the way of.
    static func importInUse(_ detail: String, _ uses: [String: Int]) -> Problem {
        Problem(
            .conflict, "import_in_use", detail, english: "Something was done with what the batch made.",
            members: uses.mapValues { String($0) })
    }
}
