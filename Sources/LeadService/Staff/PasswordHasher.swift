import Foundation

/// Runs password hashing on threads of its own: at most as many at once as there are cores, 32 waiting, then 503.
///
/// A hash blocks its thread for a quarter of a second, which the threads that serve requests cannot spare.
struct PasswordHasher: Sendable {
    private let turns: Turns
    private let threads = DispatchQueue(label: "huifang.password-hash", attributes: .concurrent)

    /// How many are being hashed or wait.
    var load: Int { get async { await self.turns.load } }

    init(width: Int = ProcessInfo.processInfo.activeProcessorCount) {
        self.turns = Turns(width: width, longestQueue: 32)
    }

    /// Runs `work` when its turn comes.
    ///
    /// - Throws: 503 when the queue is full; what `work` throws.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await self.turns.run {
            try await withCheckedThrowingContinuation { continuation in
                self.threads.async { continuation.resume(with: Swift.Result { try work() }) }
            }
        }
    }
}
