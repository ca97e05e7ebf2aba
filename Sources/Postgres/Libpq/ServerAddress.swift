/// A server's address and login as libpq's parameters.
struct ServerAddress: Sendable {
    private var parameters: [String: String]?

    /// A libpq URL or conninfo; one that is neither is reported when connecting.
    init(conninfo: String) {
        self.parameters = SessionConfiguration.parse(conninfo: conninfo)
    }

    init(host: String, port: Int) {
        self.parameters = ["host": host, "port": String(port)]
    }

    /// libpq wants the folder and the number at the end of the socket's name, which is `.s.PGSQL.5432`.
    init(unixSocketPath: String) {
        let parts = unixSocketPath.split(separator: "/", omittingEmptySubsequences: false)
        let name = parts.last ?? ""
        if name.hasPrefix(".s.PGSQL."), let port = Int(name.dropFirst(".s.PGSQL.".count)) {
            self.parameters = ["host": parts.dropLast().joined(separator: "/"), "port": String(port)]
        } else {
            self.parameters = ["host": unixSocketPath]
        }
    }

    subscript(key: String) -> String? {
        get { self.parameters?[key] }
        set { self.parameters?[key] = newValue }
    }

    private var isSocket: Bool { self["host"]?.hasPrefix("/") == true }
    var host: String? { self.isSocket ? nil : self["host"] }
    var port: Int? { self.isSocket ? nil : self["port"].flatMap { Int($0) } ?? 5432 }
    var unixSocketPath: String? {
        guard self.isSocket, let folder = self["host"] else { return nil }
        return "\(folder)/.s.PGSQL.\(self["port"] ?? "5432")"
    }

    var tls: PostgresConnection.Configuration.TLS {
        get { .init(mode: self["sslmode"] ?? "prefer", rootCertificate: self["sslrootcert"]) }
        set {
            self["sslmode"] = newValue.mode
            self["sslrootcert"] = newValue.rootCertificate
            self["gssencmode"] = newValue.mode == "disable" ? "disable" : self["gssencmode"]
        }
    }

    func session(
        connectTimeout: Duration, startup: [(String, String)], extras: PostgresExtras
    ) throws -> SessionConfiguration {
        guard let parameters = self.parameters else {
            let reason = ConnectFailure(description: "the address is neither a libpq URL nor a conninfo string")
            throw PSQLError(code: .connectionError, underlying: reason)
        }
        return SessionConfiguration(
            parameters: parameters, connectTimeout: connectTimeout, startup: startup, extras: extras)
    }
}
