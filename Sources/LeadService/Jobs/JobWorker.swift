import ServiceLifecycle

/// Work that goes on in rounds, in every process of the role `worker`.
package protocol BackgroundWorker: Sendable {
    static var job: JobName { get }
    /// Between two rounds.
    var interval: Duration { get }

    /// One round.
    func work() async throws

    /// Rounds until the process is asked to stop.
    func run(_ rounds: JobRounds) async
}

extension BackgroundWorker {
    package func run(_ rounds: JobRounds) async {
        for await _ in AsyncTimerSequence(every: self.interval).cancelOnGracefulShutdown() {
            await rounds.run(Self.job) { try await self.work() }
        }
    }
}

/// A kind of background work as a service of its process.
package struct JobWorker: Service, CustomStringConvertible {
    private let worker: any BackgroundWorker
    private let rounds: JobRounds

    package init(_ worker: any BackgroundWorker, rounds: JobRounds) {
        self.worker = worker
        self.rounds = rounds
    }

    /// The worker's name, by which a process says that it stopped.
    package var description: String { String(describing: type(of: self.worker)) }

    package func run() async throws { await self.worker.run(self.rounds) }
}
