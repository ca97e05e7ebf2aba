import Foundation
import NIOCore
import UnixSignals

/// Where an export goes.
///
/// A file is written beside its place, closed to others, and moved there when it is whole; nothing else is ever left.
struct ExportTarget: Sendable {
    private let path: String
    private let draft: String
    private let file: FileHandle

    /// Runs `body` with the file at `path`, or standard output without one.
    ///
    /// While a file is written, HUP, INT and TERM end `body` first.
    static func write(
        to path: String?, _ body: @escaping @Sendable (ExportTarget) async throws -> Void
    ) async throws {
        guard let path else { return try await body(ExportTarget(path: "", draft: "", file: .standardOutput)) }
        // Before there is a file, so that no signal finds one and nobody to remove it.
        let signals = await UnixSignalsSequence(trapping: .sighup, .sigint, .sigterm)
        let draft = path + ".part"
        let descriptor = open(draft, O_CREAT | O_TRUNC | O_WRONLY, 0o600)
        guard descriptor >= 0 else { throw Failure.usage("the file \(draft) cannot be written") }
        let target = ExportTarget(
            path: path, draft: draft, file: FileHandle(fileDescriptor: descriptor, closeOnDealloc: true))
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await body(target) }
                group.addTask {
                    for await signal in signals { throw Failure.interrupted(by: signal.number) }
                }
                try await group.next()
            }
            try target.finish()
        } catch {
            unlink(draft)
            throw error
        }
    }

    func write(_ buffer: ByteBuffer) throws {
        do {
            try self.file.write(contentsOf: Data(buffer.readableBytesView))
        } catch {
            throw Failure(code: 74, message: "the export cannot be written; is the disk full, or its reader gone?")
        }
    }

    private func finish() throws {
        try self.file.synchronize()
        try self.file.close()
        guard rename(self.draft, self.path) == 0 else {
            throw Failure.usage("the file \(self.path) cannot be written")
        }
    }
}

extension Failure {
    /// Ended by a signal, with the code a shell would give.
    fileprivate static func interrupted(by number: Int32) -> Failure {
        Failure(code: 128 + number, message: "interrupted; the export is recorded as failed, and there is no file")
    }
}

extension UnixSignal {
    fileprivate var number: Int32 { self == .sighup ? SIGHUP : self == .sigint ? SIGINT : SIGTERM }
}
