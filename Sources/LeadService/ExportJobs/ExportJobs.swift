import Foundation
import Leads
import Logging
import NIOCore

/// Exports made in the background: asked for, approved, listed, cancelled, and their files handed out.
struct ExportJobs: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let audit: Audit

    init(database: Database, dependencies: Dependencies, settings: SettingsStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.audit = Audit(dependencies: dependencies)
    }

    /// Queues an export; the same one twice is one job.
    ///
    /// - Throws: 403 `exports_off`.
    func make(_ draft: ExportJobDraft, by session: StaffSession) async throws -> UUID {
        let rules = self.settings.current.exports
        guard rules.isOn else { throw Problems.exportsOff }
        let (id, now, keys) = (self.dependencies.makeID(), self.dependencies.now(), self.dependencies.keys)
        let sealed = try keys.seal(draft.filters.text, at: ClaimedExport.filterPlace(id))
        let fingerprint = keys.mac(.fingerprint, Data(draft.fingerprintText.utf8))
        let event = self.audit.event(
            "export.request", on: id, by: session.actor,
            [
                "format": .string(draft.format.rawValue), "filters": .object(draft.filter.summary),
                "columns": .array(draft.columns.map { .string($0.rawValue) }), "phone": .string(draft.phone.rawValue),
                "reason": .string(draft.reason),
            ])
        let alert = AlertDraft(
            id: self.dependencies.makeID(), kind: .exportWaiting, about: id.uuidString.lowercased(),
            parameters: ["who": session.username], roles: [.administrator])
        return try await self.database.transaction { tx in
            let made = try await tx.insertExportJob(
                id, draft, filterSealed: sealed, fingerprint: fingerprint, needsApproval: rules.needsApproval,
                by: session.staffID, at: now, event)
            if made.isNew, made.waits { try await tx.insertAlerts([alert], at: now) }
            return made.id
        }
    }

    /// What a plain export over the direct way needs now.
    ///
    /// - Throws: 403 `exports_off`, or `approval_required` where a second administrator has to agree.
    func allowDirect(_ phone: ExportRequest.Phones) async throws -> Int? {
        let rules = self.settings.current.exports
        guard rules.isOn else { throw Problems.exportsOff }
        if rules.needsApproval, phone == .plain,
            try await self.database.autocommit({ try await $0.hasSecondAdministrator() })
        {
            throw Problems.approvalRequired
        }
        return rules.rowLimit
    }

    var reasonLength: Int { self.settings.current.exports.reasonLength }

    func list(before cursor: UUID?, limit: Int, for session: StaffSession) async throws -> JSONOutput {
        let now = self.dependencies.now()
        let jobs = try await self.database.autocommit { try await $0.exportJobs(before: cursor, limit: limit + 1) }
        let page = jobs.prefix(limit)
        return .object([
            "items": .array(page.map { $0.json(for: session, at: now) }),
            "next_cursor": .optional(jobs.count > limit ? page.last?.id.uuidString.lowercased() : nil),
        ])
    }

    func show(_ id: UUID, to session: StaffSession) async throws -> JSONOutput {
        try await self.job(id).json(for: session, at: self.dependencies.now())
    }

    /// The columns somebody chose last, in their order.
    func lastColumns(of session: StaffSession) async throws -> [ExportColumn] {
        let names = try await self.database.autocommit { try await $0.lastExportColumns(of: session.staffID) }
        let columns = (names ?? []).compactMap { ExportColumn(rawValue: $0) }
        return columns.isEmpty ? ExportColumn.standard : columns
    }

    /// Lets a job with plain numbers go on.
    ///
    /// - Throws: 404; 403 `own_export` for whoever asked for it; 409 `export_not_waiting`.
    func approve(_ id: UUID, by session: StaffSession) async throws {
        let (job, now) = (try await self.job(id), self.dependencies.now())
        guard job.requestedByID != session.staffID else { throw Problems.ownExport }
        let event = self.audit.event("export.approve", on: id, by: session.actor)
        let isApproved = try await self.database.autocommit {
            try await $0.approveExportJob(id, by: session.staffID, at: now, event)
        }
        guard isApproved else { throw Problems.exportNotWaiting }
    }

    /// Stops a job, or takes its file away.
    ///
    /// - Throws: 404; 409 `export_over`.
    func cancel(_ id: UUID, by session: StaffSession) async throws {
        _ = try await self.job(id)
        let (now, event) = (self.dependencies.now(), self.audit.event("export.cancel", on: id, by: session.actor))
        let isCancelled = try await self.database.transaction { tx in
            guard try await tx.cancelExportJob(id, at: now, event) else { return false }
            try await tx.forgetExport(id, at: now)
            return true
        }
        guard isCancelled else { throw Problems.exportOver }
    }

    /// The file, looked at from end to end before its first byte is handed out; the audit knows each time.
    ///
    /// - Throws: 404; 403 `not_your_export`, `exports_off` or `step_up_required`; 409 `export_not_ready` or `export_damaged`;
    ///   410 when its time is over, somebody in it was erased, or it was cancelled.
    func file(of id: UUID, to session: StaffSession) async throws -> (job: ExportJob, reader: ExportFileReader) {
        let (job, now) = (try await self.job(id), self.dependencies.now())
        guard job.requestedByID == session.staffID else { throw Problems.notYourExport }
        guard self.settings.current.exports.isOn else { throw Problems.exportsOff }
        switch job.state(at: now) {
        case .waitingApproval, .queued, .running, .failed: throw Problems.exportNotReady
        case .cancelled, .expired: throw Problems.exportGone
        case .done: break
        }
        if job.phone == .plain, !session.isSteppedUp(at: now) { throw Problems.stepUpRequired }
        guard let chunks = job.chunks, let keySealed = job.keySealed, let sha256 = job.sha256, let bytes = job.bytes
        else {
            throw Problems.exportDamaged
        }
        let reader: ExportFileReader
        do {
            let file = try SealedFile(job: id, keySealed: keySealed, keys: self.dependencies.keys)
            reader = ExportFileReader(database: self.database, job: id, file: file, chunks: chunks)
            try await Database.patient { try await reader.verify(sha256: sha256, bytes: bytes) }
        } catch is ExportDamaged {
            throw try await self.damaged(id)
        } catch is SealBroken {
            throw try await self.damaged(id)
        }
        let event = self.audit.event(
            "export.download", on: id, by: session.actor, ["sha256": .string(Hex.text(sha256))])
        guard try await self.database.autocommit({ try await $0.noteExportDownload(id, at: now, event) }) else {
            throw Problems.exportGone
        }
        return (job, reader)
    }

    /// What is answered for a file that does not hold together; while it was looked at, it may just have been taken away.
    private func damaged(_ id: UUID) async throws -> Problem {
        guard try await self.job(id).state(at: self.dependencies.now()) == .done else { return Problems.exportGone }
        self.dependencies.logger.error(
            "the file of an export does not open", metadata: ["export": "\(id.uuidString.lowercased())"])
        return Problems.exportDamaged
    }

    private func job(_ id: UUID) async throws -> ExportJob {
        guard let job = try await self.database.autocommit({ try await $0.exportJob(id) }) else {
            throw Problems.notFound
        }
        return job
    }
}

extension Problems {
    static let exportsOff = Problem(
        .forbidden, "exports_off", "导出已由管理员在设置中关闭", english: "Exports are switched off in the settings.")
    static let approvalRequired = Problem(
        .forbidden, "approval_required", "导出完整号码须由另一位管理员批准，请在“导出”页提交",
        english: "A second administrator has to approve plain numbers: ask for the export as a job.")
    static let ownExport = Problem(
        .forbidden, "own_export", "不能批准自己提交的导出，请另一位管理员批准", english: "Somebody else has to approve it.")
    static let exportNotWaiting = Problem(
        .conflict, "export_not_waiting", "这项导出没有在等批准，请刷新列表", english: "The export is not waiting for an approval.")
    static let exportOver = Problem(
        .conflict, "export_over", "这项导出已经结束，没有可取消的内容", english: "The export is over already.")
    static let notYourExport = Problem(
        .forbidden, "not_your_export", "文件只给提交导出的人下载", english: "The file is for whoever asked for it.")
    static let exportNotReady = Problem(
        .conflict, "export_not_ready", "文件还没有完整生成，请看列表中的进度", english: "There is no whole file yet.")
    static let exportDamaged = Problem(
        .conflict, "export_damaged", "文件校验未通过，没有提供下载。请重新导出",
        english: "The stored file does not hold together; export again.")
    static let exportGone = Problem(
        .gone, "gone", "文件已删除：保存 24 小时，或因客户要求删除信息、取消而提前删除", english: "The file is gone.")
}
