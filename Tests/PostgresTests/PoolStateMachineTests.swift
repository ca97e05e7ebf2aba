import Postgres
import Testing

private typealias Machine = PoolStateMachine

@Suite("The pool's decisions, without a database")
struct PoolStateMachineTests {
    private let start = ContinuousClock.now

    private func limits(_ change: (inout Machine.Limits) -> Void = { _ in }) -> Machine.Limits {
        var limits = Machine.Limits()
        limits.maximum = 2
        limits.leaseTimeout = .seconds(3)
        limits.idleTimeout = .seconds(60)
        change(&limits)
        return limits
    }

    /// A started machine with one leased connection, number 1.
    private func leased(_ change: (inout Machine.Limits) -> Void = { _ in }) -> Machine {
        var machine = Machine(limits: self.limits(change))
        #expect(machine.start(at: self.start) + machine.enqueue(1, at: self.start) == [.connect(1)])
        #expect(machine.connected(1, at: self.start) == [.serve(1, 1)])
        return machine
    }

    @Test func `nothing is connected before the pool runs`() {
        var machine = Machine(limits: self.limits())
        #expect(machine.enqueue(1, at: self.start) == [])
        #expect(machine.start(at: self.start) == [.connect(1)])
    }

    @Test func `the minimum is connected at once and the maximum is never exceeded`() {
        var machine = Machine(limits: self.limits { $0.minimum = 1 })
        #expect(machine.start(at: self.start) == [.connect(1)])
        #expect(machine.enqueue(1, at: self.start) == [])
        #expect(machine.enqueue(2, at: self.start) == [.connect(2)])
        #expect(machine.enqueue(3, at: self.start) == [])
        #expect(machine.totalCount == 2)
    }

    @Test func `waiters are served in the order in which they came`() {
        var machine = self.leased { $0.maximum = 1 }
        for waiter in 2...4 {
            #expect(machine.enqueue(waiter, at: self.start) == [])
        }
        #expect(machine.dismiss(3, .cancelled) == [.refuse(3, .cancelled)])
        #expect(machine.release(1, isReusable: true, at: self.start) == [.serve(2, 1)])
        #expect(machine.release(1, isReusable: true, at: self.start) == [.serve(4, 1)])
        #expect(machine.release(1, isReusable: true, at: self.start) == [])
        #expect(machine.idleCount == 1)
        #expect(machine.dismiss(3, .cancelled) == [])
    }

    @Test func `the connection used last is lent first`() {
        var machine = self.leased()
        #expect(machine.enqueue(2, at: self.start) == [.connect(2)])
        #expect(machine.connected(2, at: self.start) == [.serve(2, 2)])
        #expect(machine.release(1, isReusable: true, at: self.start) == [])
        #expect(machine.release(2, isReusable: true, at: self.start) == [])
        #expect(machine.takeIdle() == 2)
        #expect(machine.takeIdle() == 1)
        #expect(machine.takeIdle() == nil)
        #expect(machine.leasedCount == 2)
    }

    @Test func `a waiter is refused when its time is over, not before`() {
        var machine = self.leased { $0.maximum = 1 }
        #expect(machine.enqueue(2, at: self.start + .seconds(1)) == [])
        #expect(machine.nextDeadline == self.start + .seconds(4))
        #expect(machine.tick(at: self.start + .seconds(3.9)) == [])
        #expect(machine.tick(at: self.start + .seconds(4)) == [.refuse(2, .timedOut)])
        #expect(machine.waitingCount == 0)
    }

    @Test func `a broken connection is closed and replaced for whoever waits`() {
        var machine = self.leased { $0.maximum = 1 }
        #expect(machine.enqueue(2, at: self.start) == [])
        #expect(machine.release(1, isReusable: false, at: self.start) == [.close(1), .connect(2)])
        #expect(machine.connected(2, at: self.start) == [.serve(2, 2)])
    }

    @Test func `an idle connection beyond the minimum is closed after the idle time`() {
        var machine = self.leased()
        #expect(machine.release(1, isReusable: true, at: self.start) == [])
        #expect(machine.nextDeadline == self.start + .seconds(60))
        #expect(machine.tick(at: self.start + .seconds(59)) == [])
        #expect(machine.tick(at: self.start + .seconds(60)) == [.close(1)])
        #expect(machine.nextDeadline == nil)
        var kept = self.leased { $0.minimum = 1 }
        #expect(kept.release(1, isReusable: true, at: self.start) == [])
        #expect(kept.tick(at: self.start + .seconds(600)) == [])
    }

    @Test func `an old connection is replaced, idle or when it comes back`() {
        var idle = self.leased {
            $0.minimum = 1
            $0.lifetime = .seconds(100)
        }
        #expect(idle.release(1, isReusable: true, at: self.start) == [])
        #expect(idle.nextDeadline == self.start + .seconds(100))
        #expect(idle.tick(at: self.start + .seconds(100)) == [.close(1), .connect(2)])
        var busy = self.leased { $0.lifetime = .seconds(100) }
        #expect(busy.release(1, isReusable: true, at: self.start + .seconds(100)) == [.close(1)])
    }

    @Test func `an idle connection is checked and keeps its age`() {
        var machine = self.leased { $0.keepAlive = .seconds(30) }
        #expect(machine.release(1, isReusable: true, at: self.start) == [])
        #expect(machine.nextDeadline == self.start + .seconds(30))
        #expect(machine.tick(at: self.start + .seconds(30)) == [.keepAlive(1)])
        #expect(machine.idleCount == 0)
        #expect(machine.leasedCount == 0)
        #expect(machine.release(1, isReusable: true, at: self.start + .seconds(31)) == [])
        #expect(machine.idleCount == 1)
        #expect(machine.tick(at: self.start + .seconds(60)) == [.close(1)])
    }

    @Test func `a checked connection goes to whoever came meanwhile`() {
        var machine = self.leased {
            $0.maximum = 1
            $0.keepAlive = .seconds(30)
        }
        #expect(machine.release(1, isReusable: true, at: self.start) == [])
        #expect(machine.tick(at: self.start + .seconds(30)) == [.keepAlive(1)])
        #expect(machine.enqueue(2, at: self.start + .seconds(30)) == [])
        #expect(machine.release(1, isReusable: true, at: self.start + .seconds(31)) == [.serve(2, 1)])
    }

    @Test func `while the server is away one connection probes it, after growing pauses of at most a second`() {
        var machine = Machine(limits: self.limits { $0.leaseTimeout = .seconds(600) })
        _ = machine.start(at: self.start)
        var now = self.start
        #expect(machine.enqueue(1, at: now) == [.connect(1)])
        #expect(machine.enqueue(2, at: now) == [.connect(2)])
        #expect(machine.connectFailed(1, at: now) == [])
        #expect(machine.connectFailed(2, at: now) == [])
        #expect(machine.enqueue(3, at: now) == [])
        var probe = 2
        for pause in [Duration.milliseconds(200), .milliseconds(400), .milliseconds(800), .seconds(1), .seconds(1)] {
            #expect(machine.nextDeadline == now + pause)
            #expect(machine.tick(at: now + pause - .milliseconds(1)) == [])
            now += pause
            probe += 1
            #expect(machine.tick(at: now) == [.connect(probe)])
            #expect(machine.connectFailed(probe, at: now) == [])
        }
        now += .seconds(1)
        probe += 1
        #expect(machine.tick(at: now) == [.connect(probe)])
        #expect(machine.connected(probe, at: now) == [.serve(1, probe), .connect(probe + 1)])
    }

    @Test func `without demand a server that is away is left alone`() {
        var machine = Machine(limits: self.limits())
        _ = machine.start(at: self.start)
        _ = machine.enqueue(1, at: self.start)
        #expect(machine.connectFailed(1, at: self.start) == [])
        #expect(machine.tick(at: self.start + .seconds(3)) == [.refuse(1, .timedOut)])
        #expect(machine.nextDeadline == nil)
    }

    @Test func `a connection found dead leaves the pool`() {
        var machine = self.leased()
        #expect(machine.release(1, isReusable: true, at: self.start) == [])
        #expect(machine.takeIdle() == 1)
        #expect(machine.foundDead(1) == [.close(1)])
        #expect(machine.enqueue(2, at: self.start) == [.connect(2)])
    }

    @Test func `a graceful shutdown serves those who wait, lends nothing more and drains`() {
        var machine = self.leased { $0.maximum = 1 }
        #expect(machine.enqueue(2, at: self.start) == [])
        #expect(machine.shutDown(force: false) == [])
        #expect(machine.enqueue(3, at: self.start) == [.refuse(3, .closed)])
        #expect(machine.release(1, isReusable: true, at: self.start) == [.serve(2, 1)])
        #expect(!machine.isDrained)
        #expect(machine.release(1, isReusable: true, at: self.start) == [.close(1)])
        #expect(!machine.isDrained)
        machine.closed()
        #expect(machine.isDrained)
    }

    @Test func `a forced shutdown refuses those who wait`() {
        var machine = self.leased { $0.maximum = 1 }
        #expect(machine.enqueue(2, at: self.start) == [])
        #expect(machine.shutDown(force: true) == [.refuse(2, .closed)])
        #expect(machine.release(1, isReusable: true, at: self.start) == [.close(1)])
        machine.closed()
        #expect(machine.isDrained)
    }

    @Test func `a connection that comes up during a shutdown is closed`() {
        var machine = Machine(limits: self.limits { $0.minimum = 1 })
        #expect(machine.start(at: self.start) == [.connect(1)])
        #expect(machine.shutDown(force: false) == [])
        #expect(machine.connected(1, at: self.start) == [.close(1)])
        machine.closed()
        #expect(machine.isDrained)
    }
}
