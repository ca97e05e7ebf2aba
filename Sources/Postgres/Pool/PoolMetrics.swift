import Metrics

/// The pool in figures, under names that start with `postgres_pool_`.
struct PoolMetrics: Sendable {
    let connects = Counter(label: "postgres_pool_connects_total")
    let connectFailures = Counter(label: "postgres_pool_connect_failures_total")
    let leaseTimeouts = Counter(label: "postgres_pool_lease_timeouts_total")
    private let idle = Gauge(label: "postgres_pool_connections", dimensions: [("state", "idle")])
    private let leased = Gauge(label: "postgres_pool_connections", dimensions: [("state", "leased")])
    private let waiting = Gauge(label: "postgres_pool_waiting")
    private let wait = Metrics.Timer(label: "postgres_pool_wait_seconds")

    func record(_ machine: PoolStateMachine) {
        self.idle.record(machine.idleCount)
        self.leased.record(machine.leasedCount)
        self.waiting.record(machine.waitingCount)
    }

    func waited(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.wait.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
