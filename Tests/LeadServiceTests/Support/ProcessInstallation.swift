import Foundation
import HTTPTypes
import Hummingbird
import LeadService
import Leads
import Logging
import NIOCore
import Postgres
import Synchronization
import TestDatabase
import Testing

/// An installation for real processes: a database, a data folder, and a receiver of messages of its own.
final class ProcessInstallation: Sendable {
    let database: TestDatabase
    let folder: URL
    let messages: MessageReceiver
    private let environment: [String: String]
    private let processes = Mutex<[ServerProcess]>([])
    /// Every answer to a visitor.
    let answers = Mutex<[String]>([])

    fileprivate init(database: TestDatabase, folder: URL, messages: MessageReceiver, port: Int) {
        (self.database, self.folder, self.messages) = (database, folder, messages)
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("HUIFANG_") }
        let own = [
            "DATABASE_URL": database.conninfo, "DATA_DIR": folder.appendingPathComponent("data").path, "HTTP_PORT": "0",
            "OPS_PORT": "0",
            "SMS_GATEWAY": "webhook", "SMS_WEBHOOK_URL": "http://127.0.0.1:\(port)/sms",
            "SMS_WEBHOOK_SECRET": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "BUDGET_FACTOR": "1000",
            "PROOF_OF_WORK": "off",
            "CALLING_HOURS": "always", "REQUIRE_TOTP": "off", "RESEND_SECONDS": "1",
            "BOOTSTRAP_ADMIN_PASSWORD": Self.password,
        ]
        for (name, value) in own { environment["HUIFANG_\(name)"] = value }
        self.environment = environment
    }

    static let password = "kranich-leuchtet-admin-7"

    /// Starts `huifang serve`; with `isAwaited` it is ready when this returns.
    func start(_ more: [String: String] = [:], isAwaited: Bool = true) async throws -> ServerProcess {
        let server = try self.run(["serve"], more)
        if isAwaited { try await server.ready() }
        return server
    }

    /// Runs another command of the program.
    func run(_ arguments: [String], _ more: [String: String] = [:]) throws -> ServerProcess {
        let process = try ServerProcess(
            arguments, environment: self.environment.merging(more) { $1 }, folder: self.folder)
        self.processes.withLock { $0.append(process) }
        return process
    }

    /// Every process's log, one after the other.
    var logs: String {
        self.processes.withLock { $0 }.map { (try? String(contentsOf: $0.log, encoding: .utf8)) ?? "" }.joined()
    }

    fileprivate func killAll() async {
        for process in self.processes.withLock({ $0 }) { try? await process.kill() }
    }

    // MARK: A visitor

    /// Asks for a code until it is issued, and waits for its message.
    func code(for phone: String, from server: ServerProcess) async throws -> (challenge: String, code: String) {
        let body = #"{"phone":"\#(phone)","purpose":"inquiry"}"#
        let answer = try await self.answered(server, "/api/v1/verification-codes", body, key: nil) {
            $0.status != 429 && $0.status != 503
        }
        try #require(answer.status == 202, "\(answer.text)")
        let challenge = answer["challenge_id"].string
        let rows = try await self.rows("SELECT id::text FROM messages WHERE challenge_id = '\(challenge)'")
        let id = try #require(rows.first).decode(String.self)
        _ = try await eventually(within: .seconds(10)) { self.messages.messages.contains { $0.id == id } }
        let message = try #require(self.messages.messages.first { $0.id == id })
        return (challenge, message.code)
    }

    /// Sends a request again until it is answered as wanted.
    func answered(
        _ server: ServerProcess, _ path: String, _ body: String, key: String?, until isWanted: (Answer) -> Bool
    ) async throws -> Answer {
        var last: Answer?
        _ = try await eventually(within: .seconds(20)) {
            let answer = try await server.call(.post, path, body, key: key)
            self.answers.withLock { $0.append(answer.text) }
            last = answer
            return isWanted(answer)
        }
        return try #require(last)
    }

    static func inquiry(phone: String, challenge: String, code: String, name: String = "欧阳晓") -> String {
        #"{"name":"\#(name)","phone":"\#(phone)","challenge_id":"\#(challenge)","code":"\#(code)","consent":{"notice_version":"\#(ShippedNotice.version(at: Date()))","accepted":true}}"#
    }

    /// One number out of the database.
    func count(_ sql: String) async throws -> Int {
        try await #require(self.rows("SELECT (\(sql))::bigint").first).decode(Int.self)
    }

    /// Runs a statement as the superuser.
    @discardableResult
    func rows(_ sql: String) async throws -> [PostgresRow] {
        let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let client = PostgresClient(configuration: .patient(self.database.conninfo), backgroundLogger: silent)
        return try await withRunning(client) {
            try await $0.query(PostgresQuery(unsafeSQL: sql), logger: silent).collect()
        }
    }
}

/// Runs `body` with an installation, and ends every process that it started.
func withInstallation(_ body: @escaping @Sendable (ProcessInstallation) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("huifang-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let database = try await TestDatabase.make()
    let messages = MessageReceiver()
    try await messages.running { port in
        let installation = ProcessInstallation(database: database, folder: folder, messages: messages, port: port)
        do {
            try await body(installation)
        } catch {
            await installation.killAll()
            throw error
        }
        await installation.killAll()
    }
    try await database.drop()
}

/// Takes messages over HTTP as an operator's address does, and remembers them.
final class MessageReceiver: Sendable {
    struct Message: Sendable, Equatable {
        var id: String
        var phone: String
        var code: String
    }

    private let taken = Mutex<[Message]>([])

    var messages: [Message] { self.taken.withLock { $0 } }

    func messages(to phone: String) -> [Message] { self.messages.filter { $0.phone == "+86" + phone } }

    fileprivate func running(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let router = Router()
        router.post("/sms") { request, _ -> String in
            let json = try StrictJSON.read(Array(try await request.body.collect(upTo: 65536).readableBytesView))
            self.taken.withLock {
                $0.append(
                    Message(
                        id: json["message_id"].string, phone: json["phone"].string,
                        code: json["parameters"]["code"].string))
            }
            return #"{"id":"v-1"}"#
        }
        let (ports, continuation) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
            logger: Logger(label: "receiver", factory: { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            defer { group.cancelAll() }
            for await port in ports {
                try await body(port)
                break
            }
        }
    }
}
