import Clibpq
import Glibc

extension LibpqSession {
    /// Runs one statement and returns its complete result.
    func execute(_ query: PostgresQuery, request: Int) throws -> ResultHandle {
        try self.perform(request, .statement) { connection in
            try Self.check(query)
            var deadline = self.deadline(for: .statement)
            guard self.configuration.extras.preparedStatements, StatementCache.isWorthPreparing(query.sql) else {
                return try self.executeUnprepared(query, connection, until: &deadline)
            }
            return try self.executePrepared(query, connection, until: &deadline)
        }
    }

    /// Runs BEGIN, COMMIT or ROLLBACK.
    func execute(_ sql: String, _ kind: Kind, request: Int) throws {
        try self.perform(request, kind) { connection in
            var deadline = self.deadline(for: kind)
            let result = try self.run(script: sql, connection, until: &deadline)
            // The server answers so when a statement of the transaction had failed and nobody noticed.
            guard kind != .commit || result.commandTag != "ROLLBACK" else {
                throw PSQLError(code: .transactionRolledBack)
            }
        }
    }

    /// Runs statements without parameters in one round trip.
    func run(
        script: String, _ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?
    ) throws -> ResultHandle {
        guard PQsendQuery(connection, script) == 1 else { throw self.sendFailure(connection) }
        return try self.onlyResult(connection, until: &deadline)
    }

    private func executeUnprepared(
        _ query: PostgresQuery, _ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?
    ) throws -> ResultHandle {
        guard Self.sendUnprepared(query, connection) else { throw self.sendFailure(connection) }
        return try self.onlyResult(connection, until: &deadline)
    }

    private func executePrepared(
        _ query: PostgresQuery, _ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?
    ) throws -> ResultHandle {
        let key = Self.key(query)
        if let name = self.statements.name(for: key) {
            let isInTransaction = PQtransactionStatus(connection) != PQTRANS_IDLE
            do {
                guard Self.send(query, prepared: name, connection) else { throw self.sendFailure(connection) }
                return try self.onlyResult(connection, until: &deadline)
            } catch let error as PSQLError where Self.isStale(error) {
                self.forget(key)
                // A transaction has failed by now; only its owner can run it again.
                guard !isInTransaction else { throw error }
            }
        }
        try self.freeObsoleteStatements(connection, until: &deadline)
        let name = self.statements.makeName()
        guard Self.prepare(query, name, connection) else { throw self.sendFailure(connection) }
        _ = try self.onlyResult(connection, until: &deadline)
        self.remember(name, for: key)
        guard Self.send(query, prepared: name, connection) else { throw self.sendFailure(connection) }
        return try self.onlyResult(connection, until: &deadline)
    }

    /// Whether a prepared statement does not fit the schema any more, or is gone (0A000 by this function, 26000).
    static func isStale(_ error: PSQLError) -> Bool {
        switch error.serverInfo?[.sqlState] {
        case "0A000": error.serverInfo?[.routine] == "RevalidateCachedQuery"
        case "26000": true
        default: false
        }
    }

    func remember(_ name: String, for key: StatementCache.Key) {
        if let evicted = self.statements.insert(name, for: key) {
            self.obsoleteStatements.append(evicted)
        }
    }

    func forget(_ key: StatementCache.Key) {
        if let name = self.statements.remove(key) {
            self.obsoleteStatements.append(name)
        }
    }

    func freeObsoleteStatements(_ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?) throws {
        let status = PQtransactionStatus(connection)
        guard !self.obsoleteStatements.isEmpty, status == PQTRANS_IDLE else { return }
        for name in self.obsoleteStatements {
            do {
                _ = try self.run(script: "DEALLOCATE \(name)", connection, until: &deadline)
            } catch let error as PSQLError where Self.isStale(error) {
                // Somebody freed it already.
            }
        }
        self.obsoleteStatements = []
    }

    /// Reads to the end of the answer and returns its last result.
    ///
    /// - Throws: the server's refusal, or `serverClosedConnection`.
    private func onlyResult(
        _ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?
    ) throws -> ResultHandle {
        try self.flush(connection, until: &deadline)
        var last: ResultHandle?
        while let result = try self.nextResult(connection, until: &deadline) {
            last = Self.telling(last, result)
            guard ![PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH].contains(result.status) else {
                throw PSQLError(code: .unexpectedBackendMessage)
            }
        }
        return try self.checked(last, connection)
    }

    /// The result that says more: after a failure libpq may add that the connection was lost.
    static func telling(_ earlier: ResultHandle?, _ later: ResultHandle) -> ResultHandle {
        guard let earlier, earlier.status == PGRES_FATAL_ERROR else { return later }
        return earlier
    }

    func checked(_ result: ResultHandle?, _ connection: OpaquePointer) throws -> ResultHandle {
        guard let result else { throw self.sendFailure(connection) }
        switch result.status {
        case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY:
            return result
        default:
            let info = PSQLError.ServerInfo(result.pointer)
            guard info[.sqlState] != nil else { throw self.sendFailure(connection) }
            throw PSQLError(code: .server, serverInfo: info)
        }
    }

    func sendFailure(_ connection: OpaquePointer) -> PSQLError {
        let isLost = PQstatus(connection) == CONNECTION_BAD
        return PSQLError(
            code: isLost ? .serverClosedConnection : .unexpectedBackendMessage,
            underlying: ConnectFailure(description: Self.message(connection)))
    }
}
