import Foundation
import Postgres
import TestCluster
import Testing

extension Sequential {
    @Suite("Lost servers")
    struct ResilienceTests {
        @Test func `a backend killed while idle is not noticed by anybody`() async throws {
            try await withTestClient {
                $0.options.maximumConnections = 1
            } _: { client async throws in
                for _ in 1...20 {
                    let pid = try await client.one("SELECT pg_backend_pid()", as: Int32.self)
                    try await withTestConnection { killer async throws in
                        try await killer.query("SELECT pg_terminate_backend(\(pid))", logger: logger)
                        try await eventually {
                            try await killer.one(
                                "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid)", as: Int.self) == 0
                        }
                    }
                    #expect(try await client.one("SELECT pg_backend_pid()", as: Int32.self) != pid)
                }
                #expect(client.statistics.total == 1)
            }
        }

        @Test func `a backend killed during a statement is a lost connection, and the pool goes on`() async throws {
            try await withTestClient {
                $0.options.maximumConnections = 1
            } _: { client async throws in
                let pid = try await client.one("SELECT pg_backend_pid()", as: Int32.self)
                let task = Task { try await client.query("SELECT pg_sleep(60)") }
                try await withTestConnection { killer async throws in
                    try await eventually {
                        try await killer.one(
                            "SELECT count(*) FROM pg_stat_activity WHERE pid = \(pid) AND state = 'active'",
                            as: Int.self) == 1
                    }
                    try await killer.query("SELECT pg_terminate_backend(\(pid))", logger: logger)
                }
                let error = try await #require(throws: PSQLError.self) { try await task.value }
                #expect(error.code == .server && error.serverInfo?[.sqlState] == "57P01")
                #expect(error.outcomeIsUnknown)
                #expect(try await client.one("SELECT 1", as: Int.self) == 1)
            }
        }

        @Test
        func
            `while the server is away a task fails within the lease time, and the pool recovers by itself when it is back`()
            async throws
        {
            try await PrivateServer.run { server in
                try await withTestClient(conninfo: server.conninfo) {
                    $0.options.maximumConnections = 4
                    $0.extras.leaseTimeout = .seconds(1)
                } _: { client async throws in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for number in 0..<4 {
                            group.addTask { () async throws in
                                #expect(try await client.one("SELECT \(number)", as: Int.self) == number)
                            }
                        }
                        try await group.waitForAll()
                    }
                    for mode in ["fast", "immediate"] {
                        try await server.stop(mode: mode)
                        let start = ContinuousClock.now
                        let error = try await #require(throws: PSQLError.self) { try await client.query("SELECT 1") }
                        #expect(error.code == .leaseTimeout)
                        #expect((error.underlying as? PSQLError)?.code == .connectionError)
                        #expect(String(reflecting: error).contains(server.folder))
                        #expect(ContinuousClock.now - start < .seconds(20))
                        let waiting = Task {
                            try await eventually(within: .seconds(60)) { (try? await client.query("SELECT 1")) != nil }
                        }
                        try await server.start()
                        try await waiting.value
                        #expect(client.statistics.leased == 0)
                    }
                }
            }
        }

        @Test func `a statement during a restart fails once and later ones succeed`() async throws {
            try await PrivateServer.run { server in
                try await withTestClient(conninfo: server.conninfo) { client async throws in
                    let task = Task { try await client.query("SELECT pg_sleep(60)") }
                    try await eventually { client.statistics.leased == 1 }
                    try await server.stop(mode: "immediate")
                    await #expect(throws: PSQLError.self) { try await task.value }
                    try await server.start()
                    #expect(try await client.one("SELECT 1", as: Int.self) == 1)
                }
            }
        }
    }
}

extension Sequential {
    @Suite("Several hosts")
    struct SeveralHostsTests {
        /// A conninfo of a folder without a server before the one with it.
        private func deadFirst(_ more: String = "") throws -> String {
            let folder = try #require(
                PostgresClient.Configuration(conninfo: try TestServer.conninfo).unixSocketPath?.components(
                    separatedBy: "/.s.PGSQL."
                ).first)
            return "host=/nonexistent,\(folder) user=postgres dbname=postgres \(more)"
        }

        @Test func `a dead host is passed over, whatever the order`() async throws {
            for _ in 1...10 {
                #expect(
                    try await withTestConnection(conninfo: try self.deadFirst()) {
                        try await $0.one("SELECT 1", as: Int.self)
                    } == 1)
            }
        }

        @Test func `a host of the wrong role is passed over`() async throws {
            let error = try await #require(throws: PSQLError.self) {
                try await withTestConnection(conninfo: try self.deadFirst("target_session_attrs=standby")) { _ in }
            }
            #expect(error.code == .connectionError)
            #expect(String(reflecting: error).contains("/nonexistent"))
            #expect(String(reflecting: error).contains("standby"))
            let found = try await withTestConnection(conninfo: try self.deadFirst()) {
                $0.extras.targetSessionAttributes = .preferStandby
            } _: {
                try await $0.one("SELECT pg_is_in_recovery()", as: Bool.self)
            }
            #expect(!found)
        }

        @Test func `a host that does not answer costs its own limit and no more`() async throws {
            let path = try #require(PostgresClient.Configuration(conninfo: try TestServer.conninfo).unixSocketPath)
            // It swallows the answer to the start-up message.
            let proxy = try LossyProxy(target: path, losingAnswerTo: "user", .silence)
            defer { proxy.stop() }
            let start = ContinuousClock.now
            let error = try await #require(throws: PSQLError.self) {
                try await withTestConnection(
                    conninfo: "host=\(proxy.folder),\(proxy.folder) user=postgres dbname=postgres"
                ) {
                    $0.extras.hostTimeout = .milliseconds(100)
                } _: { _ in
                }
            }
            #expect(error.code == .connectionError)
            #expect(String(reflecting: error).contains("did not answer in time"))
            #expect((.milliseconds(200) ..< .seconds(20)).contains(ContinuousClock.now - start))
        }

        @Test func `an address that is none is refused without being quoted`() async throws {
            for conninfo in ["host=/x password", "postgres://user:hunter2@[::1/x", "nonsense hunter2"] {
                let error = try await #require(throws: PSQLError.self) {
                    try await withTestConnection(conninfo: conninfo) { _ in }
                }
                #expect(error.code == .connectionError)
                #expect(!String(reflecting: error).contains("hunter2"))
            }
        }

        @Test func `an address in PostgresNIO's spelling and libpq's name the same server`() throws {
            let tcp = PostgresClient.Configuration(
                host: "db.example", port: 6432, username: "u", password: "p", database: "d", tls: .disable)
            #expect(
                tcp.host == "db.example" && tcp.port == 6432 && tcp.username == "u" && tcp.password == "p"
                    && tcp.database == "d")
            #expect(tcp.unixSocketPath == nil)
            let url = PostgresClient.Configuration(conninfo: "postgresql://u:p@db.example:6432/d?sslmode=disable")
            #expect(
                url.host == "db.example" && url.port == 6432 && url.username == "u" && url.password == "p"
                    && url.database == "d")
            let socket = PostgresConnection.Configuration(
                unixSocketPath: "/run/x/.s.PGSQL.5433", username: "u", password: nil, database: nil)
            #expect(socket.unixSocketPath == "/run/x/.s.PGSQL.5433" && socket.host == nil && socket.port == nil)
        }

        @Test func `a connection in PostgresNIO's spelling works`() async throws {
            let path = try #require(PostgresClient.Configuration(conninfo: try TestServer.conninfo).unixSocketPath)
            let configuration = PostgresConnection.Configuration(
                unixSocketPath: path, username: "postgres", password: nil, database: "postgres")
            let connection = try await PostgresConnection.connect(configuration: configuration, id: 7, logger: logger)
            #expect(connection.id == 7)
            #expect(try await connection.one("SELECT current_database()", as: String.self) == "postgres")
            try await connection.close()
            #expect(connection.isClosed)
        }
    }
}
