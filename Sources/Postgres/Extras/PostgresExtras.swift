/// Settings that PostgresNIO does not have.
public struct PostgresExtras: Sendable {
    /// The role a server must have to be used.
    public enum TargetSessionAttributes: String, Sendable {
        /// Any server.
        case any
        /// One that accepts writes.
        case readWrite = "read-write"
        /// One that accepts only reads.
        case readOnly = "read-only"
        /// One that is not a standby.
        case primary
        /// A standby.
        case standby
        /// A standby, or any server if there is none.
        case preferStandby = "prefer-standby"
    }

    /// How long a task waits for a connection of the pool.
    public var leaseTimeout: Duration = .seconds(3)
    /// After this time a connection is replaced when it is free; nil keeps it.
    public var maximumLifetime: Duration? = .seconds(1800)
    /// The server's `statement_timeout`; nil leaves the server's default.
    public var statementTimeout: Duration? = .seconds(10)
    /// The server's `lock_timeout`; nil leaves the server's default.
    public var lockTimeout: Duration? = .seconds(5)
    /// The server's `idle_in_transaction_session_timeout`; nil leaves the server's default.
    public var idleInTransactionTimeout: Duration? = .seconds(60)
    /// How long to wait for an answer before the connection is given up; nil is `statementTimeout` and five seconds more.
    public var answerTimeout: Duration?
    /// How long to wait for the answer to COMMIT before its outcome is reported as unknown.
    public var commitTimeout: Duration = .seconds(5)
    /// How long one host may take to connect, unless the address has a `connect_timeout`.
    ///
    /// It does not bound the look-up of a host's name, which libpq does in one blocking call.
    public var hostTimeout: Duration = .seconds(2)
    /// The session's time zone; nil leaves the server's default.
    public var timeZone: String? = "UTC"
    /// Statements without parameters that every new connection runs first, such as `SET ROLE`.
    public var sessionSetup: [String] = []
    /// Whether statements are prepared by their text; a pooler that shares connections between transactions forbids it.
    ///
    /// Behind such a pooler what a session sets reaches only one of its connections: the role and the timeouts have to be
    /// the login's, by `ALTER ROLE … SET`.
    public var preparedStatements = true
    /// The role a server must have; nil leaves the address's `target_session_attrs`.
    public var targetSessionAttributes: TargetSessionAttributes?
    /// What the server's activity views call the connection.
    public var applicationName: String?

    /// The defaults.
    public init() {}
}

extension PostgresConnection.Configuration {
    /// A libpq URL or conninfo, with several hosts if need be; one that is neither is reported when connecting.
    public init(conninfo: String) {
        self.init(address: ServerAddress(conninfo: conninfo))
    }

    /// Settings that PostgresNIO does not have.
    public var extras: PostgresExtras {
        get { self.extrasStorage }
        set { self.extrasStorage = newValue }
    }
}

extension PostgresConnection.Configuration.TLS {
    /// Encrypted if the server can, without checking who it is.
    public static var prefer: Self { Self(mode: "prefer") }

    /// Encrypted, without checking who the server is.
    public static var require: Self { Self(mode: "require") }

    /// Encrypted, by a server whose certificate names its host and is signed by an authority of a file.
    public static func verifyFull(rootCertificate: String) -> Self {
        Self(mode: "verify-full", rootCertificate: rootCertificate)
    }
}

extension PostgresClient.Configuration {
    /// A libpq URL or conninfo, with several hosts if need be; one that is neither is reported when connecting.
    public init(conninfo: String) {
        self.init(address: ServerAddress(conninfo: conninfo))
    }

    /// Settings that PostgresNIO does not have.
    public var extras: PostgresExtras {
        get { self.extrasStorage }
        set { self.extrasStorage = newValue }
    }
}
