import Dispatch
import Foundation
import Synchronization

/// One thread that runs the jobs of one actor, in order; it may block without holding up anybody else.
final class ThreadExecutor: SerialExecutor {
    private let queue: JobQueue

    init(name: String) {
        let queue = JobQueue()
        self.queue = queue
        let thread = Thread { queue.run() }
        thread.name = name
        thread.stackSize = 512 * 1024
        thread.start()
    }

    deinit {
        self.queue.stop()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        self.queue.append(JobQueue.Entry(job: UnownedJob(job), executor: self))
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }
}

/// What the thread and its executor share; the thread ends when the executor is gone.
private final class JobQueue: Sendable {
    /// A job keeps its executor until it has run, because running it may release the actor that owns the executor.
    struct Entry: Sendable {
        let job: UnownedJob
        let executor: ThreadExecutor
    }

    private struct State {
        var entries: [Entry] = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    func append(_ entry: Entry) {
        self.state.withLock { $0.entries.append(entry) }
        self.wakeUp.signal()
    }

    func stop() {
        self.state.withLock { $0.isStopped = true }
        self.wakeUp.signal()
    }

    func run() {
        while true {
            self.wakeUp.wait()
            let (entries, isStopped) = self.state.withLock { state in
                defer { state.entries = [] }
                return (state.entries, state.isStopped)
            }
            for entry in entries {
                entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
            }
            if isStopped { return }
        }
    }
}
