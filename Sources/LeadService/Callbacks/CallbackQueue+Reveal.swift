import Foundation
import Leads

extension CallbackQueue {
    /// Shows the whole number to the claimant, which is audited.
    ///
    /// - Throws: as `number(of:for:_:)`.
    func reveal(_ id: UUID, purpose: String, for session: StaffSession) async throws -> PhoneNumber {
        let event = try self.audit.event(
            "callback.reveal", on: id.uuidString.lowercased(), by: session.username, role: session.role.rawValue,
            sealing: ["purpose": .string(purpose)])
        return try await self.number(of: id, for: session) { task, now, until in
            try await self.database.autocommit {
                try await $0.reveal(task, to: session.staffID, at: now, until: until, event)
            }
        }
    }
}
