import Foundation
import Leads

/// Erasing somebody: what goes, what stays under a pseudonym (contract §4.10).
///
/// Gone are number, names, remarks, answers, notes, codes, keys and the number and text of messages, with every index they
/// were found by. Left are a shell of lead, inquiries, tasks and calls for counts, the consents as evidence, the do-not-call
/// entry, and a tombstone, so that a restored backup does not bring anybody back.
package struct Erasure: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    private static let batch = 100

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// Erases a lead whose row is locked, and what its number left behind.
    func erase(
        _ lead: UUID, phone index: [UInt8], pseudonym: [UInt8], request: UUID, by actor: String, role: String,
        at now: Date, _ tx: Transaction
    ) async throws {
        try await tx.leaveQueue(lead, reason: "erased", at: now)
        try await tx.insertTombstone(lead: lead, pseudonym: pseudonym, request: request, at: now)
        // A clock that other processes share may be a moment behind what they accepted: all of it is meant.
        try await self.strip(
            lead, phone: index, pseudonym: pseudonym, upTo: .distantFuture, because: request, by: actor, role: role,
            at: now, tx)
    }

    /// Erases again what a restored backup brought back; returns how many leads that were.
    @discardableResult
    package func reapply() async throws -> Int {
        let now = self.dependencies.now()
        return try await self.database.transaction { tx in
            let back = try await tx.revenants(limit: Self.batch)
            for found in back {
                _ = try await tx.lockLead(phone: found.phoneIndex)
                if try await !tx.hasInquiries(of: found.lead, acceptedAfter: found.erasedAt) {
                    try await tx.leaveQueue(found.lead, reason: "erased", at: now)
                }
                try await self.strip(
                    found.lead, phone: found.phoneIndex, pseudonym: found.pseudonym, upTo: found.erasedAt,
                    because: found.request, by: "restore", role: "system", at: now, tx)
            }
            return back.count
        }
    }

    private func strip(
        _ lead: UUID, phone index: [UInt8], pseudonym: [UInt8], upTo limit: Date, because request: UUID,
        by actor: String, role: String, at now: Date, _ tx: Transaction
    ) async throws {
        let object = request.uuidString.lowercased()
        let details = try await tx.auditDetails(about: try await tx.auditObjects(of: lead))
        try await tx.eraseInquiries(of: lead, acceptedUpTo: limit, at: now)
        try await tx.deleteBenefitRequests(of: lead, madeUpTo: limit)
        try await tx.deleteReviews(of: lead, madeUpTo: limit)
        try await tx.deleteWeChat(of: lead, addedUpTo: limit)
        try await tx.eraseCallTexts(of: lead, upTo: limit)
        try await tx.eraseReminders(of: lead, upTo: limit)
        try await tx.erasePermit(of: lead, upTo: limit)
        try await tx.eraseEligibility(of: lead, upTo: limit)
        try await tx.eraseTelephone(of: lead, upTo: limit, at: now)
        try await tx.eraseMessages(phone: index, pseudonym: pseudonym, upTo: limit, at: now)
        try await tx.deleteCodes(phone: index, upTo: limit)
        try await tx.withdrawConsents(of: lead, givenUpTo: limit, at: now)
        try await tx.eraseCaseTexts(pseudonym: pseudonym)
        try await tx.repointTasks(of: lead)
        try await tx.eraseLead(lead, pseudonym: pseudonym, at: now)
        try await tx.eraseExports(of: lead, at: now)
        try await tx.eraseAuditDetails(
            self.audit.checkpoint(erasing: details, because: object, by: actor, role: role))
    }
}
