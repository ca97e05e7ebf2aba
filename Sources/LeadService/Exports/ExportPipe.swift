import NIOCore
import Synchronization

/// Carries an export from the transaction that reads it to the connection that sends it: one buffer at a time, so that
/// a slow reader slows the cursor and memory stays as it is.
final class ExportPipe: Sendable {
    private let head: AsyncThrowingStream<(rows: Int, excluded: Int), any Error>
    private let headContinuation: AsyncThrowingStream<(rows: Int, excluded: Int), any Error>.Continuation
    private let state = Mutex(State())

    private struct State {
        var buffer: ByteBuffer?
        var outcome: Result<Void, any Error>?
        var reader: CheckedContinuation<ByteBuffer?, any Error>?
        var writer: CheckedContinuation<Void, any Error>?
    }

    init() {
        (self.head, self.headContinuation) = AsyncThrowingStream.makeStream()
    }

    func begin(rows: Int, excluded: Int) {
        self.headContinuation.yield((rows, excluded))
        self.headContinuation.finish()
    }

    /// The counts, as soon as they are known.
    func counts() async throws -> (rows: Int, excluded: Int) {
        for try await counts in self.head { return counts }
        throw CancellationError()
    }

    /// Hands over a buffer and waits until it is taken.
    func write(_ buffer: ByteBuffer) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                self.state.withLock { state in
                    if Task.isCancelled || state.outcome != nil {
                        continuation.resume(throwing: CancellationError())
                    } else if let reader = state.reader {
                        state.reader = nil
                        reader.resume(returning: buffer)
                        continuation.resume()
                    } else {
                        state.buffer = buffer
                        state.writer = continuation
                    }
                }
            }
        } onCancel: {
            self.state.withLock { state in
                state.writer?.resume(throwing: CancellationError())
                state.writer = nil
            }
        }
    }

    /// Says that nothing more comes, or why.
    func finish(_ error: (any Error)?) {
        self.headContinuation.finish(throwing: error)
        self.state.withLock { state in
            state.outcome = error.map { .failure($0) } ?? .success(())
            guard let reader = state.reader else { return }
            state.reader = nil
            if let error { reader.resume(throwing: error) } else { reader.resume(returning: nil) }
        }
    }

    /// The next buffer; nil at the end; throws what broke the export.
    func next() async throws -> ByteBuffer? {
        try await withCheckedThrowingContinuation { continuation in
            self.state.withLock { state in
                if let buffer = state.buffer {
                    state.buffer = nil
                    continuation.resume(returning: buffer)
                    state.writer?.resume()
                    state.writer = nil
                } else if let outcome = state.outcome {
                    switch outcome {
                    case .success: continuation.resume(returning: nil)
                    case .failure(let error): continuation.resume(throwing: error)
                    }
                } else {
                    state.reader = continuation
                }
            }
        }
    }
}
