import Foundation
import NIOCore
import Synchronization
import Testing

@testable import LeadService

/// The parts of a stored file, each sealed for its job, its place and whether it is the last.
@Suite struct SealedFileTests {
    private let job = UUID()
    private let key = [UInt8](repeating: 7, count: 32)

    @Test func `a part opens at its own place only`() throws {
        let file = SealedFile(job: self.job, key: self.key)
        let sealed = try file.seal([1, 2, 3], at: 4, isLast: false)
        #expect(try file.open(sealed, at: 4, isLast: false) == Data([1, 2, 3]))
        for open in [
            { try file.open(sealed, at: 5, isLast: false) }, { try file.open(sealed, at: 4, isLast: true) },
            { try SealedFile(job: UUID(), key: self.key).open(sealed, at: 4, isLast: false) },
            { try SealedFile(job: self.job, key: [UInt8](repeating: 8, count: 32)).open(sealed, at: 4, isLast: false) },
            { try file.open(sealed.dropLast(), at: 4, isLast: false) }, { try file.open([], at: 4, isLast: false) },
        ] as [() throws -> Data] {
            #expect(throws: ExportDamaged.self) { _ = try open() }
        }
    }

    @Test(arguments: [0, 1, SealedFile.partLength, SealedFile.partLength + 1, 3 * SealedFile.partLength])
    func `what is written in pieces of any size comes out as it was, the last part and no other marked so`(
        length: Int
    )
        async throws
    {
        let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for piece in [1000, 300_000] {
            let stored = Mutex<[(isLast: Bool, sealed: [UInt8])]>([])
            let file = SealedFile(job: self.job, key: self.key)
            let writer = SealedFileWriter(file) { position, isLast, sealed in
                stored.withLock { parts in
                    #expect(position == parts.count)
                    parts.append((isLast, sealed))
                }
            }
            for start in stride(from: 0, to: length, by: piece) {
                try await writer.append(ByteBuffer(bytes: plain[start..<min(start + piece, length)]))
            }
            let (chunks, bytes) = try await writer.close()
            let parts = stored.withLock { $0 }
            #expect(
                chunks == parts.count && bytes == length && chunks == max(1, (length - 1) / SealedFile.partLength + 1))
            #expect(parts.map(\.isLast) == parts.indices.map { $0 == parts.count - 1 })
            var read = Data()
            for (position, part) in parts.enumerated() {
                read += try file.open(part.sealed, at: position, isLast: part.isLast)
            }
            #expect(read == Data(plain))
        }
    }
}
