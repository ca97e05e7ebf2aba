import Foundation
import Leads

/// Codes of test numbers, which no gateway gets: an administrator reads the newest one while it lives.
package struct TestCodes: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let audit: Audit

    package init(database: Database, dependencies: Dependencies) {
        self.database = database
        self.dependencies = dependencies
        self.audit = Audit(dependencies: dependencies)
    }

    /// The newest live code of a number; reading it is audited, without number and code.
    func newest(of phone: PhoneNumber, by session: StaffSession) async throws -> (code: String, expiresAt: Date)? {
        let now = self.dependencies.now()
        let keys = self.dependencies.keys
        return try await self.database.transaction { tx -> (code: String, expiresAt: Date)? in
            guard let row = try await tx.withheldCode(of: keys.index(of: phone), at: now) else { return nil }
            let event = self.audit.event(
                "test_code.read", on: row.challenge.uuidString.lowercased(), by: session.username,
                role: session.role.rawValue)
            try await tx.insert(event)
            let place = SealedPlace("withheld_codes", "code_sealed", row.challenge)
            return (try keys.open(row.codeSealed, at: place), row.expiresAt)
        }
    }
}

/// A code that was withheld from every gateway.
struct WithheldCode: Sendable {
    var challenge: UUID
    var codeSealed: [UInt8]
    var expiresAt: Date
}
