import Logging
import Metrics
import Synchronization

/// Carries out what the state machine decides: connects, closes, lends and watches the clock.
final class ConnectionPool: Sendable {
    private enum Command: Sendable {
        case connect(Int)
        case keepAlive(PostgresConnection)
        case timer(ContinuousClock.Instant)
        case end
    }

    private struct State {
        var machine: PoolStateMachine
        var connections: [Int: PostgresConnection] = [:]
        var waiters: [Int: CheckedContinuation<PostgresConnection, any Error>] = [:]
        var lastWaiterID = 0
        var timer: ContinuousClock.Instant?
        var lastFailure: (any Error)?
        var isRunning = false
    }

    private let state: Mutex<State>
    private let commands: AsyncStream<Command>
    private let send: AsyncStream<Command>.Continuation
    private let configuration: PostgresClient.Configuration
    private let logger: Logger
    private let metrics = PoolMetrics()

    init(configuration: PostgresClient.Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        self.state = Mutex(State(machine: PoolStateMachine(limits: configuration.poolLimits)))
        (self.commands, self.send) = AsyncStream.makeStream()
    }

    var statistics: PostgresPoolStatistics {
        self.state.withLock { state in
            PostgresPoolStatistics(
                idle: state.machine.idleCount, leased: state.machine.leasedCount,
                waiting: state.machine.waitingCount, total: state.machine.totalCount)
        }
    }

    /// Listens with the pool's settings on a connection of its own.
    func makeListener(on channel: String) throws -> NotificationListener {
        NotificationListener(
            channel: channel, configuration: try self.configuration.session, id: 0, logger: self.logger)
    }

    // MARK: Leases

    func lease() async throws -> PostgresConnection {
        guard !Task.isCancelled else { throw PSQLError(code: .queryCancelled) }
        if let connection = self.takeIdle() { return connection }
        let id = self.state.withLock { state in
            state.lastWaiterID += 1
            return state.lastWaiterID
        }
        let start = ContinuousClock.now
        let patience = PostgresPatience.current
        defer {
            let wait = ContinuousClock.now - start
            self.metrics.waited(wait)
            patience?.waited(wait)
        }
        let timeout = self.configuration.extras.leaseTimeout
        let left = patience?.left ?? timeout
        var alarm: Task<Void, any Error>?
        defer { alarm?.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                self.change { state in
                    guard !Task.isCancelled else {
                        continuation.resume(throwing: PSQLError(code: .queryCancelled))
                        return []
                    }
                    state.waiters[id] = continuation
                    return state.machine.enqueue(id, at: start)
                }
                // The timers belong to the run, which may begin in a moment or never, and know one timeout for all.
                guard left < timeout || !self.state.withLock({ $0.isRunning }) else { return }
                alarm = Task {
                    try await Task.sleep(until: start + min(left, timeout), clock: .continuous)
                    self.change { $0.machine.dismiss(id, .timedOut) }
                }
            }
        } onCancel: {
            self.change { $0.machine.dismiss(id, .cancelled) }
        }
    }

    /// An idle connection whose server is still there; the dead ones found on the way are closed.
    private func takeIdle() -> PostgresConnection? {
        while true {
            let taken = self.state.withLock { state in
                let taken = state.machine.takeIdle().flatMap { id in state.connections[id].map { (id, $0) } }
                if taken != nil { self.metrics.record(state.machine) }
                return taken
            }
            guard let (id, connection) = taken else { return nil }
            if connection.session.control.isAlive { return connection }
            self.change { $0.machine.foundDead(id) }
        }
    }

    func release(_ connection: PostgresConnection) {
        let isReusable = connection.session.control.isReusable
        self.change { $0.machine.release(connection.id, isReusable: isReusable, at: .now) }
    }

    // MARK: Running

    /// Carries out commands until the pool is shut down and everything is closed.
    func run() async {
        await withDiscardingTaskGroup { group in
            self.change { state in
                state.isRunning = true
                return state.machine.start(at: .now)
            }
            for await command in self.commands {
                if case .end = command { break }
                group.addTask { await self.carryOut(command) }
            }
            group.cancelAll()
            for connection in self.state.withLock({ Array($0.connections.values) }) {
                connection.session.control.abort()
            }
        }
    }

    /// Stops lending; the run ends when what is lent has come back.
    func shutDown() {
        self.change { $0.machine.shutDown(force: false) }
    }

    /// Stops lending, gives up what is lent and ends the run.
    func abort() {
        self.change { $0.machine.shutDown(force: true) }
        self.send.yield(.end)
    }

    private func carryOut(_ command: Command) async {
        switch command {
        case .connect(let id): await self.connect(id)
        case .keepAlive(let connection):
            if let query = self.configuration.options.keepAliveBehavior?.query {
                _ = try? await connection.query(query, logger: self.logger)
            }
            self.release(connection)
        case .timer(let instant):
            try? await Task.sleep(until: instant, clock: .continuous)
            self.change { state in
                if state.timer == instant { state.timer = nil }
                return state.machine.tick(at: .now)
            }
        case .end: break
        }
    }

    private func connect(_ id: Int) async {
        do {
            let connection = try await PostgresConnection.connect(
                self.configuration.session, id: id, logger: self.logger)
            self.metrics.connects.increment()
            self.change { state in
                state.connections[id] = connection
                state.lastFailure = nil
                return state.machine.connected(id, at: .now)
            }
        } catch {
            self.metrics.connectFailures.increment()
            self.logger.warning(
                "Could not connect to the database", metadata: ["reason": "\(String(reflecting: error))"])
            self.change { state in
                state.lastFailure = error
                return state.machine.connectFailed(id, at: .now)
            }
        }
    }

    // MARK: Actions

    /// Changes the state and carries out what follows from it, in the order in which it was decided.
    private func change(_ body: (inout State) -> [PoolStateMachine.Action]) {
        self.state.withLock { state in
            for action in body(&state) {
                self.perform(action, &state)
            }
            self.setTimer(&state)
            self.metrics.record(state.machine)
            if state.machine.isDrained { self.send.yield(.end) }
        }
    }

    private func perform(_ action: PoolStateMachine.Action, _ state: inout State) {
        switch action {
        case .connect(let id):
            self.send.yield(.connect(id))
        case .close(let id):
            guard let connection = state.connections.removeValue(forKey: id) else { return }
            // Not a task of the run, whose cancellation must not keep connections open.
            Task {
                try? await connection.close()
                self.change { state in
                    state.machine.closed()
                    return []
                }
            }
        case .keepAlive(let id):
            guard let connection = state.connections[id] else { return }
            self.send.yield(.keepAlive(connection))
        case .serve(let waiter, let id):
            guard let continuation = state.waiters.removeValue(forKey: waiter), let connection = state.connections[id]
            else { return }
            continuation.resume(returning: connection)
        case .refuse(let waiter, let refusal):
            guard let continuation = state.waiters.removeValue(forKey: waiter) else { return }
            continuation.resume(throwing: self.error(refusal, state))
        }
    }

    private func error(_ refusal: PoolStateMachine.Refusal, _ state: State) -> PSQLError {
        switch refusal {
        case .timedOut:
            self.metrics.leaseTimeouts.increment()
            if !state.isRunning {
                self.logger.warning("No connection was lent, because PostgresClient.run() is not running")
            }
            return PSQLError(code: .leaseTimeout, underlying: state.lastFailure)
        case .closed: return PSQLError(code: .poolClosed)
        case .cancelled: return PSQLError(code: .queryCancelled)
        }
    }

    private func setTimer(_ state: inout State) {
        guard let next = state.machine.nextDeadline, state.timer.map({ next < $0 }) ?? true else { return }
        state.timer = next
        self.send.yield(.timer(next))
    }
}
