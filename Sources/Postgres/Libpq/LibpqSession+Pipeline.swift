import Clibpq
import Glibc

extension LibpqSession {
    /// Sends statements together and returns their results; outside a transaction block they are one transaction.
    func pipeline(_ queries: [PostgresQuery], request: Int) throws -> [ResultHandle] {
        guard !queries.isEmpty else { return [] }
        return try self.perform(request, .statement) { connection in
            for query in queries {
                try Self.check(query)
            }
            var deadline = self.deadline(for: .statement)
            try self.freeObsoleteStatements(connection, until: &deadline)
            guard PQenterPipelineMode(connection) == 1 else { throw self.sendFailure(connection) }
            let steps = try self.sendPipeline(queries, connection, until: &deadline)
            let outcome = Result { try self.readPipeline(steps, connection, until: &deadline) }
            if PQstatus(connection) != CONNECTION_BAD, PQexitPipelineMode(connection) != 1 {
                self.control.discard()
            }
            return try outcome.get()
        }
    }

    private enum Step {
        case prepare(StatementCache.Key, name: String)
        case run(StatementCache.Key?)
    }

    private func sendPipeline(
        _ queries: [PostgresQuery], _ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?
    ) throws -> [Step] {
        var steps: [Step] = []
        var names: [StatementCache.Key: String] = [:]
        for query in queries {
            if self.configuration.extras.preparedStatements, StatementCache.isWorthPreparing(query.sql) {
                let key = Self.key(query)
                if names[key] == nil {
                    names[key] = self.statements.name(for: key)
                }
                let name: String
                if let known = names[key] {
                    name = known
                } else {
                    name = self.statements.makeName()
                    guard Self.prepare(query, name, connection) else { throw self.sendFailure(connection) }
                    names[key] = name
                    steps.append(.prepare(key, name: name))
                }
                guard Self.send(query, prepared: name, connection) else { throw self.sendFailure(connection) }
                steps.append(.run(key))
            } else {
                guard Self.sendUnprepared(query, connection) else { throw self.sendFailure(connection) }
                steps.append(.run(nil))
            }
            // Reading while writing keeps the server from blocking on answers that nobody takes.
            try self.writeSome(connection)
        }
        guard PQpipelineSync(connection) == 1 else { throw self.sendFailure(connection) }
        try self.flush(connection, until: &deadline)
        return steps
    }

    private func writeSome(_ connection: OpaquePointer) throws {
        guard PQflush(connection) >= 0, PQconsumeInput(connection) == 1 else { throw self.sendFailure(connection) }
    }

    private func readPipeline(
        _ steps: [Step], _ connection: OpaquePointer, until deadline: inout ContinuousClock.Instant?
    ) throws -> [ResultHandle] {
        var results: [ResultHandle] = []
        var failure: PSQLError?
        for step in steps {
            var last: ResultHandle?
            while let result = try self.nextResult(connection, until: &deadline) {
                last = Self.telling(last, result)
            }
            // What follows a failed statement is skipped by the server.
            guard last?.status != PGRES_PIPELINE_ABORTED else { continue }
            do {
                let result = try self.checked(last, connection)
                switch step {
                case .prepare(let key, let name): self.remember(name, for: key)
                case .run: results.append(result)
                }
            } catch let error as PSQLError {
                if case .run(let key?) = step, Self.isStale(error) {
                    self.forget(key)
                }
                guard error.code == .server, error.serverInfo?.isFatal == false else { throw error }
                failure = failure ?? error
            }
        }
        let end = try self.nextResult(connection, until: &deadline)
        guard end?.status == PGRES_PIPELINE_SYNC else { throw failure ?? self.sendFailure(connection) }
        if let failure { throw failure }
        return results
    }
}
