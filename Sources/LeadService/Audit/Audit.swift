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
    /// Free text somebody wrote, sealed; it may be erased, and `detailHash` with it in the chain still says what was there.
    package var sealed: [UInt8]?
    package var detailHash: [UInt8]?
    package var mac: [UInt8]
}

/// Who does something: a username, or a command's name, and as what.
package struct AuditActor: Sendable {
    package var name: String
    package var role: String

    /// A command of the operator's.
    package static func command(_ name: String) -> AuditActor { AuditActor(name: name, role: "command") }
}

/// Makes audit events whose MAC shows any later change.
package struct Audit: Sendable {
    let dependencies: Dependencies

    package init(dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    /// An event of now, to be inserted in the transaction of what it tells.
    package func event(
        _ action: String, on object: String, by actor: String, role: String, detail: [String: JSONOutput] = [:]
    ) -> AuditEvent {
        self.make(action, on: object, by: actor, role: role, detail: detail)
    }

    /// An event about a row.
    func event(
        _ action: String, on object: UUID, by actor: AuditActor, _ detail: [String: JSONOutput] = [:]
    ) -> AuditEvent {
        self.event(action, on: object.uuidString.lowercased(), by: actor.name, role: actor.role, detail: detail)
    }

    /// An event with free text, which may name anybody and so is only kept sealed.
    package func event(
        _ action: String, on object: String, by actor: String, role: String, sealing text: [String: JSONOutput]
    ) throws -> AuditEvent {
        var event = self.make(action, on: object, by: actor, role: role, detail: [:])
        let text = JSONOutput.object(text).text
        event.sealed = try self.dependencies.keys.seal(text, at: Self.place(of: event.id))
        event.detailHash = self.dependencies.keys.mac(.audit, Data(text.utf8))
        event.mac = Self.mac(event, detail: event.detail.text, keys: self.dependencies.keys)
        return event
    }

    /// Where an event's free text is sealed.
    package static func place(of event: UUID) -> SealedPlace { SealedPlace("audit_details", "sealed", event) }

    private func make(
        _ action: String, on object: String, by actor: String, role: String, detail: [String: JSONOutput]
    ) -> AuditEvent {
        var event = AuditEvent(
            id: self.dependencies.makeID(), at: self.dependencies.now().wholeMilliseconds, actor: actor, role: role,
            action: action,
            object: object, detail: .object(detail), detailHash: nil, mac: [])
        event.mac = Self.mac(event, detail: JSONOutput.object(detail).text, keys: self.dependencies.keys)
        return event
    }

    /// The MAC of an event over every other column, the detail as canonical JSON.
    static func mac(_ event: AuditEvent, detail: String, keys: KeyRing) -> [UInt8] {
        keys.mac(.audit, Data(self.message(event, detail: detail).utf8))
    }

    /// What the MAC covers.
    static func message(_ event: AuditEvent, detail: String) -> String {
        let columns =
            [
                event.id.uuidString.lowercased(), String(Int64((event.at.timeIntervalSince1970 * 1000).rounded())),
                event.actor, event.role,
                event.action, event.object, detail,
            ] + (event.detailHash.map { [Hex.text($0)] } ?? [])
        return columns.joined(separator: "\u{1F}")
    }
}

extension Date {
    /// Cut to milliseconds, so that what is stored is what was computed with.
    package var wholeMilliseconds: Date {
        Date(timeIntervalSince1970: (self.timeIntervalSince1970 * 1000).rounded(.down) / 1000)
    }
}
