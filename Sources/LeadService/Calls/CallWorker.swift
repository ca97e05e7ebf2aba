import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle

/// Asks the telephone system for the calls that wait: each is leased in its own commit before the system is asked, and asked for
/// again only while it certainly does not ring.
package struct CallWorker: BackgroundWorker {
    package static let job = JobName.calls
    package let interval = Duration.seconds(1)
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let secrets: TelephoneSecrets
    private let gateway: TelephoneGateway
    private let signal: OutboxSignal

    private static let batch = 20
    /// Longer than looking up a name and a request may take.
    private static let lease: TimeInterval = 30
    /// Before a system that cannot now is asked again.
    private static let pauses: [TimeInterval] = [2, 5]
    /// A call of which nothing was heard for so long was never made.
    private static let silence: TimeInterval = 120

    init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, secrets: TelephoneSecrets,
        privateRanges: [AddressRange], signal: OutboxSignal
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.secrets = secrets
        self.gateway = TelephoneGateway(privateRanges: privateRanges, resolve: dependencies.resolve)
        self.signal = signal
    }

    /// One round: gives up what is over, then asks for what waits; returns how many calls the system took.
    @discardableResult
    package func runOnce() async throws -> Int {
        let now = self.dependencies.now()
        let leased = try await self.database.autocommit { tx in
            try await tx.settleCalls(silentSince: now.addingTimeInterval(-Self.silence), at: now)
            return try await tx.leaseCalls(limit: Self.batch, at: now, until: now.addingTimeInterval(Self.lease))
        }
        guard !leased.isEmpty else { return 0 }
        let secret = try await self.secrets.current()
        return await withTaskGroup(of: Bool.self) { group in
            for call in leased { group.addTask { await self.ask(for: call, secret: secret) } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    /// Asks for one call and writes what came of it; returns whether it was taken.
    private func ask(for call: LeasedCall, secret: [UInt8]?) async -> Bool {
        let outcome = await self.outcome(of: call, secret: secret)
        let now = self.dependencies.now()
        Counter(label: "huifang_calls_total", dimensions: [("result", outcome.name)]).increment()
        let again = self.retry(of: call, after: outcome, at: now)
        if let failure = outcome.failure {
            self.dependencies.logger.warning(
                "the telephone system did not take a call",
                metadata: ["call": "\(call.id.uuidString.lowercased())", "failure": "\(failure)"])
        }
        do {
            try await self.database.autocommit { tx in
                if let failure = outcome.failure {
                    try await tx.finishCall(
                        call, failure: failure, retryAt: again, isOver: again == nil && !outcome.mayRing)
                } else {
                    try await tx.finishCall(call, takenAt: now)
                }
            }
        } catch {
            // The lease ends and nobody knows, which is how it is.
            self.dependencies.logger.error(
                "what became of a call is not stored", metadata: ["call": "\(call.id.uuidString.lowercased())"])
        }
        return outcome == .taken
    }

    /// When the system is asked again: not before it wants to be, and not when it would ring too late, which is said at once.
    private func retry(of call: LeasedCall, after outcome: DialOutcome, at now: Date) -> Date? {
        guard case .later(_, let rests) = outcome, call.attempt <= Self.pauses.count else { return nil }
        let time = now.addingTimeInterval(max(Self.pauses[call.attempt - 1], rests ?? 0))
        return time < call.expiresAt ? time : nil
    }

    private func outcome(of call: LeasedCall, secret: [UInt8]?) async -> DialOutcome {
        let system = self.settings.current.telephone
        guard system.isEnabled, let address = system.address, let secret else {
            return .refused(failure: "telephone_off")
        }
        guard let number = self.number(of: call) else { return .refused(failure: "not_opened") }
        return await self.gateway.dial(
            OutgoingCall(
                id: call.id, adviser: call.adviser, phone: number.e164, extensionDigits: number.extensionDigits),
            at: address, secret: secret, now: self.dependencies.now())
    }

    private func number(of call: LeasedCall) -> SecondNumber? {
        if call.isSecond {
            return call.secondSealed.flatMap {
                SealedSecondNumber(lead: call.lead, sealed: $0).open(self.dependencies)
            }
        }
        let place = SealedPlace("leads", "phone_sealed", call.lead)
        return (try? self.dependencies.keys.open(call.phoneSealed, at: place)).flatMap {
            try? SecondNumber(stored: $0)
        }
    }

    package func work() async throws { try await self.runOnce() }

    package func run(_ rounds: JobRounds) async {
        await withTaskGroup { group in
            group.addTask {
                for await _ in self.signal.wakes.cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { try await self.work() }
                }
            }
            // Calls that were asked for through another process.
            group.addTask {
                for await _ in AsyncTimerSequence(every: self.interval).cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { try await self.work() }
                }
            }
            await group.waitForAll()
        }
    }
}

extension DialOutcome {
    /// As in the metrics.
    var name: String {
        switch self {
        case .taken: "taken"
        case .later: "later"
        case .refused: "refused"
        case .unknown: "unknown"
        }
    }

    var failure: String? {
        switch self {
        case .taken: nil
        case .later(let failure, _), .refused(let failure), .unknown(let failure): failure
        }
    }

    var mayRing: Bool {
        if case .unknown = self { true } else { false }
    }
}
