import Clibpq
import Glibc

/// One connection's conversation with the server: straight-line libpq on a thread of its own, which may block.
actor LibpqSession {
    /// How the loss of the answer to a request is to be understood.
    enum Kind {
        case statement
        case begin
        case commit
        case rollback
    }

    private let executor: ThreadExecutor
    /// The thread for a task that holds the connection.
    nonisolated let loan: ThreadLoan
    nonisolated var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    nonisolated let control = SessionControl()
    let configuration: SessionConfiguration
    let notices = Notices()
    var statements = StatementCache()
    /// Prepared statements that are to be freed when the transaction allows it.
    var obsoleteStatements: [String] = []
    /// The COPY that is going on.
    var copy: CopyState?
    private var handle: ConnectionHandle?
    private var cancelHandle: CancelHandle?

    init(id: Int, configuration: SessionConfiguration) {
        self.executor = ThreadExecutor(name: "postgres-\(id)")
        self.loan = ThreadLoan(of: self.executor)
        self.configuration = configuration
    }

    /// Runs something on the session's thread; whoever runs there already goes on without a switch.
    nonisolated func run<Answer: Sendable>(
        _ body: @Sendable (isolated LibpqSession) throws -> Answer
    ) async throws -> Answer {
        guard self.executor.isCurrent else { return try await self.hop(body) }
        return try self.runHere(body)
    }

    private nonisolated func runHere<Answer: Sendable>(
        _ body: (isolated LibpqSession) throws -> Answer
    ) throws -> Answer {
        try self.assumeIsolated(body)
    }

    private func hop<Answer: Sendable>(_ body: @Sendable (isolated LibpqSession) throws -> Answer) throws -> Answer {
        try body(self)
    }

    /// Takes over an open connection.
    func adopt(_ handle: consuming ConnectionHandle) {
        let cancel = CancelHandle(handle.pointer)
        self.control.opened(socket: PQsocket(handle.pointer), cancel: cancel)
        self.cancelHandle = cancel
        self.handle = consume handle
    }

    func close() {
        self.control.closed()
        self.cancelHandle = nil
        self.handle = nil
    }

    /// Asks the server to stop what it does, without waiting for it.
    func cancelRunningStatement() {
        self.cancelHandle?.send()
    }

    func connection() throws -> OpaquePointer {
        guard let pointer = self.handle?.pointer else { throw PSQLError(code: .clientClosedConnection) }
        return pointer
    }

    var isInTransaction: Bool {
        guard let pointer = self.handle?.pointer else { return false }
        return PQtransactionStatus(pointer) != PQTRANS_IDLE
    }

    /// How long to wait for an answer: longer than the server lets a statement run, so that usually the server speaks first.
    func deadline(for kind: Kind) -> ContinuousClock.Instant? {
        let extras = self.configuration.extras
        let patience: Duration? =
            switch kind {
            case .statement: extras.answerTimeout ?? extras.statementTimeout.map { $0 + .seconds(5) }
            case .begin, .commit, .rollback: extras.commitTimeout
            }
        let left = PostgresPatience.current?.left
        return [patience, left].compactMap { $0 }.min().map { ContinuousClock.now + $0 }
    }

    /// Runs one request from its start to the answer or the loss of the connection.
    func perform<Answer>(
        _ request: Int, _ kind: Kind, commitsByItself: Bool? = nil, _ body: (OpaquePointer) throws -> Answer
    ) throws -> Answer {
        let patience = PostgresPatience.current
        // Nothing is sent, so nothing is unknown.
        if let patience, patience.left <= .zero { throw PSQLError(code: .timeout) }
        let start = ContinuousClock.now
        var isAnswered = false
        try self.control.begin(request, interruption: kind == .statement ? .cancel : .none)
        defer {
            let now = ContinuousClock.now
            self.control.end(isInTransaction: self.isInTransaction, heardAt: isAnswered ? now : nil)
            if isAnswered { patience?.heard() } else { patience?.waited(now - start) }
            if self.control.isDiscarded {
                self.close()
            }
        }
        if kind == .statement, Task.isCancelled { throw PSQLError(code: .queryCancelled) }
        let connection = try self.connection()
        let commitsByItself =
            commitsByItself ?? (kind == .statement && PQtransactionStatus(connection) == PQTRANS_IDLE)
        self.notices.reset()
        do {
            let answer = try body(connection)
            isAnswered = true
            guard !self.notices.replicationWaitWasCancelled else { throw PSQLError(code: .outcomeUnknown) }
            return answer
        } catch let error as PSQLError {
            isAnswered = error.serverInfo != nil
            throw self.interpret(error, kind, commitsByItself: commitsByItself)
        }
    }

    /// What a failure means: the server's refusal, a cancellation, a lost connection, or a commit that may have happened.
    private func interpret(_ error: PSQLError, _ kind: Kind, commitsByItself: Bool) -> PSQLError {
        guard error.code != .outcomeUnknown else { return error }
        let state = error.serverInfo?[.sqlState]
        let isRefusal = error.code == .server && error.serverInfo?.isFatal == false
        let isClientSide =
            error.code == .nulInText || error.code == .tooManyParameters || error.code == .transactionRolledBack
        if isClientSide { return error }
        let wasInterrupted = self.control.isDiscarded
        // 25006: the server is a standby now, so the pool has to look for the primary.
        if !isRefusal || state == "25006" {
            self.control.discard()
        }
        if kind == .commit, !isRefusal {
            return PSQLError(code: .outcomeUnknown, serverInfo: error.serverInfo, underlying: error)
        }
        var meaning = error
        if wasInterrupted, Task.isCancelled {
            meaning = PSQLError(code: .queryCancelled, serverInfo: error.serverInfo)
        }
        meaning.mayHaveCommitted = commitsByItself && !isRefusal
        return meaning
    }
}

// MARK: - Waiting

extension LibpqSession {
    private enum Readiness {
        case ready
        case woken
        case timedOut
    }

    /// How long a server may take to answer once it was asked to stop.
    private static let patienceAfterInterruption = Duration.seconds(2)

    /// Blocks until the socket is ready.
    ///
    /// - Throws: `timeout` at the deadline, which a cancellation brings closer.
    func wait(_ connection: OpaquePointer, for events: Int32, until deadline: inout ContinuousClock.Instant?) throws {
        while true {
            switch self.waitOnce(connection, for: events, until: deadline) {
            case .ready:
                return
            case .woken:
                self.control.wakeUp.clear()
                let sooner = ContinuousClock.now + Self.patienceAfterInterruption
                deadline = min(deadline ?? sooner, sooner)
            case .timedOut:
                self.control.stopStatement()
                throw PSQLError(code: .timeout)
            }
        }
    }

    private func waitOnce(
        _ connection: OpaquePointer, for events: Int32, until deadline: ContinuousClock.Instant?
    ) -> Readiness {
        Self.poll(PQsocket(connection), events, self.control.wakeUp.descriptor, until: deadline).map {
            $0 ? .woken : .ready
        } ?? .timedOut
    }

    /// Whether the second descriptor is readable, else the first is ready; nil at the deadline.
    static func poll(
        _ socket: Int32, _ events: Int32, _ wakeUp: Int32, until deadline: ContinuousClock.Instant?
    ) -> Bool? {
        var descriptors: [2 of pollfd] = [
            pollfd(fd: socket, events: Int16(events), revents: 0),
            pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            var milliseconds: Int32 = -1
            if let deadline {
                let left = deadline - ContinuousClock.now
                guard left > .zero else { return nil }
                milliseconds = Int32(clamping: left.wholeMilliseconds + 1)
            }
            let count = withUnsafeMutablePointer(to: &descriptors) {
                $0.withMemoryRebound(to: pollfd.self, capacity: 2) { Glibc.poll($0, 2, milliseconds) }
            }
            guard count > 0 else { continue }
            return descriptors[1].revents != 0
        }
    }

    /// Writes what libpq holds back, reading meanwhile so that the server can go on.
    func flush(_ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?) throws {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                try self.wait(connection, for: Int32(POLLIN | POLLOUT), until: &deadline)
                _ = PQconsumeInput(connection)
            default: return  // The reason is in the next result.
            }
        }
    }

    /// The next result of the request at hand, nil after the last one.
    func nextResult(_ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?) throws -> ResultHandle?
    {
        while PQisBusy(connection) == 1 {
            try self.wait(connection, for: Int32(POLLIN), until: &deadline)
            if PQconsumeInput(connection) == 0, PQstatus(connection) == CONNECTION_BAD { break }
        }
        return PQgetResult(connection).map { ResultHandle($0) }
    }
}
