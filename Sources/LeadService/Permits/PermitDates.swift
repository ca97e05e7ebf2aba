import Foundation
import Leads

/// When leads' permits end, as advisers were told.
package struct PermitDates: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// How long ago a permit may have ended, and how far ahead its end may lie.
    private static let days = (past: 366, ahead: 3660)

    /// Writes down the end of a permit, or with nil that it is not known any more.
    ///
    /// - Returns: the day on which somebody will be asked to call about it; nil when that day has come or there is no date.
    /// - Throws: 404 for a lead that lists do not show; 422 `permit_date_unlikely`.
    func set(_ validUntil: ShanghaiDate?, of lead: UUID, by session: StaffSession) async throws -> ShanghaiDate? {
        let now = self.dependencies.now()
        let today = ShanghaiDate(now)
        if let validUntil, validUntil < today.adding(-Self.days.past) || validUntil > today.adding(Self.days.ahead) {
            throw Problem(failures: [
                ValidationFailure(
                    "permit_date_unlikely", at: "/valid_until", "居住证到期日应在最近一年到今后十年之间，请核对",
                    english: "At most a year ago and ten years ahead.")
            ])
        }
        try await self.database.transaction { tx in
            guard try await tx.lockVisibleLead(lead) else { throw Problems.notFound }
            try await tx.setPermit(of: lead, validUntil, by: session.staffID, at: now)
            try await tx.insert(
                self.audit.event(
                    "lead.permit", on: lead.uuidString.lowercased(), by: session.username, role: session.role.rawValue,
                    detail: ["known": .bool(validUntil != nil)]))
        }
        guard let opens = validUntil?.adding(-30), opens > today else { return nil }
        return opens
    }
}
