package import Crypto
package import Foundation

/// The secret keys of an installation: master keys by number, each purpose's key derived from them.
///
/// The file holds one `number:base64` line per master key of 32 bytes, numbers going up; the last line is the current
/// one, which seals. Older ones still open what they sealed, and the oldest stays the one under which everything is
/// found. Keys live outside the database, so that a stolen dump tells nothing.
package struct KeyRing: Sendable {
    /// What a derived key is for.
    package enum Purpose: String, CaseIterable, Sendable {
        case seal, phoneIndex, lastFourIndex, nameIndex, code, link, audit, bucket, fingerprint, formToken, pseudonym
        case proofOfWork, check

        /// Whether a new master key takes over.
        ///
        /// It does where what older keys made can still be checked with them. What is looked up by its hash, or was handed
        /// out as a link, has to be the same for ever.
        fileprivate var followsCurrent: Bool {
            switch self {
            case .seal, .code, .audit, .proofOfWork: true
            case .phoneIndex, .lastFourIndex, .nameIndex, .link, .bucket, .fingerprint, .formToken, .pseudonym, .check:
                false
            }
        }
    }

    /// Why a key file cannot be used.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case unreadable(path: String)
        case readableByOthers(path: String)
        case malformed(line: Int)
        case outOfOrder(line: Int)
        case empty

        package var description: String {
            switch self {
            case .unreadable(let path): "the key file \(path) cannot be read"
            case .readableByOthers(let path): "the key file \(path) is readable by others; run 'chmod 600' on it"
            case .malformed(let line): "line \(line) of the key file is not 'number:base64 of 32 bytes'"
            case .outOfOrder(let line):
                "line \(line) of the key file: each line's number is greater than the one before"
            case .empty: "the key file has no key"
            }
        }
    }

    /// The number of the key that seals from now on.
    package let current: UInt8
    /// The number of the key under which things are found.
    package let oldest: UInt8
    private let derived: [UInt8: [Purpose: SymmetricKey]]

    /// Every key's number, the oldest first.
    var numbers: [UInt8] { self.derived.keys.sorted() }

    /// - Parameter text: the content of a key file.
    package init(text: String) throws {
        var derived: [UInt8: [Purpose: SymmetricKey]] = [:]
        var current: UInt8?
        for (index, line) in text.split(separator: "\n").enumerated() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let number = UInt8(parts[0]), number > 0,
                let bytes = Data(base64Encoded: String(parts[1])), bytes.count == 32
            else { throw Failure.malformed(line: index + 1) }
            guard number > current ?? 0 else { throw Failure.outOfOrder(line: index + 1) }
            let master = SymmetricKey(data: bytes)
            derived[number] = Dictionary(
                uniqueKeysWithValues: Purpose.allCases.map { purpose in
                    let info = Data("huifang/v1/\(purpose.rawValue)".utf8)
                    return (purpose, HKDF<SHA256>.deriveKey(inputKeyMaterial: master, info: info, outputByteCount: 32))
                })
            current = number
        }
        guard let current, let oldest = derived.keys.min() else { throw Failure.empty }
        self.current = current
        self.oldest = oldest
        self.derived = derived
    }

    /// Reads a key file, which nobody but its owner may read.
    package init(file: URL) throws {
        let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
        guard let text = try? String(contentsOf: file, encoding: .utf8) else {
            throw Failure.unreadable(path: file.path)
        }
        if let mode = attributes?[.posixPermissions] as? Int, mode & 0o077 != 0 {
            throw Failure.readableByOthers(path: file.path)
        }
        try self.init(text: text)
    }

    /// The text of a new key file with one key.
    ///
    /// - Parameter bytes: 32 bytes of a cryptographic random generator.
    package static func newText(_ bytes: [UInt8]) -> String {
        "1:" + Data(bytes).base64EncodedString() + "\n"
    }

    /// The key of a purpose under the current master key, or under another one of the ring.
    package func key(_ purpose: Purpose, number: UInt8? = nil) -> SymmetricKey? {
        self.derived[number ?? self.current]?[purpose]
    }

    /// Every master key's key of a purpose, for what was signed before the current one came.
    package func keys(_ purpose: Purpose) -> [SymmetricKey] {
        self.derived.values.compactMap { $0[purpose] }
    }

    /// HMAC-SHA256 of a message under a purpose's key: the current master key's where that takes over, else the oldest's.
    ///
    /// - Parameter number: a certain master key instead.
    package func mac(_ purpose: Purpose, _ message: some DataProtocol, number: UInt8? = nil) -> [UInt8] {
        let usual = purpose.followsCurrent ? self.current : self.oldest
        guard let key = self.key(purpose, number: number ?? usual) else { return [] }
        return Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
    }

    /// Whether a MAC was made with a purpose's key of any master key of this ring.
    func isAuthentic(_ mac: [UInt8], of message: some DataProtocol, for purpose: Purpose) -> Bool {
        self.keys(purpose).contains {
            HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: message, using: $0)
        }
    }

    /// The path token of the delivery reports, 128 bits.
    var hookToken: String { Base64URL.encode(self.mac(.link, Data("sms-hook/v1".utf8)).prefix(16)) }
}
