import Postgres
import TestCluster
import Testing

extension Sequential {
    @Suite("Commits whose outcome is unknown")
    struct UnknownOutcomeTests {
        private func socketPath(_ server: PrivateServer) throws -> String {
            try #require(PostgresClient.Configuration(conninfo: server.conninfo).unixSocketPath)
        }

        /// Inserts a row through a proxy that loses the answer to COMMIT, and returns the failure.
        private func insert(
            _ server: PrivateServer, _ loss: LossyProxy.Loss, cancelling: Bool = false
        ) async throws -> PostgresTransactionError {
            let proxy = try LossyProxy(target: try self.socketPath(server), losingAnswerTo: "COMMIT\0", loss)
            defer { proxy.stop() }
            return try await withTestConnection(conninfo: proxy.conninfo) {
                $0.extras.commitTimeout = .milliseconds(300)
            } _: { connection async throws in
                let task = Task {
                    try await connection.withTransaction(logger: logger) {
                        try await $0.query("INSERT INTO t VALUES (1)", logger: logger)
                        if cancelling { withUnsafeCurrentTask { $0?.cancel() } }
                    }
                }
                let error = try await #require(throws: PostgresTransactionError.self) { try await task.value }
                #expect(connection.isClosed)
                return error
            }
        }

        @Test func `a lost answer to COMMIT is an unknown outcome, and the row is there`() async throws {
            try await PrivateServer.run { server in
                try await withTestConnection(conninfo: server.conninfo) { direct async throws in
                    try await direct.query("CREATE TABLE t (n int)", logger: logger)
                    for (loss, cancelling, count) in [
                        (LossyProxy.Loss.cut, false, 1), (.silence, false, 2), (.silence, true, 3),
                    ] {
                        let error = try await self.insert(server, loss, cancelling: cancelling)
                        let commit = try #require(error.commitError as? PSQLError)
                        #expect(commit.code == .outcomeUnknown)
                        #expect(commit.outcomeIsUnknown)
                        #expect(
                            commit.file == "PostgresTests/UnknownOutcomeTests.swift"
                                || commit.file?.hasSuffix("UnknownOutcomeTests.swift") == true)
                        try await eventually { try await direct.one("SELECT count(*) FROM t", as: Int.self) == count }
                    }
                }
            }
        }

        @Test func `it is not retried and is thrown as it is by the retrying transaction`() async throws {
            try await PrivateServer.run { server in
                try await withTestConnection(conninfo: server.conninfo) {
                    try await $0.query("CREATE TABLE t (n int)", logger: logger)
                }
                let proxy = try LossyProxy(target: try self.socketPath(server), losingAnswerTo: "COMMIT\0", .cut)
                defer { proxy.stop() }
                try await withTestClient(conninfo: proxy.conninfo) { client async throws in
                    let error = try await #require(throws: PSQLError.self) {
                        try await client.transaction(logger: logger) {
                            try await $0.query("INSERT INTO t VALUES (1)", logger: logger)
                        }
                    }
                    #expect(error.code == .outcomeUnknown)
                }
                let count = try await withTestConnection(conninfo: server.conninfo) {
                    try await $0.one("SELECT count(*) FROM t", as: Int.self)
                }
                #expect(count == 1)
            }
        }

        @Test func `a statement that commits by itself and whose answer is lost may have taken effect`() async throws {
            try await PrivateServer.run { server in
                try await withTestConnection(conninfo: server.conninfo) { direct async throws in
                    try await direct.query("CREATE TABLE t (n int)", logger: logger)
                    let proxy = try LossyProxy(target: try self.socketPath(server), losingAnswerTo: "INSERT", .cut)
                    defer { proxy.stop() }
                    try await withTestConnection(conninfo: proxy.conninfo) {
                        $0.extras.preparedStatements = false
                    } _: { connection async throws in
                        let error = try await #require(throws: PSQLError.self) {
                            try await connection.query("INSERT INTO t VALUES (1)", logger: logger)
                        }
                        #expect(error.code == .serverClosedConnection)
                        #expect(error.outcomeIsUnknown)
                    }
                    try await eventually { try await direct.one("SELECT count(*) FROM t", as: Int.self) == 1 }
                }
            }
        }

        @Test func `a COMMIT whose wait for the standby was given up is an unknown outcome`() async throws {
            try await PrivateServer.run(settings: ["synchronous_standby_names = 'nobody'"]) { server in
                try await withTestConnection(conninfo: server.conninfo) { direct async throws in
                    try await direct.query("SET synchronous_commit = local", logger: logger)
                    try await direct.query("CREATE TABLE t (n int)", logger: logger)
                    try await withTestConnection(conninfo: server.conninfo) {
                        $0.extras.commitTimeout = .seconds(60)
                    } _: { waiting async throws in
                        let task = Task {
                            try await waiting.withTransaction(logger: logger) {
                                try await $0.query("INSERT INTO t VALUES (1)", logger: logger)
                            }
                        }
                        try await eventually {
                            try await direct.one(
                                "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
                                as: Int.self) == 1
                        }
                        let error = try await #require(throws: PostgresTransactionError.self) { try await task.value }
                        #expect((error.commitError as? PSQLError)?.code == .outcomeUnknown)
                    }
                    #expect(try await direct.one("SELECT count(*) FROM t", as: Int.self) == 1)
                }
            }
        }

        @Test func `a connection lost before COMMIT was sent is a failure with a known outcome`() async throws {
            try await PrivateServer.run { server in
                try await withTestConnection(conninfo: server.conninfo) { connection async throws in
                    let error = try await #require(throws: PostgresTransactionError.self) {
                        try await connection.withTransaction(logger: logger) { inner in
                            let pid = try await inner.one("SELECT pg_backend_pid()", as: Int32.self)
                            try await withTestConnection(conninfo: server.conninfo) {
                                try await $0.query("SELECT pg_terminate_backend(\(pid))", logger: logger)
                            }
                            try await inner.query("SELECT 1", logger: logger)
                        }
                    }
                    let lost = try #require(error.closureError as? PSQLError)
                    #expect(
                        lost.code == .server && lost.serverInfo?[.sqlState] == "57P01"
                            || lost.code == .serverClosedConnection)
                    #expect(!lost.outcomeIsUnknown)
                    #expect(error.rollbackError != nil)
                }
            }
        }
    }
}
