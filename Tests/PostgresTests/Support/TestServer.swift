import Foundation
import Logging
import Postgres
import Synchronization
import Testing

let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// The server that the environment names; tests share it and use temporary tables.
enum TestServer {
    struct Missing: Error, CustomStringConvertible {
        let description = "HUIFANG_TEST_DATABASE_URL is not set; run the tests with scripts/test"
    }

    static var conninfo: String {
        get throws {
            guard let conninfo = ProcessInfo.processInfo.environment["HUIFANG_TEST_DATABASE_URL"] else {
                throw Missing()
            }
            return conninfo
        }
    }
}

/// Opens a connection for as long as `body` takes.
@discardableResult
func withTestConnection<Result: Sendable>(
    conninfo: String? = nil, _ configure: (inout PostgresConnection.Configuration) -> Void = { _ in },
    _ body: (PostgresConnection) async throws -> Result
) async throws -> Result {
    var configuration = PostgresConnection.Configuration(conninfo: try conninfo ?? TestServer.conninfo)
    // Tests that run beside this one may keep the processors busy.
    configuration.extras.hostTimeout = .seconds(30)
    configuration.extras.statementTimeout = .seconds(120)
    configuration.options.connectTimeout = .seconds(60)
    configure(&configuration)
    let connection = try await PostgresConnection.connect(configuration: configuration, id: 1, logger: logger)
    do {
        let result = try await body(connection)
        try await connection.close()
        return result
    } catch {
        try await connection.close()
        throw error
    }
}

/// Runs a client for as long as `body` takes.
@discardableResult
func withTestClient<Result: Sendable>(
    conninfo: String? = nil, _ configure: (inout PostgresClient.Configuration) -> Void = { _ in },
    _ body: (PostgresClient) async throws -> Result
) async throws -> Result {
    var configuration = PostgresClient.Configuration(conninfo: try conninfo ?? TestServer.conninfo)
    // Tests that run beside this one may keep the processors busy.
    configuration.extras.leaseTimeout = .seconds(60)
    configuration.extras.hostTimeout = .seconds(30)
    configuration.extras.statementTimeout = .seconds(120)
    configure(&configuration)
    let client = PostgresClient(configuration: configuration, backgroundLogger: logger)
    let run = Task { await client.run() }
    do {
        let result = try await body(client)
        run.cancel()
        await run.value
        return result
    } catch {
        run.cancel()
        await run.value
        throw error
    }
}

extension PostgresConnection {
    /// Runs a statement and decodes the first column of its only row.
    func one<Value: PostgresDecodable>(_ query: PostgresQuery, as: Value.Type = Value.self) async throws -> Value {
        let rows = try await self.query(query, logger: logger).collect()
        return try #require(rows.first).decode(Value.self)
    }
}

extension PostgresClient {
    /// Runs a statement and decodes the first column of its only row.
    func one<Value: PostgresDecodable>(_ query: PostgresQuery, as: Value.Type = Value.self) async throws -> Value {
        let rows = try await self.query(query, logger: logger).collect()
        return try #require(rows.first).decode(Value.self)
    }
}

/// Waits until something holds; for what another process does and no answer announces.
func eventually(within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "it did not happen within \(limit)")
        // A pause between looks, so that what is waited for gets the processor.
        try await Task.sleep(for: .milliseconds(2))
    }
}

/// Collects what several tasks report.
final class Recorder<Value: Sendable>: Sendable {
    private let storage = Mutex<[Value]>([])
    var values: [Value] { self.storage.withLock { $0 } }

    func record(_ value: Value) {
        self.storage.withLock { $0.append(value) }
    }
}
