import ArgumentParser
import LeadService
import Leads

/// `huifang staff`.
struct StaffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "staff", abstract: "Accounts of the console.",
        subcommands: [Add.self, Reset.self, Deactivate.self, Activate.self])

    /// `huifang staff add`.
    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds somebody and prints a one-time password, alone, on standard output.")

        @Argument(help: "Lower-case letters, digits, '.', '_' and '-'.")
        var username: String

        @Option(help: ArgumentHelp(discussion: "adviser, supervisor, administrator, auditor or privacy."))
        var role: Role

        @Option(help: "The name others see; the username without it.")
        var displayName: String?

        @OptionGroup var config: ConfigurationOption

        func validate() throws {
            if let displayName, !(1...50).contains(displayName.count) {
                throw ValidationError("The display name has 1 to 50 characters.")
            }
        }

        func run() async throws {
            let (username, role, displayName) = (self.username, self.role, self.displayName ?? self.username)
            Output.line(
                try await StaffCommand.open(self.config) { accounts in
                    try await accounts.add(
                        username: username, displayName: displayName, role: role,
                        by: SystemAccount.actor("huifang staff add"))
                })
        }
    }

    /// `huifang staff reset`.
    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends somebody's sessions and prints a new one-time password, alone, on standard output.")

        @Argument(help: "The username.")
        var username: String

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let username = self.username
            Output.line(
                try await StaffCommand.open(self.config) {
                    try await $0.reset(username: username, by: SystemAccount.actor("huifang staff reset"))
                })
        }
    }

    /// `huifang staff deactivate`.
    struct Deactivate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends an account and its sessions at once; what it did stays recorded.",
            discussion: "What the person holds returns to the queue with its lease; what they own is served to others.")

        @Argument(help: "The username.")
        var username: String

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            try await StaffCommand.setActive(
                false, self.username, by: SystemAccount.actor("huifang staff deactivate"), self.config)
        }
    }

    /// `huifang staff activate`.
    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Opens an ended account again, with the password it had.")

        @Argument(help: "The username.")
        var username: String

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            try await StaffCommand.setActive(
                true, self.username, by: SystemAccount.actor("huifang staff activate"), self.config)
        }
    }

    private static func setActive(
        _ isActive: Bool, _ username: String, by actor: String, _ config: ConfigurationOption
    ) async throws {
        let isNew = try await Self.open(config) {
            try await $0.setActive(isActive, username: username, by: actor)
        }
        let said =
            switch (isActive, isNew) {
            case (true, true): "\(username) can log in again"
            case (true, false): "\(username) is active already"
            case (false, true): "\(username) can log in no more; every session has ended"
            case (false, false): "\(username) has ended already"
            }
        Output.line(said)
    }

    private static func open<Result: Sendable>(
        _ config: ConfigurationOption, _ body: @escaping @Sendable (StaffAccounts) async throws -> Result
    ) async throws -> Result {
        try await Installation.open(config) { installation in
            try await body(
                StaffAccounts(
                    database: installation.database, dependencies: try await installation.dependencies()))
        }
    }
}

extension Role: ExpressibleByArgument {}
