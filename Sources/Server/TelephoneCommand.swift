import ArgumentParser
import Foundation
import LeadService

/// `huifang telephone`.
struct TelephoneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "telephone", abstract: "The telephone system that makes calls for advisers.",
        discussion: "Where it is asked for calls, and whether, is the setting telephone_system.",
        subcommands: [Secret.self])

    /// `huifang telephone secret`.
    struct Secret: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a new secret for calls and reports, and prints it once.",
            discussion: "Prints the secret, then the address for reports; both belong into the telephone system.")

        @OptionGroup var config: ConfigurationOption

        func run() async throws {
            let (secret, address) = try await Installation.open(self.config) { installation in
                let dependencies = try await installation.dependencies()
                let secrets = TelephoneSecrets(database: installation.database, dependencies: dependencies)
                let token = HookToken(configuration: installation.configuration, keys: dependencies.keys)
                return (
                    try await secrets.make(by: SystemAccount.actor("huifang telephone secret")),
                    token.callAddress(installation.configuration)
                )
            }
            Output.line(secret)
            Output.line(address)
        }
    }
}
