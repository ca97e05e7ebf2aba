import Glibc
import Synchronization

/// What other threads may know and ask of a session while its own thread blocks.
final class SessionControl: Sendable {
    /// What a cancelled task may do to the statement it waits for.
    enum Interruption {
        /// Ask the server to stop it, and give the connection up.
        case cancel
        /// Nothing: COMMIT and ROLLBACK end by their answer or by their own deadline.
        case none
    }

    private struct State {
        var request = 0
        var interruption = Interruption.none
        var isDiscarded = false
        var isInTransaction = false
        var heardAt: ContinuousClock.Instant?
        var socket: Int32 = -1
        var cancel: CancelHandle?
    }

    private let state = Mutex(State())
    private let lastRequest = Atomic<Int>(0)
    let wakeUp = WakeUp()

    /// A new number for a request, so that a late cancellation cannot hit its successor.
    func makeRequest() -> Int {
        self.lastRequest.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Whether the connection must not be used again.
    var isDiscarded: Bool { self.state.withLock { $0.isDiscarded } }

    /// Whether the connection can go back to a pool as it is.
    var isReusable: Bool { self.state.withLock { !$0.isDiscarded && !$0.isInTransaction } }

    /// When the server said something last.
    var heardAt: ContinuousClock.Instant? { self.state.withLock { $0.heardAt } }

    func opened(socket: Int32, cancel: CancelHandle?) {
        self.state.withLock { state in
            state.socket = socket
            state.cancel = cancel
            state.heardAt = .now
        }
    }

    func closed() {
        self.state.withLock { state in
            state.isDiscarded = true
            state.socket = -1
            state.cancel = nil
        }
    }

    func discard() {
        self.state.withLock { $0.isDiscarded = true }
    }

    /// - Throws: `clientClosedConnection` when the connection was given up before.
    func begin(_ request: Int, interruption: Interruption) throws {
        try self.state.withLock { state in
            guard !state.isDiscarded else { throw PSQLError(code: .clientClosedConnection) }
            state.request = request
            state.interruption = interruption
        }
    }

    func end(isInTransaction: Bool, heardAt: ContinuousClock.Instant?) {
        self.state.withLock { state in
            state.request = 0
            state.heardAt = heardAt ?? state.heardAt
            state.isInTransaction = isInTransaction
        }
    }

    /// Called when the task that waits for `request` is cancelled.
    ///
    /// The connection is given up, because the server may act on the cancellation only after the next statement began.
    func interrupt(_ request: Int) {
        let cancel: CancelHandle? = self.state.withLock { state in
            guard state.request == request, state.interruption == .cancel else { return nil }
            state.isDiscarded = true
            return state.cancel
        }
        guard let cancel else { return }
        cancel.send()
        self.wakeUp.signal()
    }

    /// Asks the server to stop the statement that took too long; a COMMIT on its way is left to take effect.
    func stopStatement() {
        self.state.withLock { $0.interruption == .cancel ? $0.cancel : nil }?.send()
    }

    /// Gives up the connection whatever it does, except a transaction's end.
    func abort() {
        let request = self.state.withLock { state in
            state.isDiscarded = true
            return state.request
        }
        self.interrupt(request)
    }

    /// Whether an idle connection still has its server: nothing, and no end of file, may wait on its socket.
    var isAlive: Bool {
        self.state.withLock { state in
            guard !state.isDiscarded, state.socket >= 0 else { return false }
            var byte: UInt8 = 0
            return recv(state.socket, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) < 0 && errno == EAGAIN
        }
    }
}
