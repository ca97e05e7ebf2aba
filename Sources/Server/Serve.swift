import ArgumentParser
import Foundation
import LeadService
import Logging
import Metrics
import Postgres
import ServiceLifecycle
import UnixSignals

/// `huifang serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves pages, API and console, and runs the background workers.",
        discussion:
            "Starts without a database too: /readyz is red until it can be reached. SIGTERM and Ctrl-C let requests finish."
    )

    /// What a process does.
    enum ProcessRole: String, CaseIterable {
        case http, worker
    }

    @Option(help: "http, worker, or both, separated by a comma.")
    var roles = "http,worker"

    @OptionGroup var config: ConfigurationOption

    private var chosenRoles: Set<ProcessRole>? {
        let names = self.roles.split(separator: ",", omittingEmptySubsequences: false)
        let roles = names.compactMap { ProcessRole(rawValue: String($0)) }
        return roles.count == names.count ? Set(roles) : nil
    }

    func validate() throws {
        guard self.chosenRoles != nil else { throw ValidationError("--roles is http, worker, or http,worker.") }
    }

    func run() async throws {
        let configuration = try self.config.load()
        let roles = self.chosenRoles ?? []
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)
        Gauge(label: "huifang_build_info", dimensions: [("version", Version.text)]).record(1)
        LoggingSystem.bootstrap { _ in JSONLogHandler(time: { Date() }, write: { Output.error($0) }) }
        let logger = Logger(label: "huifang")
        try await Self.checkPorts(configuration, roles)
        let keys = try await Self.checkDatabase(configuration, logger: logger)
        let run = try await Run(
            configuration: configuration, roles: roles, keys: keys, metrics: metrics, logger: logger)
        var group = ServiceGroupConfiguration(
            services: run.services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(40)
        try await ServiceGroup(configuration: group).run()
    }

    private static func checkPorts(_ configuration: ServiceConfiguration, _ roles: Set<ProcessRole>) async throws {
        var wanted = [("HUIFANG_OPS_PORT", "127.0.0.1", configuration.opsPort)]
        if roles.contains(.http) {
            wanted.insert(("HUIFANG_HTTP_PORT", configuration.httpHost, configuration.httpPort), at: 0)
        }
        for (variable, host, port) in wanted where port != 0 {
            switch await PortProbe.state(of: host, port) {
            case .free: continue
            case .taken, .ours:
                throw Failure.precondition(
                    "port \(port) is in use; stop the program that has it ('ss -ltnp' names it), or set \(variable)")
            case .unusable(let reason):
                throw Failure.precondition(
                    "port \(port) of \(host) cannot be listened on (\(reason)); set \(variable) to another one")
            }
        }
    }

    /// Refuses a database that is behind or altered, and keys that do not belong to it; one that is away is waited for.
    private static func checkDatabase(_ configuration: ServiceConfiguration, logger: Logger) async throws -> KeyRing {
        do {
            return try await Installation.open(configuration) { installation in
                try await installation.checkSchema()
                return try await installation.keys()
            }
        } catch let error as PSQLError where error.meansUnavailable {
            logger.warning("the database cannot be reached yet", metadata: error.logMetadata)
            return try await KeyFile(configuration: configuration).readOrMake(isUsed: { false })
        }
    }
}
