import ArgumentParser
import LeadService

/// `huifang audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit of what was done.", subcommands: [Verify.self])

    /// `huifang audit verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Walks the audit's chain. Exit 0, or 1 with the first break.")

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let found = try await Installation.open(self.config) { installation in
                guard let keys = try KeyFile(configuration: installation.configuration).read() else {
                    throw Failure.precondition("the key file is missing; the audit cannot be verified without it")
                }
                if let refusal = try await KeyCheck(database: installation.database, keys: keys).refusal() {
                    throw refusal
                }
                return try await AuditChain(database: installation.database, keys: keys).verify()
            }
            if let firstBreak = found.firstBreak {
                Output.line("the audit is broken at \(firstBreak)")
                throw ExitCode(1)
            }
            Output.line("the audit holds: \(found.linked) events linked, \(found.waiting) not linked yet")
            if let position = found.headBegunAfter {
                Output.line("its head was begun after position \(position); right only if an upgrade did that")
            }
        }
    }
}
