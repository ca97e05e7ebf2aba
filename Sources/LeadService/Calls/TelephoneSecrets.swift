import Foundation
import Leads
import Logging

/// The secret that signs calls to the telephone system and its reports: what `huifang telephone` makes.
package struct TelephoneSecrets: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    static func place(_ id: UUID) -> SealedPlace { SealedPlace("telephone_secrets", "secret_sealed", id) }

    /// Makes a new secret, kept sealed; the one before counts no more.
    ///
    /// - Returns: the secret as Standard Webhooks write it, `whsec_` and base64.
    package func make(by actor: String) async throws -> String {
        let id = self.dependencies.makeID()
        let text = "whsec_" + Data(self.dependencies.randomBytes(32)).base64EncodedString()
        let sealed = try self.dependencies.keys.seal(text, at: Self.place(id))
        let now = self.dependencies.now()
        let event = self.audit.event("telephone.secret", on: "telephone_system", by: actor, role: "command")
        try await self.database.transaction { tx in
            try await tx.setTelephoneSecret(id, sealed, at: now)
            try await tx.insert(event)
        }
        return text
    }

    /// The bytes that sign; nil when there is no secret, or none that opens.
    func current() async throws -> [UInt8]? {
        guard let stored = try await self.database.autocommit({ try await $0.telephoneSecret() }) else { return nil }
        do {
            let text = try self.dependencies.keys.open(stored.sealed, at: Self.place(stored.id))
            return ServiceConfiguration.webhookSecret(text)
        } catch let broken as SealBroken {
            self.dependencies.logger.error("a sealed value does not open", metadata: broken.logMetadata)
            return nil
        }
    }

    package func exists() async throws -> Bool {
        try await self.database.autocommit { try await $0.telephoneSecret() } != nil
    }
}
