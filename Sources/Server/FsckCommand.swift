import ArgumentParser
import LeadService
import Leads

/// `huifang fsck`.
struct FsckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Checks the service's promises on the stored data; reads only. Exit 0, or 1 with each violation.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "text or json.")
    var format = Format.text

    @OptionGroup var config: ConfigurationOption

    func run() async throws {
        let report = try await Installation.open(self.config) { installation in
            try await Fsck(
                database: installation.database, now: { installation.clock.time },
                budgetFactor: installation.configuration.budgetFactor,
                lockedHours: installation.configuration.lockedSettings["opening_hours"].flatMap {
                    OpeningHours(parsing: $0)
                }, keys: try KeyFile(configuration: installation.configuration).read()
            ).run()
        }
        switch self.format {
        case .text: Output.line(report.text)
        case .json: Output.json(report.json)
        }
        guard report.violations.isEmpty else { throw ExitCode(1) }
    }
}
