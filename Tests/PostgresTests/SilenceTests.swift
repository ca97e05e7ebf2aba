import Postgres
import TestCluster
import Testing

extension Sequential {
    /// A server whose processes are stopped: connections stay, nothing is refused, nothing is answered.
    @Suite("Silent servers")
    struct SilenceTests {
        private func withServer(
            _ body: @escaping @Sendable (PrivateServer, PostgresClient) async throws -> Void
        ) async throws {
            try await PrivateServer.run { server in
                try await withTestClient(conninfo: server.conninfo) {
                    $0.options.maximumConnections = 2
                    $0.extras.commitTimeout = .seconds(60)
                } _: { client async throws in
                    try await client.query("CREATE TABLE t (n int)", logger: logger)
                    try await body(server, client)
                }
            }
        }

        @Test
        func `a limited task waits once, whatever it asks for, and one that is not limited gets its answer later`()
            async throws
        {
            try await self.withServer { server, client in
                let patient = try await server.frozen {
                    let patient = Task { try await client.one("SELECT 7", as: Int.self) }
                    try await eventually { client.statistics.leased == 1 }
                    let start = ContinuousClock.now
                    await PostgresPatience.limited(to: .milliseconds(400)) {
                        for _ in 0..<3 {
                            // No answer, or no connection: a new one is not answered either.
                            let error = await #expect(throws: PSQLError.self) { try await client.query("SELECT 1") }
                            #expect([.timeout, .leaseTimeout].contains(error?.code))
                        }
                    }
                    // Its other limits are a minute or two.
                    #expect(ContinuousClock.now - start < .seconds(20))
                    return patient
                }
                #expect(try await patient.value == 7)
                try await eventually { (try? await client.query("SELECT 1")) != nil }
            }
        }

        @Test func `a COMMIT that is not answered is unknown, and takes effect when the server goes on`() async throws {
            try await self.withServer { server, client in
                let (asked, ask) = AsyncStream<Void>.makeStream()
                let (frozen, freeze) = AsyncStream<Void>.makeStream()
                let writer = Task {
                    try await PostgresPatience.limited(to: .milliseconds(400)) {
                        try await client.transaction(logger: logger) { connection in
                            try await connection.query("INSERT INTO t VALUES (1)", logger: logger)
                            ask.finish()
                            for await _ in frozen {}
                        }
                    }
                }
                for await _ in asked {}
                try await server.frozen {
                    freeze.finish()
                    let error = await #expect(throws: PSQLError.self) { try await writer.value }
                    #expect(error?.code == .outcomeUnknown)
                    #expect(error?.outcomeIsUnknown == true)
                }
                try await eventually { try await client.one("SELECT count(*) FROM t", as: Int.self) == 1 }
            }
        }

        @Test func `silence adds up, and each answer makes patience whole again`() {
            let patience = PostgresPatience(limit: .seconds(3))
            patience.waited(.seconds(1))
            patience.waited(.seconds(1))
            #expect(patience.left == .seconds(1))
            // A lease of a connection that was idle for long says nothing about the server.
            patience.heard(.seconds(60))
            #expect(patience.left == .seconds(1))
            patience.heard(.milliseconds(500))
            #expect(patience.left == .milliseconds(2500))
            patience.waited(.seconds(5))
            #expect(patience.left < .zero)
            patience.heard()
            #expect(patience.left == .seconds(3))
        }
    }
}
