import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang permit`.
struct Permit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints where a residence permit stands in its yearly endorsement, as JSON.")

    @Option(help: "The day printed on the card, such as 2026-12-31.")
    var validUntil: ShanghaiDate

    @Option(help: "The day to judge it on; today without it.")
    var on: ShanghaiDate?

    func run() throws {
        let checklist = try RuleFiles(folder: Resources.folder.appendingPathComponent("rules")).permits
        Output.json(
            PermitJSON.object(
                PermitRenewal(validUntil: self.validUntil, on: self.on ?? ShanghaiDate(Date())), checklist))
    }
}

extension ShanghaiDate: ExpressibleByArgument {
    package init?(argument: String) {
        guard let date = try? ShanghaiDate(parsing: argument) else { return nil }
        self = date
    }
}
