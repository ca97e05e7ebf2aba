package import Configuration
package import Foundation
import Leads

/// Deployment and secrets, read once at start; business rules are in `Settings`.
///
/// Every key is an environment variable with the prefix `HUIFANG_`, see `deploy/server.env.example`.
package struct ServiceConfiguration: Sendable {
    /// Values that cannot be used, each said with its variable.
    package struct Invalid: Error, CustomStringConvertible {
        package let reasons: [String]
        package var description: String { self.reasons.joined(separator: "; ") }
    }

    /// When a second factor, or proof of work, is asked for.
    package enum Switch: String, Sendable {
        case auto, always, off
    }

    package var databaseURL: String
    package var migrateDatabaseURL: String
    package var dataFolder: URL
    package var httpHost: String
    package var httpPort: Int
    package var opsPort: Int
    package var trustedProxies: [AddressRange]
    /// Private networks that signed requests of ours may go to.
    package var webhookPrivateRanges: [AddressRange]
    package var publicURL: URL
    package var gateways: [String]
    package var webhookURL: URL?
    package var webhookSecret: [UInt8]?
    package var vendors: VendorAccounts
    package var budgetFactor: Double
    package var proofOfWork: Switch
    package var requireTOTP: Switch
    package var bootstrapAdminPassword: String?
    package var usesPgBouncer: Bool
    /// The file of the audit's anchors.
    package var auditAnchors: String?
    /// Settings that the environment locks, by setting key.
    package var lockedSettings: [String: String]

    /// Whether visitors come over https: a production run.
    package var isProduction: Bool { self.publicURL.scheme == "https" }

    /// Where a development run keeps its keys, and a production run without a credentials folder.
    package var keyFile: URL { self.dataFolder.appendingPathComponent("keys") }

    /// The public URL's origin, and on loopback both spellings of it.
    package var ownOrigins: Set<String> {
        var origins: Set<String> = [Self.origin(self.publicURL, host: self.publicURL.host ?? "")]
        if let host = self.publicURL.host, ["127.0.0.1", "localhost", "[::1]", "::1"].contains(host) {
            origins = [Self.origin(self.publicURL, host: "127.0.0.1"), Self.origin(self.publicURL, host: "localhost")]
        }
        return origins
    }

    /// Whether those who see more than their own calls need a second factor.
    package var requiresSecondFactor: Bool {
        switch self.requireTOTP {
        case .always: true
        case .off: false
        case .auto: self.isProduction
        }
    }

    /// Environment variables that override a setting, with the setting's key.
    package static let lockable = [
        "opening_hours", "calling_hours", "claim_minutes", "fresh_minutes", "resend_seconds", "sends_per_minute",
        "sends_per_day", "sends_per_address_per_hour", "embed_origins",
    ]

    /// Every variable that is known, as `deploy/server.env.example` describes them.
    package static let variables: Set<String> = Set(
        [
            "DATABASE_URL", "MIGRATE_DATABASE_URL", "PGBOUNCER", "DATA_DIR", "HTTP_HOST", "HTTP_PORT", "OPS_PORT",
            "TRUSTED_PROXIES", "PUBLIC_URL", "SMS_GATEWAY", "SMS_WEBHOOK_URL", "SMS_WEBHOOK_SECRET",
            "SMS_ALIYUN_ENDPOINT", "SMS_ALIYUN_ACCESS_KEY_ID", "SMS_ALIYUN_ACCESS_KEY_SECRET", "SMS_ALIYUN_SIGN_NAME",
            "SMS_ALIYUN_TEMPLATE_CODE", "SMS_TENCENT_ENDPOINT", "SMS_TENCENT_SECRET_ID", "SMS_TENCENT_SECRET_KEY",
            "SMS_TENCENT_SDK_APP_ID", "SMS_TENCENT_SIGN_NAME", "SMS_TENCENT_TEMPLATE_ID", "SMS_TENCENT_REGION",
            "SMS_HOOK_TOKEN", "BUDGET_FACTOR", "WEBHOOK_PRIVATE_CIDRS", "PROOF_OF_WORK", "REQUIRE_TOTP",
            "BOOTSTRAP_ADMIN_PASSWORD", "AUDIT_ANCHORS",
        ].map { "HUIFANG_" + $0 } + Self.lockable.map { "HUIFANG_" + $0.uppercased() })

    /// Reads every key.
    ///
    /// - Throws: `Invalid`, with all that is wrong at once.
    package init(reader: ConfigReader) throws {
        let config = reader.scoped(to: "huifang")
        var reasons: [String] = []
        func text(_ key: String) -> String? {
            let value = config.string(forKey: ConfigKey(key))
            return value?.isEmpty == true ? nil : value
        }
        func number(_ key: String, _ fallback: Int, _ range: ClosedRange<Int>) -> Int {
            guard let text = text(key) else { return fallback }
            guard let number = Int(text), range.contains(number) else {
                reasons.append(
                    "\(Self.variable(key)) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
                return fallback
            }
            return number
        }
        func choice(_ key: String) -> Switch {
            guard let text = text(key) else { return .auto }
            guard let choice = Switch(rawValue: text) else {
                reasons.append("\(Self.variable(key)) must be auto, always or off")
                return .auto
            }
            return choice
        }

        let dataFolder = URL(fileURLWithPath: text("data.dir") ?? ".huifang", isDirectory: true)
        self.dataFolder = dataFolder
        let left = try? String(contentsOf: dataFolder.appendingPathComponent("database-url"), encoding: .utf8).trimmed
        self.databaseURL = text("database.url") ?? left ?? ""
        if self.databaseURL.isEmpty {
            reasons.append(
                "HUIFANG_DATABASE_URL is not set and \(dataFolder.path)/database-url does not exist; run scripts/run once"
            )
        }
        self.migrateDatabaseURL = text("migrate.database.url") ?? self.databaseURL
        self.httpHost = text("http.host") ?? "127.0.0.1"
        self.httpPort = number("http.port", 8080, 0...65535)
        self.opsPort = number("ops.port", 8081, 0...65535)
        if IPAddress(self.httpHost) == nil, self.httpHost != "localhost" {
            reasons.append("HUIFANG_HTTP_HOST must be an address of this machine, such as 127.0.0.1")
        }
        if self.httpPort == self.opsPort, self.httpPort != 0 {
            reasons.append("HUIFANG_HTTP_PORT and HUIFANG_OPS_PORT are both \(self.httpPort) and must differ")
        }
        func ranges(_ key: String) -> [AddressRange] {
            (text(key) ?? "").split(whereSeparator: { $0 == "," || $0 == " " }).compactMap {
                let range = AddressRange(String($0))
                if range == nil { reasons.append("\(Self.variable(key)): '\($0)' is no address range") }
                return range
            }
        }
        self.trustedProxies = ranges("trusted.proxies")
        self.webhookPrivateRanges = ranges("webhook.private.cidrs")
        let ownURL = "http://127.0.0.1:\(self.httpPort)"
        let publicURL = text("public.url") ?? ownURL
        if let url = URL(string: publicURL), url.host?.isEmpty == false, url.scheme == "http" || url.scheme == "https",
            url.path.isEmpty || url.path == "/", url.query == nil, url.fragment == nil, url.user == nil
        {
            self.publicURL = url
        } else {
            reasons.append(
                "HUIFANG_PUBLIC_URL must be an http or https address without a path, such as https://www.example.com")
            self.publicURL = URL(fileURLWithPath: "/")
        }
        self.gateways = (text("sms.gateway") ?? "console").split(separator: ",").map { String($0).trimmed }
        for name in self.gateways where !["console", "webhook", "aliyun", "tencent"].contains(name) {
            reasons.append("HUIFANG_SMS_GATEWAY: '\(name)' is not known")
        }
        self.webhookURL = text("sms.webhook.url").flatMap { URL(string: $0) }
        self.webhookSecret = text("sms.webhook.secret").flatMap { Self.webhookSecret($0) }
        if self.gateways.contains("webhook") {
            if self.webhookURL?.host == nil {
                reasons.append("HUIFANG_SMS_WEBHOOK_URL must be an http or https address")
            }
            if self.webhookSecret == nil {
                reasons.append("HUIFANG_SMS_WEBHOOK_SECRET must be 'whsec_' and base64 of 24 to 64 bytes")
            }
        }
        if Set(self.gateways).count < self.gateways.count {
            reasons.append("HUIFANG_SMS_GATEWAY names a gateway twice")
        }
        self.vendors = VendorAccounts(
            gateways: self.gateways, isProduction: self.publicURL.scheme == "https", text: text, reasons: &reasons)
        let factor = text("budget.factor").map { Double($0) ?? -1 } ?? 1
        if !(factor > 0 && factor <= 1_000_000) { reasons.append("HUIFANG_BUDGET_FACTOR must be a number above 0") }
        self.budgetFactor = factor
        self.proofOfWork = choice("proof.of.work")
        self.requireTOTP = choice("require.totp")
        self.bootstrapAdminPassword = text("bootstrap.admin.password")
        self.auditAnchors = text("audit.anchors")
        if let path = self.auditAnchors, !path.hasPrefix("/") {
            reasons.append("HUIFANG_AUDIT_ANCHORS must be the whole path of a file")
        }
        let pgBouncer = text("pgbouncer") ?? "0"
        self.usesPgBouncer = pgBouncer == "1"
        if !["0", "1"].contains(pgBouncer) { reasons.append("HUIFANG_PGBOUNCER must be 0 or 1") }
        self.lockedSettings = Dictionary(
            uniqueKeysWithValues: Self.lockable.compactMap { key in
                text(key.replacingOccurrences(of: "_", with: ".")).map { (key, $0) }
            })
        var settings = Settings()
        for (key, text) in self.lockedSettings.sorted(by: { $0.key < $1.key })
        where !settings.apply(key, .string(text)) {
            reasons.append("HUIFANG_\(key.uppercased()) has a value that cannot be used")
        }
        if let password = self.bootstrapAdminPassword, (try? Password(choosing: password, username: "admin")) == nil {
            reasons.append(
                "HUIFANG_BOOTSTRAP_ADMIN_PASSWORD must have 12 to 128 characters and not be a common password")
        }
        if self.publicURL.scheme == "https", self.gateways.contains("console") {
            reasons.append(
                "HUIFANG_SMS_GATEWAY=console shows codes on a page and is refused when the public URL is https")
        }
        guard reasons.isEmpty else { throw Invalid(reasons: reasons) }
    }

    private static func variable(_ key: String) -> String {
        "HUIFANG_" + key.replacingOccurrences(of: ".", with: "_").uppercased()
    }

    /// The bytes behind `whsec_`.
    static func webhookSecret(_ text: String) -> [UInt8]? {
        guard text.hasPrefix("whsec_"), let bytes = Data(base64Encoded: String(text.dropFirst(6))),
            (24...64).contains(bytes.count)
        else { return nil }
        return Array(bytes)
    }

    private static func origin(_ url: URL, host: String) -> String {
        "\(url.scheme ?? "http")://\(host)" + (url.port.map { ":\($0)" } ?? "")
    }
}
