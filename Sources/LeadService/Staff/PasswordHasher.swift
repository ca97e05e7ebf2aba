import Foundation

/// Runs password hashing on threads of its own: at most as many at once as there are cores, 32 waiting, then 503.
///
/// A hash blocks its thread for a quarter of a second, which the threads that serve requests cannot spare.
actor PasswordHasher {
    private static let longestQueue = 32
    private let width: Int
    private let threads = DispatchQueue(label: "huifang.password-hash", attributes: .concurrent)
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// How many are being hashed or wait.
    var load: Int { self.running + self.waiting.count }

    init(width: Int = ProcessInfo.processInfo.activeProcessorCount) {
        self.width = max(1, width)
    }

    /// Runs `work` when its turn comes.
    ///
    /// - Throws: 503 when the queue is full; what `work` throws.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await self.takeTurn()
        defer { self.passTurn() }
        try Task.checkCancellation()
        return try await withCheckedThrowingContinuation { continuation in
            self.threads.async { continuation.resume(with: Swift.Result { try work() }) }
        }
    }

    private func takeTurn() async throws {
        guard self.running >= self.width else {
            self.running += 1
            return
        }
        guard self.waiting.count < Self.longestQueue else { throw Problems.unavailable }
        await withCheckedContinuation { self.waiting.append($0) }
    }

    /// Hands the turn to whoever waits longest, without letting a newcomer in between.
    private func passTurn() {
        if self.waiting.isEmpty {
            self.running -= 1
        } else {
            self.waiting.removeFirst().resume()
        }
    }
}
