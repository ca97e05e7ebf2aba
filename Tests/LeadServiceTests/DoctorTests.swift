import Foundation
import LeadService
import Leads
import NIOCore
import NIOPosix
import TestDatabase
import Testing

@Suite struct DoctorTests {
    /// Makes this year's and next year's notices known, whatever year it is.
    private static let coverCalendar = """
        INSERT INTO calendar_years (year, status, notice, loaded_at) SELECT y, 'official', 'n', '2026-01-01' FROM generate_series(2023, 2190) y
        ON CONFLICT (year) DO UPDATE SET status = 'official'
        """

    private static func withHealthy(_ body: @Sendable (Executable) async throws -> Void) async throws {
        try await Executable.withInstallation { huifang in
            try await huifang.database.script(self.coverCalendar)
            try await body(huifang)
        }
    }

    /// Runs the doctor and expects one fault, with its remedy.
    private static func expect(
        _ topic: String, _ remedy: String, _ huifang: Executable, environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await huifang.run("doctor", environment: environment)
        #expect(result.code == 78, sourceLocation: sourceLocation)
        let topics = result.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }.map { $0.prefix { $0 != ":" } }
        #expect(topics.first.map(String.init) == topic, "\(result.output)", sourceLocation: sourceLocation)
        #expect(result.output.contains(remedy), "\(result.output)", sourceLocation: sourceLocation)
        #expect(result.errors == "", sourceLocation: sourceLocation)
    }

    @Test func `a healthy installation is left alone`() async throws {
        try await Self.withHealthy { huifang in
            let result = try await huifang.run("doctor")
            #expect(result.code == 0, "\(result.output)")
            #expect(result.output == "doctor: nothing is wrong")
        }
    }

    @Test func `a value that cannot be used`() async throws {
        try await Self.withHealthy { huifang in
            try await Self.expect(
                "configuration", "HUIFANG_OPS_PORT must be a whole number", huifang, environment: ["OPS_PORT": "x"])
            try await Self.expect(
                "configuration", "HUIFANG_OPENING_HOURS", huifang, environment: ["OPENING_HOURS": "late"])
            try await Self.expect(
                "configuration", "HUIFANG_EMBED_ORIGINS", huifang,
                environment: ["EMBED_ORIGINS": "https://a.example https://*.b.example"])
        }
    }

    @Test func `an unreachable database`() async throws {
        try await Self.withHealthy { huifang in
            let nowhere = "host=\(huifang.folder.path) dbname=x user=x"
            try await Self.expect(
                "database", "start PostgreSQL, or correct HUIFANG_DATABASE_URL", huifang,
                environment: ["DATABASE_URL": nowhere])
        }
    }

    @Test func `an old schema`() async throws {
        try await Self.withHealthy { huifang in
            try await huifang.database.script("DELETE FROM schema_migrations WHERE name LIKE '0006%'")
            try await Self.expect("schema", "run 'huifang migrate'", huifang)
            let serve = try await huifang.run("serve")
            #expect(serve.code == 78)
            #expect(serve.errors.contains("0006_exports.sql not applied; run 'huifang migrate'"))
        }
    }

    @Test func `an altered migration`() async throws {
        try await Self.withHealthy { huifang in
            try await huifang.database.script(
                "UPDATE schema_migrations SET sha256 = sha256('x') WHERE name LIKE '0003%'")
            try await Self.expect("schema", "restore the file as it was", huifang)
            #expect(try await huifang.run("serve").code == 78)
            #expect(try await huifang.run("migrate", "--check").code == 78)
        }
    }

    @Test func `a missing key of a database that was used`() async throws {
        try await Self.withHealthy { huifang in
            try #require(try await huifang.run("staff", "add", "lin", "--role", "adviser").code == 0)
            try FileManager.default.removeItem(at: huifang.folder.appendingPathComponent("keys"))
            try await Self.expect("keys", "restore the key file from its backup", huifang)
            let serve = try await huifang.run("serve")
            #expect(serve.code == 78)
            #expect(serve.errors.contains("restore it from its backup"))
        }
    }

    @Test func `a missing key of a production run, and a gateway that cannot be connected to`() async throws {
        try await Self.withHealthy { huifang in
            let production = [
                "PUBLIC_URL": "https://huifang.example.cn", "SMS_GATEWAY": "webhook",
                "SMS_WEBHOOK_URL": "http://127.0.0.1:1/sms",
                "SMS_WEBHOOK_SECRET": "whsec_" + Data(repeating: 1, count: 32).base64EncodedString(),
            ]
            try await Self.expect("keys", "with mode 0600", huifang, environment: production)
            let serve = try await huifang.run("serve", environment: production)
            #expect(serve.code == 78)
            #expect(serve.errors.contains("the key file is missing"))
            #expect(!FileManager.default.fileExists(atPath: huifang.folder.appendingPathComponent("keys").path))

            let credentials = huifang.folder.appendingPathComponent("credentials")
            try FileManager.default.createDirectory(at: credentials, withIntermediateDirectories: true)
            let keys = KeyRing.newText([UInt8](repeating: 9, count: 32))
            try keys.write(to: credentials.appendingPathComponent("keys"), atomically: true, encoding: .utf8)
            var environment = production
            environment["CREDENTIALS_DIRECTORY"] = credentials.path
            try await Self.expect("gateway", "check HUIFANG_SMS_WEBHOOK_*", huifang, environment: environment)
            for (name, value) in [
                "SMS_GATEWAY": "aliyun", "SMS_ALIYUN_ENDPOINT": "http://127.0.0.1:1", "SMS_ALIYUN_ACCESS_KEY_ID": "a",
                "SMS_ALIYUN_ACCESS_KEY_SECRET": "b", "SMS_ALIYUN_SIGN_NAME": "c", "SMS_ALIYUN_TEMPLATE_CODE": "d",
            ] { environment[name] = value }
            try await Self.expect("gateway", "check HUIFANG_SMS_ALIYUN_*", huifang, environment: environment)
            try await huifang.database.query(
                """
                INSERT INTO settings (key, value, effective_at, changed_by, changed_at)
                VALUES ('confirmation_sms', 'true', '2026-01-01', 'test', '2026-01-01')
                """)
            let remedy = "name it in the setting sms_templates under inquiry_confirmation"
            try await Self.expect("gateway", remedy, huifang, environment: environment)
            try await huifang.database.script("DELETE FROM settings")
            let bare = try await huifang.run("doctor", environment: environment)
            #expect(
                bare.output.contains(
                    "settings: visitors are not told who calls them: company_name, company_telephone, caller_number not set\n  → fill them in in the file of 'huifang settings export'"
                ), "\(bare.output)")
            let file = huifang.folder.appendingPathComponent("settings.json").path
            try #"{"company_name":"沪上明泽","company_telephone":"021-5555 0100","caller_number":"021-5555 0101"}"#.write(
                toFile: file, atomically: true, encoding: .utf8)
            try #require(try await huifang.run("settings", "import", file, "--yes", environment: environment).code == 0)
            let told = try await huifang.run("doctor", environment: environment)
            #expect(!told.output.contains("settings:"), "\(told.output)")
            let unbounded =
                "note: codes are bounded by the minute and the day (2000 messages) alone: message_price, money_per_day, sends_per_hour, sends_per_site_per_hour, sends_per_site_per_day not set\n  → say what"
            #expect(told.output.contains(unbounded), "\(told.output)")
            try #"{"message_price":0.045,"money_per_day":60,"sends_per_hour":300,"sends_per_site_per_day":500}"#.write(
                toFile: file, atomically: true, encoding: .utf8)
            try #require(try await huifang.run("settings", "import", file, "--yes", environment: environment).code == 0)
            let bounded = try await huifang.run("doctor", environment: environment)
            #expect(!bounded.output.contains("note:"), "\(bounded.output)")
            let addresses = try await huifang.run("doctor", "--hook-addresses", environment: environment)
            #expect(addresses.code == 0)
            let address = /https:\/\/huifang\.example\.cn\/hooks\/sms\/aliyun\/[A-Za-z0-9_-]{22}/
            #expect(addresses.output.wholeMatch(of: address) != nil)
        }
    }

    @Test func `a year the calendar does not cover`() async throws {
        try await Self.withHealthy { huifang in
            try await huifang.database.script("UPDATE calendar_years SET status = 'provisional'")
            try await Self.expect("calendar", "huifang calendar import FILE", huifang)
        }
    }

    @Test func `a port in use`() async throws {
        try await Self.withHealthy { huifang in
            let other = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(
                host: "127.0.0.1", port: 0
            ).get()
            let port = String(try #require(other.localAddress?.port))
            try await Self.expect(
                "port", "set HUIFANG_HTTP_PORT to a free port", huifang, environment: ["HTTP_PORT": port])
            try await Self.expect(
                "port", "set HUIFANG_OPS_PORT to a free port", huifang, environment: ["OPS_PORT": port])
            let serve = try await huifang.run("serve", environment: ["HTTP_PORT": port])
            #expect(serve.code == 78)
            #expect(serve.errors.contains("port \(port) is in use"))
            try await other.close().get()
        }
    }

    @Test func `a running server is not taken for another program`() async throws {
        try await Self.withHealthy { huifang in
            let serve = try huifang.start(["serve"])
            let port = try #require(await serve.port(after: "Operations"))
            let result = try await huifang.run("doctor", environment: ["OPS_PORT": String(port)])
            #expect(result.code == 0, "\(result.output)")
            // It has nothing to do with another program on the port that is wanted here.
            let other = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(
                host: "127.0.0.1", port: 0
            ).get()
            let taken = String(try #require(other.localAddress?.port))
            try await Self.expect(
                "port", "set HUIFANG_HTTP_PORT to a free port", huifang,
                environment: ["OPS_PORT": String(port), "HTTP_PORT": taken])
            try await other.close().get()
            serve.terminate()
            #expect(await serve.end().code == 0)
        }
    }
}
