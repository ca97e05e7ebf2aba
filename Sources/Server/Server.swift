import ArgumentParser
import Foundation

/// `huifang`: one executable for serving, migrating and looking after an installation.
@main
struct Huifang: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "huifang",
        abstract: "Takes inquiries about residence points and keeps the promise to call back.",
        version: Version.text,
        subcommands: [
            Serve.self, Migrate.self, StaffCommand.self, SiteCommand.self, Points.self, CalendarCommand.self,
            SettingsCommand.self, Permit.self, BenefitCommand.self, RobotCommand.self, TelephoneCommand.self,
            Export.self, FsckCommand.self,
            AuditCommand.self,
            RetentionCommand.self, StatisticsCommand.self,
            DemoCommand.self, DoctorCommand.self, Version.self,
        ])

    /// As the framework's, but a failure ends with one line and an exit code that says what kind it is.
    static func main() async {
        do {
            var command = try await self.asyncParseAsRoot(nil)
            let chosen = type(of: command)
            guard chosen.configuration.subcommands.isEmpty else {
                Output.error(self.helpMessage(for: chosen) + "\n")
                self.exit(withError: ExitCode(64))
            }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = Failure(explaining: error) else { self.exit(withError: error) }
            Output.error("huifang: \(failure.message)\n")
            self.exit(withError: ExitCode(failure.code))
        }
    }
}
