import Crypto
import CryptoExtras
import Foundation

/// What one password hash costs: scrypt's N, r and p.
package struct PasswordCost: Sendable, Equatable {
    package var rounds: Int
    package var blockSize: Int
    package var parallelism: Int

    package init(rounds: Int, blockSize: Int, parallelism: Int) {
        self.rounds = rounds
        self.blockSize = blockSize
        self.parallelism = parallelism
    }

    /// 32 MiB and about a quarter of a second, of the set that ASVS 5.0 approves.
    package static let standard = PasswordCost(rounds: 1 << 15, blockSize: 8, parallelism: 3)

    fileprivate var prefix: String { "scrypt$\(self.rounds)$\(self.blockSize)$\(self.parallelism)$" }
}

/// A password as it is stored: `scrypt$N$r$p$salt$hash` (RFC 7914; parameters of ASVS 5.0, appendix C).
struct PasswordHash: Sendable, Equatable {
    let encoded: String

    /// Hashes on the calling thread.
    init(_ password: String, salt: [UInt8], cost: PasswordCost) throws {
        let hash = try Self.derive(password, salt: Data(salt), cost: cost)
        self.encoded = cost.prefix + Data(salt).base64EncodedString() + "$" + hash.base64EncodedString()
    }

    /// Whether a password is the one of an encoded hash, compared in constant time.
    static func matches(_ password: String, _ encoded: String) -> Bool {
        let parts = encoded.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Data(base64Encoded: String(parts[4])),
            let expected = Data(base64Encoded: String(parts[5])), expected.count == 32
        else { return false }
        let cost = PasswordCost(rounds: rounds, blockSize: blockSize, parallelism: parallelism)
        guard let hash = try? Self.derive(password, salt: salt, cost: cost)
        else { return false }
        return zip(hash, expected).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// What an unknown name's password is compared with, so that it takes as long; nothing matches it.
    static func decoy(cost: PasswordCost) -> String {
        cost.prefix + Data(count: 16).base64EncodedString() + "$" + Data(count: 32).base64EncodedString()
    }

    /// Whether a stored hash was made with other parameters than today's.
    static func isOutdated(_ encoded: String, cost: PasswordCost) -> Bool { !encoded.hasPrefix(cost.prefix) }

    private static func derive(_ password: String, salt: Data, cost: PasswordCost) throws -> Data {
        let key = try KDF.Scrypt.deriveKey(
            from: Data(password.precomposedStringWithCanonicalMapping.utf8), salt: salt, outputByteCount: 32,
            rounds: cost.rounds, blockSize: cost.blockSize, parallelism: cost.parallelism)
        return unsafe key.withUnsafeBytes { unsafe Data($0) }
    }
}
