package import Foundation
import Leads
import Logging
import Metrics

/// Letting go of what the privacy notice says is kept no longer: one batch of each kind in a round, each in a transaction of
/// its own, so that a crash leaves nothing half gone and the next round goes on.
package struct Retention: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let audit: Audit
    private let erasure: Erasure

    /// The most rows of a kind that one statement takes.
    package static let batch = 1000
    /// What strangers may leave here by the thousand goes faster than their budgets let it come.
    package static let bulkBatch = 5000
    /// Leads are erased one by one.
    package static let leadBatch = 50

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.audit = Audit(dependencies: dependencies)
        self.erasure = Erasure(database: database, dependencies: dependencies)
    }

    /// What a term says now, and how much of it is due.
    package struct Due: Sendable, Equatable {
        package var term: RetentionTerm
        package var length: Int
        /// What is older is due.
        package var before: Date
        package var rows: Int

        package var json: JSONOutput { .object(self.members) }

        var members: [String: JSONOutput] {
            [
                "term": .string(self.term.rawValue), "title": .string(self.term.title),
                "setting": .string(self.term.setting), "length": .integer(self.length),
                "unit": .string(self.term.unit.rawValue),
                "shortest": .integer(self.term.allowed.lowerBound), "longest": .integer(self.term.allowed.upperBound),
                "before": .string(RFC3339.text(self.before)), "due": .integer(self.rows),
            ]
        }
    }

    /// Every term with what a round would take in the end; changes nothing.
    ///
    /// - Parameter proposed: the terms to go by instead of those in force.
    package func due(under proposed: RetentionTerms? = nil) async throws -> [Due] {
        let now = self.dependencies.now()
        let terms = proposed ?? self.settings.current.retention
        return try await self.database.snapshot { tx in
            try await tx.allowLongChecks()
            var found: [Due] = []
            for term in RetentionTerm.allCases {
                let before = terms.cutoff(of: term, at: now)
                let rows = try await tx.countDue(term, before: before, at: now)
                found.append(Due(term: term, length: terms.length(of: term), before: before, rows: rows))
            }
            return found
        }
    }

    /// One round: at most one batch of each kind.
    ///
    /// - Returns: how many rows went.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let terms = self.settings.current.retention
        var gone = 0
        for term in RetentionTerm.allCases {
            let before = terms.cutoff(of: term, at: now)
            let rows = try await self.letGo(term, before: before, at: now)
            if rows > 0 {
                Counter(label: "huifang_retention_rows_total", dimensions: [("term", term.rawValue)])
                    .increment(by: rows)
            }
            gone += rows
        }
        return gone
    }

    private func letGo(_ term: RetentionTerm, before: Date, at now: Date) async throws -> Int {
        switch term {
        case .leads, .customers: return try await self.eraseLeads(term, before: before, at: now)
        case .corrections:
            return try await self.database.transaction { tx in
                let events = try await tx.correctionDetails(before: before, limit: Self.batch)
                guard !events.isEmpty else { return 0 }
                try await tx.eraseAuditDetails(
                    self.audit.checkpoint(erasing: events, because: "retention", by: Self.actor, role: "system"))
                return events.count
            }
        case .audit: return try await self.expireAudit(before: before)
        case .codes, .assessments:
            // By the thousand on a busy day, and nobody's yet: the counter says how many.
            return try await self.database.statement {
                try await $0.deleteDue(term, before: before, at: now, limit: Self.bulkBatch)
            }
        case .messages, .exports:
            return try await self.database.transaction { tx in
                let rows =
                    term == .exports
                    ? try await tx.deleteExports(before: before, limit: Self.batch)
                    : try await tx.deleteDue(term, before: before, at: now, limit: Self.batch)
                if rows > 0 { try await tx.insert(self.event(term, rows, before: before)) }
                return rows
            }
        case .evidence, .requests:
            let salt = self.dependencies.randomBytes(32)
            return try await self.database.transaction { tx in
                if term == .requests {
                    let cases = try await tx.deleteClosedCases(before: before, limit: Self.batch)
                    if cases > 0 { try await tx.insert(self.event(term, cases, before: before)) }
                }
                let ids = try await tx.dueIDs(term, before: before, at: now, limit: Self.batch)
                guard !ids.isEmpty else { return 0 }
                let event = self.event(term, ids.count, before: before)
                try await tx.insert(event)
                if term == .evidence { try await tx.forgetErased(ids, salt: salt) }
                try await tx.deletePrivacyRecords(
                    requests: term == .requests ? ids : [], tombstones: term == .evidence ? ids : [], told: event.id)
                return ids.count
            }
        }
    }

    private static let actor = "retention"

    private func event(_ term: RetentionTerm, _ rows: Int, before: Date) -> AuditEvent {
        self.audit.event(
            "retention.delete", on: term.rawValue, by: Self.actor, role: "system",
            detail: ["rows": .integer(rows), "before": .string(RFC3339.text(before))])
    }

    /// Erases leads whose time is over as if they had asked for it; whoever came back meanwhile stays.
    private func eraseLeads(_ term: RetentionTerm, before: Date, at now: Date) async throws -> Int {
        let keys = self.dependencies.keys
        let found = try await self.database.autocommit {
            try await $0.dueLeads(term, before: before, at: now, limit: Self.leadBatch)
        }
        var erased = 0
        for lead in found {
            let phone: PhoneNumber
            do {
                phone = try PhoneNumber(
                    parsing: try keys.open(lead.phoneSealed, at: SealedPlace("leads", "phone_sealed", lead.id)))
            } catch let broken as SealBroken {
                self.dependencies.logger.error("a lead is kept", metadata: broken.logMetadata)
                continue
            }
            let isDone = try await self.database.transaction { tx in
                // Whoever submits now waits for this, or is seen by the second look.
                guard try await tx.lockLead(phone: lead.phoneIndex) == lead.id,
                    try await tx.isDue(lead.id, term, before: before, at: now)
                else { return false }
                try await self.erasure.erase(
                    lead.id, phone: lead.phoneIndex, pseudonym: keys.pseudonym(of: phone),
                    request: self.dependencies.makeID(), by: Self.actor, role: "system", at: now, tx)
                try await tx.insert(
                    self.audit.event(
                        "retention.erase", on: lead.id.uuidString.lowercased(), by: Self.actor, role: "system",
                        detail: ["term": .string(term.rawValue)]))
                return true
            }
            if isDone { erased += 1 }
        }
        return erased
    }

    /// Drops the oldest links of the chain with their events, behind a checkpoint that says where it goes on.
    private func expireAudit(before: Date) async throws -> Int {
        try await self.database.transaction { tx in
            guard try await tx.lockAuditChain() else { return 0 }
            let links = try await tx.oldestAuditLinks(limit: Self.batch + 1)
            // The last link of all stays: the next one continues it.
            let expired = links.dropLast().prefix { $0.at < before }
            guard let last = expired.last else { return 0 }
            try await tx.expireAudit(
                self.audit.checkpoint(
                    expiring: last.position, hash: last.hash, because: "retention", by: Self.actor, role: "system"))
            return expired.count
        }
    }
}

/// A lead whose time may be over.
struct DueLead: Sendable {
    var id: UUID
    var phoneIndex: [UInt8]
    var phoneSealed: [UInt8]
}
