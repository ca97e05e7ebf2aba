import Foundation
import Leads

/// The visitor's receipt: what was promised and what has happened since, and the two things they may change about it.
package struct Receipts: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let calendar: CalendarStore
    private let audit: Audit
    private let links: LinkToken

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore, calendar: CalendarStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.calendar = calendar
        self.audit = Audit(dependencies: dependencies)
        self.links = LinkToken(keys: dependencies.keys)
    }

    /// The receipt behind a token.
    ///
    /// - Throws: 404 for a token that is not ours; 410 when the inquiry is gone.
    func receipt(_ token: String) async throws -> Receipt {
        let id = try self.inquiry(token)
        return try await self.database.snapshot { tx in try await self.read(id, tx) }
    }

    /// Moves the call to another window: its end is what the visitor is told, the queue sorts by and statistics count.
    ///
    /// It is never later than closing time of the day that was first promised.
    ///
    /// - Throws: 409 `already_closed`; 422 `window_unavailable`.
    func changeWindow(_ token: String, to window: PreferredWindow, on day: ShanghaiDate?) async throws -> Receipt {
        let id = try self.inquiry(token)
        let now = self.dependencies.now()
        return try await self.database.transaction { tx in
            let receipt = try await self.locked(id, tx)
            guard receipt.isOpen else { throw Self.alreadyClosed }
            let hours = try receipt.offer.choose(window, on: day, at: now)
            let row = receipt.row
            if receipt.offer.movesPromise {
                try await tx.moveDeadlines(of: row, to: hours.end, window: window, at: now)
            } else {
                try await tx.setWindow(of: id, window, at: now)
            }
            if let task = row.task {
                let dueAt = receipt.offer.movesPromise ? try await tx.earliestUnmet(of: task) ?? hours.end : task.dueAt
                // Somebody this lead was merged with may have been promised an earlier call.
                if receipt.offer.movesPromise, hours.start >= dueAt { throw WindowOffer.unavailable(at: "") }
                try await tx.setWindow(
                    ofTask: task.id, window, dueAt: dueAt,
                    isChosen: receipt.offer.movesPromise && dueAt == hours.end, nextAttemptAt: hours.start)
            } else {
                try await tx.setToldNextAttempt(of: id, at: hours.start)
            }
            try await tx.insert(
                self.event(
                    "receipt.window", on: id,
                    detail: [
                        "window": .string(window.rawValue), "due_before": .string(RFC3339.text(row.dueAt)),
                        "due_after": .string(
                            RFC3339.text(receipt.offer.movesPromise ? hours.end : row.dueAt)),
                    ]))
            return try await self.read(id, tx)
        }
    }

    /// Takes the request for a call back; a repeat changes nothing.
    ///
    /// - Throws: 409 `already_closed` when it ended otherwise.
    func cancel(_ token: String) async throws -> Receipt {
        let id = try self.inquiry(token)
        let now = self.dependencies.now()
        return try await self.database.transaction { tx in
            let receipt = try await self.locked(id, tx)
            guard receipt.row.cancelledAt == nil else { return receipt }
            guard receipt.isOpen else { throw Self.alreadyClosed }
            if receipt.row.isQuarantined {
                // It has no task; what else the number was promised is not its own to end.
                try await tx.cancelInquiry(id, at: now)
            } else {
                try await tx.leaveQueue(receipt.row.leadID, reason: "cancelled_by_visitor", at: now)
            }
            try await tx.insert(self.event("receipt.cancel", on: id))
            return try await self.read(id, tx)
        }
    }

    /// The path of the assessment that came with the inquiry, open to whoever proved the phone.
    func resultPath(_ receipt: Receipt) -> String? {
        receipt.row.assessmentID.map { "/a/" + self.links.token(.assessment, for: $0) }
    }

    /// As the staff's problem of this name, in the visitor's words.
    private static let alreadyClosed = Problem(
        .conflict, "already_closed", "这次咨询已经结束，需要时欢迎再次提交",
        english: "This inquiry is closed already; you are welcome to send another.")

    private func inquiry(_ token: String) throws -> UUID {
        guard let id = self.links.id(.receipt, in: token) else { throw Problems.notFound }
        return id
    }

    private func read(_ id: UUID, _ tx: Transaction) async throws -> Receipt {
        guard let row = try await tx.receipt(id) else { throw Problems.gone }
        let now = self.dependencies.now()
        var calls: [CopiedCall] = []
        if let task = row.task {
            calls = try await tx.receiptCalls(of: row.leadID, since: row.acceptedAt, until: task.closedAt)
        }
        return Receipt(
            row: row, calls: calls, moves: try await tx.deadlineMoves(of: id, since: row.acceptedAt),
            requests: try await tx.benefitRequests(of: row.leadID),
            offer: WindowOffer(row, self.settings.current, self.calendar.current, at: now), now: now)
    }

    /// The receipt, its lead and its task locked, in the order in which a submit locks them.
    private func locked(_ id: UUID, _ tx: Transaction) async throws -> Receipt {
        try await tx.lockLead(ofInquiry: id)
        if let task = try await tx.receipt(id)?.task { _ = try await tx.lockTask(task.id) }
        return try await self.read(id, tx)
    }

    private func event(_ action: String, on id: UUID, detail: [String: JSONOutput] = [:]) -> AuditEvent {
        self.audit.event(action, on: id.uuidString.lowercased(), by: "visitor", role: "visitor", detail: detail)
    }
}
