import Crypto
import Foundation
import NIOCore

/// The file of an export as it lies in the database: parts sealed with AES-256-GCM under a key of its own.
///
/// Each part is sealed for its job, its place and whether it is the last, so that one that was changed, moved, left out or
/// cut off at the end does not open. A key seals every place once, so that the place can be the nonce.
struct SealedFile: Sendable {
    private let job: UUID
    private let key: SymmetricKey

    /// Plain bytes in a part.
    static let partLength = 256 * 1024

    /// - Parameter key: 32 bytes.
    init(job: UUID, key: [UInt8]) {
        self.job = job
        self.key = SymmetricKey(data: key)
    }

    /// The file of a key that was sealed.
    ///
    /// - Throws: `SealBroken`.
    init(job: UUID, keySealed: [UInt8], keys: KeyRing) throws {
        let place = Self.keyPlace(job)
        guard let key = Base64URL.decode(try keys.open(keySealed, at: place)), key.count == 32 else {
            throw SealBroken(table: place.table, column: place.column, row: place.row)
        }
        self.init(job: job, key: key)
    }

    private static func keyPlace(_ job: UUID) -> SealedPlace { SealedPlace("export_jobs", "key_sealed", job) }

    /// A key as it is stored.
    static func sealed(_ key: [UInt8], of job: UUID, keys: KeyRing) throws -> [UInt8] {
        try keys.seal(Base64URL.encode(key), at: self.keyPlace(job))
    }

    func seal(_ bytes: some DataProtocol, at position: Int, isLast: Bool) throws -> [UInt8] {
        let box = try AES.GCM.seal(
            bytes, using: self.key, nonce: try Self.nonce(position), authenticating: self.place(position, isLast))
        return Array(box.ciphertext + box.tag)
    }

    /// - Throws: `ExportDamaged`.
    func open(_ sealed: [UInt8], at position: Int, isLast: Bool) throws -> Data {
        guard sealed.count >= 16,
            let box = try? AES.GCM.SealedBox(
                nonce: try Self.nonce(position), ciphertext: sealed.dropLast(16), tag: sealed.suffix(16)),
            let plain = try? AES.GCM.open(box, using: self.key, authenticating: self.place(position, isLast))
        else { throw ExportDamaged(position: position) }
        return plain
    }

    private static func nonce(_ position: Int) throws -> AES.GCM.Nonce {
        let number = (0..<8).map { UInt8(truncatingIfNeeded: UInt64(position) >> (8 * (7 - UInt64($0)))) }
        return try AES.GCM.Nonce(data: [0, 0, 0, 0] + number)
    }

    private func place(_ position: Int, _ isLast: Bool) -> Data {
        Data("export_chunks|\(self.job.uuidString.lowercased())|\(position)|\(isLast ? "last" : "more")".utf8)
    }
}

/// A part of a file is missing, or does not open.
struct ExportDamaged: Error {
    let position: Int
}

/// Cuts what an export writes into parts, seals them and hands them over in order.
actor SealedFileWriter {
    private let file: SealedFile
    private let store: @Sendable (_ position: Int, _ isLast: Bool, _ sealed: [UInt8]) async throws -> Void
    private var waiting = ByteBuffer()
    private var position = 0
    private var bytes = 0

    init(
        _ file: SealedFile,
        store: @escaping @Sendable (_ position: Int, _ isLast: Bool, _ sealed: [UInt8]) async throws -> Void
    ) {
        self.file = file
        self.store = store
    }

    func append(_ buffer: ByteBuffer) async throws {
        self.waiting.writeImmutableBuffer(buffer)
        self.bytes += buffer.readableBytes
        // What may be the last part is held back, because it is sealed as such.
        while self.waiting.readableBytes > SealedFile.partLength { try await self.seal(isLast: false) }
        self.waiting.discardReadBytes()
    }

    /// Ends the file; returns how many parts and bytes it has.
    func close() async throws -> (chunks: Int, bytes: Int) {
        try await self.seal(isLast: true)
        return (self.position, self.bytes)
    }

    private func seal(isLast: Bool) async throws {
        let length = min(SealedFile.partLength, self.waiting.readableBytes)
        let part = self.waiting.readSlice(length: length)?.readableBytesView ?? ByteBuffer().readableBytesView
        let position = self.position
        self.position += 1
        try await self.store(position, isLast, try self.file.seal(Array(part), at: position, isLast: isLast))
    }
}
