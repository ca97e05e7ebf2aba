import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang points`.
struct Points: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "points", abstract: "Scores answers under the points rules, and adds a set of rules.",
        subcommands: [Score.self, Import.self], defaultSubcommand: Score.self)

    /// `huifang points [FILE]`.
    struct Score: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Scores an answers object under the rules in force today and prints the assessment as JSON.",
            discussion:
                "Goes by the database's rules; by those that ship with the program when there is no database.")

        @Argument(help: "A file with the answers as JSON; standard input without it.")
        var file: String?

        @Option(help: "A rule file to score by instead, whatever its dates; nothing is stored.")
        var rules: String?

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let trial = try self.rules.map { try Points.read($0).rules }
            let data =
                try self.file.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
                ?? FileHandle.standardInput.readToEnd() ?? Data()
            let answers = try Answers(try StrictJSON.read(Array(data)))
            let (rules, today) =
                if let trial { (trial, ShanghaiDate(Date())) } else { try await self.rulesInForce() }
            let assessed = AssessedAnswers(
                id: UUID(), on: today, rules.assess(answers), suggestions: rules.suggestions(for: answers))
            Output.json(.object(assessed.members))
        }

        private func rulesInForce() async throws -> (PointsRules, ShanghaiDate) {
            let shipped = try RuleFiles(folder: Resources.folder.appendingPathComponent("rules")).points
            var (versions, now) = (shipped, Date())
            let configuration = try self.config.loadWithoutDatabase()
            if !configuration.databaseURL.isEmpty {
                do {
                    (versions, now) = try await Installation.open(configuration) { installation in
                        let store = RulesStore(database: installation.database, shipped: shipped)
                        try await store.reload()
                        return (store.all, installation.clock.time)
                    }
                } catch {
                    Output.error(
                        "huifang: the database cannot be read; this goes by the rules that ship with the program\n")
                }
            }
            let today = ShanghaiDate(now)
            guard let rules = PointsRules.inForce(on: today, of: versions) else {
                throw Failure.precondition("no version of the points rules is in force on \(today)")
            }
            return (rules, today)
        }
    }

    /// `huifang points import FILE`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a set of rules that takes effect on a coming day.",
            discussion:
                "Running servers take it up within seconds. A stored set never changes; try the file with --rules first."
        )

        @Argument(help: "A rule file as Resources/rules/points-2022.json, with a version and a day of its own.")
        var file: String

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let (rules, data) = try Points.read(self.file)
            do {
                let isNew = try await Installation.open(self.config) { installation in
                    let rulesImport = RulesImport(
                        database: installation.database, dependencies: try await installation.dependencies())
                    return try await rulesImport.add(
                        rules, file: data, by: SystemAccount.actor("huifang points import"))
                }
                Output.line(
                    isNew
                        ? "stored \(rules.version), in force from \(rules.effectiveFrom)"
                        : "\(rules.version) is stored already, in force from \(rules.effectiveFrom)")
            } catch let refusal as RulesImport.Refusal {
                throw Self.failure(refusal, rules)
            }
        }

        private static func failure(_ refusal: RulesImport.Refusal, _ rules: PointsRules) -> Failure {
            switch refusal {
            case .notAhead(let day, let today):
                .data("/effective_from \(day) is not after today, \(today): what was scored stays as it was told")
            case .versionTaken:
                .data(
                    "/version \(rules.version) is stored with other rules, which never change; give this set a name of its own"
                )
            case .dayTaken(let other):
                .data("/effective_from \(rules.effectiveFrom) is the day on which \(other) takes effect")
            }
        }
    }

    /// Reads a rule file; a failure begins with the file's name.
    fileprivate static func read(_ path: String) throws -> (rules: PointsRules, data: Data) {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        do {
            return (try RulesImport.read(data), data)
        } catch let malformed as StrictJSON.Malformed {
            throw Failure.data("\(path): \(malformed.explanation)")
        } catch let failure as ValidationFailure {
            throw Failure.data("\(path): \(failure.pointer) \(failure.detailInEnglish)")
        }
    }
}
