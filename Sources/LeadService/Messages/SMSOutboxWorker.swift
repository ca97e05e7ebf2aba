package import Foundation
import Leads
import Logging
import Metrics
import ServiceLifecycle

/// Sends what waits in the outbox: each message is marked `sending` in its own commit before the gateway is called, and
/// never sent again blindly when nobody knows what became of it.
package struct SMSOutboxWorker: BackgroundWorker {
    package static let job = JobName.outbox
    package var interval: Duration { self.pollInterval }
    private let database: Database
    private let dependencies: Dependencies
    private let settings: SettingsStore
    private let signal: OutboxSignal
    private let pollInterval: Duration
    private let breakers: CircuitBreakers
    private let wording: MessageWording
    /// However many messages are on their way, what became of them takes two of the pool's connections: a flood of codes
    /// leaves the others to submits.
    private let stores = Turns(width: 2, longestQueue: .max)
    /// Longer than all gateways together may take, so that a lease that ends belongs to a process that died.
    private let leaseLength: TimeInterval

    private static let batch = 20
    /// Before a message that nobody could take is offered once more.
    private static let retryPause: TimeInterval = 2
    /// Before a message that is no code is offered again while no gateway can take any: it is of use for hours.
    private static let noticePause: TimeInterval = 120
    /// Before a gateway is asked what became of a message.
    private static let queryPause: TimeInterval = 30

    /// - Parameter pollInterval: how often rows are looked for that no wake-up told of.
    package init(
        database: Database, dependencies: Dependencies, settings: SettingsStore, publicURL: URL, signal: OutboxSignal,
        pollInterval: Duration = .milliseconds(500)
    ) {
        self.database = database
        self.dependencies = dependencies
        self.settings = settings
        self.signal = signal
        self.pollInterval = pollInterval
        self.wording = MessageWording(links: LinkToken(keys: dependencies.keys), publicURL: publicURL)
        self.leaseLength = 20 + Double(dependencies.gateways.count) * (VendorLimits.total + 1)
        self.breakers = CircuitBreakers(gateways: dependencies.gateways.map(\.name))
    }

    /// One round: settles abandoned messages, then sends what is due until nothing is; returns how many were handed over.
    @discardableResult
    package func runOnce() async throws -> Int {
        try await CrashPoint.numbering(.outbox) { try await self.sendDue() }
    }

    private func sendDue() async throws -> Int {
        let now = self.dependencies.now()
        try await self.database.autocommit { session in
            try await session.settleAbandonedMessages(
                at: now, asking: self.dependencies.gateways.filter(\.answersQueries).map(\.name))
            try await session.expireMessages(at: now)
        }
        var handed = 0
        while true {
            let now = self.dependencies.now()
            let leased = try await self.database.autocommit { session in
                try await session.leaseMessages(
                    limit: Self.batch, at: now, until: now.addingTimeInterval(self.leaseLength))
            }
            guard !leased.isEmpty else { return handed }
            await withTaskGroup { group in
                for message in leased { group.addTask { await self.deliver(message) } }
            }
            handed += leased.count
        }
    }

    package func work() async throws { try await self.runOnce() }

    package func run(_ rounds: JobRounds) async {
        self.countFromZero()
        await withTaskGroup { group in
            group.addTask {
                for await _ in self.signal.wakes.cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { try await self.work() }
                }
            }
            // Rows of other processes, and of a wake-up that met a database that was away.
            group.addTask {
                for await _ in AsyncTimerSequence(every: self.pollInterval).cancelOnGracefulShutdown() {
                    await rounds.run(Self.job) { try await self.work() }
                }
            }
            await group.waitForAll()
        }
    }

    /// Sends one message through the gateways in turn: the next one only when the one before certainly did not take it.
    private func deliver(_ leased: LeasedMessage) async {
        guard let message = try? self.open(leased), let phone = try? PhoneNumber(parsing: message.phone) else {
            return await self.finish(leased, with: MessageResult(state: "failed", failure: "not_opened"), [])
        }
        var attempts: [GatewayAttempt] = []
        var last: (outcome: SendOutcome, gateway: any SMSGateway)?
        var isWorthARetry = false
        let isCode = leased.challenge != nil
        let templates = self.settings.current.smsTemplates
        let order = self.order(avoiding: leased.doubtful)
        // While every gateway rests, the one that has rested enough is tried sooner.
        let ways = order.map { ($0, isLastWay: false) } + order.map { ($0, isLastWay: true) }
        for (gateway, isLastWay) in ways
        where !(isLastWay && last != nil)
            && self.breakers[gateway.name, message.template]?.admits(
                at: self.dependencies.now(), isLastWay: isLastWay) ?? true
        {
            var offered = message
            offered.vendorTemplate = templates[gateway.name]?[message.template]
            // The form says it only where every message does; an approved text that has the place is never sent with a gap.
            if gateway.needsTemplates, offered.vendorTemplate?.parameters.contains("reference") == true {
                offered.parameters["reference"] = leased.challenge.map { MessageReference.text(for: $0) }
            }
            guard await self.isStillOurs(leased, goingTo: gateway, phone.mobileOperator) else { return }
            let (outcome, attempt) = await self.offer(offered, to: gateway, phone.mobileOperator)
            attempts.append(attempt)
            last = (outcome, gateway)
            guard case .refused(_, let refusal, _) = outcome, refusal.mayGoElsewhere else {
                isWorthARetry = false
                break
            }
            isWorthARetry = isWorthARetry || refusal.passes || (!isCode && refusal == .noFunds)
        }
        let now = self.dependencies.now()
        let resting = order.filter { gateway in !attempts.contains { $0.gateway == gateway.name } }
        guard let last, resting.isEmpty || !last.outcome.mayGoElsewhere else {
            // A gateway that rests may take it yet: the message waits for the next probe, at most until it expires.
            let again =
                resting.compactMap { self.breakers[$0.name, message.template]?.opensAgain(after: now) }.min() ?? now
            return await self.postpone(leased, isRetry: false, until: max(again, now.addingTimeInterval(1)), attempts)
        }
        if isWorthARetry, leased.retries == 0 || !isCode {
            let pause = leased.retries == 0 ? Self.retryPause : Self.noticePause
            return await self.postpone(
                leased, isRetry: leased.retries == 0, until: now.addingTimeInterval(pause), attempts)
        }
        var result = MessageResult(last.outcome, gateway: last.gateway.name)
        result.phoneIndex = self.dependencies.keys.index(of: phone)
        result.networkOperator = phone.mobileOperator.rawValue
        if case .unknown = last.outcome, last.gateway.answersQueries {
            result.queryAt = now.addingTimeInterval(Self.queryPause)
        }
        await self.finish(leased, with: result, attempts)
    }

    /// Notes which gateway is about to get the message, so that whoever finds it abandoned knows whom to ask.
    ///
    /// A database that is away hinders no send: the code is of use now.
    ///
    /// - Returns: false when somebody erased it meanwhile, or its lease is over.
    private func isStillOurs(
        _ leased: LeasedMessage, goingTo gateway: any SMSGateway, _ network: MobileOperator
    ) async -> Bool {
        let noted = try? await self.stores.run {
            try await self.database.autocommit {
                try await $0.noteGateway(
                    gateway.name, operator: network.rawValue, of: leased.id, attempt: leased.attempt)
            }
        }
        return noted ?? true
    }

    /// The gateways from left to right, those in doubt last, in the order given.
    private func order(avoiding doubtful: [String]) -> [any SMSGateway] {
        let gateways = self.dependencies.gateways
        return gateways.filter { !doubtful.contains($0.name) }
            + doubtful.flatMap { name in gateways.filter { $0.name == name } }
    }

    private func offer(
        _ message: OutgoingMessage, to gateway: any SMSGateway, _ network: MobileOperator
    ) async -> (SendOutcome, GatewayAttempt) {
        let clock = ContinuousClock()
        let at = self.dependencies.now()
        let start = clock.now
        CrashPoint.reach()
        let outcome = await gateway.send(message)
        CrashPoint.reach()
        let elapsed = start.duration(to: clock.now)
        let name = gateway.name
        self.breakers.record(outcome, gateway: name, template: message.template, at: self.dependencies.now())
        if let breaker = self.breakers[name, message.template] {
            Gauge(label: "huifang_sms_breaker_state", dimensions: [("gateway", name), ("purpose", message.template)])
                .record(breaker.state.rawValue)
        }
        Self.attempts(name, network, outcome.className).increment()
        Metrics.Timer(label: "huifang_sms_attempt_duration_seconds", dimensions: [("gateway", name)])
            .recordNanoseconds(Int64(elapsed.seconds * 1e9))
        let code = outcome.failure.flatMap { VendorCode.clean($0) }
        if outcome.className != "accepted" {
            self.dependencies.logger.warning(
                "gateway did not take a message",
                metadata: [
                    "message": "\(message.id)", "gateway": "\(name)", "outcome": "\(outcome.className)",
                    "vendor_code": "\(code ?? "none")",
                ])
        }
        return (
            outcome,
            GatewayAttempt(
                gateway: name, networkOperator: network.rawValue, outcome: outcome.className, code: code,
                milliseconds: Int(elapsed.seconds * 1000), at: at)
        )
    }

    private static func attempts(_ gateway: String, _ network: MobileOperator, _ outcome: String) -> Counter {
        Counter(
            label: "huifang_sms_attempts_total",
            dimensions: [("gateway", gateway), ("operator", network.rawValue), ("outcome", outcome)])
    }

    /// An alarm looks for an increase of what somebody has to repair: what appears with its first one has none.
    private func countFromZero() {
        for gateway in self.dependencies.gateways {
            for network in MobileOperator.allCases {
                for refusal in [Refusal.accountThrottled, .noFunds, .configBad] {
                    Self.attempts(gateway.name, network, refusal.rawValue).increment(by: 0)
                }
            }
        }
    }

    private func finish(_ leased: LeasedMessage, with result: MessageResult, _ attempts: [GatewayAttempt]) async {
        Counter(
            label: "huifang_outbox_messages_total",
            dimensions: [("gateway", result.gateway ?? "none"), ("result", result.state)]
        ).increment()
        let now = self.dependencies.now()
        await self.store(leased) { session in
            try await session.finishMessage(leased.id, attempt: leased.attempt, with: result, attempts, at: now)
        }
    }

    private func postpone(
        _ leased: LeasedMessage, isRetry: Bool, until: Date, _ attempts: [GatewayAttempt]
    ) async {
        await self.store(leased) { session in
            try await session.postponeMessage(
                leased.id, attempt: leased.attempt, isRetry: isRetry, until: until, attempts)
        }
    }

    private func store(
        _ leased: LeasedMessage, _ body: @escaping @Sendable (Transaction) async throws -> Void
    ) async {
        do {
            try await self.stores.run { try await self.database.autocommit(body) }
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
            id: leased.id.uuidString.lowercased(), phone: phone, template: leased.template,
            parameters: self.wording.parameters(
                of: leased.template, stored: parameters,
                reference: self.settings.current.saysReference(among: self.dependencies.gateways)
                    ? leased.challenge.map { MessageReference.text(for: $0) } : nil,
                inquiry: leased.inquiry, self.settings.current))
    }
}
