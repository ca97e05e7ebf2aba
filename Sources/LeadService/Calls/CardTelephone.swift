import Foundation
import Leads

/// What a card shows of the telephone: the second number, the calls of the telephone system, messages of missed calls.
struct CardTelephone: Sendable {
    /// Whose number the task dials.
    var phoneLead: UUID
    var second: SealedSecondNumber?
    var hasSecret: Bool
    var calls: [CardCall]
    var missed: [CardMissedCall]

    /// The members of the card.
    func members(_ dependencies: Dependencies, _ settings: Settings, isMine: Bool) -> [String: JSONOutput] {
        [
            "phone_lead_id": .string(self.phoneLead.uuidString.lowercased()),
            "second_phone_masked": .optional(
                self.second.map { $0.open(dependencies)?.masked ?? SealBroken.shown }),
            "can_dial": .bool(isMine && settings.telephone.isEnabled && self.hasSecret),
        ]
    }

    /// The events of its history.
    func events(_ dependencies: Dependencies, showsRecordings: Bool) throws -> [(Date, [String: JSONOutput])] {
        try self.calls.map { ($0.requestedAt, try $0.members(dependencies, whole: showsRecordings)) }
            + self.missed.map {
                (
                    $0.at,
                    [
                        "kind": .string("missed_call_message"), "by": .string($0.by), "delivery": .string($0.delivery),
                    ]
                )
            }
    }
}

struct CardCall: Sendable {
    var id: UUID
    var by: String
    var number: String
    var state: String
    var requestedAt: Date
    var durationSeconds: Int?
    var failure: String?
    var recordingSealed: [UInt8]?

    func members(_ dependencies: Dependencies, whole: Bool) throws -> [String: JSONOutput] {
        var members: [String: JSONOutput] = [
            "kind": .string("dialled"), "by": .string(self.by), "call_id": .string(self.id.uuidString.lowercased()),
            "number": .string(self.number), "state": .string(self.state),
            "duration_seconds": .optional(self.durationSeconds), "failure": .optional(self.failure),
        ]
        if whole, let sealed = self.recordingSealed {
            members["recording_reference"] = .string(
                try dependencies.shown { try $0.open(sealed, at: CallReports.recordingPlace(of: self.id)) })
        }
        return members
    }
}

struct CardMissedCall: Sendable {
    var at: Date
    var by: String
    /// `queued`, `sent`, `delivered`, `failed`, `expired` or `unknown`.
    var delivery: String
}
