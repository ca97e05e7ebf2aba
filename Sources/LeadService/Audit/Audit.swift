import Crypto
package import Foundation
import Leads

/// One thing that was done, for the audit: ids and the action, never a number, a name or a note.
package struct AuditEvent: Sendable {
    package var id: UUID
    package var at: Date
    /// The username, `visitor`, or the command's name.
    package var actor: String
    package var role: String
    /// A dotted verb such as `callback.reveal`.
    package var action: String
    /// What it was done to: an id.
    package var object: String
    package var detail: JSONOutput
    package var mac: [UInt8]
}

/// Makes audit events whose MAC shows any later change.
package struct Audit: Sendable {
    private let dependencies: Dependencies

    package init(dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    /// An event of now, to be inserted in the transaction of what it tells.
    package func event(
        _ action: String, on object: String, by actor: String, role: String, detail: [String: JSONOutput] = [:]
    ) -> AuditEvent {
        var event = AuditEvent(
            id: self.dependencies.makeID(), at: self.dependencies.now().wholeMilliseconds, actor: actor, role: role,
            action: action,
            object: object, detail: .object(detail), mac: [])
        event.mac = Self.mac(event, detail: JSONOutput.object(detail).text, keys: self.dependencies.keys)
        return event
    }

    /// The MAC of an event over every other column, the detail as canonical JSON.
    static func mac(_ event: AuditEvent, detail: String, keys: KeyRing) -> [UInt8] {
        keys.mac(.audit, Data(self.message(event, detail: detail).utf8))
    }

    /// What the MAC covers.
    static func message(_ event: AuditEvent, detail: String) -> String {
        let columns = [
            event.id.uuidString.lowercased(), String(Int64((event.at.timeIntervalSince1970 * 1000).rounded())),
            event.actor, event.role,
            event.action, event.object, detail,
        ]
        return columns.joined(separator: "\u{1F}")
    }
}

extension Date {
    /// Cut to milliseconds, so that what is stored is what was computed with.
    package var wholeMilliseconds: Date {
        Date(timeIntervalSince1970: (self.timeIntervalSince1970 * 1000).rounded(.down) / 1000)
    }
}
