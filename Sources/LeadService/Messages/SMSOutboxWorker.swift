import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle

/// Sends what waits in the outbox: each message is marked `sending` in its own commit before the gateway is called, and
/// never sent again blindly when nobody knows what became of it.
package struct SMSOutboxWorker: Service {
    private let database: Database
    private let dependencies: Dependencies
    private let signal: OutboxSignal
    private let pollInterval: Duration

    /// Longer than any gateway call may take, so that a lease that ends belongs to a process that died.
    static let leaseLength: TimeInterval = 30
    private static let batch = 20

    /// - Parameter pollInterval: how often rows are looked for that no wake-up told of.
    package init(
        database: Database, dependencies: Dependencies, signal: OutboxSignal,
        pollInterval: Duration = .milliseconds(500)
    ) {
        self.database = database
        self.dependencies = dependencies
        self.signal = signal
        self.pollInterval = pollInterval
    }

    /// One round: settles abandoned messages, then sends what is due until nothing is; returns how many were handed over.
    @discardableResult
    package func runOnce() async throws -> Int {
        try await CrashPoint.numbering(.outbox) { try await self.sendDue() }
    }

    private func sendDue() async throws -> Int {
        let now = self.dependencies.now()
        try await self.database.autocommit { session in
            try await session.settleAbandonedMessages(at: now)
            try await session.expireMessages(at: now)
        }
        var handed = 0
        while true {
            let now = self.dependencies.now()
            let leased = try await self.database.autocommit { session in
                try await session.leaseMessages(
                    limit: Self.batch, at: now, until: now.addingTimeInterval(Self.leaseLength))
            }
            guard !leased.isEmpty else { return handed }
            await withTaskGroup { group in
                for message in leased { group.addTask { await self.deliver(message) } }
            }
            handed += leased.count
        }
    }

    package func run() async throws {
        await withTaskGroup { group in
            group.addTask {
                for await _ in self.signal.wakes.cancelOnGracefulShutdown() { await self.attempt() }
            }
            // Rows of other processes, and of a wake-up that met a database that was away.
            group.addTask {
                for await _ in AsyncTimerSequence(every: self.pollInterval).cancelOnGracefulShutdown() {
                    await self.attempt()
                }
            }
            await group.waitForAll()
        }
    }

    private func attempt() async {
        do {
            try await self.runOnce()
        } catch {
            self.dependencies.logger.warning("outbox postponed")
        }
    }

    /// Sends one message through the gateways in turn: the next one only when the one before certainly did not take it.
    private func deliver(_ leased: LeasedMessage) async {
        var result = MessageResult(state: "failed", gateway: nil, vendorID: nil, failure: "not_opened")
        if let message = try? self.open(leased) {
            for gateway in self.dependencies.gateways {
                CrashPoint.reach()
                let outcome = await gateway.send(message)
                CrashPoint.reach()
                result = MessageResult(outcome, gateway: gateway.name)
                guard case .refused = outcome else { break }
            }
        }
        Counter(
            label: "huifang_outbox_messages_total",
            dimensions: [("gateway", result.gateway ?? "none"), ("result", result.state)]
        ).increment()
        do {
            let finished = result
            let now = self.dependencies.now()
            try await self.database.autocommit { session in
                try await session.finishMessage(leased.id, attempt: leased.attempt, with: finished, at: now)
            }
        } catch {
            // The lease ends and the message becomes unknown, which is what it is.
            self.dependencies.logger.error(
                "message result not stored", metadata: ["message": "\(leased.id.uuidString.lowercased())"])
        }
    }

    private func open(_ leased: LeasedMessage) throws -> OutgoingMessage {
        let keys = self.dependencies.keys
        let phone = try keys.open(leased.phoneSealed, at: SealedPlace("messages", "phone_sealed", leased.id))
        let json = try keys.open(leased.parametersSealed, at: SealedPlace("messages", "parameters_sealed", leased.id))
        var parameters: [String: String] = [:]
        if case .object(let members) = try StrictJSON.read(Array(json.utf8)) {
            for (name, value) in members { if case .string(let text) = value { parameters[name] = text } }
        }
        return OutgoingMessage(
            id: leased.id.uuidString.lowercased(), phone: phone, template: leased.template, parameters: parameters)
    }
}

/// What is written of a message when the gateway has answered.
struct MessageResult: Sendable {
    var state: String
    var gateway: String?
    var vendorID: String?
    var failure: String?
}

extension MessageResult {
    init(_ outcome: SendOutcome, gateway: String) {
        switch outcome {
        case .accepted(let vendorID):
            self.init(state: "sent", gateway: gateway, vendorID: vendorID.map { String($0.prefix(128)) }, failure: nil)
        case .refused(let failure):
            self.init(state: "failed", gateway: gateway, vendorID: nil, failure: String(failure.prefix(128)))
        case .unknown(let failure):
            self.init(state: "unknown", gateway: gateway, vendorID: nil, failure: String(failure.prefix(128)))
        }
    }
}
