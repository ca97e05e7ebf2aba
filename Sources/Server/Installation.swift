import Foundation
import LeadService
import Logging
import Postgres
import ServiceLifecycle

/// An open connection to an installation's database, for as long as a command takes.
struct Installation: Sendable {
    let configuration: ServiceConfiguration
    let database: Database
    /// The database's time when the command began, carried forward.
    let clock: DatabaseClock
    let logger: Logger

    /// What people have set, not read yet.
    var settings: SettingsStore {
        SettingsStore(
            database: self.database, now: { self.clock.time }, locked: self.configuration.lockedSettings)
    }

    /// Runs `body` as the application.
    static func open<Result: Sendable>(
        _ configuration: ServiceConfiguration, _ body: @escaping @Sendable (Installation) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "huifang", factory: { _ in SwiftLogNoOpLogHandler() })
        try await Self.knock(configuration)
        let client = Self.client(configuration, logger: logger)
        return try await self.running(client) {
            let database = Database(client: client, logger: logger)
            let clock = DatabaseClock(initially: Date(), readDatabaseTime: { try await database.time() })
            try await clock.refresh()
            return try await body(
                Installation(configuration: configuration, database: database, clock: clock, logger: logger))
        }
    }

    /// Runs `body` as the application, on a database whose schema is the one of this program.
    static func open<Result: Sendable>(
        _ config: ConfigurationOption, _ body: @escaping @Sendable (Installation) async throws -> Result
    ) async throws -> Result {
        try await Self.open(try config.load()) { installation in
            try await installation.checkSchema()
            return try await body(installation)
        }
    }

    /// The pool of the application's role.
    static func client(_ configuration: ServiceConfiguration, logger: Logger) -> PostgresClient {
        var settings = PostgresClient.Configuration(conninfo: configuration.databaseURL)
        settings.options.maximumConnections = 16
        settings.extras.sessionSetup = Self.sessionSetup
        // A request that needs the database is answered within three seconds when it is away.
        settings.extras.leaseTimeout = .milliseconds(2500)
        settings.extras.preparedStatements = !configuration.usesPgBouncer
        return PostgresClient(configuration: settings, backgroundLogger: logger)
    }

    /// Connects once, so that a refusal is told as it is: a pool keeps trying, and only says that no connection came.
    static func knock(_ configuration: ServiceConfiguration) async throws {
        var settings = PostgresConnection.Configuration(conninfo: configuration.databaseURL)
        settings.extras.sessionSetup = Self.sessionSetup
        let logger = Logger(label: "huifang", factory: { _ in SwiftLogNoOpLogHandler() })
        try await PostgresConnection.connect(configuration: settings, id: 0, logger: logger).close()
    }

    private static let sessionSetup = ["SET ROLE huifang_app"]

    /// Runs a client for as long as `body` takes.
    static func running<Result: Sendable>(
        _ client: PostgresClient, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    /// Everything operations take from outside, for a command.
    func dependencies() async throws -> Dependencies {
        Dependencies.live(
            now: { self.clock.time }, keys: try await self.keys(), gateways: [], logger: self.logger)
    }

    /// The keys, which are this database's from now on if it had none.
    ///
    /// - Throws: `KeyCheck.Refusal` for those of another one.
    func keys() async throws -> KeyRing {
        let keys = try await KeyFile(configuration: self.configuration).readOrMake {
            try await self.database.autocommit { try await $0.hasAuditEvents() }
        }
        try await KeyCheck(database: self.database, keys: keys).remember(at: self.clock.time)
        return keys
    }

    /// Throws a `Migrator.Refusal` when the schema is not the one of this program.
    func checkSchema() async throws {
        let migrator = try SchemaSetup.migrator()
        try await self.database.autocommit { try await migrator.check($0) }
    }
}

extension Dependencies {
    /// The live ones: the system's generator for randomness.
    static func live(
        now: @escaping @Sendable () -> Date, keys: KeyRing, gateways: [any SMSGateway], logger: Logger
    ) -> Dependencies {
        Dependencies(
            now: now, randomBytes: Self.systemRandomBytes, keys: keys, gateways: gateways, logger: logger)
    }

    /// Bytes of the system's generator.
    @Sendable static func systemRandomBytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
