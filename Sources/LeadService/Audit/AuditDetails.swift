import Foundation
import Leads

/// What an audit event says of a person lies sealed beside it, so that it can be erased and the chain still holds.
extension Audit {
    static let checkpointAction = "audit.checkpoint"
    static let headBegunAction = "audit.head_begun"

    /// The event that must be in the audit before the details it names may go.
    func checkpoint(erasing events: [UUID], because object: String, by actor: String, role: String) -> AuditEvent {
        self.event(
            Self.checkpointAction, on: object, by: actor, role: role,
            detail: ["events": .array(events.map { .string($0.uuidString.lowercased()) })])
    }

    /// The event that must be in the audit before its oldest links may go: up to where, and what the next link continues.
    func checkpoint(
        expiring position: Int, hash: [UInt8], because object: String, by actor: String, role: String
    ) -> AuditEvent {
        self.event(
            Self.checkpointAction, on: object, by: actor, role: role,
            detail: ["through": .integer(position), "hash": .string(Base64URL.encode(hash))])
    }

    /// Where the chain begins after a checkpoint of that kind.
    static func start(after checkpoint: AuditEvent) -> (position: Int, hash: [UInt8])? {
        guard checkpoint.action == Self.checkpointAction,
            let detail = try? StrictJSON.read(Array(checkpoint.detail.text.utf8)), case .object(let members) = detail,
            case .number(let number)? = members["through"], let position = Int("\(number)"),
            case .string(let text)? = members["hash"], let hash = Base64URL.decode(text), hash.count == 32
        else { return nil }
        return (position, hash)
    }
}
