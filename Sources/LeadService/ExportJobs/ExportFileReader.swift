import Crypto
import Foundation
import NIOCore

/// Reads the file of an export, a part at a time.
struct ExportFileReader: Sendable {
    private let database: Database
    private let job: UUID
    private let file: SealedFile
    private let chunks: Int

    init(database: Database, job: UUID, file: SealedFile, chunks: Int) {
        self.database = database
        self.job = job
        self.file = file
        self.chunks = chunks
    }

    /// Opens every part once, so that what is handed out afterwards is known to be whole.
    ///
    /// - Throws: `ExportDamaged`.
    func verify(sha256: [UInt8], bytes: Int) async throws {
        var hash = SHA256()
        var length = 0
        for position in 0..<self.chunks {
            let part = try await self.part(position)
            hash.update(data: part)
            length += part.count
        }
        let stored = try await self.database.autocommit { try await $0.countExportChunks(of: self.job) }
        guard stored == self.chunks, length == bytes, Array(hash.finalize()) == sha256 else {
            throw ExportDamaged(position: self.chunks)
        }
    }

    /// Hands over the parts in order.
    func read(_ write: (ByteBuffer) async throws -> Void) async throws {
        for position in 0..<self.chunks { try await write(ByteBuffer(bytes: try await self.part(position))) }
    }

    private func part(_ position: Int) async throws -> Data {
        let found = try await self.database.autocommit { try await $0.exportChunk(of: self.job, at: position) }
        let isLast = position == self.chunks - 1
        guard let chunk = found, chunk.isLast == isLast else { throw ExportDamaged(position: position) }
        return try self.file.open(chunk.sealed, at: position, isLast: isLast)
    }
}
