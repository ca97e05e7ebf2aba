import ArgumentParser
import Foundation
import LeadService
import Logging
import Postgres

/// `huifang doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at everything a run depends on and says what to do. Exit 0, or 78 with what is wrong.")

    @Flag(help: "Only prints the secret addresses to enter at the message vendors, for delivery reports and replies.")
    var hookAddresses = false

    @OptionGroup var config: ConfigurationOption

    func run() async throws {
        if self.hookAddresses { return try self.printAddresses() }
        let found = try await self.findings()
        let findings = found.filter { !$0.isNote }
        for finding in findings { Output.line("\(finding.topic): \(finding.problem)\n  → \(finding.remedy)") }
        if findings.isEmpty { Output.line("doctor: nothing is wrong") }
        for note in found where note.isNote { Output.line("note: \(note.problem)\n  → \(note.remedy)") }
        if !findings.isEmpty { throw ExitCode(78) }
    }

    private func printAddresses() throws {
        let configuration = try self.config.load()
        guard let keys = try KeyFile(configuration: configuration).read() else {
            throw Failure.precondition("the key file is missing, and the addresses come from it; run 'huifang doctor'")
        }
        for (_, address) in HookToken(configuration: configuration, keys: keys).addresses(configuration) {
            Output.line(address)
        }
    }

    private func findings() async throws -> [Finding] {
        let configuration: ServiceConfiguration
        do {
            configuration = try self.config.load()
        } catch let invalid as ServiceConfiguration.Invalid {
            return invalid.reasons.map {
                Finding("configuration", $0, remedy: "correct it in the environment or the file of --config")
            }
        } catch let failure as Failure {
            return [Finding("configuration", failure.message, remedy: "correct the file, or give another one")]
        }
        let logger = Logger(label: "huifang", factory: { _ in SwiftLogNoOpLogHandler() })
        let client = Installation.client(configuration, logger: logger)
        let doctor = Doctor(
            configuration: configuration, database: Database(client: client, logger: logger),
            migrator: try SchemaSetup.migrator(),
            shipped: try RuleFiles(folder: Resources.folder.appendingPathComponent("rules")).calendar,
            gateways: configuration.smsGateways(
                sent: SentMessages(), now: { Date() }, randomBytes: Dependencies.systemRandomBytes, logger: logger),
            wallClock: { Date() },
            keys: { try KeyFile(configuration: configuration).read() }, connect: { await Self.connect(configuration) },
            port: { await PortProbe.state(of: $0, $1) })
        return try await Installation.running(client) { await doctor.findings() }
    }

    private static func connect(_ configuration: ServiceConfiguration) async -> Doctor.DatabaseState {
        do {
            try await Installation.knock(configuration)
            return .reachable
        } catch let error as PSQLError {
            return error.meansUnavailable ? .unreachable : .notSetUp
        } catch {
            return .unreachable
        }
    }
}
