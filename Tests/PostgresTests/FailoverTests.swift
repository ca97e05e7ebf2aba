import Foundation
import Postgres
import TestCluster
import Testing

extension Sequential {
    @Suite("A standby takes over")
    struct FailoverTests {
        @Test func `the pool follows the primary, and a write to a standby gives its connection up`() async throws {
            try await PrivateServer.run { primary async throws in
                try await primary.withStandby { standby async throws in
                    let hosts = "host=\(standby.folder),\(primary.folder) user=postgres dbname=postgres"
                    try await withTestClient(conninfo: "\(hosts) target_session_attrs=read-write") {
                        $0.options.maximumConnections = 2
                        $0.extras.leaseTimeout = .seconds(1)
                    } _: { client async throws in
                        try await client.query("CREATE TABLE notes (number bigint)")
                        try await client.query("INSERT INTO notes VALUES (1)")
                        try await withTestConnection(conninfo: "\(hosts) target_session_attrs=standby") {
                            reader async throws in
                            #expect(try await reader.one("SELECT pg_is_in_recovery()", as: Bool.self))
                            try await eventually {
                                (try? await reader.one("SELECT count(*) FROM notes", as: Int.self)) == 1
                            }
                            let refusal = try await #require(throws: PSQLError.self) {
                                try await reader.query("INSERT INTO notes VALUES (9)", logger: logger)
                            }
                            #expect(refusal.serverInfo?[.sqlState] == "25006")
                            #expect(reader.isClosed)
                        }

                        try await primary.stop(mode: "immediate")
                        let away = try await #require(throws: PSQLError.self) {
                            try await client.query("INSERT INTO notes VALUES (8)")
                        }
                        #expect(away.code == .leaseTimeout)
                        #expect(String(reflecting: away).contains(standby.folder))

                        let isPromoted = try await withTestConnection(conninfo: standby.conninfo) {
                            try await $0.one("SELECT pg_promote()", as: Bool.self)
                        }
                        #expect(isPromoted)
                        try await eventually(within: .seconds(60)) {
                            (try? await client.query("INSERT INTO notes VALUES (2)")) != nil
                        }
                        let found = try await client.query("SELECT number FROM notes ORDER BY number").decode(Int.self)
                            .reduce(into: []) { $0.append($1) }
                        #expect(found == [1, 2])
                    }
                }
            }
        }
    }
}
