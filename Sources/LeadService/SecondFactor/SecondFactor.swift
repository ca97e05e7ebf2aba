import Crypto
import Foundation
import Leads

/// What somebody is given when they begin to set a second factor up; shown once.
struct SecondFactorDraft: Sendable {
    /// Base32, as it is typed into an authenticator.
    var secret: String
    var recoveryCodes: [String]
    /// What an authenticator reads from the picture.
    var address: String
}

/// A second factor that was confirmed, as it is stored.
struct StoredSecondFactor: Sendable {
    var id: UUID
    var secretSealed: [UInt8]
}

/// The codes of an authenticator (RFC 6238) and the recovery codes that stand in for it, each of them good once.
struct SecondFactor: Sendable {
    private let dependencies: Dependencies

    private static let recoveryCodes = 10

    init(dependencies: Dependencies) {
        self.dependencies = dependencies
    }

    /// Makes a secret and recovery codes that count from their confirmation on; those begun before are forgotten.
    func begin(for session: StaffSession, at now: Date, _ tx: Transaction) async throws -> SecondFactorDraft {
        let secret = self.dependencies.randomBytes(TOTP.secretLength)
        // Four groups of six letters out of 31: 118 bits, more than the 112 that ASVS 5.0 V6.5.2 asks for.
        let codes = (0..<Self.recoveryCodes).map { _ in self.dependencies.words(groups: 4, of: 6) }
        let id = self.dependencies.makeID()
        let sealed = try self.dependencies.keys.seal(
            Data(secret).base64EncodedString(), at: Self.place(of: id))
        try await tx.beginSecondFactor(
            id, of: session.staffID, sealed: sealed, recovery: codes.map(Self.hash), at: now)
        let text = TOTP.text(of: secret)
        return SecondFactorDraft(
            secret: text, recoveryCodes: codes,
            address: "otpauth://totp/\(session.username)?secret=\(text)&issuer=Huifang")
    }

    /// Makes what was begun the second factor, when its code is right; the code counts as used.
    ///
    /// - Returns: false for a wrong code.
    /// - Throws: 409 `totp_not_begun`.
    func confirm(_ code: String, of staff: UUID, at now: Date, _ tx: Transaction) async throws -> Bool {
        guard let begun = try await tx.secondFactor(of: staff, isConfirmed: false) else { throw Problems.totpNotBegun }
        guard let step = try self.totp(begun).step(of: code, at: now) else { return false }
        try await tx.removeSecondFactor(of: staff, butFor: begun.id)
        try await tx.confirmSecondFactor(begun.id, at: now, step: step)
        return true
    }

    /// Whether a code is the authenticator's and newer than the last one, or a recovery code; it is used up then.
    ///
    /// - Returns: nil when the person has no second factor.
    func accepts(_ code: String?, of staff: UUID, at now: Date, _ tx: Transaction) async throws -> Accepted? {
        guard let factor = try await tx.secondFactor(of: staff, isConfirmed: true) else { return nil }
        guard let code else { return .nothing }
        if let step = try self.totp(factor).step(of: code, at: now) {
            return try await tx.useStep(step, of: factor.id) ? .code : .nothing
        }
        return try await tx.useRecoveryCode(Self.hash(code), of: factor.id) ? .recoveryCode : .nothing
    }

    /// What was accepted.
    enum Accepted: Sendable, Equatable {
        case nothing, code, recoveryCode
    }

    private func totp(_ factor: StoredSecondFactor) throws -> TOTP {
        let place = Self.place(of: factor.id)
        let text = try self.dependencies.keys.open(factor.secretSealed, at: place)
        // Never an empty secret, whose codes anybody could make.
        guard let secret = Data(base64Encoded: text), secret.count == TOTP.secretLength else {
            throw SealBroken(table: place.table, column: place.column, row: place.row)
        }
        return TOTP(secret: Array(secret))
    }

    private static func place(of id: UUID) -> SealedPlace { SealedPlace("staff_totp", "secret_sealed", id) }

    /// Of a recovery code, however its case and its dashes are typed.
    private static func hash(_ code: String) -> [UInt8] {
        let letters = code.lowercased().filter { $0.isLetter || $0.isNumber }
        return Array(SHA256.hash(data: Data(letters.utf8)))
    }
}

extension Dependencies {
    /// Random letters and digits that cannot be mistaken for each other, in groups; a letter is worth almost five bits.
    func words(groups: Int, of length: Int) -> String {
        let alphabet = Array("abcdefghjkmnpqrstuvwxyz23456789")
        var letters: [Character] = []
        while letters.count < groups * length {
            for byte in self.randomBytes(groups * length)
            where letters.count < groups * length && Int(byte) < alphabet.count * 8 {
                letters.append(alphabet[Int(byte) % alphabet.count])
            }
        }
        return stride(from: 0, to: letters.count, by: length).map { String(letters[$0..<$0 + length]) }
            .joined(separator: "-")
    }
}
