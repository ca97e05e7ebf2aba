import ArgumentParser
import Foundation
import LeadService
import Leads

/// `huifang settings`.
struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "What people edit, as one file: the firm's name and telephone, hours, budgets, texts.",
        discussion: "Export it, edit it, import it. It holds the test numbers: keep it as such.",
        subcommands: [Export.self, Import.self])

    /// `huifang settings export`.
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every setting as JSON, as it is stored, whatever the environment locks.")

        @Argument(help: "A file to write instead, closed to others.")
        var file: String?

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let text = try await SettingsCommand.open(self.config) { try await $0.export().text }
            guard let file else { return Output.text(text) }
            guard
                FileManager.default.createFile(
                    atPath: file, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            else { throw Failure.data("the file \(file) cannot be written") }
        }
    }

    /// `huifang settings import`.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows what a file would change; with --yes it is changed.",
            discussion: """
                Keys that the file does not name stay as they are; null means the standard value again. "effective_at" beside the keys \
                says from when on they count, at once without it. "later" is a list of such objects, and all that is to come. \
                Running servers take the change up within seconds.
                """)

        @Argument(help: "A file as 'huifang settings export' prints it, or a part of one; - for standard input.")
        var file: String

        @Flag(help: "Changes it.")
        var yes = false

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let (json, applies) = (try self.read(), self.yes)
            let outcome: SettingsImport.Outcome
            do {
                outcome = try await SettingsCommand.open(self.config) {
                    try await $0.load(
                        json, applies: applies, by: .command(SystemAccount.actor("huifang settings import")))
                }
            } catch let problem as Problem {
                let reasons = problem.failures.map { "\($0.pointer) \($0.detailInEnglish)" }
                throw Failure.data("\(self.file): " + PhoneNumber.redacted(in: reasons.joined(separator: "; ")))
            }
            for change in outcome.changes { Output.line(change.line) }
            for key in outcome.locked { Output.line("\(key): skipped, HUIFANG_\(key.uppercased()) locks it") }
            switch outcome.changes.count {
            case 0: Output.line("nothing differs")
            case let count: Output.line(applies ? "\(count) changed" : "\(count) would change; --yes changes them")
            }
        }

        private func read() throws -> JSONValue {
            let data =
                self.file == "-"
                ? try FileHandle.standardInput.readToEnd() ?? Data()
                : try Data(contentsOf: URL(fileURLWithPath: self.file))
            do {
                return try StrictJSON.read(Array(data))
            } catch {
                throw Failure.data("\(self.file): \(error.explanation)")
            }
        }
    }

    private static func open<Result: Sendable>(
        _ config: ConfigurationOption, _ body: @escaping @Sendable (SettingsImport) async throws -> Result
    ) async throws -> Result {
        try await Installation.open(config) { installation in
            try await body(
                SettingsImport(
                    database: installation.database, dependencies: try await installation.dependencies(),
                    locked: installation.configuration.lockedSettings.keys))
        }
    }
}
