import Foundation
import Leads
import Logging

/// A further number of a lead, given by whoever speaks with them.
package struct SecondNumbers: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies, settings: SettingsStore) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.audit = Audit(dependencies: dependencies)
    }

    /// Where it is sealed.
    static func place(of lead: UUID) -> SealedPlace { SealedPlace("second_numbers", "phone_sealed", lead) }

    /// Keeps a lead's further number, or forgets it; the claimant of its task may, and who assigns tasks.
    ///
    /// As any request of the claimant's it extends the lease.
    ///
    /// - Throws: 404 for nobody's id; 409 `not_claimant`.
    func set(_ number: SecondNumber?, of lead: UUID, by session: StaffSession) async throws {
        let now = self.dependencies.now()
        let until = now.addingTimeInterval(self.settings.current.claimLength)
        let sealed = try number.map { try self.dependencies.keys.seal($0.stored, at: Self.place(of: lead)) }
        let event = self.audit.event(
            number == nil ? "lead.second_number_removed" : "lead.second_number", on: lead.uuidString.lowercased(),
            by: session.username, role: session.role.rawValue)
        let mayAlways = session.role.may(.assignCallbacks)
        try await self.database.transaction { tx in
            guard try await tx.lockLiveLead(lead) else { throw Problems.notFound }
            let isHeld = try await tx.extendClaim(onLead: lead, by: session.staffID, at: now, until: until)
            guard isHeld || mayAlways else { throw CallbackQueue.notClaimant }
            try await tx.setSecondNumber(sealed, of: lead, at: now)
            try await tx.insert(event)
        }
    }

    /// The further number of whom the adviser was just shown the number of, under that claim.
    ///
    /// - Returns: nil when there is none, or it cannot be read.
    func shown(with task: UUID, to session: StaffSession) async throws -> SecondNumber? {
        let now = self.dependencies.now()
        guard
            let found = try await self.database.autocommit({
                try await $0.revealedSecondNumber(of: task, to: session.staffID, at: now)
            })
        else { return nil }
        return found.open(self.dependencies)
    }
}

/// A further number as it is stored.
struct SealedSecondNumber: Sendable {
    var lead: UUID
    var sealed: [UInt8]

    /// - Returns: nil for one that does not open, which is told to the log.
    func open(_ dependencies: Dependencies) -> SecondNumber? {
        do {
            return try SecondNumber(
                stored: try dependencies.keys.open(self.sealed, at: SecondNumbers.place(of: self.lead)))
        } catch {
            if let broken = error as? SealBroken {
                dependencies.logger.error("a sealed value does not open", metadata: broken.logMetadata)
            }
            return nil
        }
    }
}

extension SecondNumber {
    var json: JSONOutput {
        .object([
            "phone": .string(self.e164), "extension": .optional(self.extensionDigits), "qr": .dialling(self.stored),
        ])
    }
}

extension JSONOutput {
    /// A number for the telephone beside the keyboard, drawn here because it may stand in no address.
    static func dialling(_ number: String) -> JSONOutput {
        let code = QRCode("tel:" + number)
        return .object(["size": .integer(code?.size ?? 0), "path": .string(code?.svgPath ?? "")])
    }
}
