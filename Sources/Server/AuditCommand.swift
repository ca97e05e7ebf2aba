import ArgumentParser
import LeadService

/// `huifang audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The audit of what was done.", subcommands: [Verify.self])

    /// `huifang audit verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Walks the audit's chain. Exit 0, or 1 with the first break.",
            discussion: """
                Compares it with the ends it once had: those in the file HUIFANG_AUDIT_ANCHORS, if it is set, and those given with --noted.
                """)

        @OptionGroup var config: ConfigurationOption

        @Option(help: "An end of the chain as the audit's page showed it once, such as 1204:9f3c01d2ab34cd56.")
        var noted: [String] = []

        func validate() throws {
            for text in self.noted where AuditAnchor(noted: text) == nil {
                throw ValidationError(
                    "'\(text)' is no end of the chain: a position, a colon and at least 8 hexadecimal digits.")
            }
        }

        func run() async throws {
            let found = try await Installation.open(self.config) { installation in
                guard let keys = try KeyFile(configuration: installation.configuration).read() else {
                    throw Failure.precondition("the key file is missing; the audit cannot be verified without it")
                }
                if let refusal = try await KeyCheck(database: installation.database, keys: keys).refusal() {
                    throw refusal
                }
                var anchors = self.noted.compactMap { AuditAnchor(noted: $0) }
                if let path = installation.configuration.auditAnchors {
                    do {
                        let kept = try AuditAnchorFile(path: path, keys: keys).read()
                        Output.line("\(kept.count) anchors in \(path)")
                        anchors += kept.map(\.anchor)
                    } catch let forged as AuditAnchorFile.Forged {
                        Output.line("\(forged)")
                        throw ExitCode(1)
                    }
                }
                return try await AuditChain(database: installation.database, keys: keys).verify(anchors: anchors)
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
