/// Lets so many do their work at once; the others wait in the order they came, and who would wait too long is answered 503.
package actor Turns {
    private let width: Int
    private let longestQueue: Int
    private var running = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// How many are at work or wait.
    package var load: Int { self.running + self.waiting.count }

    package init(width: Int, longestQueue: Int) {
        self.width = max(1, width)
        self.longestQueue = longestQueue
    }

    /// Runs `work` when its turn comes.
    ///
    /// - Throws: 503 when the queue is full; what `work` throws.
    package func run<Result: Sendable>(_ work: @Sendable () async throws -> Result) async throws -> Result {
        guard let result = try await self.run(behind: self.longestQueue, work) else { throw Problems.unavailable }
        return result
    }

    /// Runs `work` when its turn comes, if it need not queue behind so many or more.
    ///
    /// - Returns: nil when it would have to.
    package func run<Result: Sendable>(
        behind most: Int, _ work: @Sendable () async throws -> Result
    ) async throws -> Result? {
        guard await self.takeTurn(behind: most) else { return nil }
        defer { self.passTurn() }
        try Task.checkCancellation()
        return try await work()
    }

    private func takeTurn(behind most: Int) async -> Bool {
        guard self.running >= self.width else {
            self.running += 1
            return true
        }
        guard self.waiting.count < most else { return false }
        await withCheckedContinuation { self.waiting.append($0) }
        return true
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
