import NIOCore

/// Decides who gets which connection and when connections are made and closed; it does no I/O and reads no clock.
package struct PoolStateMachine {
    package typealias ConnectionID = Int
    package typealias WaiterID = Int
    package typealias Instant = ContinuousClock.Instant

    /// The limits of a pool.
    package struct Limits: Sendable {
        package var minimum = 0
        package var maximum = 20
        package var leaseTimeout = Duration.seconds(3)
        package var idleTimeout = Duration.seconds(60)
        package var lifetime: Duration?
        package var keepAlive: Duration?
        /// How long to wait before connecting again after the first failure; it doubles with each up to the other.
        package var firstRetry = Duration.milliseconds(100)
        package var lastRetry = Duration.seconds(1)

        package init() {}
    }

    /// What the pool's owner has to do.
    package enum Action: Equatable, Sendable {
        case connect(ConnectionID)
        case close(ConnectionID)
        case keepAlive(ConnectionID)
        case serve(WaiterID, ConnectionID)
        case refuse(WaiterID, Refusal)
    }

    /// Why a waiter goes without.
    package enum Refusal: Equatable, Sendable {
        case timedOut
        case closed
        case cancelled
    }

    private enum Use: Equatable {
        case connecting
        case idle(since: Instant, checked: Instant)
        case leased
        case checking(idleSince: Instant)
    }

    private struct Connection {
        var use: Use
        var made: Instant?
    }

    private struct Waiter {
        let id: WaiterID
        let deadline: Instant
    }

    private let limits: Limits
    private var connections: [ConnectionID: Connection] = [:]
    /// The one used last is at the end and is used first, so that the others can grow old.
    private var idle: [ConnectionID] = []
    private var waiters = CircularBuffer<Waiter>()
    private var closing = 0
    private var lastConnectionID = 0
    private var failures = 0
    private var retryAt: Instant?
    private var isStarted = false
    private var isShutDown = false

    package init(limits: Limits) {
        self.limits = limits
    }

    // MARK: Looking

    package var idleCount: Int { self.idle.count }
    package var leasedCount: Int { self.connections.values.reduce(0) { $0 + ($1.use == .leased ? 1 : 0) } }
    package var waitingCount: Int { self.waiters.count }
    package var totalCount: Int { self.connections.count }

    /// Whether everything is closed after a shutdown.
    package var isDrained: Bool {
        self.isShutDown && self.connections.isEmpty && self.closing == 0 && self.waiters.isEmpty
    }

    /// When `tick` has something to do next.
    package var nextDeadline: Instant? {
        var next = self.waiters.first?.deadline
        func consider(_ instant: Instant?) {
            guard let instant else { return }
            next = next.map { min($0, instant) } ?? instant
        }
        if self.wantsConnections { consider(self.retryAt) }
        for connection in self.connections.values {
            guard case .idle(let since, let checked) = connection.use else { continue }
            if self.connections.count > self.limits.minimum { consider(since + self.limits.idleTimeout) }
            if let keepAlive = self.limits.keepAlive { consider(checked + keepAlive) }
            if let lifetime = self.limits.lifetime, let made = connection.made { consider(made + lifetime) }
        }
        return next
    }

    // MARK: Leases

    /// A connection that is free now.
    package mutating func takeIdle() -> ConnectionID? {
        guard !self.isShutDown, let id = self.idle.popLast() else { return nil }
        self.connections[id]?.use = .leased
        return id
    }

    package mutating func enqueue(_ waiter: WaiterID, at now: Instant) -> [Action] {
        guard !self.isShutDown else { return [.refuse(waiter, .closed)] }
        if let id = self.takeIdle() { return [.serve(waiter, id)] }
        self.waiters.append(Waiter(id: waiter, deadline: now + self.limits.leaseTimeout))
        return self.connectIfNeeded(at: now)
    }

    /// A waiter goes before its time, if it still waits.
    package mutating func dismiss(_ waiter: WaiterID, _ refusal: Refusal) -> [Action] {
        guard let index = self.waiters.firstIndex(where: { $0.id == waiter }) else { return [] }
        self.waiters.remove(at: index)
        return [.refuse(waiter, refusal)]
    }

    /// A connection comes back, from a lease or from a check.
    package mutating func release(_ id: ConnectionID, isReusable: Bool, at now: Instant) -> [Action] {
        guard let connection = self.connections[id] else { return [] }
        let isOld = self.limits.lifetime.flatMap { lifetime in connection.made.map { $0 + lifetime <= now } } ?? false
        guard isReusable, !isOld else { return self.close(id) + self.connectIfNeeded(at: now) }
        if let waiter = self.waiters.popFirst() {
            self.connections[id]?.use = .leased
            return [.serve(waiter.id, id)]
        }
        guard !self.isShutDown else { return self.close(id) }
        if case .checking(let since) = connection.use {
            self.connections[id]?.use = .idle(since: since, checked: now)
            self.idle.insert(id, at: 0)
        } else {
            self.connections[id]?.use = .idle(since: now, checked: now)
            self.idle.append(id)
        }
        return []
    }

    // MARK: Connections

    /// The pool's owner is ready to act.
    package mutating func start(at now: Instant) -> [Action] {
        self.isStarted = true
        return self.connectIfNeeded(at: now)
    }

    package mutating func connected(_ id: ConnectionID, at now: Instant) -> [Action] {
        guard self.connections[id] != nil else { return [] }
        self.failures = 0
        self.retryAt = nil
        self.connections[id] = Connection(use: .leased, made: now)
        return self.release(id, isReusable: true, at: now) + self.connectIfNeeded(at: now)
    }

    package mutating func connectFailed(_ id: ConnectionID, at now: Instant) -> [Action] {
        self.connections[id] = nil
        self.failures += 1
        let delay = self.limits.firstRetry * (1 << min(self.failures - 1, 10))
        self.retryAt = now + min(delay, self.limits.lastRetry)
        return []
    }

    /// A connection that was handed out of `idle` turned out to have no server any more.
    package mutating func foundDead(_ id: ConnectionID) -> [Action] {
        self.close(id)
    }

    package mutating func closed() {
        self.closing -= 1
    }

    // MARK: Time and shutdown

    /// Does what has fallen due.
    package mutating func tick(at now: Instant) -> [Action] {
        var actions: [Action] = []
        while let waiter = self.waiters.first, waiter.deadline <= now {
            self.waiters.removeFirst()
            actions.append(.refuse(waiter.id, .timedOut))
        }
        for id in self.idle {
            guard let connection = self.connections[id], case .idle(let since, let checked) = connection.use else {
                continue
            }
            let isOld =
                self.limits.lifetime.flatMap { lifetime in connection.made.map { $0 + lifetime <= now } } ?? false
            let isSpare = self.connections.count > self.limits.minimum && since + self.limits.idleTimeout <= now
            if isOld || isSpare {
                actions += self.close(id)
            } else if let keepAlive = self.limits.keepAlive, checked + keepAlive <= now {
                self.idle.removeAll { $0 == id }
                self.connections[id]?.use = .checking(idleSince: since)
                actions.append(.keepAlive(id))
            }
        }
        return actions + self.connectIfNeeded(at: now)
    }

    /// Lends nothing to new tasks any more; those that wait are served by what comes back, unless it is forced.
    package mutating func shutDown(force: Bool) -> [Action] {
        self.isShutDown = true
        var actions: [Action] = []
        for id in self.idle {
            actions += self.close(id)
        }
        guard force else { return actions }
        while let waiter = self.waiters.popFirst() {
            actions.append(.refuse(waiter.id, .closed))
        }
        return actions
    }

    private mutating func close(_ id: ConnectionID) -> [Action] {
        guard self.connections.removeValue(forKey: id) != nil else { return [] }
        self.idle.removeAll { $0 == id }
        self.closing += 1
        return [.close(id)]
    }

    private var connectingCount: Int { self.connections.values.reduce(0) { $0 + ($1.use == .connecting ? 1 : 0) } }

    /// How many connections to make, if nothing had failed.
    private var missing: Int {
        let forWaiters = self.waiters.count - self.connectingCount
        let forMinimum = self.isShutDown ? 0 : self.limits.minimum - self.connections.count
        return min(max(forWaiters, forMinimum), self.limits.maximum - self.connections.count)
    }

    private var wantsConnections: Bool { self.isStarted && self.missing > 0 }

    /// While the server cannot be reached one connection probes it, and not before its time.
    private mutating func connectIfNeeded(at now: Instant) -> [Action] {
        guard self.wantsConnections, self.retryAt.map({ $0 <= now }) ?? true else { return [] }
        let count = self.failures > 0 ? min(self.missing, 1 - min(1, self.connectingCount)) : self.missing
        return (0..<max(0, count)).map { _ in
            self.lastConnectionID += 1
            self.connections[self.lastConnectionID] = Connection(use: .connecting, made: nil)
            return .connect(self.lastConnectionID)
        }
    }
}
