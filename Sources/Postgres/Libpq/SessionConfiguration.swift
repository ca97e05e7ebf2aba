import Clibpq

/// What a session needs to know to connect: libpq's parameters, and what libpq has none for.
struct SessionConfiguration: Sendable {
    /// One of the servers that may be asked.
    struct Host: Sendable, Equatable {
        var parameters: [String: String]
    }

    var parameters: [String: String]
    /// How long connecting may take, over all hosts.
    var connectTimeout: Duration
    var startup: [(String, String)]
    var extras: PostgresExtras

    /// The servers, from libpq's lists of hosts, addresses and ports.
    var hosts: [Host] {
        func list(_ key: String) -> [String] {
            self.parameters[key].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
                ?? []
        }
        let (names, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
        return (0..<max(1, names.count, addresses.count)).map { index in
            var host: [String: String] = [:]
            host["host"] = names.indices.contains(index) ? names[index] : nil
            host["hostaddr"] = addresses.indices.contains(index) ? addresses[index] : nil
            host["port"] = ports.indices.contains(index) ? ports[index] : ports.last
            return Host(parameters: host.filter { !$0.value.isEmpty })
        }
    }

    /// The servers' roles to ask for, one after the other.
    var targets: [String] {
        let wanted = self.extras.targetSessionAttributes?.rawValue ?? self.parameters["target_session_attrs"] ?? "any"
        // libpq would take a lone host of any role, so the order is ours to keep.
        return wanted == "prefer-standby" ? ["standby", "any"] : [wanted]
    }

    /// How long one host may take: the address's `connect_timeout`, which `PQconnectPoll` ignores, or ours.
    var hostTimeout: Duration {
        self.parameters["connect_timeout"].flatMap { Int($0) }.flatMap { $0 > 0 ? .seconds($0) : nil }
            ?? self.extras.hostTimeout
    }

    /// What to hand to libpq for one host.
    func libpqParameters(host: Host, target: String) -> [String: String] {
        var all = self.parameters
        for key in ["host", "hostaddr", "port", "connect_timeout"] {
            all[key] = nil
        }
        all.merge(host.parameters) { $1 }
        all["target_session_attrs"] = target
        all["client_encoding"] = "UTF8"
        all["application_name"] = self.extras.applicationName ?? all["application_name"]
        for (key, value) in [("tcp_user_timeout", "5000"), ("keepalives_idle", "5")] where all[key] == nil {
            all[key] = value
        }
        return all
    }

    /// What to run on a new connection before anything else.
    var setup: [String] {
        let extras = self.extras
        let timeouts: [(String, Duration?)] = [
            ("statement_timeout", extras.statementTimeout), ("lock_timeout", extras.lockTimeout),
            ("idle_in_transaction_session_timeout", extras.idleInTransactionTimeout),
        ]
        var settings = timeouts.compactMap { name, value in value.map { (name, String($0.wholeMilliseconds)) } }
        if let timeZone = extras.timeZone {
            settings.append(("TimeZone", timeZone))
        }
        let statements = (settings + self.startup).map { name, value in
            "SELECT set_config(\(Self.literal(name)), \(Self.literal(value)), false)"
        }
        return statements + extras.sessionSetup
    }

    private static func literal(_ text: String) -> String {
        let doubled = text.map { $0 == "'" ? "''" : $0 == "\\" ? "\\\\" : String($0) }.joined()
        return "E'\(doubled)'"
    }

    /// Reads a libpq URL or conninfo; nil when it is neither.
    static func parse(conninfo: String) -> [String: String]? {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(conninfo, &message) else {
            // The message may quote the password, so it goes unread.
            PQfreemem(message)
            return nil
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }
}

extension Duration {
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = self.components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
