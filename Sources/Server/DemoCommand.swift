import ArgumentParser
import LeadService

/// `huifang demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "A desk of made-up leads, to look at.", subcommands: [Fill.self, Clear.self])

    /// `huifang demo fill`.
    struct Fill: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fills the desk with made-up leads, advisers and a day of calls, once.",
            discussion:
                "Prints the advisers' password, made at random, this one time. Refused when the public URL is https or a real gateway is configured."
        )

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            switch try await DemoCommand.desk(try self.config.load(), { try await $0.fill() }) {
            case .filled(let leads, let usernames, let password):
                Output.line("Demonstration: \(leads) made-up leads; cleared by 'scripts/run --clear-demo'")
                Output.line("Log in as \(usernames.joined(separator: ", ")), password: \(password)")
            case .filledBefore:
                Output.line(
                    "Demonstration: the desk is filled already; 'scripts/run --clear-demo' clears it, and the next fill has a new password"
                )
            }
        }
    }

    /// `huifang demo clear`.
    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes the made-up leads and accounts away, and nothing else.")

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let gone = try await DemoCommand.desk(try self.config.load()) { try await $0.clear() }
            Output.line("Demonstration: \(gone.leads) leads and \(gone.accounts) accounts are gone")
            if gone.kept > 0 {
                Output.line("\(gone.kept) accounts worked on real leads; they are closed and stay for the history")
            }
        }
    }

    private static func desk<Result: Sendable>(
        _ configuration: ServiceConfiguration, _ body: @escaping @Sendable (DemoDesk) async throws -> Result
    ) async throws -> Result {
        do {
            return try await Installation.open(configuration) { installation in
                try await installation.checkSchema()
                return try await body(
                    try DemoDesk(
                        database: installation.database, dependencies: try await installation.dependencies(),
                        configuration: configuration))
            }
        } catch let refusal as DemoDesk.Refusal {
            throw Failure.precondition(refusal.description)
        }
    }
}
