import ArgumentParser
import LeadService
import Leads

/// `huifang staff`.
struct StaffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "staff", abstract: "Accounts of the console.", subcommands: [Add.self])

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
            let password = try await Installation.open(self.config) { installation in
                let accounts = StaffAccounts(
                    database: installation.database, dependencies: try await installation.dependencies())
                return try await accounts.add(
                    username: username, displayName: displayName, role: role, by: "huifang staff add")
            }
            Output.line(password)
        }
    }
}

extension Role: ExpressibleByArgument {}
