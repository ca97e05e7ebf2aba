import ArgumentParser
import Foundation
import LeadService

/// `huifang statistics`.
struct StatisticsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "statistics", abstract: "Looks after the kept numbers of the statistics.",
        subcommands: [Rebuild.self])

    struct Rebuild: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Counts every day anew from its rows; the statistics stay right meanwhile, only slower.")

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let days = try await Installation.open(self.config) { installation in
                let settings = installation.settings
                try await settings.reload()
                let calendar = CalendarStore(
                    database: installation.database,
                    shipped: try RuleFiles(folder: Resources.folder.appendingPathComponent("rules")).calendar)
                try await calendar.reload()
                return try await StatisticsRollups(
                    database: installation.database, dependencies: try await installation.dependencies(),
                    settings: settings, calendar: calendar
                ).rebuild()
            }
            Output.line("\(days) days were counted anew")
        }
    }
}
