import Foundation
import Leads

/// One try at a code: whose number, what for, and the keys to hold meanwhile.
struct CodeAttempt: Sendable {
    var purpose: VerificationPurpose
    var phone: PhoneNumber
    var phoneIndex: [UInt8]
    var challenge: UUID
    var code: VerificationCode
    var idempotencyKey: String?
    var locks: [[UInt8]] = []
    var holder: UUID
    var at: Date
    var lockedUntil: Date
    var wrongBuckets: [BudgetBucket]
}

/// What the reservation found: the keys locked or not, a try reserved or not, and the live codes to compare with.
struct CodeReservation: Sendable {
    var holdsLocks: Bool
    var isBlocked: Bool
    var isReserved: Bool
    /// The wrong-code budgets that one use was taken of.
    var counted: [BudgetBucket]
    var live: [(challenge: UUID, mac: [UInt8])]
}

extension KeyRing {
    /// The live challenge whose code it is; without one, one comparison is made all the same.
    func challenge(of attempt: CodeAttempt, among reservation: CodeReservation) -> UUID? {
        var match: UUID?
        let candidates = reservation.isReserved ? reservation.live : []
        for (challenge, mac) in candidates.isEmpty ? [(attempt.challenge, Array(repeating: 0, count: 32))] : candidates
        {
            let message = VerificationCode.message(
                challenge: challenge, purpose: attempt.purpose, phone: attempt.phone, code: attempt.code)
            if self.isAuthentic(mac, of: message, for: .code) { match = challenge }
        }
        return match
    }
}

extension Database {
    /// Seconds until the budgets for wrong codes allow another try.
    func wait(for attempt: CodeAttempt) async throws -> Int {
        let full = try await self.autocommit { try await $0.fullBuckets(attempt.wrongBuckets) }
        let wait = full.map { $0.end.timeIntervalSince(attempt.at) }.max() ?? 1
        return Int(wait.rounded(.up))
    }
}

extension Problems {
    /// One answer for a wrong, expired, used, foreign or unknown code.
    static let codeInvalid = Problem(failures: [
        ValidationFailure(
            "code_invalid", at: "/code", "验证码不正确或已过期，请核对或重新获取", english: "The code is wrong or has expired.")
    ])
}
