import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang calendar`.
struct CalendarCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calendar", abstract: "Working days and deadlines.", subcommands: [Due.self, Import.self])

    /// `huifang calendar due`.
    struct Due: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints the deadline for an inquiry accepted at an instant.",
            discussion:
                "Goes by the database's calendar and opening hours; by those that ship with the program when there is no database."
        )

        @Argument(help: "An RFC 3339 time such as 2026-11-25T17:59:00+08:00.")
        var timestamp: Timestamp

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let configuration = try self.config.loadWithoutDatabase()
            var calendar = try RuleFiles(folder: Resources.folder.appendingPathComponent("rules")).calendar
            var settings = Settings()
            for (key, text) in configuration.lockedSettings { _ = settings.apply(key, .string(text)) }
            if !configuration.databaseURL.isEmpty {
                do {
                    let shipped = calendar
                    (calendar, settings) = try await Installation.open(configuration) {
                        try await Self.stored($0, shipped: shipped)
                    }
                } catch {
                    Output.error(
                        "huifang: the database cannot be read; this goes by the calendar that ships with the program\n")
                }
            }
            let deadline = calendar.deadline(acceptedAt: self.timestamp.date, closing: settings.openingHours)
            Output.json(
                .object(["due_at": .string(RFC3339.text(deadline.dueAt)), "provisional": .bool(deadline.provisional)]))
        }

        private static func stored(
            _ installation: Installation, shipped: WorkingCalendar
        ) async throws -> (calendar: WorkingCalendar, settings: Settings) {
            let store = CalendarStore(database: installation.database, shipped: shipped)
            let settings = installation.settings
            try await store.reload()
            try await settings.reload()
            return (store.current, settings.current)
        }
    }

    /// `huifang calendar import`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Loads years from a JSON file and moves the deadlines that were provisional, only ever to a later instant."
        )

        @Argument(
            help:
                #"A file {"years": {"2027": {"status": "official", "notice": …, "off_days": […], "makeup_workdays": […]}}}."#
        )
        var file: String

        @Flag(help: "Shows the difference and how many deadlines it would move, and changes nothing.")
        var dryRun = false

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let json = try StrictJSON.read(Array(try Data(contentsOf: URL(fileURLWithPath: self.file))))
            if self.dryRun { return try await self.preview(json) }
            let outcome = try await Installation.open(self.config) { installation in
                let settings = installation.settings
                let load = CalendarImport(
                    database: installation.database, settings: settings,
                    dependencies: try await installation.dependencies())
                return try await load.load(json, by: SystemAccount.actor("huifang calendar import"))
            }
            Self.print(outcome.plan)
            Output.line("loaded \(outcome.years.map(String.init).joined(separator: ", "))")
            Output.line("provisional deadlines: \(outcome.moved) moved to a later instant, \(outcome.confirmed) stand")
            for task in outcome.onClosedDays {
                Output.line("due on a day now closed: task \(task.uuidString.lowercased())")
            }
        }

        private func preview(_ json: JSONValue) async throws {
            let plan = try await Installation.open(self.config) { installation in
                let settings = installation.settings
                let load = CalendarImport(
                    database: installation.database, settings: settings,
                    dependencies: try await installation.dependencies())
                return try await load.plan(.years(try WorkingCalendar.years(in: json)))
            }
            Self.print(plan)
            Output.line(
                "provisional deadlines: \(plan.moved) would move to a later instant, \(plan.confirmed) would stand")
        }

        /// The difference, a line for each day.
        private static func print(_ plan: CalendarPlan) {
            for year in plan.kept { Output.line("\(year) stays as its notice has it") }
            for change in plan.dayChanges {
                Output.line("\(change.isAdded ? "+" : "-") \(change.day) \(change.kind.rawValue) \(change.name)")
            }
        }
    }
}

/// An instant given as an argument.
struct Timestamp: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        guard let date = RFC3339.date(argument) else { return nil }
        self.date = date
    }
}
