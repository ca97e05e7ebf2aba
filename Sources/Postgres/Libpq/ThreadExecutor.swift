import Dispatch
import Foundation
import Glibc
import Synchronization

/// One thread that runs the jobs of one actor, in order; it may block without holding up anybody else.
final class ThreadExecutor: SerialExecutor {
    private let queue = JobQueue()

    init(name: String) {
        let queue = self.queue
        let thread = Thread { queue.run() }
        thread.name = name
        thread.start()
    }

    deinit {
        self.queue.stop()
    }

    /// Whether the caller runs on the thread.
    var isCurrent: Bool { self.queue.isCurrent }

    /// Lets code that was lent the thread count as the actor's: nothing else runs meanwhile.
    func checkIsolated() {
        precondition(self.isCurrent, "this is not the connection's thread")
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.append { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// A job keeps its executor until it has run, because running it may release the actor that owns the executor.
    fileprivate func append(_ run: @escaping @Sendable () -> Void) {
        self.queue.append(run)
    }
}

/// Lends an actor's thread to the task that holds the connection, which then talks to the actor without waking a thread.
final class ThreadLoan: TaskExecutor {
    private let thread: ThreadExecutor

    init(of thread: ThreadExecutor) {
        self.thread = thread
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.thread.append { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// What the thread and its executor share; the thread ends when the executor is gone.
private final class JobQueue: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    /// The thread's identity, 0 until it runs.
    private let thread = Atomic<UInt>(0)

    var isCurrent: Bool { self.thread.load(ordering: .relaxed) == pthread_self() }

    func append(_ job: @escaping @Sendable () -> Void) {
        self.state.withLock { $0.jobs.append(job) }
        self.wakeUp.signal()
    }

    func stop() {
        self.state.withLock { $0.isStopped = true }
        self.wakeUp.signal()
    }

    func run() {
        self.thread.store(pthread_self(), ordering: .relaxed)
        var jobs: [@Sendable () -> Void] = []
        while true {
            self.wakeUp.wait()
            let isStopped = self.state.withLock { state in
                swap(&jobs, &state.jobs)
                return state.isStopped
            }
            for job in jobs {
                job()
            }
            jobs.removeAll(keepingCapacity: true)
            if isStopped { return }
        }
    }
}
