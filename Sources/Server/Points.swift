import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang points`.
struct Points: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Scores an answers object under the rules in force today and prints the assessment as JSON.")

    @Argument(help: "A file with the answers as JSON; standard input without it.")
    var file: String?

    func run() throws {
        let data =
            try self.file.map { try Data(contentsOf: URL(fileURLWithPath: $0)) } ?? FileHandle.standardInput.readToEnd()
            ?? Data()
        let answers = try Answers(try StrictJSON.read(Array(data)))
        let today = ShanghaiDate(Date())
        let versions = try RuleFiles(folder: Resources.folder.appendingPathComponent("rules")).points
        guard let rules = PointsRules.inForce(on: today, of: versions) else {
            throw Failure.precondition("no version of the points rules is in force on \(today)")
        }
        let assessed = AssessedAnswers(
            id: UUID(), on: today, rules.assess(answers), suggestions: rules.suggestions(for: answers))
        Output.json(.object(assessed.members))
    }
}
