import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang retention`.
struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Lets go of what is kept no longer; 'serve' does the same every five minutes.",
        discussion: "With --dry-run it only says, term by term, how many rows are due.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Flag(help: "Only says what is due; changes nothing.")
    var dryRun = false

    @Option(help: "text or json.")
    var format = Format.text

    @OptionGroup var config: ConfigurationOption

    func run() async throws {
        let isDry = self.dryRun
        let due = try await Installation.open(self.config) { installation in
            let settings = installation.settings
            try await settings.reload()
            let retention = Retention(
                database: installation.database, dependencies: try await installation.dependencies(),
                settings: settings)
            let due = try await retention.due()
            if !isDry { while try await retention.runOnce() > 0 {} }
            return due
        }
        switch self.format {
        case .json: Output.json(.array(due.map(\.json)))
        case .text:
            for term in due {
                let name = term.term.rawValue.padding(toLength: 12, withPad: " ", startingAt: 0)
                Output.line(
                    "\(name)\(term.length) \(term.term.unit.rawValue), before \(ShanghaiDate(term.before)): \(term.rows) due"
                )
            }
            Output.line(isDry ? "nothing was changed" : "what was due is gone")
        }
    }
}
