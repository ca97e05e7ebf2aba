package import Foundation
package import Leads

/// Proving that a phone is the visitor's: codes are issued within budgets and compared at most five times.
package struct PhoneVerification: Sendable {
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let budgets: SendBudgets
    private let outbox: OutboxSignal

    /// How long a code lives.
    package static let lifetime: TimeInterval = 300

    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, budgetFactor: Double,
        outbox: OutboxSignal
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.budgets = SendBudgets(keys: dependencies.keys, factor: budgetFactor)
        self.outbox = outbox
    }

    /// What a request for a code came to.
    package enum Issue: Sendable, Equatable {
        case issued(challenge: UUID, resendAfter: Int)
        case tooMany(retryAfter: Int)
    }

    /// Issues a code and leaves the message in the outbox, all in one statement, unless a budget is used up.
    package func sendCode(
        to phone: PhoneNumber, for purpose: VerificationPurpose, from address: ClientAddress
    ) async throws -> Issue {
        try await CrashPoint.numbering(.send) { try await self.issue(to: phone, for: purpose, from: address) }
    }

    private func issue(
        to phone: PhoneNumber, for purpose: VerificationPurpose, from address: ClientAddress
    ) async throws -> Issue {
        let now = self.dependencies.now()
        let settings = self.settings.current
        let code = VerificationCode.random(from: self.dependencies.randomBytes)
        let challenge = self.dependencies.makeID()
        let message = self.dependencies.makeID()
        let keys = self.dependencies.keys
        let parameters = JSONOutput.object([
            "code": .string(code.digits), "minutes": .string(String(Int(Self.lifetime) / 60)),
        ])
        let draft = CodeDraft(
            challenge: challenge, message: message, purpose: purpose,
            phoneIndex: keys.index(of: phone),
            mac: Array(
                keys.mac(
                    .code, VerificationCode.message(challenge: challenge, purpose: purpose, phone: phone, code: code))),
            template: purpose == .inquiry ? "inquiry_code" : "privacy_code",
            phoneSealed: try keys.seal(phone.e164, at: SealedPlace("messages", "phone_sealed", message)),
            parametersSealed: try keys.seal(parameters.text, at: SealedPlace("messages", "parameters_sealed", message)),
            cooldown: TimeInterval(settings.resendCooldown), hourly: self.budgets.scaled(5),
            daily: self.budgets.scaled(10),
            wrongHourly: self.budgets.scaled(10), wrongDaily: self.budgets.scaled(20))
        let buckets = self.budgets.buckets(phone: phone, address: address, settings: settings, at: now)
        if try await self.database.autocommit({ try await $0.issueCode(draft, buckets: buckets, at: now) }) {
            self.outbox.wake()
            return .issued(challenge: challenge, resendAfter: settings.resendCooldown)
        }
        let used = try await self.database.autocommit { session in
            (
                try await session.phoneBudget(draft.phoneIndex), try await session.fullBuckets(buckets)
            )
        }
        return .tooMany(retryAfter: self.budgets.retryAfter(phone: used.0, full: used.1, draft: draft, at: now))
    }
}

/// A code on its way into the database, everything secret already sealed or hashed.
struct CodeDraft: Sendable {
    var challenge: UUID
    var message: UUID
    var purpose: VerificationPurpose
    var phoneIndex: [UInt8]
    var mac: [UInt8]
    var template: String
    var phoneSealed: [UInt8]
    var parametersSealed: [UInt8]
    var cooldown: TimeInterval
    var hourly: Int
    var daily: Int
    var wrongHourly: Int
    var wrongDaily: Int
}
