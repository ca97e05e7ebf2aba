package import Foundation
import Leads
package import Logging
import Postgres

/// Brings a database up: roles, migrations as the owner, then the data that ships with the program.
package struct SchemaSetup: Sendable {
    private let conninfo: String
    private let logger: Logger

    /// The login may not make the roles.
    package struct RolesMissing: Error, CustomStringConvertible {
        package let sql: String
        package var description: String {
            "the database roles are missing and this login may not create them; run db/roles.sql as a superuser"
        }
    }

    package init(conninfo: String, logger: Logger) {
        self.conninfo = conninfo
        self.logger = logger
    }

    /// The numbered files that ship with the program.
    package static func migrator(resources: URL = Resources.folder) throws -> Migrator {
        try Migrator(folder: resources.appendingPathComponent("migrations"))
    }

    /// Does what is missing and returns the names of the migrations that were applied.
    @discardableResult
    package func migrate(at now: Date, resources: URL = Resources.folder) async throws -> [String] {
        var configuration = PostgresClient.Configuration(conninfo: self.conninfo)
        configuration.options.maximumConnections = 1
        configuration.extras.statementTimeout = .seconds(600)
        configuration.extras.preparedStatements = false
        let client = PostgresClient(configuration: configuration, backgroundLogger: self.logger)
        let logger = self.logger
        let migrator = try Self.migrator(resources: resources)
        let roles = try String(contentsOf: resources.appendingPathComponent("roles.sql"), encoding: .utf8)
        let reference = try ReferenceData(resources: resources)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await client.run() }
            defer { group.cancelAll() }
            return try await client.withConnection { connection in
                let session = Transaction(connection: connection, logger: logger)
                try await Self.makeRoles(session, sql: roles)
                try await session.act(as: "huifang_owner")
                let applied = try await migrator.migrate(connection, at: now, logger: logger)
                try await reference.load(session, at: now)
                return applied
            }
        }
    }

    private static func makeRoles(_ session: Transaction, sql: String) async throws {
        var isComplete = true
        for role in ["huifang_owner", "huifang_app", "huifang_reader"] {
            isComplete = try await session.roleExists(role) && isComplete
        }
        do {
            if !isComplete { try await session.run(script: sql) }
            try await session.letOwnerCreate()
        } catch let error as PSQLError where error.sqlState == "42501" {
            guard isComplete else { throw RolesMissing(sql: sql) }
        }
    }
}
