import Configuration
import Foundation
import Hummingbird
import HummingbirdTesting
import LeadService
import Leads
import Logging
import Postgres
import Synchronization
import TestDatabase
import Testing

/// The whole service on a database of its own, with a clock the test owns and a gateway that remembers.
struct TestService: Sendable {
    let client: any TestClientProtocol
    let services: LeadServices
    let database: TestDatabase
    let clock: TestClock
    let sms: RecordingSMSGateway
    let logs: LogRecorder
    let keys: KeyRing
    /// The key file they come from.
    let keyText: String
    let dependencies: Dependencies

    /// Runs `body` against another process beside this one: the same database, clock and gateway, another key file.
    func beside(keyText: String, _ body: @Sendable (TestService) async throws -> Void) async throws {
        try await serve(
            on: self.database, keyText: keyText, clock: self.clock, sms: self.sms, logs: self.logs, [:],
            workers: false, nil, body)
    }
}

/// A clock that moves only when it is told to; it starts on Wednesday, 2026-11-25 10:30 in Shanghai.
final class TestClock: Sendable {
    private let time: Mutex<Date>

    init(_ start: Date = Date(timeIntervalSince1970: 1_795_573_800)) {
        self.time = Mutex(start)
    }

    var now: Date { self.time.withLock { $0 } }

    func advance(by seconds: TimeInterval) {
        self.time.withLock { $0.addTimeInterval(seconds) }
    }

    func set(_ date: Date) {
        self.time.withLock { $0 = date }
    }
}

/// Runs `body` against a service of its own and cleans up.
///
/// - Parameters:
///   - environment: further variables, without the prefix.
///   - gateways: instead of the one that remembers.
///   - workers: whether the workers run by themselves; most tests call `runOnce()` instead.
func withService(
    _ environment: [String: String] = [:], workers: Bool = false,
    gateways: (@Sendable (TestClock) -> [any SMSGateway])? = nil, _ body: @Sendable (TestService) async throws -> Void
) async throws {
    await Gate.shared.enter()
    do {
        try await runService(environment, workers: workers, gateways, body)
    } catch {
        await Gate.shared.leave()
        throw error
    }
    await Gate.shared.leave()
}

private func runService(
    _ environment: [String: String], workers: Bool, _ gateways: (@Sendable (TestClock) -> [any SMSGateway])?,
    _ body: @Sendable (TestService) async throws -> Void
) async throws {
    let database = try await TestDatabase.make()
    do {
        try await serve(
            on: database, keyText: KeyRing.newText((0..<32).map { _ in UInt8.random(in: .min ... .max) }),
            clock: TestClock(), sms: RecordingSMSGateway(), logs: LogRecorder(), environment, workers: workers,
            gateways, body)
        try await database.drop()
    } catch {
        try? await database.drop()
        throw error
    }
}

private func serve(
    on database: TestDatabase, keyText: String, clock: TestClock, sms: RecordingSMSGateway, logs: LogRecorder,
    _ environment: [String: String], workers: Bool, _ gateways: (@Sendable (TestClock) -> [any SMSGateway])?,
    _ body: @Sendable (TestService) async throws -> Void
) async throws {
    let logger = Logger(label: "huifang", factory: { _ in RecordingLogHandler(recorder: logs) })
    var values: [String: String] = [
        "HUIFANG_DATABASE_URL": database.conninfo, "HUIFANG_PUBLIC_URL": "http://127.0.0.1:8080",
        "HUIFANG_CALLING_HOURS": "always", "HUIFANG_PROOF_OF_WORK": "off",
        "HUIFANG_BOOTSTRAP_ADMIN_PASSWORD": "correct-horse-battery-9",
    ]
    for (name, value) in environment { values["HUIFANG_\(name)"] = value }
    let reader = ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: values))
    let configuration = try ServiceConfiguration(reader: reader)
    let keys = try KeyRing(text: keyText)
    var cheap = Dependencies(
        now: { clock.now }, randomBytes: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } },
        keys: keys,
        gateways: gateways?(clock) ?? [sms], logger: logger)
    cheap.passwordCost = PasswordCost(rounds: 16, blockSize: 8, parallelism: 1)
    cheap.databasePatience = .seconds(30)
    let dependencies = cheap
    var settings = PostgresClient.Configuration(conninfo: database.conninfo)
    settings.extras.sessionSetup = ["SET ROLE huifang_app"]
    settings.options.maximumConnections = 8
    // Sixty at once on a busy machine wait long for a connection; what they come to is tested, not how fast.
    settings.extras.leaseTimeout = .seconds(30)
    let client = PostgresClient(configuration: settings, backgroundLogger: logger)
    try await withRunning(client) { client in
        let services = try await LeadServices(
            configuration: configuration, dependencies: dependencies, client: client, sentMessages: SentMessages())
        try await services.prepare()
        let running = Application(
            router: services.router.build(), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            services: workers ? services.workers : [], logger: logger)
        try await running.test(.router) { testing in
            try await body(
                TestService(
                    client: testing, services: services, database: database, clock: clock, sms: sms, logs: logs,
                    keys: keys, keyText: keyText, dependencies: dependencies))
        }
    }
}
