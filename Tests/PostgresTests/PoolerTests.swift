import Foundation
import Glibc
import Postgres
import TestCluster
import Testing

/// A pgbouncer that lends its two connections to the tests' server for a transaction each.
private struct PgBouncer {
    static let program = ServerAccount.find("pgbouncer", in: ["/usr/sbin"])

    let conninfo: String

    static func run<Result>(_ body: (PgBouncer) async throws -> Result) async throws -> Result {
        let path = try #require(PostgresClient.Configuration(conninfo: try TestServer.conninfo).unixSocketPath)
        let server = try #require(path.components(separatedBy: "/.s.PGSQL.").first)
        let folder = try await ServerAccount.makeFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let lines = [
            "[databases]", "postgres = host=\(server) port=5432 dbname=postgres user=postgres", "[pgbouncer]",
            "listen_addr =", "unix_socket_dir = \(folder)", "listen_port = 6432", "auth_type = any",
            "pool_mode = transaction", "default_pool_size = 2", "logfile = \(folder)/log", "pidfile = \(folder)/pid",
        ]
        try await ServerAccount.execute(
            ["/bin/sh", "-c", "printf '%s\\n' \"$@\" > \(folder)/ini", "sh"] + lines)
        try await ServerAccount.execute(
            [try #require(Self.program), "-q", "-d", "\(folder)/ini"], log: "\(folder)/log")
        // The file is there for a moment before its number is.
        func pid() -> pid_t? {
            let text = try? String(contentsOfFile: "\(folder)/pid", encoding: .utf8)
            return text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
        }
        try await eventually { pid() != nil && access("\(folder)/.s.PGSQL.6432", F_OK) == 0 }
        let number = try #require(pid())
        defer { kill(number, SIGKILL) }
        return try await body(PgBouncer(conninfo: "host=\(folder) port=6432 user=postgres dbname=postgres"))
    }
}

extension Sequential {
    @Suite(
        "A pooler in front of the server",
        .enabled(if: PgBouncer.program != nil, "the Debian package pgbouncer is not installed"))
    struct PoolerTests {
        @Test func `without prepared statements eight connections work through two of a pooler's`() async throws {
            try await PgBouncer.run { pooler async throws in
                try await withTestClient(conninfo: pooler.conninfo) {
                    $0.options.maximumConnections = 8
                    $0.extras.preparedStatements = false
                } _: { client async throws in
                    let backends = try await withThrowingTaskGroup(of: Int32.self) { group in
                        for number in 0..<200 {
                            group.addTask { () async throws in
                                try await client.withTransaction(logger: logger) { connection async throws in
                                    let text = "number \(number)"
                                    #expect(try await connection.one("SELECT \(text)", as: String.self) == text)
                                    let first = try await connection.one("SELECT pg_backend_pid()", as: Int32.self)
                                    let rows = try await connection.pipeline(logger: logger) {
                                        $0.query("SELECT \(number)")
                                        $0.query("SELECT pg_backend_pid()")
                                    }
                                    let found = try await rows[0].decode(Int.self).first { _ in true }
                                    let second = try await rows[1].decode(Int32.self).first { _ in true }
                                    #expect(found == number)
                                    #expect(second == first)
                                    return first
                                }
                            }
                            group.addTask { () async throws in
                                let rows = try await client.query("SELECT \(number), pg_backend_pid()").collect()
                                let (found, backend) = try #require(rows.first).decode((Int, Int32).self)
                                #expect(found == number)
                                return backend
                            }
                        }
                        return try await group.reduce(into: Set()) { $0.insert($1) }
                    }
                    #expect((1...2).contains(backends.count))
                    #expect(client.statistics.total > 2)
                    #expect(try await client.one("SELECT count(*) FROM pg_prepared_statements", as: Int.self) == 0)
                    let error = try await #require(throws: PSQLError.self) { try await client.query("SELECT 1 / 0") }
                    #expect(error.serverInfo?[.sqlState] == "22012")
                }
            }
        }

        @Test func `a cancelled task's statement is stopped behind the pooler`() async throws {
            try await PgBouncer.run { pooler async throws in
                try await withTestClient(conninfo: pooler.conninfo) {
                    $0.extras.preparedStatements = false
                    $0.extras.applicationName = "behind-the-pooler"
                } _: { client async throws in
                    let task = Task { try await client.query("SELECT pg_sleep(60) -- behind the pooler") }
                    try await withTestConnection { watcher async throws in
                        func isRunning() async throws -> Bool {
                            try await watcher.one(
                                """
                                SELECT count(*) FROM pg_stat_activity
                                WHERE state = 'active' AND query LIKE '%-- behind the pooler' AND pid <> pg_backend_pid()
                                """, as: Int.self) > 0
                        }
                        try await eventually { try await isRunning() }
                        task.cancel()
                        let error = try await #require(throws: PSQLError.self) { try await task.value }
                        #expect(error.code == .queryCancelled)
                        try await eventually { try await !isRunning() }
                    }
                    #expect(try await client.one("SELECT 1", as: Int.self) == 1)
                }
            }
        }
    }
}
