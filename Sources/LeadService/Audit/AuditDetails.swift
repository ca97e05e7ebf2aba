import Foundation
import Leads

/// What an audit event says of a person lies sealed beside it, so that it can be erased and the chain still holds.
extension Audit {
    static let checkpointAction = "audit.checkpoint"

    /// The event that must be in the audit before the details it names may go.
    func checkpoint(erasing events: [UUID], because object: String, by actor: String, role: String) -> AuditEvent {
        self.event(
            Self.checkpointAction, on: object, by: actor, role: role,
            detail: ["events": .array(events.map { .string($0.uuidString.lowercased()) })])
    }
}
