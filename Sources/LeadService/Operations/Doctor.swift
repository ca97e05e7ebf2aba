package import Foundation
package import Leads

/// Something that keeps the service from running well, and what to do about it.
package struct Finding: Sendable, Equatable {
    /// What was looked at: `configuration`, `keys`, `database`, `schema`, `calendar`, `gateway`, `settings`, `telephone`, `clock` or `port`.
    package var topic: String
    package var problem: String
    package var remedy: String
    /// Nothing is wrong, but somebody should know and decide.
    package var isNote: Bool

    package init(_ topic: String, _ problem: String, remedy: String, isNote: Bool = false) {
        self.topic = topic
        self.problem = problem
        self.remedy = remedy
        self.isNote = isNote
    }
}

/// Looks at everything a run depends on and changes nothing; no message is sent.
package struct Doctor: Sendable {
    /// What becomes of listening on a port.
    package enum PortState: Sendable, Equatable {
        case free, taken
        /// By a running server of ours, which names the port it serves the form on; nil when it serves none.
        case ours(httpPort: Int?)
        case unusable(reason: String)
    }

    /// What becomes of connecting to the database.
    package enum DatabaseState: Sendable, Equatable {
        case reachable, unreachable
        /// It answers, but its login may not act as the application.
        case notSetUp
    }

    private let configuration: ServiceConfiguration
    private let database: Database
    private let migrator: Migrator
    private let shipped: WorkingCalendar
    private let gateways: [any SMSGateway]
    private let wallClock: @Sendable () -> Date
    private let keys: @Sendable () throws -> KeyRing?
    private let connect: @Sendable () async -> DatabaseState
    private let port: @Sendable (String, Int) async -> PortState

    /// More than this between the clocks of database and machine breaks signatures that third parties check.
    private static let largestSkew: TimeInterval = 60

    /// - Parameters:
    ///   - keys: reads the key ring, nil when there is no key file; makes none.
    ///   - connect: tries to connect to the database.
    ///   - port: tries to listen on an address and port.
    package init(
        configuration: ServiceConfiguration, database: Database, migrator: Migrator, shipped: WorkingCalendar,
        gateways: [any SMSGateway], wallClock: @escaping @Sendable () -> Date,
        keys: @escaping @Sendable () throws -> KeyRing?,
        connect: @escaping @Sendable () async -> DatabaseState,
        port: @escaping @Sendable (String, Int) async -> PortState
    ) {
        self.configuration = configuration
        self.database = database
        self.migrator = migrator
        self.shipped = shipped
        self.gateways = gateways
        self.wallClock = wallClock
        self.keys = keys
        self.connect = connect
        self.port = port
    }

    /// Everything that is wrong, in the order in which to repair it.
    package func findings() async -> [Finding] {
        var findings: [Finding] = []
        let state = await self.connect()
        let time = state == .reachable ? try? await self.database.time() : nil
        var isCurrent = false
        if let time {
            findings += self.lookAtClock(time)
            let schema = await self.lookAtSchema()
            findings += schema
            isCurrent = schema.isEmpty
        } else if state == .notSetUp {
            findings.append(
                Finding(
                    "database", "the database's login may not act as huifang_app",
                    remedy: "run 'huifang migrate', which makes the roles, and grant huifang_app to the login"))
        } else {
            findings.append(
                Finding(
                    "database", "the database cannot be reached",
                    remedy: "start PostgreSQL, or correct HUIFANG_DATABASE_URL"))
        }
        findings += await self.lookAtKeys(databaseIsCurrent: isCurrent)
        findings += await self.lookAtCalendar(at: time ?? self.wallClock(), inDatabase: isCurrent)
        findings += await self.lookAtGateways()
        if isCurrent { findings += await self.lookAtSettings() }
        findings += await self.lookAtPorts()
        return findings
    }

    private func lookAtClock(_ time: Date) -> [Finding] {
        let skew = abs(time.timeIntervalSince(self.wallClock()))
        guard skew > Self.largestSkew else { return [] }
        return [
            Finding(
                "clock", "the clocks of this machine and of the database differ by \(Int(skew)) s",
                remedy: "let both machines follow a time server (timedatectl set-ntp true)")
        ]
    }

    private func lookAtSchema() async -> [Finding] {
        let migrator = self.migrator
        do {
            try await self.database.autocommit { try await migrator.check($0) }
            return []
        } catch let refusal as Migrator.Refusal {
            return [Finding("schema", refusal.problem, remedy: refusal.remedy)]
        } catch {
            return [Finding("schema", "the schema cannot be read", remedy: "run 'huifang migrate'")]
        }
    }

    private func lookAtKeys(databaseIsCurrent: Bool) async -> [Finding] {
        do {
            if let keys = try self.keys() {
                let check = KeyCheck(database: self.database, keys: keys)
                guard databaseIsCurrent, let refusal = try? await check.refusal() else { return [] }
                return [Finding("keys", refusal.problem, remedy: refusal.remedy)]
            }
        } catch {
            return [
                Finding("keys", "\(error)", remedy: "restore the key file from its backup, readable by its owner only")
            ]
        }
        let isUsed =
            databaseIsCurrent ? (try? await self.database.autocommit { try await $0.hasAuditEvents() }) ?? false : false
        guard self.configuration.isProduction || isUsed else { return [] }
        let remedy =
            isUsed
            ? "restore the key file from its backup; without it nothing that this database keeps sealed can be read"
            : "give the key file as the credential 'keys', or put it at \(self.configuration.keyFile.path) with mode 0600: "
                + "one line '1:' and 32 random bytes in base64"
        return [Finding("keys", "the key file is missing", remedy: remedy)]
    }

    /// The notice for the next year comes between late October and early December, so it is missed from December on.
    private func lookAtCalendar(at time: Date, inDatabase: Bool) async -> [Finding] {
        var calendar = self.shipped
        if inDatabase, let years = try? await self.database.autocommit({ try await $0.calendarYears() }) {
            calendar = WorkingCalendar(years: years)
        }
        let (year, month, _) = ShanghaiDate(time).components
        return (month == 12 ? [year, year + 1] : [year]).filter { !calendar.covers(year: $0) }.map {
            Finding(
                "calendar", "the working days of \($0) are not known",
                remedy:
                    "load the State Council's notice with 'huifang calendar import FILE'; until then deadlines in \($0) are provisional"
            )
        }
    }

    private func lookAtGateways() async -> [Finding] {
        var findings: [Finding] = []
        for gateway in self.gateways where await !gateway.canConnect() {
            findings.append(
                Finding(
                    "gateway", "the message gateway '\(gateway.name)' cannot be connected to",
                    remedy: "check HUIFANG_SMS_\(gateway.name.uppercased())_* and that this machine may connect to it"))
        }
        return findings
    }

    /// What visitors would miss because nobody has set it: who answers for the page, and messages that are never made because no
    /// gateway has a template.
    private func lookAtSettings() async -> [Finding] {
        let store = SettingsStore(
            database: self.database, now: self.wallClock, locked: self.configuration.lockedSettings)
        guard (try? await store.reload()) != nil else { return [] }
        var findings: [Finding] = []
        let settings = store.current
        let wanted: [(isOn: Bool, purpose: MessagePurpose, key: String, what: String)] = [
            (settings.confirmationSMS, .inquiryConfirmation, "confirmation_sms", "inquiries are to be confirmed"),
            (settings.breachSMS, .lateNotice, "breach_sms", "visitors are to be told of late calls"),
        ]
        for one in wanted where one.isOn && !settings.canCarry(one.purpose, among: self.gateways) {
            findings.append(
                Finding(
                    "gateway", "\(one.what) by message, but no gateway has a template for it",
                    remedy:
                        "name it in the setting sms_templates under \(one.purpose.rawValue), or turn off \(one.key)"))
        }
        if settings.missedCallSMS, !settings.sendsMissedCalls(among: self.gateways) {
            findings.append(
                Finding(
                    "gateway", "missed calls are to be told by message, but something of it is missing",
                    remedy:
                        "set company_name and company_telephone, name a template in sms_templates under missed_call, or turn off missed_call_sms"
                ))
        }
        findings += await self.lookAtTelephone(settings.telephone)
        let missing = [
            ("company_name", settings.companyName), ("company_telephone", settings.companyTelephone),
            ("caller_number", settings.callerNumber),
        ].filter { $0.1.isEmpty }.map(\.0)
        if self.configuration.isProduction, !missing.isEmpty {
            findings.append(
                Finding(
                    "settings", "visitors are not told who calls them: \(missing.joined(separator: ", ")) not set",
                    remedy:
                        "fill them in in the file of 'huifang settings export' and 'huifang settings import' it (RUNBOOK: What people edit)"
                ))
        }
        var unbounded: [String] = []
        if settings.sends.messagesPaidFor == nil { unbounded += ["message_price", "money_per_day"] }
        if settings.sends.perHour == nil { unbounded.append("sends_per_hour") }
        if !settings.sends.boundsSites { unbounded += ["sends_per_site_per_hour", "sends_per_site_per_day"] }
        if self.configuration.isProduction, !unbounded.isEmpty {
            findings.append(
                Finding(
                    "settings",
                    "codes are bounded by the minute and the day (\(settings.sendsPerDay) messages) alone: \(unbounded.joined(separator: ", ")) not set",
                    remedy:
                        "say what a message costs and what a day, an hour and a site's form may (RUNBOOK: Somebody spends our messages)",
                    isNote: true))
        }
        return findings
    }

    private func lookAtTelephone(_ system: TelephoneSystem) async -> [Finding] {
        guard system.isEnabled, let address = system.address else { return [] }
        var findings: [Finding] = []
        let secret = try? await self.database.autocommit { try await $0.telephoneSecret() != nil }
        if secret == false {
            findings.append(
                Finding(
                    "telephone", "the telephone system is switched on, but there is no secret to sign with",
                    remedy: "run 'huifang telephone secret' and enter what it prints in the telephone system"))
        }
        let gateway = TelephoneGateway(
            privateRanges: self.configuration.webhookPrivateRanges, resolve: NameService.addresses)
        if await !gateway.mayConnect(to: address) {
            findings.append(
                Finding(
                    "telephone", "the address in telephone_system is not one that we may connect to",
                    remedy:
                        "use https and a public address, or name its network in HUIFANG_WEBHOOK_PRIVATE_CIDRS"))
        }
        return findings
    }

    private func lookAtPorts() async -> [Finding] {
        let wanted = [
            ("HUIFANG_HTTP_PORT", self.configuration.httpHost, self.configuration.httpPort),
            ("HUIFANG_OPS_PORT", "127.0.0.1", self.configuration.opsPort),
        ]
        var findings: [Finding] = []
        let running = await self.port("127.0.0.1", self.configuration.opsPort)
        // A server of ours that is running with these settings has both.
        if running == .ours(httpPort: self.configuration.httpPort) { return [] }
        for (variable, host, port) in wanted where port != 0 {
            switch await variable == "HUIFANG_OPS_PORT" ? running : self.port(host, port) {
            // One that serves no form leaves the other port to a process beside it.
            case .free, .ours(httpPort: nil): continue
            case .ours(let other?):
                findings.append(
                    Finding(
                        "port", "port \(port) is in use by another Huifang, which serves port \(other)",
                        remedy: "stop it, or set \(variable) to a free port"))
            case .taken:
                findings.append(
                    Finding(
                        "port", "port \(port) is in use by another program",
                        remedy: "stop that program ('ss -ltnp' names it), or set \(variable) to a free port"))
            case .unusable(let reason):
                findings.append(
                    Finding(
                        "port", "port \(port) of \(host) cannot be listened on (\(reason))",
                        remedy: "set \(variable) to another port"))
            }
        }
        return findings
    }
}

extension Migrator.Refusal {
    /// What is wrong, without the remedy.
    var problem: String {
        switch self {
        case .altered(let name): "migration \(name) was altered after it was applied"
        case .missing(let name): "migration \(name) was applied to this database but is not part of this program"
        case .behind(let names): "the schema is old: \(names.joined(separator: ", ")) not applied"
        case .misnumbered(let name): "migration \(name) is out of order"
        }
    }

    var remedy: String {
        switch self {
        case .altered: "restore the file as it was, or install the program that this database was migrated with"
        case .missing: "run the newer program"
        case .behind: "run 'huifang migrate'"
        case .misnumbered: "name the files NNNN_name.sql with numbers that follow each other from 0001"
        }
    }
}
