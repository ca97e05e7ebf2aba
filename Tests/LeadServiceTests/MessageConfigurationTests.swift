import Configuration
import Foundation
import LeadService
import Testing

@Suite struct MessageConfigurationTests {
    private static func read(_ values: [String: String]) throws -> ServiceConfiguration {
        var environment = ["HUIFANG_DATABASE_URL": "host=/nowhere"]
        for (name, value) in values { environment["HUIFANG_\(name)"] = value }
        return try ServiceConfiguration(
            reader: ConfigReader(provider: EnvironmentVariablesProvider(environmentVariables: environment)))
    }

    @Test(arguments: [
        ("CALLING_HOURS", "never"), ("OPENING_HOURS", "18:00-09:00"), ("BOOTSTRAP_ADMIN_PASSWORD", "short"),
        ("BOOTSTRAP_ADMIN_PASSWORD", "password1234"), ("CLAIM_MINUTES", "soon"), ("HTTP_HOST", "nonsense"),
        ("HTTP_HOST", "http://127.0.0.1"), ("PUBLIC_URL", "http://x/path"), ("PUBLIC_URL", "https://x.example/?a=b"),
        ("PUBLIC_URL", "ftp://x"), ("PUBLIC_URL", "https://a@x.example"),
    ])
    func `a value that nothing can work with is refused, named and not repeated`(name: String, value: String) throws {
        let refused = try #require(throws: ServiceConfiguration.Invalid.self) { try Self.read([name: value]) }
        #expect(refused.reasons.count == 1 && refused.reasons[0].hasPrefix("HUIFANG_\(name) "), "\(refused.reasons)")
        #expect(!refused.reasons[0].contains(value))
    }

    @Test func `addresses that can be listened on, two ports that differ, a second factor where https is`() throws {
        for host in ["127.0.0.1", "0.0.0.0", "::", "localhost"] { _ = try Self.read(["HTTP_HOST": host]) }
        #expect(
            Self.reasons(["HTTP_PORT": "8081"])
                == "HUIFANG_HTTP_PORT and HUIFANG_OPS_PORT are both 8081 and must differ")
        _ = try Self.read(["HTTP_PORT": "0", "OPS_PORT": "0"])
        #expect(Self.reasons(["PGBOUNCER": "yes"]) == "HUIFANG_PGBOUNCER must be 0 or 1")
        let production = ["PUBLIC_URL": "https://x.example/"].merging(Self.aliyun) { $1 }
        for (values, isRequired) in [
            ([:], false), (["REQUIRE_TOTP": "always"], true), (production, true),
            (production.merging(["REQUIRE_TOTP": "off"]) { $1 }, false),
        ] { #expect(try Self.read(values).requiresSecondFactor == isRequired, "\(values)") }
    }

    private static let aliyun = [
        "SMS_GATEWAY": "aliyun", "SMS_ALIYUN_ACCESS_KEY_ID": "a", "SMS_ALIYUN_ACCESS_KEY_SECRET": "b",
        "SMS_ALIYUN_SIGN_NAME": "沪邦邦", "SMS_ALIYUN_TEMPLATE_CODE": "SMS_1",
    ]

    private static func reasons(_ values: [String: String]) -> String {
        do {
            _ = try Self.read(values)
            return ""
        } catch { return "\(error)" }
    }

    @Test func `a vendor without its account says every variable that is missing`() {
        let reasons = Self.reasons(["SMS_GATEWAY": "aliyun,tencent"])
        for name in [
            "ALIYUN_ACCESS_KEY_ID", "ALIYUN_ACCESS_KEY_SECRET", "ALIYUN_SIGN_NAME", "ALIYUN_TEMPLATE_CODE",
            "TENCENT_SECRET_ID", "TENCENT_SECRET_KEY", "TENCENT_SDK_APP_ID", "TENCENT_SIGN_NAME", "TENCENT_TEMPLATE_ID",
        ] { #expect(reasons.contains("HUIFANG_SMS_\(name) is missing")) }
    }

    @Test func `the vendors' own addresses, or others over TLS, or this machine`() throws {
        #expect(try Self.read(Self.aliyun).vendors.aliyun?.endpoint.absoluteString == "https://dysmsapi.aliyuncs.com")
        let local = Self.aliyun.merging(["SMS_ALIYUN_ENDPOINT": "http://127.0.0.1:18080"]) { $1 }
        #expect(try Self.read(local).vendors.aliyun?.endpoint.port == 18080)
        for wrong in ["http://example.cn", "https://example.cn/path", "ftp://example.cn", "example.cn"] {
            #expect(
                Self.reasons(Self.aliyun.merging(["SMS_ALIYUN_ENDPOINT": wrong]) { $1 }).contains(
                    "HUIFANG_SMS_ALIYUN_ENDPOINT must be"))
        }
    }

    @Test func `gateways twice, unknown ones and a weak token`() {
        #expect(Self.reasons(["SMS_GATEWAY": "console,console"]).contains("names a gateway twice"))
        #expect(Self.reasons(["SMS_GATEWAY": "pigeon"]).contains("'pigeon' is not known"))
        #expect(Self.reasons(["SMS_HOOK_TOKEN": "a/b"]).contains("HUIFANG_SMS_HOOK_TOKEN"))
        let production = Self.aliyun.merging(["PUBLIC_URL": "https://huifang.example.cn", "SMS_HOOK_TOKEN": "short"]) {
            $1
        }
        #expect(Self.reasons(production).contains("HUIFANG_SMS_HOOK_TOKEN"))
    }

    @Test func `the token is the configured one, or one that stays while keys rotate`() throws {
        let first = KeyRing.newText([UInt8](repeating: 1, count: 32))
        let second = "2" + KeyRing.newText([UInt8](repeating: 2, count: 32)).dropFirst()
        let derived = HookToken(configuration: try Self.read(Self.aliyun), keys: try KeyRing(text: first)).text
        #expect(derived.count == 22)
        #expect(
            HookToken(configuration: try Self.read(Self.aliyun), keys: try KeyRing(text: first + second)).text
                == derived)
        #expect(HookToken(configuration: try Self.read(Self.aliyun), keys: try KeyRing(text: second)).text != derived)
        let given = try Self.read(Self.aliyun.merging(["SMS_HOOK_TOKEN": "given"]) { $1 })
        let addresses = HookToken(configuration: given, keys: try KeyRing(text: first)).addresses(given)
        #expect(addresses.map(\.address) == ["http://127.0.0.1:8080/hooks/sms/aliyun/given"])
    }

    /// A file of the folder `deploy`, line by line.
    private static func deployed(_ name: String) throws -> [Substring] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("deploy")
        return try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8).split(separator: "\n")
    }

    @Test func `the example file names every variable there is, and no other`() throws {
        let named = try Self.deployed("server.env.example").compactMap {
            $0.wholeMatch(of: /#?(HUIFANG_[A-Z_]+)=.*/).map { String($0.1) }
        }
        #expect(named.count == Set(named).count)
        #expect(Set(named) == ServiceConfiguration.variables)
    }

    @Test func `the runbook runs a command with what the service is given, and names every setting`() throws {
        let runbook = try Self.deployed("RUNBOOK.md").joined(separator: "\n")
        let unit = try Self.deployed("systemd/huifang.service")
        let credentials = unit.filter { $0.hasPrefix("LoadCredential=") }
        #expect(credentials.count == 3)
        for line in credentials + unit.filter({ $0.hasPrefix("EnvironmentFile=") }) {
            #expect(runbook.contains("-p \(line) "), "\(line)")
        }
        for (key, _) in Settings.standardValues { #expect(runbook.contains("`\(key)`"), "\(key)") }
    }

    @Test func `the example file documents every variable of the vendors`() throws {
        let lines = try Self.deployed("server.env.example")
        var values: [String: String] = [:]
        for line in lines {
            guard let match = line.wholeMatch(of: /#?HUIFANG_(SMS_[A-Z_]+)=(.*)/) else { continue }
            values[String(match.1)] = match.2.isEmpty ? "x" : String(match.2)
        }
        values["SMS_GATEWAY"] = "webhook,aliyun,tencent"
        values["SMS_WEBHOOK_URL"] = "https://sms.example.cn/send"
        values["SMS_WEBHOOK_SECRET"] = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        let read = try Self.read(values)
        #expect(read.vendors.aliyun != nil && read.vendors.tencent != nil && read.vendors.hookToken == "x")
        #expect(read.vendors.tencent?.region == "ap-guangzhou")
        // Nothing is read that the file does not name.
        let named = Set(values.keys)
        for name in named where name.hasPrefix("SMS_ALIYUN_") && !name.hasSuffix("ENDPOINT") {
            var without = values
            without[name] = nil
            #expect(Self.reasons(without).contains("HUIFANG_\(name) is missing"))
        }
    }
}
