import Foundation
import InMemoryTracing
import LeadService
import Logging
import Postgres
import TestDatabase
import Testing
import Tracing

@Suite("The door to PostgreSQL")
struct DatabaseTests {
    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func failure(_ query: PostgresQuery, on client: PostgresClient) async throws -> PSQLError {
        try await #require(throws: PSQLError.self) { try await client.query(query, logger: Self.logger) }
    }

    @Test func `what the driver refuses by itself is no outage, and what passes by itself is one`() async throws {
        let client = PostgresClient(
            configuration: try .patient(TestDatabase.serverConninfo), backgroundLogger: Self.logger)
        try await withRunning(client) { client in
            let nul = try await self.failure("SELECT \("a\0b")", on: client)
            #expect(nul.code == .nulInText && nul.sqlState == nil && !nul.meansUnavailable)
            var many = PostgresBindings()
            for number in 0...Int(UInt16.max) {
                many.append(number)
            }
            let tooMany = try await self.failure(PostgresQuery(unsafeSQL: "SELECT 1", binds: many), on: client)
            #expect(tooMany.code == .tooManyParameters && !tooMany.meansUnavailable)
            let copy = try await self.failure("COPY (SELECT 1) TO STDOUT", on: client)
            #expect(copy.code == .unexpectedBackendMessage && !copy.meansUnavailable)
            let division = try await self.failure("SELECT 1 / 0", on: client)
            #expect(!division.meansUnavailable)
            let killed = try await self.failure("SELECT pg_terminate_backend(pg_backend_pid())", on: client)
            #expect(killed.meansUnavailable)
        }
        let closed = try await self.failure("SELECT 1", on: client)
        #expect(closed.code == .poolClosed && closed.meansUnavailable)
        let nowhere = try await #require(throws: PSQLError.self) {
            try await PostgresConnection.connect(
                configuration: .init(conninfo: "host=/nonexistent"), id: 1, logger: Self.logger)
        }
        #expect(nowhere.code == .connectionError && nowhere.meansUnavailable)
    }

    @Test func `a statement that PostgreSQL ended in a deadlock runs again`() async throws {
        let database = try await TestDatabase.make()
        try await database.query("CREATE TABLE rows AS SELECT n, 0 AS written FROM generate_series(1, 2) n")
        let client = PostgresClient(configuration: .patient(database.conninfo), backgroundLogger: Self.logger)
        try await withRunning(client) { client in
            let door = Database(client: client, logger: Self.logger)
            try await door.transaction { first in
                // The other side waits longer before it looks for a deadlock, so that it is never the one to end.
                _ = try await first.execute("SET LOCAL deadlock_timeout = '60s'")
                _ = try await first.execute("UPDATE rows SET written = written + 1 WHERE n = 1")
                async let second = door.statement {
                    try await $0.rows(
                        """
                        WITH two AS (UPDATE rows SET written = written + 10 WHERE n = 2 RETURNING n)
                        UPDATE rows SET written = written + 10 WHERE n = (SELECT n - 1 FROM two) RETURNING 1
                        """
                    ).count
                }
                let waiting: PostgresQuery =
                    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                try #require(
                    await eventually(within: .seconds(30)) { try await !database.query(waiting).isEmpty })
                _ = try await first.execute("UPDATE rows SET written = written + 1 WHERE n = 2")
                // It commits before the second can go on.
                _ = try await first.execute("COMMIT AND CHAIN")
                #expect(try await second == 1)
            }
            let written = try await client.query("SELECT sum(written)::bigint FROM rows", logger: Self.logger).collect()
            #expect(try written.map { try $0.decode(Int.self) } == [22])
        }
        try await database.drop()
    }

    @Test func `each use of the database is a span that names the caller and no data`() async throws {
        struct Refused: Error {}
        let tracer = InMemoryTracer()
        let client = PostgresClient(
            configuration: try .patient(TestDatabase.serverConninfo), backgroundLogger: Self.logger)
        try await withRunning(client) { client in
            let database = Database(client: client, logger: Self.logger, tracer: tracer)
            try await database.transaction { transaction in
                _ = try await transaction.execute("SELECT \("13800001234")")
                // What runs inside belongs to the span.
                tracer.withSpan("inside") { _ in }
            }
            _ = try await database.snapshot { try await $0.execute("SELECT 1") }
            _ = try await database.autocommit { try await $0.execute("SELECT 1") }
            await #expect(throws: Refused.self) { try await database.transaction { _ in throw Refused() } }
            await #expect(throws: PSQLError.self) {
                try await database.transaction { try await $0.execute("SELECT '13800001234'::int2") }
            }
        }
        let spans = tracer.finishedSpans
        #expect(
            spans.map(\.operationName) == [
                "inside", "Database.transaction", "Database.snapshot", "Database.autocommit", "Database.transaction",
                "Database.transaction",
            ])
        let first = try #require(spans.dropFirst().first)
        #expect(spans.first?.parentSpanID == first.spanID)
        #expect(first.kind == .client && first.status == nil)
        #expect(first.attributes.get("db.system.name") == "postgresql")
        #expect(first.attributes.get("db.operation.name") == "transaction")
        #expect(first.attributes.get("code.file.path") == .string(#fileID))
        #expect(spans[4].status?.code == .error && spans[4].attributes.get("error.type") == "Refused")
        #expect(spans[5].attributes.get("error.type") == "22003")
        #expect(!spans.map { String(reflecting: $0) }.joined().contains("13800001234"))
    }
}
