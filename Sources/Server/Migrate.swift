import ArgumentParser
import Foundation
import LeadService
import Logging
import Postgres

/// `huifang migrate`.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings the database's schema up to this program's, or checks that it is.",
        discussion:
            "Makes the database roles when they are missing, acts as huifang_owner, and loads the data that ships with the program."
    )

    @Flag(help: "Changes nothing; fails when the schema is old or was altered.")
    var check = false

    @OptionGroup var config: ConfigurationOption

    func run() async throws {
        let configuration = try self.config.load()
        let logger = Logger(label: "huifang", factory: { _ in SwiftLogNoOpLogHandler() })
        let migrator = try SchemaSetup.migrator()
        if self.check {
            let client = PostgresClient(
                configuration: .init(conninfo: configuration.migrateDatabaseURL), backgroundLogger: logger)
            let database = Database(client: client, logger: logger)
            try await Installation.running(client) { try await database.autocommit { try await migrator.check($0) } }
        } else {
            let applied = try await SchemaSetup(conninfo: configuration.migrateDatabaseURL, logger: logger).migrate(
                at: Date())
            for name in applied { Output.line("applied \(name)") }
        }
        Output.line("the schema is current: version \(migrator.version)")
    }
}
