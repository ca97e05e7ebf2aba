import ArgumentParser
import Foundation
import LeadService

/// `huifang robots`.
struct RobotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "robots", abstract: "Robots of group chats that tell the team what waits.",
        discussion: "They say counts and times, never the name or number of a visitor.",
        subcommands: [Add.self, List.self, Remove.self, Test.self])

    /// `huifang robots add`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a robot.",
            discussion: """
                Reads the address from standard input and, for dingtalk and feishu, the signing secret from the second line, \
                so that neither is seen in a list of processes. Both are kept sealed.
                """)

        @Argument(help: "A short name: lower-case letters, digits, '-' and '_'.")
        var name: String

        @Option(help: "wecom (企业微信), dingtalk (钉钉) or feishu (飞书).")
        var kind: RobotKind

        @Option(help: "Who is in the group: team (plan, rescue list, warnings) or supervisors (what went wrong).")
        var audience: RobotAudience

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let (name, kind, audience) = (self.name, self.kind, self.audience)
            let address = Self.line() ?? ""
            let secret = kind.signs ? Self.line() : nil
            try await RobotCommand.open(self.config) {
                try await $0.add(
                    name, kind, audience, address: address, secret: secret,
                    by: SystemAccount.actor("huifang robots add"))
            }
            Output.line("robot \(name) added; 'huifang robots test \(name)' posts a line")
        }

        private static func line() -> String? {
            readLine().map { $0.trimmingCharacters(in: .whitespaces) }.flatMap { $0.isEmpty ? nil : $0 }
        }
    }

    /// `huifang robots list`.
    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Prints every robot as one line of JSON, with the posts of the last week that it never took.")

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            for robot in try await RobotCommand.open(self.config, { try await $0.all() }) { Output.json(robot.json) }
        }
    }

    /// `huifang robots remove`.
    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Takes a robot away, with what waits for it.")

        @Argument(help: "The robot's name.")
        var name: String

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let name = self.name
            guard
                try await RobotCommand.open(
                    self.config, { try await $0.remove(name, by: SystemAccount.actor("huifang robots remove")) })
            else { throw RobotCommand.unknown(name) }
        }
    }

    /// `huifang robots test`.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Posts a line to the group at once.")

        @Argument(help: "The robot's name.")
        var name: String

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let name = self.name
            guard let outcome = try await RobotCommand.open(self.config, { try await $0.test(name) }) else {
                throw RobotCommand.unknown(name)
            }
            if let failure = outcome.failure {
                throw Failure.precondition("robot \(name) did not take the line: \(failure)")
            }
            Output.line("robot \(name) took the line")
        }
    }

    private static func unknown(_ name: String) -> Failure {
        Failure.precondition("there is no robot '\(name)'; 'huifang robots list' names them")
    }

    private static func open<Result: Sendable>(
        _ config: ConfigurationOption, _ body: @escaping @Sendable (Robots) async throws -> Result
    ) async throws -> Result {
        try await Installation.open(config) { installation in
            try await body(
                Robots(database: installation.database, dependencies: try await installation.dependencies()))
        }
    }
}

extension RobotKind: ExpressibleByArgument {}
extension RobotAudience: ExpressibleByArgument {}
