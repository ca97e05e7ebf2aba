import Foundation
import LeadService
import Logging
import Postgres
import ServiceLifecycle

/// One process that serves: everything live, wired together.
struct Run {
    /// In the order in which they start; they stop in the opposite one, each after the one behind it has ended.
    let services: [any Service]

    init(
        configuration: ServiceConfiguration, roles: Set<Serve.ProcessRole>, keys: KeyRing, metrics: MetricsRegistry,
        logger: Logger
    ) async throws {
        let client = Installation.client(configuration, logger: logger)
        let database = Database(client: client, logger: logger)
        let clock = DatabaseClock(initially: Date(), readDatabaseTime: { try await database.time() })
        let sent = SentMessages()
        let dependencies = Dependencies.live(
            now: { clock.time }, keys: keys,
            gateways: configuration.smsGateways(
                sent: sent, now: { clock.time }, randomBytes: Dependencies.systemRandomBytes, logger: logger),
            logger: logger)
        let leads = try await LeadServices(
            configuration: configuration, dependencies: dependencies, client: client, sentMessages: sent)
        let migrator = try SchemaSetup.migrator()
        let readiness = Readiness(database: database, migrator: migrator)

        let operations = Listener.application(
            router: OperationsRoutes(
                readiness: readiness, metrics: metrics,
                httpPort: roles.contains(.http) ? configuration.httpPort : nil
            ).build(), host: "127.0.0.1",
            port: configuration.opsPort,
            logger: logger, onRunning: { Output.line("Operations     http://127.0.0.1:\($0)/readyz") })
        let preparation = PreparationWorker(
            migrator: migrator, database: database, readiness: readiness, logger: logger
        ) {
            try await clock.refresh()
            try await leads.prepare()
            if let password = try await leads.accounts.bootstrap(password: configuration.bootstrapAdminPassword) {
                Output.line("Administrator  admin, one-time password \(password) (valid for 72 hours, shown only here)")
            }
        }
        var services: [any Service] = [client, operations, clock, preparation] + leads.background
        if roles.contains(.worker) {
            let workers = leads.workers + [GaugeWorker(database: database, now: { clock.time })]
            services += workers.map { WatchedWorker($0, readiness: readiness) }
        }
        if roles.contains(.http) {
            let address = configuration.publicURL.absoluteString
            services.append(
                Listener.application(
                    router: leads.router.build(), host: configuration.httpHost, port: configuration.httpPort,
                    logger: logger,
                    onRunning: { port in
                        // Port 0 lets the system choose one.
                        let base =
                            configuration.httpPort == 0
                            ? "http://\(configuration.httpHost):\(port)" : Self.withoutSlash(address)
                        Output.line("Form           \(base)/\nConsole        \(base)/staff")
                    }))
            // Behind the server, so that it ends the open streams before the server waits for them.
            services.append(leads.queueWatch)
        }
        services.append(StopSignWorker(readiness: readiness))
        self.services = services
    }

    private static func withoutSlash(_ text: String) -> String {
        text.hasSuffix("/") ? String(text.dropLast()) : text
    }
}
