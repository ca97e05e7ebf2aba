import Foundation
import Leads

extension CallbackQueue {
    /// Notes that somebody looks at a card; for the claimant it is a request on their task as any other.
    ///
    /// - Throws: 404.
    func look(at id: UUID, by session: StaffSession) async throws {
        let now = self.dependencies.now()
        let isKnown = try await self.database.autocommit { try await $0.markViewer(session.staffID, of: id, at: now) }
        guard isKnown else { throw Problems.notFound }
        try await self.keepClaim(id, for: session)
    }
}
