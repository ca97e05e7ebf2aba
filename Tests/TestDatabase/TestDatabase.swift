import Foundation
import LeadService
import Logging
package import Postgres
import Synchronization

/// A database of its own for each test, cloned from one migrated template per test run.
package struct TestDatabase: Sendable {
    /// The libpq conninfo of the test's database, as the cluster's superuser.
    package let conninfo: String
    private let name: String

    /// The server that `scripts/with-postgres` started.
    package static var serverConninfo: String {
        get throws {
            guard let conninfo = ProcessInfo.processInfo.environment["HUIFANG_TEST_DATABASE_URL"] else {
                throw NoServer()
            }
            return conninfo
        }
    }

    /// The tests were started without a server.
    package struct NoServer: Error, CustomStringConvertible {
        package var description: String { "HUIFANG_TEST_DATABASE_URL is not set; run the tests with scripts/test" }
    }

    /// Clones the template.
    package static func make() async throws -> TestDatabase {
        let template = try await Template.shared.name()
        let name = "test_\(UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: ""))"
        let server = try self.serverConninfo
        try await Template.shared.copy(template, to: name)
        return TestDatabase(conninfo: self.conninfo(server, database: name), name: name)
    }

    /// An empty database, not migrated.
    package static func makeEmpty() async throws -> TestDatabase {
        let name = "test_\(UUID().uuidString.lowercased().replacingOccurrences(of: "-", with: ""))"
        let server = try self.serverConninfo
        try await self.run("CREATE DATABASE \(name)", on: server)
        return TestDatabase(conninfo: self.conninfo(server, database: name), name: name)
    }

    /// Drops the database, whoever is still connected.
    package func drop() async throws {
        try await Self.run("DROP DATABASE IF EXISTS \(self.name) WITH (FORCE)", on: try Self.serverConninfo)
    }

    /// Runs one statement as the superuser and returns its rows.
    @discardableResult
    package func query(_ query: PostgresQuery) async throws -> [PostgresRow] {
        let client = PostgresClient(
            configuration: .patient(self.conninfo), backgroundLogger: Logger(label: "test"))
        return try await withRunning(client) { client in
            try await client.query(query, logger: Logger(label: "test")).collect()
        }
    }

    fileprivate static func run(_ sql: String, on conninfo: String) async throws {
        let client = PostgresClient(configuration: .patient(conninfo), backgroundLogger: Logger(label: "test"))
        try await withRunning(client) { client in
            _ = try await client.query(PostgresQuery(unsafeSQL: sql), logger: Logger(label: "test"))
        }
    }

    fileprivate static func conninfo(_ server: String, database: String) -> String {
        let others = server.split(separator: " ").filter { !$0.hasPrefix("dbname=") }
        return (others.map(String.init) + ["dbname=\(database)"]).joined(separator: " ")
    }
}

/// Runs a client for as long as `body` takes.
package func withRunning<Result: Sendable>(
    _ client: PostgresClient, _ body: @Sendable (PostgresClient) async throws -> Result
) async throws -> Result {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await client.run() }
        do {
            let result = try await body(client)
            group.cancelAll()
            return result
        } catch {
            group.cancelAll()
            throw error
        }
    }
}

/// The migrated database that the others are cloned from, made once per test run.
private actor Template {
    static let shared = Template()
    private var making: Task<String, any Error>?

    func name() async throws -> String {
        if let making { return try await making.value }
        let task = Task { try await Self.make() }
        self.making = task
        return try await task.value
    }

    /// One clone at a time: PostgreSQL refuses to copy a template that somebody is connected to.
    func copy(_ template: String, to name: String) async throws {
        try await TestDatabase.run(
            "CREATE DATABASE \(name) TEMPLATE \(template) STRATEGY FILE_COPY", on: try TestDatabase.serverConninfo)
    }

    private static func make() async throws -> String {
        let server = try TestDatabase.serverConninfo
        let name = "template_\(ProcessInfo.processInfo.processIdentifier)"
        try await TestDatabase.run("DROP DATABASE IF EXISTS \(name)", on: server)
        try await TestDatabase.run("CREATE DATABASE \(name)", on: server)
        try await SchemaSetup(conninfo: TestDatabase.conninfo(server, database: name), logger: Logger(label: "test"))
            .migrate(at: Date())
        return name
    }
}

extension PostgresClient.Configuration {
    /// Waits longer for a connection than the service does: on a busy machine a test waits for its turn.
    package static func patient(_ conninfo: String) -> Self {
        var configuration = Self(conninfo: conninfo)
        configuration.extras.leaseTimeout = .seconds(30)
        configuration.extras.hostTimeout = .seconds(30)
        return configuration
    }
}
