import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle
import Synchronization

/// Sends what waits for webhooks: leased in its own commit, sent outside of any transaction, at least once under one id.
///
/// Each webhook is a line of its own, so that a slow receiver keeps nobody else waiting; of each lead one delivery at a time
/// is on its way.
package struct WebhookWorker: BackgroundWorker {
    package static let job = JobName.webhooks
    package let interval = Duration.milliseconds(500)
    private let database: Database
    private let dependencies: Dependencies
    private let guardian: WebhookGuard
    private let busy = BusyWebhooks()

    package static let tries = 8
    /// Before the second to the eighth attempt: 23.6 hours in all, of which chance takes up to a fifth.
    private static let pauses: [TimeInterval] = [5, 60, 300, 1800, 7200, 21600, 54000]
    /// Dead letters in a row after which a webhook is paused: its receiver took nothing for a day.
    private static let deadInARow = 3
    /// A request, connecting included.
    private static let total: TimeInterval = 10
    /// Longer than a name may be looked up and a request may take.
    private static let lease: TimeInterval = 30
    private static let batch = 8

    package init(database: Database, dependencies: Dependencies, privateRanges: [AddressRange]) {
        self.database = database
        self.dependencies = dependencies
        self.guardian = WebhookGuard(privateRanges: privateRanges, resolve: dependencies.resolve)
    }

    /// Sends what is due until nothing is; returns how many deliveries were taken.
    @discardableResult
    package func runOnce() async throws -> Int {
        let due = try await self.due()
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for webhook in due { group.addTask { try await self.drain(webhook) } }
            return try await group.reduce(0, +)
        }
    }

    package func work() async throws { try await self.runOnce() }

    /// A round begins what is due; each webhook's line then goes on beside the next rounds, and ends before the process does.
    package func run(_ rounds: JobRounds) async {
        await withDiscardingTaskGroup { group in
            for await _ in AsyncTimerSequence(every: self.interval).cancelOnGracefulShutdown() {
                await rounds.run(Self.job) {
                    for webhook in try await self.due() where self.busy.begin(webhook) {
                        group.addTask {
                            defer { self.busy.end(webhook) }
                            do {
                                try await self.drain(webhook)
                            } catch {
                                self.dependencies.logger.warning("webhook postponed")
                            }
                        }
                    }
                }
            }
        }
    }

    private func due() async throws -> [UUID] {
        let now = self.dependencies.now()
        return try await self.database.autocommit { tx in
            try await tx.settleDeliveries(at: now)
            return try await tx.webhooksDue(at: now)
        }
    }

    /// One webhook until nothing of it is due, or the process is to end.
    @discardableResult
    private func drain(_ webhook: UUID) async throws -> Int {
        var clients: [String: VendorClient] = [:]
        var taken = 0
        do {
            while !Task.isShuttingDownGracefully, !Task.isCancelled {
                let now = self.dependencies.now()
                let leased = try await self.database.statement {
                    try await $0.leaseDeliveries(
                        of: webhook, limit: Self.batch, at: now, until: now.addingTimeInterval(Self.lease))
                }
                guard !leased.isEmpty else { break }
                taken += try await self.send(leased, of: webhook, &clients)
            }
        } catch {
            for client in clients.values { await client.shutDown() }
            throw error
        }
        for client in clients.values { await client.shutDown() }
        return taken
    }

    private func send(
        _ leased: [LeasedDelivery], of webhook: UUID, _ clients: inout [String: VendorClient]
    ) async throws -> Int {
        guard let sealed = try await self.database.autocommit({ try await $0.webhookTarget(webhook) }) else { return 0 }
        let target: Target
        let addresses: [IPAddress]
        do {
            target = try Target(webhook, sealed, self.dependencies.keys)
            addresses = try await self.guardian.addresses(of: target.address)
        } catch {
            let failure = (error as? WebhookGuard.Refusal)?.rawValue ?? "not_opened"
            for delivery in leased {
                try await self.settle(delivery, of: webhook, Attempt(failure: failure, at: self.dependencies.now()))
            }
            return 0
        }
        return try await withThrowingTaskGroup(of: Bool.self) { group in
            for delivery in leased {
                // A name with several addresses gets another one each time.
                let address = addresses[(delivery.attempt - 1) % addresses.count]
                let place = "\(target.address.host) \(address)"
                let client =
                    clients[place] ?? VendorClient(host: target.address.host, at: address, total: Self.total)
                clients[place] = client
                group.addTask {
                    let attempt = await self.post(delivery, to: target, through: client)
                    try await self.settle(delivery, of: webhook, attempt)
                    return attempt.isTaken
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private func post(_ delivery: LeasedDelivery, to target: Target, through client: VendorClient) async -> Attempt {
        let (clock, at) = (ContinuousClock(), self.dependencies.now())
        let start = clock.now
        let outcome = await client.post(target.address.url, target.headers(for: delivery, at: at), delivery.body)
        let elapsed = start.duration(to: clock.now)
        Metrics.Timer(label: "huifang_webhook_attempt_duration_seconds").recordNanoseconds(Int64(elapsed.seconds * 1e9))
        var attempt = Attempt(at: at, milliseconds: Int(elapsed.seconds * 1000))
        switch outcome {
        case .answered(let status, _, let rests):
            attempt.status = status
            attempt.rests = rests ?? 0
            // A redirect is not followed: where it leads nobody has checked.
            if !(200..<300).contains(status) { attempt.failure = "status_\(status)" }
        case .notSent(let failure), .lost(let failure): attempt.failure = failure
        }
        return attempt
    }

    /// Writes what became of an attempt; a receiver that is gone, or took nothing for long, is paused.
    private func settle(_ delivery: LeasedDelivery, of webhook: UUID, _ attempt: Attempt) async throws {
        let now = self.dependencies.now()
        guard let failure = attempt.failure else {
            self.count("sent")
            return try await self.database.statement {
                try await $0.finishDelivery(delivery, of: webhook, attempt.json, at: now)
            }
        }
        let isDead = delivery.triesLeft == 0
        self.count(isDead ? "dead" : "retried")
        self.dependencies.logger.warning(
            "a receiver did not take a delivery",
            metadata: [
                "webhook": "\(webhook.uuidString.lowercased())", "event": "\(delivery.event.uuidString.lowercased())",
                "failure": "\(failure)",
            ])
        let chance = 0.8 + 0.2 * Double(self.dependencies.randomBytes(1)[0]) / 255
        let pause = Self.pauses[min(max(0, Self.tries - 1 - delivery.triesLeft), Self.pauses.count - 1)]
        let retryAt = isDead ? nil : now.addingTimeInterval(max(pause * chance, attempt.rests))
        try await self.database.transaction { tx in
            guard try await tx.failDelivery(delivery, attempt.json, retryAt: retryAt, at: now) else { return }
            let dead = isDead ? try await tx.countDead(of: webhook) : 0
            let isGone = attempt.status == 410
            guard isGone || dead >= Self.deadInARow,
                let host = try await tx.pauseWebhook(webhook, because: isGone ? "gone" : "failing", at: now)
            else { return }
            let alert = AlertDraft(
                id: self.dependencies.makeID(), kind: .webhookPaused,
                parameters: ["host": host, "reason": isGone ? "对方答复不再接收" : "一天里一条也没有送到"],
                roles: [.administrator])
            try await tx.insertAlerts([alert], at: now)
            try await tx.insert(
                Audit(dependencies: self.dependencies).event(
                    "webhook.pause", on: webhook.uuidString.lowercased(), by: "webhooks", role: "system",
                    detail: ["reason": .string(isGone ? "gone" : "failing")]))
        }
    }

    private func count(_ result: String) {
        Counter(label: "huifang_webhook_attempts_total", dimensions: [("result", result)]).increment()
    }
}

extension WebhookWorker {
    /// What became of one attempt, as the log keeps it.
    private struct Attempt: Sendable {
        var status: Int?
        var failure: String?
        var at: Date
        var milliseconds = 0
        /// For how many seconds the receiver asked to be left alone.
        var rests: TimeInterval = 0

        var isTaken: Bool { self.failure == nil }

        var json: JSONOutput {
            .object([
                "at": .string(RFC3339.text(self.at)), "status": .optional(self.status),
                "failure": .optional(self.failure), "duration_ms": .integer(self.milliseconds),
            ])
        }
    }

    /// A webhook's address and secrets, opened.
    private struct Target: Sendable {
        let address: WebhookAddress
        private let secrets: [(signature: WebhookSignature, until: Date?)]

        init(_ id: UUID, _ sealed: SealedTarget, _ keys: KeyRing) throws {
            self.address = try WebhookAddress(parsing: keys.open(sealed.url, at: Webhook.urlPlace(id)))
            var secrets: [(WebhookSignature, Date?)] = [
                (WebhookSecret(try keys.open(sealed.secret, at: Webhook.secretPlace(id))).signature, nil)
            ]
            if let previous = sealed.previous {
                let secret = WebhookSecret(try keys.open(previous, at: Webhook.previousPlace(id)))
                secrets.append((secret.signature, sealed.previousUntil))
            }
            self.secrets = secrets
        }

        /// One signature, and during a rotation one of the secret before too.
        func headers(for delivery: LeasedDelivery, at now: Date) -> [(String, String)] {
            let id = delivery.event.uuidString.lowercased()
            let timestamp = String(Int(now.timeIntervalSince1970))
            let signatures = self.secrets.filter { $0.until ?? .distantFuture > now }.map {
                $0.signature.header(id: id, timestamp: timestamp, body: delivery.body)
            }
            return [
                ("content-type", "application/json"), ("user-agent", "Huifang-Webhooks/1"), ("webhook-id", id),
                ("webhook-timestamp", timestamp), ("webhook-signature", signatures.joined(separator: " ")),
            ]
        }
    }
}

/// The webhooks that this process is sending for.
private final class BusyWebhooks: Sendable {
    private let ids = Mutex<Set<UUID>>([])

    func begin(_ id: UUID) -> Bool { self.ids.withLock { $0.insert(id).inserted } }
    func end(_ id: UUID) { _ = self.ids.withLock { $0.remove(id) } }
}
